// The evidence of one attempt: what it read and changed, laid out to be read. Nothing here is edited.

frappe.ui.form.on("Sync Attempt", {
	refresh(frm) {
		frm.disable_save();
		frm.set_df_property("reads", "formatter", shopify_sync.show_json);
		show_changes(frm);
	},
});

async function show_changes(frm) {
	const { name, changes } = frm.doc;
	const html = await shopify_sync.story.changes_html(changes);
	if (frm.doc.name === name) frm.set_df_property("changes", "formatter", () => html);
}
