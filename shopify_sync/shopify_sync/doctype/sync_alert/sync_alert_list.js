// What needs a person, the newest first; what is over, or has not lasted long enough, is a filter away.

const ALERT_COLORS = { Pending: "gray", Acknowledged: "blue", Escalated: "red", Recovered: "green" };

frappe.listview_settings["Sync Alert"] = {
	add_fields: ["status", "severity", "condition", "store", "value", "threshold", "unit", "message", "title", "is_test"],
	hide_name_column: true,
	filters: [["status", "in", ["Firing", "Acknowledged", "Escalated"]]],

	get_indicator(doc) {
		const color = ALERT_COLORS[doc.status] || (doc.severity === "Critical" ? "red" : "orange");
		return [__(doc.status), color, `status,=,${doc.status}`];
	},

	formatters: {
		message(value) {
			return `<span class="ellipsis" title="${frappe.utils.escape_html(value || "")}">${frappe.utils.escape_html(value || "")}</span>`;
		},
	},
};
