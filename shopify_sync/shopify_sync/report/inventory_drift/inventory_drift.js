{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Inventory Drift"] = {
	filters: [
		shopify_sync.reports.store(),
		shopify_sync.reports.select("status", __("Status"), ["Open", "Healing", "Healed", "Resolved", "Dismissed"]),
		shopify_sync.reports.select("trend", __("Trend"), ["Growing", "Recurring"]),
		{ fieldname: "location", label: __("Location"), fieldtype: "Data" },
		{ fieldname: "min_days", label: __("Open for Days"), fieldtype: "Int" },
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		if (field === "amount") return value > 0 ? "orange" : value < 0 ? "red" : "";
		return field === "trend" && value ? "red" : "";
	}),
};
