{% include "shopify_sync/public/js/reports.js" %}

frappe.query_reports["Drift over Time"] = {
	filters: [
		shopify_sync.reports.store(),
		...shopify_sync.reports.period(30),
		shopify_sync.reports.select("kind", __("Kind"), ["Missing in ERPNext", "Not in Shopify", "Two Documents", "State", "Currency", "Lines", "Item", "Total", "Taxes", "Paid", "Refunded", "Fulfilled", "Customer", "Stock", "Link", "Webhook Subscription", "Payout", "Ledger"]),
	],
	formatter: shopify_sync.reports.formatter((field, value, row) => {
		if (field === "remark") return value ? "orange" : "";
		if (field === "open") return value ? "red" : "";
		return ["healed", "settled"].includes(field) && value ? "green" : "";
	}),
};
