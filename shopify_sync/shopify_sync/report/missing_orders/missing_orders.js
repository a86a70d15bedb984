{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Missing Orders"] = {
	filters: [
		shopify_sync.reports.store(),
		shopify_sync.reports.select("kind", __("Missing Where"), ["Missing in ERPNext", "Not in Shopify"]),
		shopify_sync.reports.select("cause", __("Cause"), ["Lost webhook", "Failed event", "Event put away", "Changed by hand", "Broken link", "Mapping", "Rounding", "Changed in Shopify", "Deleted in Shopify", "Unknown"]),
		shopify_sync.reports.select("status", __("Status"), ["Open", "Healing", "Healed", "Resolved", "Dismissed"]),
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		return field === "kind" && value && !row.bold ? "red" : "";
	}),
};
