{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Order Totals Check"] = {
	filters: [
		shopify_sync.reports.store(),
		...shopify_sync.reports.period(30),
		{ fieldname: "run", label: __("Run"), fieldtype: "Link", options: "Reconciliation Run" },
		{ fieldname: "only_differences", label: __("Only Differences"), fieldtype: "Check" },
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		if (field === "count_difference" || field === "difference") return value ? "red" : "";
		if (field.startsWith("shopify_") || field.startsWith("erpnext_")) {
			const [, figure] = field.split("_");
			return row[`shopify_${figure}`] === row[`erpnext_${figure}`] ? "" : "red";
		}
		return field === "status" && !row.run ? "red" : "";
	}),
};
