// What stands in our records may have come from Shopify, and is written past Frappe's own cleaning: a form shows it as text.
// Frappe 15 shows long texts as HTML; 16 escapes them first, so an ampersand is left alone here.

frappe.provide("shopify_sync");

(() => {
	const TEXTS = ["Small Text", "Text", "Long Text"];
	const DOCTYPES = [
		"Sync Event", "Sync Attempt", "Sync Conflict", "Sync Discrepancy", "Sync Operation", "Sync Hold", "Sync Alert",
		"Shopify API Call", "Shopify Connection", "Shopify Link", "Shopify Backfill", "Reconciliation Run",
	]; // prettier-ignore

	shopify_sync.plain_text = (value) =>
		String(value ?? "").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\n/g, "<br>");

	// Before anything is drawn. A document that was loaded before its form has copies of the fields.
	const make_plain = (frm) => {
		for (const { fieldname, fieldtype } of frappe.meta.docfield_list[frm.doctype] || []) {
			if (!TEXTS.includes(fieldtype)) continue;
			for (const docname of [undefined, frm.docname]) {
				const df = frappe.meta.get_docfield(frm.doctype, fieldname, docname);
				if (df && !df.formatter) df.formatter = shopify_sync.plain_text;
			}
		}
	};
	DOCTYPES.forEach((doctype) => frappe.ui.form.on(doctype, { setup: make_plain, onload: make_plain }));
})();
