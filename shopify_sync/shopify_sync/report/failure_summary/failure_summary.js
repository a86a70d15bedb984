{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Failure Summary"] = {
	filters: [
		shopify_sync.reports.store(),
		shopify_sync.reports.select("status", __("Status"), ["Blocked", "Conflict", "Dead Letter", "Retrying", "Held"]),
		shopify_sync.reports.select("direction", __("Direction"), ["Inbound", "Outbound"]),
		{ fieldname: "category", label: __("Failure Category"), fieldtype: "Data" },
		{ fieldname: "from_date", label: __("From Date"), fieldtype: "Date" },
		{ fieldname: "to_date", label: __("To Date"), fieldtype: "Date" },
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		if (field !== "status") return "";
		return { "Dead Letter": "red", Blocked: "red", Conflict: "orange", Retrying: "blue", Held: "gray" }[value];
	}),
};
