{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["API Usage"] = {
	filters: [
		shopify_sync.reports.store(),
		...shopify_sync.reports.period(2),
		shopify_sync.reports.select("per", __("Per"), ["Hour", "Day"]),
	],
	formatter: shopify_sync.reports.formatter((field, value) => {
		if (field === "failed") return value ? "red" : "";
		return field === "share" && value > 80 ? "red" : "";
	}),
};
