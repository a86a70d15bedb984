// What the sync knows of a store's connection; nothing here is edited.

frappe.ui.form.on("Shopify Connection", {
	refresh(frm) {
		frm.disable_save();
		frm.page.clear_primary_action();
		const colors = { "Signed in": "green", Rejected: "red", "Not signed in": "orange" };
		frm.page.set_indicator(__(frm.doc.state), colors[frm.doc.state]);
		frm.add_custom_button(__("Shopify Store"), () =>
			frappe.set_route("Form", "Shopify Store", frm.doc.store)
		);
		frm.add_custom_button(__("API Calls"), () =>
			frappe.set_route("List", "Shopify API Call", "List", { store: frm.doc.store })
		);
		show_history(frm);
	},
});

function show_history(frm) {
	const escaped = frappe.utils.escape_html;
	let entries = [];
	try {
		entries = JSON.parse(frm.doc.circuit_history || "[]");
	} catch {
		entries = [];
	}
	const rows = entries
		.reverse()
		.map(
			(entry) =>
				`<tr><td>${escaped(utc_shown(entry.at))}</td><td>${escaped(__(entry.state))}</td><td>${escaped(
					entry.reason || ""
				)}</td><td>${escaped(utc_shown(entry.until))}</td></tr>`
		);
	const head = [__("At (UTC)"), __("State"), __("Reason"), __("Until (UTC)")].map((name) => `<th>${name}</th>`).join("");
	frm.get_field("circuit_history_html").$wrapper.html(
		rows.length
			? `<table class="table table-bordered small"><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`
			: `<p class="text-muted small">${__("The circuit never opened.")}</p>`
	);
}

function utc_shown(text) {
	return text ? text.slice(0, 19).replace("T", " ") : "";
}
