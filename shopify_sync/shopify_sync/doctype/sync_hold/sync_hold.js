// What somebody holds. It is released here, or in the Sync Command Center.

frappe.ui.form.on("Sync Hold", {
	refresh(frm) {
		frm.disable_save();
		if (frm.is_new()) return;
		const { flow, topic, link, store, released_at } = frm.doc;
		frm.page.set_title(`${store}: ${flow ? __(flow) : topic || link}`);
		frm.page.set_indicator(released_at ? __("Released") : __("Held"), released_at ? "gray" : "orange");
		const list = frappe.listview_settings["Sync Hold"];
		if (list.may_release(frm.doc)) {
			frm.add_custom_button(__("Release"), () => list.release(frm.doc.name, () => frm.reload_doc())).attr("data-action", "release");
		}
		frm.add_custom_button(__("What Waits"), () => show_what_waits(frm));
	},
});

function show_what_waits(frm) {
	const { store, topic, link } = frm.doc;
	const filters = { store, status: "Held", ...(topic ? { topic } : {}), ...(link ? { link } : {}) };
	frappe.set_route("List", "Sync Event", "List", filters);
}
