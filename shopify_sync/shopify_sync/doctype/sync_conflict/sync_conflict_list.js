// The questions that wait for a person, and their answers for many at once.

const CONFLICT_COLORS = { Open: "yellow", Resolved: "green", Obsolete: "gray" };
const MAY_DECIDE = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];

frappe.listview_settings["Sync Conflict"] = {
	add_fields: ["status", "field", "document_type", "document_name"],
	hide_name_column: true,
	filters: [["status", "=", "Open"]],

	get_indicator(doc) {
		return [__(doc.status), CONFLICT_COLORS[doc.status] || "gray", `status,=,${doc.status}`];
	},

	may_act() {
		return frappe.user.has_role(MAY_DECIDE);
	},

	async decide(conflict, resolution, args = {}) {
		const { message } = await frappe.call({
			method: "shopify_sync.api.command_center.resolve_conflict",
			args: { conflict, resolution, ...args },
			freeze: true,
		});
		frappe.show_alert({ message: frappe.utils.escape_html(message?.message || __("Done")), indicator: "blue" });
	},

	onload(listview) {
		if (!this.may_act()) return;
		for (const resolution of ["Take Shopify's", "Keep ERPNext's"]) {
			listview.page.add_actions_menu_item(__(resolution), () => decide_checked(listview, resolution), false);
		}
	},
};

function decide_checked(listview, resolution) {
	const names = listview.get_checked_items(true);
	if (!names.length) return;
	frappe.confirm(__("{0} for {1} conflicts?", [__(resolution), names.length]), async () => {
		for (const name of names) {
			await frappe.listview_settings["Sync Conflict"].decide(name, resolution);
		}
		listview.clear_checked_items();
		listview.refresh();
	});
}
