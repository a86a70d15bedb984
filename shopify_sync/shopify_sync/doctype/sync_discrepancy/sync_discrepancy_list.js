// What is not the same on both sides; what waits for somebody comes first.

const DISCREPANCY_COLORS = { Open: "red", Healing: "blue", Healed: "green", Resolved: "green", Dismissed: "gray" };

frappe.listview_settings["Sync Discrepancy"] = {
	add_fields: ["status", "kind", "label", "shopify_id", "unit", "trend"],
	hide_name_column: true,
	filters: [["status", "in", ["Open", "Healing"]]],

	get_indicator(doc) {
		return [__(doc.status), DISCREPANCY_COLORS[doc.status] || "gray", `status,=,${doc.status}`];
	},

	formatters: {
		// The first column is set as text, not as HTML: escaped here, an ampersand would be shown as &amp;.
		label(value, df, doc) {
			return value || doc.shopify_id;
		},
		amount(value, df, doc) {
			return value ? `${format_number(value, null, 2)} ${frappe.utils.escape_html(doc.unit || "")}` : "";
		},
	},
};
