// Frappe loads a list script with its doctype, so the forms of Shopify Link and Sync Event share what stands here.

frappe.provide("shopify_sync");

const ADMIN_PAGES = { order: "orders", customer: "customers", product: "products" };

frappe.listview_settings["Shopify Link"] = {
	add_fields: ["document_type", "document_name"],
};

shopify_sync.admin_url = function (shop_domain, resource_type, shopify_id) {
	const page = `${ADMIN_PAGES[resource_type]}/${encodeURIComponent(shopify_id)}`;
	if (shop_domain.includes(".") && !shop_domain.endsWith(".myshopify.com")) {
		return `https://${shop_domain}/admin/${page}`;
	}
	return `https://admin.shopify.com/store/${shop_domain.split(".")[0]}/${page}`;
};

shopify_sync.add_shopify_button = async function (frm) {
	const { name, store, resource_type, shopify_id } = frm.doc;
	if (!store || !shopify_id || !ADMIN_PAGES[resource_type]) return;
	const { message } = await frappe.db.get_value("Shopify Store", store, "shop_domain");
	if (!message?.shop_domain || frm.doc.name !== name) return;
	const url = shopify_sync.admin_url(message.shop_domain, resource_type, shopify_id);
	frm.add_custom_button(__("Show in Shopify"), () => window.open(url, "_blank", "noopener"));
};
