// Shopify Store: signing in to Shopify, and whether calls go out. What is shown is read from Shopify Connection.

const CONNECTION_COLORS = { "Signed in": "green", Rejected: "red", "Not signed in": "orange" };

frappe.ui.form.on("Shopify Store", {
	refresh(frm) {
		if (frm.is_new()) return frm.get_field("connection_html").$wrapper.empty();
		show_connection(frm);
		add_connection_buttons(frm);
	},

	sign_in_by(frm) {
		// A rotation ends with the tokens of the old app: what is shown belongs to the saved settings.
		frm.get_field("connection_html").$wrapper.toggleClass("text-muted", frm.is_dirty());
	},
});

function add_connection_buttons(frm) {
	const group = __("Shopify");
	const may_operate = [
		"Shopify Sync Operator",
		"Shopify Sync Manager",
		"System Manager",
	].some((role) => frappe.user.has_role(role));
	const may_sign_in = ["Shopify Sync Manager", "System Manager"].some((role) =>
		frappe.user.has_role(role)
	);
	const by = frm.doc.sign_in_by;
	if (!by || by === "None") return;
	if (may_sign_in && by !== "Access token") {
		frm.add_custom_button(__("Sign In"), () => sign_in(frm), group);
	}
	if (may_operate) {
		frm.add_custom_button(__("Test Connection"), () => test_connection(frm), group);
		frm.add_custom_button(__("Reset Circuit"), () => reset_circuit(frm), group);
	}
	const view = __("View");
	frm.add_custom_button(
		__("Shopify Connection"),
		() => frappe.set_route("Form", "Shopify Connection", frm.doc.name),
		view
	);
	frm.add_custom_button(
		__("API Calls"),
		() => frappe.set_route("List", "Shopify API Call", "List", { store: frm.doc.name }),
		view
	);
}

function call_connection(frm, method, message) {
	if (frm.is_dirty()) {
		frappe.throw(__("Save the store first: it signs in with what is saved."));
	}
	return frappe
		.call({
			method: `shopify_sync.api.connection.${method}`,
			type: "POST",
			args: { store: frm.doc.name },
			freeze: true,
			freeze_message: message,
		})
		.then((answer) => answer.message);
}

function sign_in(frm) {
	call_connection(frm, "sign_in", __("Asking Shopify…")).then((found) => {
		if (found.redirect) window.location.href = found.redirect;
		else tell_connection(frm, found);
	}, () => show_connection(frm));
}

function test_connection(frm) {
	call_connection(frm, "test", __("Asking Shopify…")).then(
		(found) => tell_connection(frm, found),
		() => show_connection(frm)
	);
}

function reset_circuit(frm) {
	call_connection(frm, "reset_circuit").then((found) => {
		frappe.show_alert({ message: found.message, indicator: "green" });
		show_connection(frm);
	});
}

function tell_connection(frm, found) {
	const escaped = frappe.utils.escape_html;
	const lines = [
		__("Shop: {0} ({1})", [escaped(found.shop), escaped(found.domain)]),
		__("Plan: {0}, {1} points a second", [escaped(found.plan || "?"), found.restore_rate]),
		__("API Version: {0}", [escaped(found.version)]),
	];
	if (found.is_other_shop) lines.push(`<b>${__("This is not the shop of the store's Shop Domain.")}</b>`);
	if (found.missing.length) {
		const missing = found.missing.map((scope) => `<code>${escaped(scope)}</code>`).join(" ");
		lines.push(
			__("Missing access scopes: {0}. Add them to the app in Shopify, then sign in again.", [missing])
		);
	}
	frappe.msgprint({
		title: __("Connected to Shopify"),
		message: lines.join("<br>"),
		indicator: found.is_other_shop || found.missing.length ? "orange" : "green",
	});
	show_connection(frm);
}

function show_connection(frm) {
	frappe
		.call({
			method: "shopify_sync.api.connection.state",
			type: "GET",
			args: { store: frm.doc.name },
		})
		.then((answer) => {
			if (answer.message) render_connection(frm, answer.message);
		});
}

function render_connection(frm, found) {
	const escaped = frappe.utils.escape_html;
	const when = (time) => (time ? frappe.datetime.str_to_user(time) : "");
	const by = frm.doc.sign_in_by;
	const rows = [];
	const row = (label, value) =>
		rows.push(`<tr><td class="text-muted" style="width: 30%">${label}</td><td>${value}</td></tr>`);
	if (by && by !== "None") {
		const state = found.state || "Not signed in";
		row(__("Sign In"), `<span class="indicator-pill ${CONNECTION_COLORS[state]}">${__(state)}</span>`);
		if (found.shop_name) row(__("Shop"), `${escaped(found.shop_name)}, ${escaped(found.plan || "")}`);
		if (found.expires_at) row(__("Token Ends At"), when(found.expires_at));
		if (found.circuit_state && found.circuit_state !== "Closed") {
			const reason = escaped(found.circuit_reason || "");
			const pill = `<span class="indicator-pill red">${__(found.circuit_state)}</span>`;
			row(__("Circuit"), `${pill} ${reason}<br>${__("Next probe: {0}", [when(found.circuit_until)])}`);
		}
		if (found.scopes_missing) row(__("Missing Scopes"), `<code>${escaped(found.scopes_missing)}</code>`);
		if (found.answered_version && found.answered_version !== frm.doc.api_version) {
			row(__("Version That Answered"), `<b>${escaped(found.answered_version)}</b>`);
		}
		if (found.deprecated_reason) row(__("Deprecated Call"), escaped(found.deprecated_reason));
		if (found.gate && found.gate.because !== "Circuit open") row(__("Nothing Is Sent"), `<b>${escaped(found.gate.message)}</b>`);
	}
	if (by === "Authorization code") {
		row(__("Callback Address"), `<code style="overflow-wrap: anywhere">${escaped(found.callback)}</code>`);
	}
	const table = rows.length ? `<table class="table table-sm table-borderless small">${rows.join("")}</table>` : "";
	frm.get_field("connection_html").$wrapper.html(table);
}
