// The story of an event, or of a record across all its events, as one timeline. The server tells it in words; here it is only drawn.

frappe.provide("shopify_sync.story");

shopify_sync.story.COLORS = {
	Applied: "green", "No Change": "green", Shadowed: "blue", Received: "blue", Processing: "blue", Answered: "green", Healed: "green",
	Resolved: "green", Retrying: "orange", Held: "orange", Unknown: "orange", "In Flight": "orange", "Not Sent": "orange",
	Conflict: "yellow", Open: "yellow", Blocked: "red", "Dead Letter": "red", Failed: "red", Refused: "red", "User Errors": "red",
};

// What a reader may look for; the kinds are those of core/evidence/entries.py.
shopify_sync.story.KINDS = () => ({
	received: __("Deliveries"),
	attempt: __("Attempts"),
	call: __("Calls to Shopify"),
	action: __("Operators' actions"),
	sync: __("By itself"),
	conflict: __("Conflicts"),
	finding: __("Reconciliation"),
	waiting: __("Waiting"),
	ended: __("How it ended"),
});

(() => {
	const STYLE = `
	.sync-story { border-inline-start: 2px solid var(--border-color); margin-inline-start: 6px; }
	.sync-story .story-entry { position: relative; padding: 0 0 16px; padding-inline-start: 18px; overflow-wrap: anywhere; }
	.sync-story .story-entry::before {
		content: ""; position: absolute; inset-inline-start: -6px; top: 6px; width: 10px; height: 10px;
		border-radius: 50%; background: var(--gray-500);
	}
	.sync-story .story-entry.green::before { background: var(--green-500); }
	.sync-story .story-entry.blue::before { background: var(--blue-500); }
	.sync-story .story-entry.orange::before { background: var(--orange-500); }
	.sync-story .story-entry.yellow::before { background: var(--yellow-500); }
	.sync-story .story-entry.red::before { background: var(--red-500); }
	.sync-story .story-table { overflow-x: auto; }
	.sync-story table { margin: 4px 0 8px; width: auto; max-width: 100%; }
	.sync-story td, .sync-story th { padding: 2px 10px !important; }
	.sync-story td:first-child, .sync-story th { white-space: nowrap; }
	.sync-story td:not(:first-child) { overflow-wrap: anywhere; min-width: 80px; }
	.sync-story pre { white-space: pre-wrap; max-height: 320px; overflow: auto; margin: 4px 0; }
	.sync-story details > summary { cursor: pointer; width: fit-content; }
	.sync-story-filter { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 14px; }
	`;
	const PEOPLE = ["Customer", "Contact", "Address"];
	const esc = (value) => frappe.utils.escape_html(String(value ?? ""));

	function add_style() {
		if (document.getElementById("sync-story-style")) return;
		const style = document.createElement("style");
		style.id = "sync-story-style";
		style.textContent = STYLE;
		document.head.appendChild(style);
	}

	// options.events: {name: {topic, status, …}} where the entries are of several events. options.filter: offer to filter by kind.
	shopify_sync.story.render = async ($wrapper, entries, options = {}) => {
		add_style();
		await load_labels(entries);
		if (!entries.length) {
			return $wrapper.html(`<p class="text-muted">${esc(options.empty || __("Nothing yet: no worker has taken it."))}</p>`);
		}
		$wrapper.html(
			`${options.filter ? filter_html(entries) : ""}<div class="sync-story" role="list">${entries
				.map((entry) => entry_html(entry, options.events))
				.join("")}</div>`
		);
		$wrapper.find("[data-story-kind]").on("click", (event) => filter_by($wrapper, event.currentTarget));
	};

	// The names that people know from the forms; without them the names of the columns do.
	function load_labels(entries) {
		const documents = entries.flatMap(({ changes }) => changes).filter(({ is_document }) => is_document);
		const doctypes = new Set(documents.map(({ doctype }) => doctype));
		return Promise.allSettled([...doctypes].map((doctype) => frappe.model.with_doctype(doctype)));
	}

	function label(doctype, field) {
		const df = doctype && frappe.meta.get_docfield(doctype, field);
		return `<span title="${esc(field)}">${esc(df?.label ? __(df.label, null, doctype) : field)}</span>`;
	}

	function filter_html(entries) {
		const counts = {};
		entries.forEach(({ kind }) => (counts[kind] = (counts[kind] || 0) + 1));
		const button = (kind, label, count, pressed) =>
			`<button type="button" class="btn btn-xs ${pressed ? "btn-primary" : "btn-default"}" data-story-kind="${esc(kind)}"
				data-action="filter-story" aria-pressed="${pressed}">${esc(label)} (${esc(count)})</button>`;
		const kinds = Object.entries(shopify_sync.story.KINDS()).filter(([kind]) => counts[kind]);
		const all = button("", __("All"), entries.length, true);
		return `<div class="sync-story-filter">${all}${kinds
			.map(([kind, label]) => button(kind, label, counts[kind], false))
			.join("")}</div>`;
	}

	function filter_by($wrapper, pressed) {
		const kind = pressed.dataset.storyKind;
		$wrapper.find("[data-story-kind]").each((_index, button) => {
			const is_it = button === pressed;
			button.setAttribute("aria-pressed", is_it);
			$(button).toggleClass("btn-primary", is_it).toggleClass("btn-default", !is_it);
		});
		$wrapper.find(".story-entry").each((_index, entry) => $(entry).toggle(!kind || entry.dataset.kind === kind));
	}

	function entry_html(entry, events) {
		const color = shopify_sync.story.COLORS[entry.outcome] || "gray";
		const pill = entry.outcome ? `<span class="indicator-pill ${color} ml-2">${esc(__(entry.outcome))}</span>` : "";
		return `<div class="story-entry ${color}" role="listitem" data-kind="${esc(entry.kind)}">
			<div><b>${esc(entry.title)}</b>${pill}</div>
			<div class="small text-muted">${second_line(entry, events)}</div>
			${entry.said.map((text) => `<div class="mt-1" style="white-space: pre-line">${esc(text)}</div>`).join("")}
			${entry.changes.map(change_html).join("")}
			${developers_html(entry.developers)}
		</div>`;
	}

	function second_line(entry, events) {
		const parts = [entry.at && esc(frappe.datetime.str_to_user(entry.at))];
		const event = events?.[entry.event];
		if (event) parts.push(link("Sync Event", entry.event, [event.topic, event.store].filter(Boolean).join(" · ")));
		parts.push(...entry.facts.map(({ label, value }) => `${esc(label)}: ${esc(time_or(value))}`));
		parts.push(...entry.links.map(({ doctype, name, label }) => link(doctype, name, label)));
		return parts.filter(Boolean).join(" · ");
	}

	function time_or(value) {
		return /^\d{4}-\d\d-\d\d \d\d:\d\d/.test(value) ? frappe.datetime.str_to_user(value) : value;
	}

	function link(doctype, name, text) {
		return frappe.utils.get_form_link(doctype, name, true, esc(text || name));
	}

	function developers_html(developers) {
		if (!developers.length) return "";
		const rows = developers.map(({ label, text }) => `<div class="small text-muted">${esc(label)}</div><pre class="small">${esc(text)}</pre>`);
		return `<details class="mt-1"><summary class="small text-muted">${esc(__("Details for developers"))}</summary>${rows.join("")}</details>`;
	}

	// ---------------------------------------------------------------- changes: each field before → after

	function change_html({ action, doctype, name, key, fields, is_document }) {
		// Documents that are named after a person are masked in the evidence: there is no page under that name.
		const shown = name && is_document && !PEOPLE.includes(doctype) ? link(doctype, name, name) : esc(key || name);
		const rows = (fields || []).map(
			({ field, before, after }) =>
				`<tr><td>${label(is_document && doctype, field)}</td><td>${value_html(before)}</td><td>${value_html(after)}</td></tr>`
		);
		const table = rows.length
			? `<div class="story-table"><table class="table table-bordered table-sm small">
				<thead><tr><th>${esc(__("Field"))}</th><th>${esc(__("Before"))}</th><th>${esc(__("After"))}</th></tr></thead>
				<tbody>${rows.join("")}</tbody></table></div>`
			: "";
		const title = `${esc(__(frappe.unscrub(action)))} ${esc(__(doctype))}`;
		if (rows.length <= 6) return `<div class="mt-2">${title} ${shown}${table}</div>`;
		return `<div class="mt-2">${title} ${shown}<details><summary class="small text-muted">${esc(
			__("{0} fields", [rows.length])
		)}</summary>${table}</details></div>`;
	}

	function value_html(value) {
		if (value === null || value === undefined || value === "") return '<span class="text-muted">–</span>';
		if (Array.isArray(value) && value.every((row) => row && typeof row === "object")) return value.map(row_html).join("");
		return esc(typeof value === "object" ? JSON.stringify(value) : String(value));
	}

	// A row of a child table on one line: its fields are few, and the same from row to row.
	function row_html(row) {
		const cells = Object.entries(row).map(([field, value]) => `<span class="text-muted">${esc(field)}</span> ${value_html(value)}`);
		return `<div>${cells.join(" · ")}</div>`;
	}

	// ---------------------------------------------------------------- where it is shown

	// The changes of one attempt, as it keeps them (JSON): tables, as in the story.
	shopify_sync.story.changes_html = async (text) => {
		add_style();
		const changes = JSON.parse(text || "[]").map((change) => ({
			...change,
			is_document: (frappe.boot.user.can_read || []).includes(change.doctype),
		}));
		await load_labels([{ changes }]);
		return `<div class="sync-story">${changes.map(change_html).join("")}</div>`;
	};

	shopify_sync.story.show_event = async ($wrapper, event) => {
		const { message } = await frappe.call({ method: "shopify_sync.api.evidence.story", args: { event }, type: "GET" });
		if (message) shopify_sync.story.render($wrapper, message.entries);
		return message;
	};

	// args: { event }
	shopify_sync.story.dialog = async ({ event }) => {
		const dialog = new frappe.ui.Dialog({
			title: __("What happened"),
			size: "extra-large",
			fields: [{ fieldname: "html", fieldtype: "HTML" }],
			primary_action_label: __("Open Event"),
			primary_action() {
				dialog.hide();
				frappe.set_route("Form", "Sync Event", event);
			},
		});
		dialog.show();
		await shopify_sync.story.show_event(dialog.get_field("html").$wrapper, event);
	};
})();
