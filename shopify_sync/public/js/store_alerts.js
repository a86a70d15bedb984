// Shopify Store, tab Alerts: the channels through which alerts are told, a test through all of them, and how the digest looks.

const MAY_SET_UP_ALERTS = ["Shopify Sync Manager", "System Manager"];
const CHANNEL_TO = {
	Mail: () => [__("Mail Addresses"), __("One per line.")],
	Slack: () => [__("Incoming Webhook Address"), __("In Slack: Apps, Incoming Webhooks, Add to a channel. It is kept secret.")],
	PagerDuty: () => [__("Integration Key"), __("In PagerDuty: Services, Integrations, Events API v2. An alert opens an incident, its recovery closes it.")],
	URL: () => [__("Address"), __("Gets each announcement as JSON by POST: event, status, dedup_key, store, condition, severity, message, link.")],
};
// The keys are erpnext_host/alerts/outcomes.py's.
const CHANNEL_HOW = {
	Arrived: ["green", () => __("Arrived")],
	Sent: ["green", () => __("Sent")],
	"Handed over": ["blue", () => __("Handed over")],
	Waiting: ["gray", () => __("Waiting")],
	"Left out": ["gray", () => __("Left out")],
	Failed: ["red", () => __("Failed")],
};

frappe.ui.form.on("Shopify Store", {
	onload(frm) {
		// Frappe gives every field of a time the present one in a new form; a new store has no quiet hours. Those of a copy stay.
		const [from, until] = [frm.doc.quiet_from, frm.doc.quiet_until].map((time) => moment(time || "", "HH:mm:ss"));
		if (frm.is_new() && Math.abs(until.diff(from, "seconds")) < 5) frm.doc.quiet_from = frm.doc.quiet_until = null;
	},
	refresh(frm) {
		const field = frm.get_field("channels_html");
		if (!field) return;
		if (frm.is_new() || !frappe.user.has_role(MAY_SET_UP_ALERTS)) return field.$wrapper.empty();
		draw_channels(frm);
	},
});

async function call_alerts(method, args = {}, freeze = true) {
	const { message } = await frappe.call({ method: `shopify_sync.api.alerts.${method}`, type: "POST", args, freeze });
	return message;
}

async function draw_channels(frm) {
	const escape = frappe.utils.escape_html;
	const $wrapper = frm.get_field("channels_html").$wrapper;
	const found = await call_alerts("channels", {}, false);
	const rows = found
		.map((row, index) => {
			const link = frappe.user.has_role("System Manager")
				? `<a href="${frappe.utils.get_form_link(row.doctype, row.name)}">${escape(row.name)}</a>`
				: escape(row.name);
			const remove = row.standard
				? ""
				: `<button type="button" class="btn btn-xs btn-default" data-action="remove-channel" data-index="${index}">${__("Delete")}</button>`;
			return `<tr>
				<td><input type="checkbox" data-action="switch-channel" data-index="${index}" aria-label="${__("On")}" ${row.enabled ? "checked" : ""}></td>
				<td>${link}</td><td>${escape(__(row.kind))}</td><td>${escape(row.to)}</td>
				<td class="text-muted">${escape(row.only)}</td><td class="text-right">${remove}</td>
			</tr>`;
		})
		.join("");
	const heads = [__("On"), __("Channel"), __("Kind"), __("To"), __("Takes"), ""].map((label) => `<th>${label}</th>`).join("");
	$wrapper.html(`
		<p class="text-muted">${__("Every alert is told through each channel that is on. They are Frappe's Notifications and Webhooks, and hold for all stores unless they say otherwise.")}</p>
		<div class="table-responsive"><table class="table table-sm"><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
		<p>
			<button type="button" class="btn btn-sm btn-default" data-action="add-channel">${__("Add a Channel")}</button>
			<button type="button" class="btn btn-sm btn-default" data-action="test-alert">${__("Send Test Alert")}</button>
			<button type="button" class="btn btn-sm btn-default" data-action="preview-digest">${__("Preview Digest")}</button>
		</p>`);
	const on = (action, event, act) => $wrapper.find(`[data-action="${action}"]`).on(event, act);
	on("add-channel", "click", () => add_channel(frm));
	on("test-alert", "click", () => send_test(frm));
	on("preview-digest", "click", () => preview_digest(frm));
	on("switch-channel", "change", (event) => switch_channel(frm, found[event.currentTarget.dataset.index], event.currentTarget.checked));
	on("remove-channel", "click", (event) => remove_channel(frm, found[event.currentTarget.dataset.index]));
}

