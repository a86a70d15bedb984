// One event of the ledger: what happened to it, why it waits, and what a person can do about it.
// The form changes nothing itself: every button asks the command center, which checks and records.

const COMMAND_CENTER = "shopify_sync.api.command_center";
const IN_THE_QUEUE = ["Received", "Processing"];
const DISCARDABLE = ["Retrying", "Blocked", "Held", "Conflict", "Dead Letter"];
const MAPPABLE = ["item:", "variant:", "inventory_item:"];
const IN_THE_STORE = [
	"tax:",
	"shipping:",
	"location:",
	"setting:",
	"valuation:",
	"gateway:",
	"state:",
];

const esc = (value) => (value === 0 ? "0" : frappe.utils.escape_html(value));

frappe.ui.form.on("Sync Event", {
	refresh(frm) {
		frm.disable_save();
		frm.set_df_property("payload", "formatter", shopify_sync.show_json);
		if (frm.doc.direction === "Outbound") speak_of_pushes(frm);
		show_headline(frm);
		add_buttons(frm);
		show_story(frm);
	},
});

// What the fields are called on an event that goes out: nothing was delivered, and nobody at Shopify named it.
const OF_PUSHES = {
	topic: [__("Operation"), __("What is said to Shopify, in its own words.")],
	order_name: [__("About"), __("The Item or the order that it is about.")],
	document_name: [__("Document Name"), __("The ERPNext document that it is about.")],
	received_at: [__("Marked At"), ""],
	last_seen_at: [__("Last Marked At"), __("When something of it changed last before it was taken.")],
	deliveries: [__("Changes"), __("How many changes this one push stands for.")],
};

function speak_of_pushes(frm) {
	Object.entries(OF_PUSHES).forEach(([field, [label, description]]) => {
		frm.set_df_property(field, "label", label);
		frm.set_df_property(field, "description", description);
	});
	frm.toggle_display(["shopify_updated_at", "triggered_at"], false);
}

// ---------------------------------------------------------------- headline

const NEXT_STEP = {
	Retrying: __("Nothing to do: it is tried again by itself."),
	Blocked: __("It waits for what is missing, and is tried again by itself as soon as that is there."),
	Held: __("It costs no attempt and goes on by itself when the reason is gone."),
	Conflict: __("Nothing was overwritten. It waits for your decision: Retry or Discard."),
	"Dead Letter": __("It is not tried again by itself. Retry it once the cause is mended, or Discard it."),
	Shadowed: __("The store was in Shadow mode: what would be done was recorded, and nothing was changed."),
};
const HEADLINE_COLORS = {
	Retrying: "orange",
	Held: "orange",
	Conflict: "yellow",
	Blocked: "red",
	"Dead Letter": "red",
};

function show_headline(frm) {
	const { status, category, message, missing, not_applied, superseded_by } = frm.doc;
	const failure = frm.doc.__onload?.failure;
	const lines = [];
	if (NEXT_STEP[status]) {
		const title = [__(status), category && __(failure?.title || category)].filter(Boolean).join(": ");
		lines.push(`<b>${esc(title)}</b>`, esc(message));
		if (missing) lines.push(`${__("Missing")}: <code style="color: inherit">${esc(missing)}</code>`); // readable on red, in the dark too
		if (failure?.check?.length) lines.push(`<b>${__("What to check")}:</b> ${failure.check.map(esc).join(" ")}`);
		if (failure?.fix) lines.push(`<b>${__("What to do")}:</b> ${esc(__(failure.fix))}`);
		if (failure?.call) lines.push(`<b>${__("Whom to call")}:</b> ${esc(failure.call)}`);
		lines.push(never_again(frm) ? __("Trying again cannot help. Discard it with a note.") : NEXT_STEP[status]);
		lines.push(next_try(frm));
	} else if (status === "Superseded" && superseded_by) {
		const newer = frappe.utils.get_form_link("Sync Event", superseded_by, true, __("a newer event"));
		lines.push(__("Nothing was done for this one: {0} of the same resource carries a newer state.", [newer]));
	} else if (not_applied) {
		lines.push(`<b>${__("Not taken over")}:</b> ${esc(not_applied)}`);
	}
	const html = lines.filter(Boolean).join("<br>");
	if (html) {
		frm.set_intro(html, HEADLINE_COLORS[status] || (not_applied ? "yellow" : "blue"));
	}
}

