frappe.listview_settings["Sync Hold"] = {
	hide_name_column: true,
	add_fields: ["released_at", "scope", "store"],
	filters: [["released_at", "is", "not set"]],

	get_indicator(doc) {
		return doc.released_at ? [__("Released"), "gray", "released_at,is,set"] : [__("Held"), "orange", "released_at,is,not set"];
	},

	may_release(doc) {
		const managers = ["Shopify Sync Manager", "System Manager"];
		return !doc.released_at && frappe.user.has_role(doc.scope === "Flow" ? managers : ["Shopify Sync Operator", ...managers]);
	},

	// Asks with what it will touch, then releases; the form does it in the same way.
	async release(hold, done) {
		const about = { action: "Release", target: JSON.stringify({ hold }) };
		const { message } = await frappe.call({ method: "shopify_sync.api.operations.prepare", args: about });
		frappe.confirm(frappe.utils.escape_html(message.confirm), async () => {
			const args = { ...about, request: frappe.utils.get_random(32) };
			const answer = await frappe.call({ method: "shopify_sync.api.operations.start", args });
			const said = answer.message.message || __("It is released. What waits is put back in the background.");
			frappe.show_alert({ message: frappe.utils.escape_html(said), indicator: "blue" });
			done();
		});
	},

	// The server checks the role again, and whether it is held still.
	button: {
		show(doc) {
			return frappe.listview_settings["Sync Hold"].may_release(doc);
		},
		get_label() {
			return __("Release");
		},
		get_description() {
			return __("Release it: what waits is put back into the queue");
		},
		action(doc) {
			frappe.listview_settings["Sync Hold"].release(doc.name, () => cur_list?.refresh());
		},
	},
};
