{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Reconciliation Summary"] = {
	filters: [
		shopify_sync.reports.store(),
		...shopify_sync.reports.period(7),
		shopify_sync.reports.select("depth", __("Depth"), ["Light", "Full", "Range", "Records"]),
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		if (field === "found" || field === "open") return value ? "red" : "";
		if (field === "result") return row.run && !row.found && row.compared === row.agreed ? "green" : "red";
		return field === "healed" && value ? "green" : "";
	}),
};