function next_try(frm) {
	const { status, next_try_at } = frm.doc;
	if (status !== "Retrying" || !next_try_at) return "";
	const when = frappe.datetime.convert_to_user_tz(next_try_at, false).fromNow();
	return __("Next try: {0} ({1})", [esc(when), esc(frappe.datetime.str_to_user(next_try_at))]);
}

// ---------------------------------------------------------------- buttons

function add_buttons(frm) {
	const { status, missing, store, document_type, document_name } = frm.doc;
	if (document_type && document_name) {
		frm.add_custom_button(__("Open {0}", [__(document_type)]), () =>
			frappe.set_route("Form", document_type, document_name)
		);
	}
	frappe.model.with_doctype("Shopify Link", () => shopify_sync.add_shopify_button(frm));
	if (status === "Conflict") {
		frm.add_custom_button(__("Open Sync Conflicts"), () =>
			frappe.set_route("List", "Sync Conflict", "List", { event: frm.doc.name })
		);
	}
	if (status === "Blocked" && store && starts_with(missing, IN_THE_STORE)) {
		frm.add_custom_button(__("Open Store Settings"), () =>
			frappe.set_route("Form", "Shopify Store", store)
		);
	}
	if (frm.doc.resource_type && shopify_sync.may_preview()) {
		frm.add_custom_button(__("Preview"), () =>
			shopify_sync.show_preview({ event: frm.doc.name })
		);
	}
	add_set_up_buttons(frm);

	if (!frappe.listview_settings["Sync Event"].may_act()) return;
	if (!IN_THE_QUEUE.includes(status) && !never_again(frm)) {
		frm.add_custom_button(__("Retry"), () => command(frm, "retry"));
	}
	if (DISCARDABLE.includes(status)) {
		frm.add_custom_button(__("Discard"), () => ask_to_discard(frm));
		if (starts_with(missing, MAPPABLE)) {
			frm.add_custom_button(__("Map Item"), () => ask_for_item(frm)).addClass("btn-primary");
		}
	}
}

// The server refuses these anyway, with the reason; a button that never works would only mislead.
function never_again(frm) {
	return frm.doc.status === "Dead Letter" && frm.doc.__onload?.failure?.retry === "never";
}

function starts_with(text, prefixes) {
	return prefixes.some((prefix) => (text || "").startsWith(prefix));
}

async function command(frm, method, args = {}) {
	const { message } = await frappe.call({
		method: `${COMMAND_CENTER}.${method}`,
		args: { event: frm.doc.name, ...args },
		freeze: true,
	});
	const answer = typeof message === "string" ? message : message?.message;
	// It may name what came from Shopify: a SKU, a gateway.
	frappe.show_alert({ message: esc(answer || __("Done")), indicator: "blue" });
	return frm.reload_doc();
}

function ask_to_discard(frm) {
	frappe.prompt(
		{
			fieldname: "reason",
			fieldtype: "Small Text",
			label: __("Reason"),
			reqd: 1,
			description: __("Kept with the event. It will not be tried again."),
		},
		({ reason }) => command(frm, "discard", { reason }),
		__("Discard This Event"),
		__("Discard")
	);
}

// ---------------------------------------------------------------- what happened

async function show_story(frm) {
	const name = frm.doc.name;
	const $wrapper = frm.get_field("attempts_html").$wrapper;
	const { message } = await frappe.call({
		method: "shopify_sync.api.evidence.story",
		args: { event: name },
		type: "GET",
	});
	if (frm.doc.name !== name || !message) return;
	shopify_sync.story.render($wrapper, message.entries);
}
