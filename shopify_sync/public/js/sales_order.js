// A Sales Order of a Shopify order: what the newest state of that order would change now.

frappe.ui.form.on("Sales Order", {
	refresh(frm) {
		if (frm.is_new() || !frm.doc.shopify_key || !shopify_sync.may_preview()) return;
		frm.add_custom_button(
			__("Preview"),
			() => shopify_sync.show_preview({ sales_order: frm.doc.name }),
			__("Shopify")
		);
	},
});