function tell_about_channels({ message }) {
	frappe.show_alert({ message: frappe.utils.escape_html(message), indicator: "blue" });
}

async function switch_channel(frm, row, enabled) {
	try {
		tell_about_channels(await call_alerts("switch_channel", { doctype: row.doctype, name: row.name, enabled: enabled ? 1 : 0 }));
	} finally {
		draw_channels(frm);
	}
}

function remove_channel(frm, row) {
	frappe.confirm(__("Delete the channel {0}? Nothing is told through it any more.", [frappe.utils.escape_html(row.name)]), async () => {
		tell_about_channels(await call_alerts("remove_channel", { doctype: row.doctype, name: row.name }));
		draw_channels(frm);
	});
}

function add_channel(frm) {
	const show_to = () => {
		const [label, description] = CHANNEL_TO[dialog.get_value("kind")]();
		dialog.set_df_property("to", "label", label);
		dialog.set_df_property("to", "description", description);
	};
	const dialog = new frappe.ui.Dialog({
		title: __("Add a Channel"),
		fields: [
			{ fieldname: "kind", fieldtype: "Select", label: __("Kind"), options: Object.keys(CHANNEL_TO), default: "Mail", reqd: 1, onchange: show_to },
			{ fieldname: "to", fieldtype: "Small Text", label: __("Mail Addresses"), reqd: 1 },
			{ fieldname: "label", fieldtype: "Data", label: __("Name"), description: __("Others know it by this, e.g. On call.") },
			{ fieldname: "only_this_store", fieldtype: "Check", label: __("Only alerts of {0}", [frappe.utils.escape_html(frm.doc.name)]) },
			{ fieldname: "critical", fieldtype: "Check", label: __("Only what is critical") },
		],
		primary_action_label: __("Add"),
		async primary_action({ kind, to, label, only_this_store, critical }) {
			const store = only_this_store ? frm.doc.name : "";
			tell_about_channels(await call_alerts("add_channel", { kind, to, label: label || "", store, critical: critical ? 1 : 0 }));
			dialog.hide();
			draw_channels(frm);
		},
	});
	dialog.show();
	show_to();
}

async function send_test(frm) {
	const { alert } = await call_alerts("send_test", { store: frm.doc.name });
	const dialog = new frappe.ui.Dialog({ title: __("Test Alert"), size: "large", fields: [{ fieldname: "told", fieldtype: "HTML" }] });
	const show = (html) => dialog.fields_dict.told.$wrapper.html(html);
	dialog.show();
	show(`<p class="text-muted">${__("A worker is sending it…")}</p>`);
	for (let tries = 0; tries < 15 && dialog.is_visible !== false; tries++) {
		await new Promise((resolve) => setTimeout(resolve, 2000));
		const told = await call_alerts("results", { alert }, false);
		if (told.length) show(test_results(told));
		else if (tries > 4) show(`<p>${__("No worker has taken it yet. Check that the workers run: without them nobody is told of anything.")}</p>`);
	}
}

function test_results(told) {
	const escape = frappe.utils.escape_html;
	const rows = told
		.map((row) => {
			const [color, text] = CHANNEL_HOW[row.how];
			const pill = `<span class="indicator-pill ${color}" style="white-space: nowrap">${text()}</span>`;
			return `<tr><td>${escape(row.channel)}</td><td>${pill}</td><td>${escape(row.says)}</td></tr>`;
		})
		.join("");
	return `<div class="table-responsive"><table class="table table-sm"><tbody>${rows}</tbody></table></div>
		<p class="text-muted">${__("Look whether it arrived. In a few minutes the same channels say that the test is over.")}</p>`;
}

async function preview_digest(frm) {
	const { html, recipients } = await call_alerts("preview_digest", { store: frm.doc.name });
	const dialog = new frappe.ui.Dialog({ title: __("Digest up to Now, for {0} People", [recipients]), size: "large", fields: [{ fieldname: "html", fieldtype: "HTML" }] });
	dialog.fields_dict.html.$wrapper.html(html);
	dialog.show();
}
