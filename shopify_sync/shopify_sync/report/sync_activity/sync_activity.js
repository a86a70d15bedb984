{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Sync Activity"] = {
	filters: [
		shopify_sync.reports.store(),
		...shopify_sync.reports.period(7),
		shopify_sync.reports.select("per", __("Per"), ["Hour", "Day"]),
		shopify_sync.reports.select("direction", __("Direction"), ["Inbound", "Outbound"]),
	],
	formatter: shopify_sync.reports.formatter((field, value) => (field === "failed" && value ? "red" : "")),
};
