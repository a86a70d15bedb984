// What somebody holds. It is released here, or in the Sync Command Center.

frappe.ui.form.on("Sync Hold", {
	refresh(frm) {
		frm.disable_save();
		if (frm.is_new()) return;
		const { flow, topic, link, store, released_at } = frm.doc;
		frm.page.set_title(`${store}: ${flow ? __(flow) : topic || link}`);
		frm.page.set_indicator(released_at ? __("Released") : __("Held"), released_at ? "gray" : "orange");
		if (!released_at && may_release(frm)) {
			frm.add_custom_button(__("Release"), () => ask_to_release(frm)).attr("data-action", "release");
		}
		frm.add_custom_button(__("What Waits"), () => show_what_waits(frm));
	},
});

function may_release(frm) {
	const managers = ["Shopify Sync Manager", "System Manager"];
	return frappe.user.has_role(frm.doc.scope === "Flow" ? managers : ["Shopify Sync Operator", ...managers]);
}

async function ask_to_release(frm) {
	const about = { action: "Release", target: JSON.stringify({ hold: frm.doc.name }) };
	const { message } = await frappe.call({ method: "shopify_sync.api.operations.prepare", args: about });
	frappe.confirm(frappe.utils.escape_html(message.confirm), async () => {
		const args = { ...about, request: frappe.utils.get_random(32) };
		const done = await frappe.call({ method: "shopify_sync.api.operations.start", args });
		frappe.show_alert({ message: frappe.utils.escape_html(done.message.message || __("It runs in the background.")), indicator: "blue" });
		frm.reload_doc();
	});
}

function show_what_waits(frm) {
	const { store, topic, link } = frm.doc;
	const filters = { store, status: "Held", ...(topic ? { topic } : {}), ...(link ? { link } : {}) };
	frappe.set_route("List", "Sync Event", "List", filters);
}
