// A field that both sides changed: both values side by side, and the three ways to decide.
// The form changes nothing itself: every button asks the command center, which checks and records.

const VALUES = ["erpnext_value", "base_value", "shopify_value"];

frappe.ui.form.on("Sync Conflict", {
	refresh(frm) {
		frm.disable_save();
		// The value of the document, not the one that is handed over: Frappe 16 has escaped that already.
		for (const field of VALUES) frm.set_df_property(field, "formatter", () => show_value(frm.doc[field], frm.doc));
		show_headline(frm);
		add_buttons(frm);
	},
});

// An address is kept as JSON: shown line by line, what differs from the last agreement in bold.
function show_value(value, doc) {
	const lines = parse_address(value);
	if (!lines) return frappe.utils.escape_html(value || "");
	const base = parse_address(doc.base_value) || {};
	return Object.entries(lines)
		.filter(([name, text]) => text || base[name])
		.map(([name, text]) => {
			const shown = frappe.utils.escape_html(text || "–");
			return text === base[name] ? shown : `<b>${shown}</b>`;
		})
		.join("<br>");
}

function parse_address(value) {
	try {
		const found = JSON.parse(value);
		return found && typeof found === "object" ? found : null;
	} catch {
		return null; // any other field is plain text
	}
}

const is_sku = (field) => field.startsWith("sku/");
const is_address = (field) => field.startsWith("address/");
const QUESTION = () =>
	__(
		"Changed in ERPNext and in Shopify since both last agreed. Nothing was overwritten, and everything else of the event was applied. It waits for your decision."
	);
const QUESTION_ABOUT_SKU = () =>
	__(
		"The SKU of a variant was changed in Shopify. Is it still this Item? Keep ERPNext's: it is, and the new SKU is agreed on. Take Shopify's: from now on it is the Item that the new SKU stands for."
	);

// In people's words: which address, or which field; a SKU is one of several variants of its product.
function what_it_is_about({ document_type, document_name, field }) {
	if (is_address(field)) return `${__(document_type)}: ${document_name || field}`;
	return `${__(document_type)}: ${field.includes("/") ? field : __(frappe.unscrub(field))}`;
}

function show_headline(frm) {
	const { status, field, resolution, resolved_by } = frm.doc;
	const what = `<b>${frappe.utils.escape_html(what_it_is_about(frm.doc))}</b>`;
	if (status === "Open") {
		frm.set_intro(
			`${what}<br>${is_sku(field) ? QUESTION_ABOUT_SKU() : QUESTION()}`,
			"yellow"
		);
	} else if (status === "Resolved") {
		const who = frappe.utils.escape_html(frappe.user.full_name(resolved_by));
		frm.set_intro(`${what}<br>${__("{0}, decided by {1}.", [__(resolution), who])}`, "green");
	} else {
		frm.set_intro(`${what}<br>${__("There is nothing to decide any more.")}`, "blue");
	}
}

function add_buttons(frm) {
	const { document_type, document_name, event, status, field } = frm.doc;
	if (document_type && document_name) {
		frm.add_custom_button(__("Open {0}", [__(document_type)]), () =>
			frappe.set_route("Form", document_type, document_name)
		);
	}
	if (event) {
		frm.add_custom_button(__("Open Sync Event"), () => frappe.set_route("Form", "Sync Event", event));
	}
	frappe.model.with_doctype("Sync Conflict", () => {
		const list = frappe.listview_settings["Sync Conflict"];
		if (status !== "Open" || !list.may_act()) return;
		frm.add_custom_button(__("Take Shopify's"), () => decide(frm, "Take Shopify's")).addClass("btn-primary");
		frm.add_custom_button(__("Keep ERPNext's"), () => decide(frm, "Keep ERPNext's"));
		// An address is edited itself: one text would not say what belongs into which field. Another Item: its Shopify Link.
		if (!is_address(field) && !is_sku(field)) {
			frm.add_custom_button(__("Edit"), () => ask_for_value(frm));
		}
	});
}

async function decide(frm, resolution, args = {}) {
	await frappe.listview_settings["Sync Conflict"].decide(frm.doc.name, resolution, args);
	return frm.reload_doc();
}

function ask_for_value(frm) {
	frappe.prompt(
		[
			{
				fieldname: "value",
				fieldtype: "Data",
				label: __("Value"),
				default: frm.doc.erpnext_value,
				description: __("Written to ERPNext. Shopify keeps its own; it is not asked about again until it changes."),
			},
			{ fieldname: "note", fieldtype: "Small Text", label: __("Note") },
		],
		({ value, note }) => decide(frm, "Edit", { value: value || "", note }),
		__("Write a Value of Your Own"),
		__("Write")
	);
}
