// Which ERPNext document a Shopify resource is. By hand: a variant or an inventory item, each to an Item.

const MAPPED_TO_ITEM = ["variant", "sku", "inventory_item"];

frappe.ui.form.on("Shopify Link", {
	setup(frm) {
		frm.set_query("document_type", () => ({
			filters: { name: ["in", ["Item", "Customer", "Sales Order"]] },
		}));
	},

	refresh(frm) {
		if (frm.is_new()) {
			frm.set_intro(
				__(
					"Choose the store, what it is in Shopify, Shopify's id and the Item. Saving tries the events again that wait for it."
				),
				"blue"
			);
			return;
		}
		for (const field of ["agreed", "facts"]) frm.set_df_property(field, "formatter", shopify_sync.show_json);
		shopify_sync.add_shopify_button(frm);
	},

	resource_type(frm) {
		if (MAPPED_TO_ITEM.includes(frm.doc.resource_type) && !frm.doc.document_type) {
			frm.set_value("document_type", "Item");
		}
	},
});
