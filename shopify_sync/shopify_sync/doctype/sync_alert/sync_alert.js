// One alert: what is wrong, since when, what to do, who was told and what came of it. Every button asks the server, which checks.

const MAY_ACT_ON_ALERTS = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];
// The keys are erpnext_host/alerts/outcomes.py's.
const TOLD_HOW = {
	Arrived: ["green", () => __("Arrived")],
	Sent: ["green", () => __("Sent")],
	"Handed over": ["blue", () => __("Handed over")],
	Waiting: ["gray", () => __("Waiting")],
	"Left out": ["gray", () => __("Left out")],
	Failed: ["red", () => __("Failed")],
};
const ALERT_OPEN = ["Firing", "Escalated", "Acknowledged"];

frappe.ui.form.on("Sync Alert", {
	onload() {
		// One listener, however many alerts are opened.
		frappe.realtime.off("shopify_sync_alert", alert_told);
		frappe.realtime.on("shopify_sync_alert", alert_told);
	},

	refresh(frm) {
		frm.disable_save();
		show_alert_intro(frm);
		show_told(frm);
		add_alert_place(frm);
		if (frappe.user.has_role(MAY_ACT_ON_ALERTS)) add_alert_buttons(frm);
	},
});

function alert_told({ name }) {
	if (cur_frm?.doctype === "Sync Alert" && cur_frm.doc.name === name) cur_frm.reload_doc();
}

function show_alert_intro(frm) {
	const { doc } = frm;
	const escape = frappe.utils.escape_html;
	const lines = [`<b>${escape(doc.message || doc.title)}</b>`];
	if (doc.status === "Recovered") {
		lines.push(__("It is over since {0}.", [frappe.datetime.str_to_user(doc.recovered_at)]));
	} else {
		if (doc.what_to_do) lines.push(escape(doc.what_to_do));
		if (doc.status === "Pending") lines.push(__("It has not lasted long enough yet to be told to anybody."));
		if (doc.clear_since) lines.push(__("It is away since {0}; if it stays away, the alert is over.", [frappe.datetime.str_to_user(doc.clear_since)]));
		if (doc.acknowledged_by) {
			const who = escape(frappe.user.full_name(doc.acknowledged_by));
			lines.push(__("{0} is on it, since {1}.", [who, frappe.datetime.str_to_user(doc.acknowledged_at)]));
		}
		if (doc.muted_until && doc.muted_until > frappe.datetime.now_datetime()) {
			lines.push(__("Muted until {0}.", [frappe.datetime.str_to_user(doc.muted_until)]));
		}
	}
	const color = { Recovered: "green", Acknowledged: "blue", Pending: "gray" }[doc.status] || (doc.severity === "Critical" ? "red" : "orange");
	frm.set_intro(lines.join("<br>"), color);
}

// Where the channel's name is data, it is escaped; whether it went well is said in words and not by colour alone.
function told_table(told) {
	if (!told.length) return `<p class="text-muted">${__("Nobody was told yet.")}</p>`;
	const escape = frappe.utils.escape_html;
	const how = (row) => {
		const [color, text] = TOLD_HOW[row.how];
		return `<span class="indicator-pill ${color}" style="white-space: nowrap">${text()}</span>`;
	};
	const rows = told
		.map(
			(row) => `<tr>
				<td>${escape(frappe.datetime.str_to_user(row.at.slice(0, 19)))}</td>
				<td>${escape(row.kind)}</td><td>${escape(row.channel)}</td><td>${how(row)}</td><td>${escape(row.says)}</td>
			</tr>`
		)
		.join("");
	const heads = [__("When"), __("What"), __("Channel"), __("How"), __("Says")].map((label) => `<th>${label}</th>`).join("");
	return `<div class="table-responsive"><table class="table table-sm"><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function show_told(frm) {
	frm.get_field("told_html").$wrapper.html(told_table((frm.doc.__onload && frm.doc.__onload.told) || []));
}

function add_alert_place(frm) {
	if (!frm.doc.place) return;
	const { route, filters } = JSON.parse(frm.doc.place);
	frm.add_custom_button(__("Go to Where It Is"), () => {
		if (Object.keys(filters).length) frappe.route_options = filters;
		frappe.set_route(route[0] === "List" ? [...route, "List"] : route);
	});
}

function add_alert_buttons(frm) {
	const { doc } = frm;
	if (["Firing", "Escalated"].includes(doc.status)) {
		frm.add_custom_button(__("Acknowledge"), () => acknowledge(frm))
			.addClass("btn-primary")
			.attr("data-action", "acknowledge-alert");
	}
	if (!ALERT_OPEN.includes(doc.status) || doc.is_test) return;
	if (doc.muted_until && doc.muted_until > frappe.datetime.now_datetime()) {
		frm.add_custom_button(__("Unmute"), () => act_on_alert(frm, "mute", { hours: 0 })).attr("data-action", "unmute-alert");
	} else {
		frm.add_custom_button(__("Mute"), () => mute(frm)).attr("data-action", "mute-alert");
	}
}

function acknowledge(frm) {
	frappe.prompt(
		[{ fieldname: "note", fieldtype: "Small Text", label: __("Note"), description: __("What you are going to do; others read it here.") }],
		({ note }) => act_on_alert(frm, "acknowledge", { note: note || "" }),
		__("I Am on It"),
		__("Acknowledge")
	);
}

function mute(frm) {
	frappe.prompt(
		[
			{ fieldname: "hours", fieldtype: "Float", label: __("Hours"), default: 4, reqd: 1, description: __("Of this condition and store nobody is told anything for so long, but that it recovered.") },
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason") },
		],
		({ hours, reason }) => act_on_alert(frm, "mute", { hours, reason: reason || "" }),
		__("Tell Nobody for a While"),
		__("Mute")
	);
}

async function act_on_alert(frm, method, args) {
	const { message } = await frappe.call({
		method: `shopify_sync.api.alerts.${method}`,
		args: { alert: frm.doc.name, ...args },
		freeze: true,
	});
	frappe.show_alert({ message: frappe.utils.escape_html(message.message), indicator: "blue" });
	return frm.reload_doc();
}
