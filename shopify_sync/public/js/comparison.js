// What an event's payload says beside what ERPNext has now, field by field.

frappe.provide("shopify_sync.story");

(() => {
	const esc = (value) => frappe.utils.escape_html(String(value ?? ""));

	// args: { event }
	shopify_sync.story.compare = async ({ event }) => {
		const { message } = await frappe.call({
			method: "shopify_sync.api.evidence.compare",
			args: { event },
			type: "GET",
			freeze: true,
		});
		if (!message) return;
		const dialog = new frappe.ui.Dialog({
			title: __("Shopify and ERPNext: {0}", [esc(about(message.event))]),
			size: "extra-large",
			fields: [{ fieldname: "html", fieldtype: "HTML" }],
		});
		dialog.get_field("html").$wrapper.html(shopify_sync.story.comparison_html(message));
		dialog.show();
	};

	function about({ order_name, topic, name }) {
		return [order_name, topic].filter(Boolean).join(" · ") || name;
	}

	shopify_sync.story.comparison_html = ({ rows, note, differs, documents }) => {
		const parts = [];
		if (note) parts.push(notice("blue", note));
		if (rows.length) {
			parts.push(
				differs
					? notice("red", differs === 1 ? __("One value is not the same.") : __("{0} values are not the same.", [differs]))
					: notice("green", __("Both sides say the same."))
			);
			parts.push(table_html(rows));
		}
		const links = documents.map(({ doctype, name }) => frappe.utils.get_form_link(doctype, name, true, `${esc(__(doctype))} ${esc(name)}`));
		if (links.length) parts.push(`<div class="small text-muted">${links.join(" · ")}</div>`);
		return parts.join("");
	};

	function notice(color, text) {
		return `<div class="form-message ${color}" style="margin-bottom: 12px">${esc(text)}</div>`;
	}

	function table_html(rows) {
		const body = rows.map(({ label, shopify, erpnext, same }) => {
			const mark = same === false ? ' style="font-weight: 600; background: var(--bg-red); color: var(--text-on-red)"' : "";
			const sign = same === false ? "≠" : same ? "=" : "";
			const said = same === false ? __("differs") : same ? __("the same") : __("not compared");
			return `<tr data-same="${esc(same)}"><td class="text-muted">${esc(label)}</td><td${mark}>${esc(shopify)}</td>
				<td class="text-center" title="${esc(said)}"${mark}>${sign}</td><td${mark}>${esc(erpnext)}</td></tr>`;
		});
		return `<div style="overflow-x: auto"><table class="table table-bordered table-sm" data-action="comparison">
			<thead><tr><th></th><th>${esc(__("Shopify"))}</th><th></th><th>${esc(__("ERPNext now"))}</th></tr></thead>
			<tbody>${body.join("")}</tbody></table></div>`;
	}
})();
