// The tab "Shopify" of ERPNext's documents: the story of the Shopify record behind them. Payment Entry has no tabs: a button there.

frappe.provide("shopify_sync.story");

(() => {
	const DOCTYPES = ["Sales Order", "Sales Invoice", "Delivery Note", "Payment Entry", "Customer", "Item"];
	const LOOKERS = ["Shopify Sync Auditor", "Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];
	const TAB = "shopify_tab";
	const esc = (value) => frappe.utils.escape_html(String(value ?? ""));

	const handlers = {
		refresh(frm) {
			frm.shopify_story = null;
			const may_look = !frm.is_new() && frappe.user.has_role(LOOKERS);
			const field = frm.fields_dict.shopify_story;
			field?.$wrapper.empty();
			if (!may_look) return;
			if (is_shown(frm)) load(frm, field.$wrapper);
			// A customer or an Item is linked, not keyed: whether there is a story shows when it is asked for.
			if (frm.doc.shopify_key || ["Customer", "Item"].includes(frm.doctype)) {
				frm.add_custom_button(__("Story"), () => open_story(frm), __("Shopify"));
			}
		},

		on_tab_change(frm) {
			if (is_shown(frm)) load(frm, frm.fields_dict.shopify_story.$wrapper);
		},
	};
	DOCTYPES.forEach((doctype) => frappe.ui.form.on(doctype, handlers));

	function tab_of(frm) {
		return frm.layout?.tabs?.find((tab) => tab.df?.fieldname === TAB);
	}

	function is_shown(frm) {
		return frm.get_active_tab?.()?.df?.fieldname === TAB;
	}

	function open_story(frm) {
		const tab = tab_of(frm);
		if (tab && !tab.is_hidden?.()) {
			tab.set_active();
			return load(frm, frm.fields_dict.shopify_story.$wrapper);
		}
		const dialog = new frappe.ui.Dialog({
			title: __("Shopify: {0}", [esc(frm.doc.name)]),
			size: "extra-large",
			fields: [{ fieldname: "html", fieldtype: "HTML" }],
		});
		dialog.show();
		return load(frm, dialog.get_field("html").$wrapper, true);
	}

	// Asked for once for each time the document is shown.
	async function load(frm, $wrapper, anew = false) {
		const name = frm.doc.name;
		if (frm.shopify_story === name && !anew) return;
		frm.shopify_story = name;
		$wrapper.html(`<p class="text-muted">${esc(__("Reading…"))}</p>`);
		let message;
		try {
			const args = { doctype: frm.doctype, name };
			({ message } = await frappe.call({ method: "shopify_sync.api.evidence.order_story", args, type: "GET" }));
		} catch {
			// The reason has been shown; the next look asks again.
			frm.shopify_story = null;
			return $wrapper.html(`<p class="text-muted">${esc(__("The story could not be read. Open the tab again."))}</p>`);
		}
		if (!message || frm.doc.name !== name) return;
		draw($wrapper, message);
	}

	function draw($wrapper, { records, entries, events, more }) {
		if (!records.length) {
			$wrapper.html(
				`<p class="text-muted">${esc(__("This document did not come from Shopify, and nothing of it is said to Shopify."))}</p>`
			);
			return;
		}
		$wrapper.html(`<div class="mb-3">${records.map(record_html).join("")}</div><div class="story"></div>`);
		$wrapper.find("[data-action=open-command-center]").on("click", (event) => {
			const { store, order, link } = event.currentTarget.dataset;
			frappe.route_options = order ? { store, order } : { store, link };
			frappe.set_route("sync-command-center");
		});
		if (more) {
			const text = __("The newest events are shown. The list of Sync Events has them all.");
			$wrapper.find(".mb-3").append(`<div class="small text-muted">${esc(text)}</div>`);
		}
		shopify_sync.story.render($wrapper.find(".story"), entries, {
			events,
			filter: true,
			empty: __("No event of it is in the ledger any more: finished events are deleted after a time (Log Settings)."),
		});
	}

	function record_html({ key, store, resource, label, shopify_id, shopify_url }) {
		const shopify = shopify_url
			? `<a class="btn btn-xs btn-default" target="_blank" rel="noopener" data-action="show-in-shopify"
				href="${esc(shopify_url)}">${esc(__("Show in Shopify"))}</a>`
			: "";
		const order = resource === "order" ? shopify_id : "";
		return `<div class="mb-1"><b>${esc(label || key)}</b> <span class="text-muted">${esc(store)}</span> ${shopify}
			<button type="button" class="btn btn-xs btn-default" data-action="open-command-center" data-store="${esc(store)}"
				data-order="${esc(order)}" data-link="${esc(key)}">${esc(__("Sync Command Center"))}</button></div>`;
	}
})();
