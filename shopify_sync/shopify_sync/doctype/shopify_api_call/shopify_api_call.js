// The evidence of one call to Shopify; nothing here is edited.

frappe.ui.form.on("Shopify API Call", {
	refresh(frm) {
		frm.disable_save();
		frm.page.clear_primary_action();
		frm.set_df_property("variables", "formatter", shopify_sync.show_json);
		const events = (frm.doc.events || "").split("\n").filter(Boolean);
		if (events.length) {
			frm.add_custom_button(__("Sync Events"), () =>
				frappe.set_route("List", "Sync Event", "List", { name: ["in", events] })
			);
		}
	},
});
