// Sync Event: the calls to Shopify that were made for it.

frappe.ui.form.on("Sync Event", {
	refresh(frm) {
		if (frm.is_new() || frm.doc.direction !== "Outbound") return;
		frm.add_custom_button(
			__("API Calls"),
			() =>
				frappe.set_route("List", "Shopify API Call", "List", {
					store: frm.doc.store,
					events: ["like", `%${frm.doc.name}%`],
				}),
			__("View")
		);
	},
});
