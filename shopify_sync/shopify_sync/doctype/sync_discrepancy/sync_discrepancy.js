// One difference: both sides, what it most likely comes from, and what can be done. Every button asks the server, which checks.

const MAY_DECIDE_ON = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];

// In an operator's words; the keys are core/reconciliation/findings.py `Cause`.
const CAUSES = {
	"Lost webhook": () => __("Shopify has a state that ERPNext was never told of: its webhook is lost."),
	"Failed event": () => __("The state arrived, and its event failed. Mend what it asks for, and retry it."),
	"Event discarded": () => __("Somebody discarded the event that told of this state."),
	"Event put away": () => __("The event was put away by a setting: shadow mode, a flow that was off, or a hold."),
	"Changed by hand": () => __("Somebody changed, cancelled or deleted a document after the sync had written it."),
	"Broken link": () => __("The Shopify Link is missing, or does not lead to a document."),
	Mapping: () => __("Nobody changed it, and it does not agree: most likely a mapping was wrong when it was booked."),
	Rounding: () => __("The difference is a matter of rounding."),
	"Changed in Shopify": () => __("It was changed in Shopify, where ERPNext's figure should stand."),
	"Deleted in Shopify": () => __("It is not there in Shopify any more."),
	Unknown: () => __("Nothing tells where it comes from."),
};

const PROPOSALS = {
	"Apply Shopify's state": () => __("Apply Shopify's state: it is fetched and carried out as a webhook would be."),
	"Push ERPNext's state": () => __("Push ERPNext's state to Shopify."),
	"Create the subscription": () => __("Subscribe again, so that Shopify sends these webhooks."),
	"Mend and retry the event": () => __("Open the event, mend what it asks for, and retry it."),
	Review: () => __("A person has to look at it: nothing of it is changed without one."),
};

const HEAL_LABELS = {
	"Apply Shopify's state": () => __("Apply"),
	"Push ERPNext's state": () => __("Push"),
	"Create the subscription": () => __("Subscribe Again"),
};

frappe.ui.form.on("Sync Discrepancy", {
	refresh(frm) {
		frm.disable_save();
		show_headline(frm);
		add_links(frm);
		if (frappe.user.has_role(MAY_DECIDE_ON)) add_actions(frm);
	},
});

const is_over = (doc) => ["Healed", "Resolved"].includes(doc.status);

function show_headline(frm) {
	const { doc } = frm;
	const lines = [`<b>${frappe.utils.escape_html([__(doc.kind), doc.label || doc.shopify_id, doc.field].filter(Boolean).join(" · "))}</b>`];
	if (is_over(doc)) {
		lines.push(__("Both sides agree again."));
	} else if (doc.status === "Dismissed") {
		lines.push(__("Accepted as it is, until one of both values changes."));
	} else {
		lines.push((CAUSES[doc.cause] || CAUSES.Unknown)());
		if (doc.changed_by) {
			const who = frappe.utils.escape_html(frappe.user.full_name(doc.changed_by));
			lines.push(__("By {0}, {1}.", [who, frappe.datetime.str_to_user(doc.changed_at) || ""]));
		}
		if (doc.status === "Healing") lines.push(__("Something was set going that mends it; the next comparison says whether it did."));
		else if (PROPOSALS[doc.proposal]) lines.push(`<i>${PROPOSALS[doc.proposal]()}</i>`);
		if (doc.trend === "Growing") lines.push(__("The difference has grown for a week or longer."));
		if (doc.trend === "Recurring") lines.push(__("It comes back however often it is healed: look for what causes it."));
	}
	frm.set_intro(lines.join("<br>"), is_over(doc) ? "green" : doc.status === "Open" ? "yellow" : "blue");
}

function add_links(frm) {
	const { document_type, document_name, event, last_run } = frm.doc;
	if (document_type && document_name) {
		frm.add_custom_button(__("Open {0}", [__(document_type)]), () => frappe.set_route("Form", document_type, document_name));
	}
	if (event) frm.add_custom_button(__("Open Sync Event"), () => frappe.set_route("Form", "Sync Event", event));
	if (last_run) frm.add_custom_button(__("Open Run"), () => frappe.set_route("Form", "Reconciliation Run", last_run));
}

function add_actions(frm) {
	const { doc } = frm;
	if (is_over(doc)) return;
	if (HEAL_LABELS[doc.proposal] && doc.resource_type !== "variant") {
		frm.add_custom_button(HEAL_LABELS[doc.proposal](), () => heal(frm)).addClass("btn-primary");
	}
	if (doc.kind === "Missing in ERPNext" && doc.resource_type === "order" && doc.proposal === "Review") {
		frm.add_custom_button(__("Restore from Shopify"), () => restore(frm));
	}
	if (doc.kind !== "Ledger" && doc.resource_type !== "variant") {
		frm.add_custom_button(__("Compare Again"), () => act(frm, "compare_again"));
	}
	if (doc.status !== "Dismissed") frm.add_custom_button(__("Dismiss"), () => dismiss(frm));
}

function heal(frm) {
	frappe.confirm(PROPOSALS[frm.doc.proposal](), () => act(frm, "heal"));
}

function restore(frm) {
	frappe.confirm(
		__("Make the Sales Order of {0} again, as Shopify has the order now? The one that was cancelled stays cancelled.", [
			frappe.utils.escape_html(frm.doc.label || frm.doc.shopify_id),
		]),
		() => act(frm, "restore")
	);
}

function dismiss(frm) {
	frappe.prompt(
		[{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 }],
		({ reason }) => act(frm, "dismiss", { reason }),
		__("Accept It as It Is"),
		__("Dismiss")
	);
}

async function act(frm, method, args = {}) {
	const { message } = await frappe.call({
		method: `shopify_sync.api.reconciliation.${method}`,
		args: { discrepancy: frm.doc.name, ...args },
		freeze: true,
	});
	frappe.show_alert({ message: frappe.utils.escape_html(message?.message || __("Done")), indicator: "blue" });
	return frm.reload_doc();
}
