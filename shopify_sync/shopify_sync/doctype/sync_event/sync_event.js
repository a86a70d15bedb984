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
const MAY_SET_UP = ["Shopify Sync Manager", "System Manager"];
const OUTCOMES = ["Submitted", "Draft", "No document", "Closed", "Cancelled", "Hold for review"];

const esc = (value) => (value === 0 ? "0" : frappe.utils.escape_html(value));

frappe.ui.form.on("Sync Event", {
	refresh(frm) {
		frm.disable_save();
		frm.set_df_property("payload", "formatter", show_json);
		if (frm.doc.direction === "Outbound") speak_of_pushes(frm);
		show_headline(frm);
		add_buttons(frm);
		show_attempts(frm);
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
		if (missing) lines.push(`${__("Missing")}: <code>${esc(missing)}</code>`);
		if (failure?.fix) lines.push(`<b>${__("What to do")}:</b> ${esc(__(failure.fix))}`);
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

// What a store lacks can be added right here, by who may change the store.
function add_set_up_buttons(frm) {
	const { status, missing } = frm.doc;
	if (status !== "Blocked" || !frappe.user.has_role(MAY_SET_UP)) return;
	if (starts_with(missing, ["state:"])) {
		frm.add_custom_button(__("Add State Rule"), () => ask_for_rule(frm)).addClass("btn-primary");
	}
	if (starts_with(missing, ["gateway:"])) {
		frm.add_custom_button(__("Map Gateway"), () => ask_for_gateway(frm)).addClass("btn-primary");
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
	frappe.show_alert({ message: answer || __("Done"), indicator: "blue" });
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

function ask_for_item(frm) {
	frappe.prompt(
		{
			fieldname: "item",
			fieldtype: "Link",
			options: "Item",
			label: __("Item"),
			reqd: 1,
			description: __("Stands for {0} from now on. Every event that waits for it is tried again.", [
				`<code>${esc(frm.doc.missing)}</code>`,
			]),
			get_query: () => ({ filters: { disabled: 0, has_variants: 0 } }),
		},
		({ item }) => command(frm, "map_item", { item }),
		__("Map Item"),
		__("Map and Retry")
	);
}

function ask_for_rule(frm) {
	const [financial, fulfillment, cancelled] = frm.doc.missing.slice("state:".length).split("|");
	const state = [financial, fulfillment, cancelled === "yes" && __("cancelled")].filter(Boolean);
	const check = (fieldname, label) => ({
		fieldname,
		label,
		fieldtype: "Check",
		depends_on: "eval:['Submitted', 'Closed', 'Cancelled'].includes(doc.outcome)",
	});
	frappe.prompt(
		[
			{
				fieldname: "outcome",
				fieldtype: "Select",
				options: OUTCOMES.join("\n"),
				default: OUTCOMES[0],
				label: __("Sales Order"),
				reqd: 1,
				description: __("For orders that are {0}. Every event that waits for it is tried again.", [
					`<code>${esc(state.join(", "))}</code>`,
				]),
			},
			check("make_invoice", __("Invoice")),
			check("make_payments", __("Payments")),
			check("make_deliveries", __("Deliveries")),
		],
		(values) => command(frm, "add_state_rule", values),
		__("Add State Rule"),
		__("Add and Retry")
	);
}

async function ask_for_gateway(frm) {
	const { message } = await frappe.db.get_value("Shopify Store", frm.doc.store, "company");
	const account = (fieldname, label, filters, more = {}) => ({
		fieldname,
		label,
		fieldtype: "Link",
		options: "Account",
		get_query: () => ({ filters: { company: message.company, is_group: 0, disabled: 0, ...filters } }),
		...more,
	});
	const money = {
		root_type: ["in", ["Asset", "Liability"]],
		account_type: ["in", ["", "Bank", "Cash", "Current Asset", "Current Liability"]],
	};
	frappe.prompt(
		[
			account("account", __("Account"), money, {
				reqd: 1,
				description: __("Where the money of {0} arrives. Every event that waits for it is tried again.", [
					`<code>${esc(frm.doc.missing.slice("gateway:".length))}</code>`,
				]),
			}),
			account("clearing_account", __("Clearing Account"), money, {
				description: __("Where it waits until the gateway pays it out."),
			}),
			account("fee_account", __("Fee Account"), { root_type: "Expense" }),
			{
				fieldname: "mode_of_payment",
				fieldtype: "Link",
				options: "Mode of Payment",
				label: __("Mode of Payment"),
			},
		],
		(values) => command(frm, "map_gateway", values),
		__("Map Gateway"),
		__("Map and Retry")
	);
}

// ---------------------------------------------------------------- what happened

async function show_attempts(frm) {
	const name = frm.doc.name;
	const attempts = await frappe.db.get_list("Sync Attempt", {
		filters: { event: name },
		fields: [
			"name",
			"attempt",
			"action",
			"outcome",
			"category",
			"message",
			"user",
			"reason",
			"started_at",
			"duration_ms",
			"restarts",
			"changes",
			"reads",
		],
		order_by: "creation asc",
		limit: 500,
	});
	if (frm.doc.name !== name) return;
	const html = (attempts || []).map(attempt_html).join("");
	frm.get_field("attempts_html").$wrapper.html(
		html
			? `${TIMELINE_STYLE}<div class="sync-timeline">${html}</div>`
			: `<p class="text-muted">${__("Nothing yet: no worker has taken it.")}</p>`
	);
}

const TIMELINE_STYLE = `<style>
	.sync-timeline { border-left: 2px solid var(--border-color); margin-left: 6px; }
	.sync-timeline .sync-attempt { position: relative; padding: 0 0 20px 20px; }
	.sync-timeline .sync-attempt::before {
		content: ""; position: absolute; left: -6px; top: 6px; width: 10px; height: 10px;
		border-radius: 50%; background: var(--gray-500);
	}
	.sync-timeline .sync-attempt.green::before { background: var(--green-500); }
	.sync-timeline .sync-attempt.blue::before { background: var(--blue-500); }
	.sync-timeline .sync-attempt.orange::before { background: var(--orange-500); }
	.sync-timeline .sync-attempt.yellow::before { background: var(--yellow-500); }
	.sync-timeline .sync-attempt.red::before { background: var(--red-500); }
	.sync-timeline table { margin: 4px 0 8px; width: auto; max-width: 100%; }
	.sync-timeline td, .sync-timeline th { padding: 2px 10px !important; }
	.sync-timeline td:first-child, .sync-timeline th { white-space: nowrap; }
	.sync-timeline td:not(:first-child) { overflow-wrap: anywhere; min-width: 80px; }
</style>`;

function attempt_html(attempt) {
	const color = color_of(attempt.outcome);
	const number = attempt.attempt ? ` ${esc(attempt.attempt)}` : "";
	const facts = [
		attempt.started_at && frappe.datetime.str_to_user(attempt.started_at),
		attempt.duration_ms !== null && attempt.duration_ms !== undefined && `${attempt.duration_ms} ms`,
		attempt.restarts && __("{0} restarts", [attempt.restarts]),
		attempt.user && __("by {0}", [frappe.user.full_name(attempt.user)]),
	];
	const evidence = frappe.utils.get_form_link("Sync Attempt", attempt.name, true, __("Evidence"));
	const second_line = [...facts.filter(Boolean).map(esc), evidence].join(" · ");
	return `<div class="sync-attempt ${color}">
		<div>
			<b>${esc(__(attempt.action))}${number}</b>
			<span class="indicator-pill ${color} ml-2">${esc(__(attempt.outcome))}</span>
			${attempt.category ? `<span class="text-muted ml-2">${esc(__(attempt.category))}</span>` : ""}
		</div>
		<div class="small text-muted">${second_line}</div>
		${paragraph(attempt.message)}
		${attempt.reason ? paragraph(`${__("Reason")}: ${attempt.reason}`) : ""}
		${parse_changes(attempt.changes).map(change_html).join("")}
		${attempt.action === "Push" ? reads_html(attempt.reads) : ""}
	</div>`;
}

function color_of(outcome) {
	return outcome ? frappe.listview_settings["Sync Event"].get_indicator({ status: outcome })[1] : "gray";
}

function paragraph(text) {
	return text ? `<div class="mt-1" style="white-space: pre-line">${esc(text)}</div>` : "";
}

function parse_changes(text) {
	try {
		return JSON.parse(text || "[]") || [];
	} catch {
		return []; // the attempt's own form shows the text as it is
	}
}

const PEOPLE = ["Customer", "Contact", "Address"];

// What a figure was made of, and by how much Shopify's was not what it was last known to be.
function reads_html(text) {
	const reads = parse_json(text, {});
	const rows = Object.entries(reads).filter(([, value]) => typeof value !== "object" || Array.isArray(value));
	if (!rows.length) return "";
	const cells = rows.map(([name, value]) => `${esc(__(frappe.unscrub(name)))}: <b>${esc(String(value))}</b>`);
	return `<div class="text-muted small" style="margin-top: 4px">${cells.join(" · ")}</div>`;
}

function parse_json(text, otherwise) {
	try {
		return text ? JSON.parse(text) : otherwise;
	} catch {
		return otherwise;
	}
}

function change_html({ action, doctype, name, key, fields }) {
	// Documents that are named after a person are masked in the evidence: there is no page under that name.
	const named_after_person = PEOPLE.includes(doctype);
	const document =
		name && doctype && !named_after_person
			? frappe.utils.get_form_link(doctype, name, true, esc(name))
			: esc(key || name);
	const rows = (fields || []).map(
		({ field, before, after }) =>
			`<tr><td>${esc(field)}</td><td>${value_html(before)}</td><td>${value_html(after)}</td></tr>`
	);
	const table = rows.length
		? `<table class="table table-bordered table-sm small">
			<thead><tr><th>${__("Field")}</th><th>${__("Before")}</th><th>${__("After")}</th></tr></thead>
			<tbody>${rows.join("")}</tbody>
		</table>`
		: "";
	return `<div class="mt-2">${esc(__(action))} ${esc(__(doctype))} ${document}${table}</div>`;
}

function value_html(value) {
	if (value === null || value === undefined || value === "") return '<span class="text-muted">–</span>';
	if (Array.isArray(value) && value.every((row) => row && typeof row === "object")) {
		return value.map(row_html).join("");
	}
	return esc(typeof value === "object" ? JSON.stringify(value) : String(value));
}

// A row of a child table on one line: its fields are few, and the same from row to row.
function row_html(row) {
	const cells = Object.entries(row).map(
		([field, value]) => `<span class="text-muted">${esc(field)}</span> ${value_html(value)}`
	);
	return `<div>${cells.join(" · ")}</div>`;
}

// ---------------------------------------------------------------- payload

function show_json(value) {
	return value ? `<pre>${frappe.utils.escape_html(indent_json(value))}</pre>` : "";
}

// Lays the text out as it is: stringifying what JSON.parse returns would change the last digits of Shopify's 64-bit ids.
function indent_json(text) {
	try {
		JSON.parse(text);
	} catch {
		return text; // not JSON, or cut off: shown as it came
	}
	const parts = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) || [];
	const line = (depth) => "\n" + "  ".repeat(Math.max(depth, 0));
	let depth = 0;
	return parts
		.map((part, i) => {
			const [before, after] = [parts[i - 1], parts[i + 1]];
			if (part === "{" || part === "[") {
				depth += 1;
				return after === "}" || after === "]" ? part : part + line(depth);
			}
			if (part === "}" || part === "]") {
				depth -= 1;
				return before === "{" || before === "[" ? part : line(depth) + part;
			}
			if (part === ",") return part + line(depth);
			return part === ":" ? ": " : part;
		})
		.join("");
}
