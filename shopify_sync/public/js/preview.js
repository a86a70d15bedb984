// What would be done about an event, shown before it is done. Used by Sync Event and by Sales Order.

frappe.provide("shopify_sync");

shopify_sync.may_preview = () =>
	frappe.user.has_role([
		"Shopify Sync Auditor",
		"Shopify Sync Operator",
		"Shopify Sync Manager",
		"System Manager",
	]);

// args: { event } or { sales_order }
shopify_sync.show_preview = async (args) => {
	const { message } = await frappe.call({
		method: "shopify_sync.api.command_center.preview",
		args,
		freeze: true,
	});
	if (!message) return;
	await load_labels(message.changes || []);
	const about = [message.order_name, message.topic].filter(Boolean).join(" · ");
	const dialog = new frappe.ui.Dialog({
		title: __("Preview: {0}", [esc(about)]),
		size: "extra-large",
		fields: [{ fieldname: "html", fieldtype: "HTML" }],
		primary_action_label: __("Open Event"),
		primary_action() {
			dialog.hide();
			frappe.set_route("Form", "Sync Event", message.name);
		},
	});
	dialog.get_field("html").$wrapper.html(preview_html(message));
	dialog.show();

	function preview_html({ decision, changes, reason, not_applied, category, message: why, missing, status }) {
		const parts = [];
		if (decision === "failure") {
			parts.push(notice("red", __("It would fail: {0}", [__(category)]), why));
			if (missing) parts.push(`<p>${__("Missing")}: <code>${esc(missing)}</code></p>`);
		} else if (decision === "skip") {
			parts.push(notice("blue", __("It would end as {0}", [__(status)]), reason));
		} else if (!changes.length) {
			parts.push(notice("green", __("Nothing to change"), reason));
		} else {
			parts.push(
				notice(
					"blue",
					__("{0} changes would be made", [changes.length]),
					__("Nothing has been changed. ERPNext's own checks come when it is done.")
				)
			);
			parts.push(summary_html(changes));
			// Whom it is booked under is masked anyway: what is booked comes first.
			const [people, books] = [changes.filter(is_person), changes.filter((change) => !is_person(change))];
			parts.push(...[...books, ...people].map(change_html));
		}
		(not_applied || []).forEach((note) => parts.push(notice("yellow", __("Not taken over"), note)));
		return parts.join("");
	}

	function notice(color, title, text) {
		return `<div class="form-message ${color}" style="margin-bottom: 12px">
			<div><b>${esc(title)}</b></div><div style="white-space: pre-line">${esc(text || "")}</div></div>`;
	}

	function is_person({ doctype }) {
		return ["Customer", "Contact", "Address"].includes(doctype);
	}

	// In the order in which it would be done.
	function summary_html(changes) {
		const rows = changes.map(({ action, doctype, name, key, total }) => {
			const cells = [__(frappe.unscrub(action)), __(doctype), name || key || ""];
			return `<tr>${cells.map((cell) => `<td>${esc(cell)}</td>`).join("")}<td class="text-right">${esc(total)}</td></tr>`;
		});
		return `<table class="table table-sm table-bordered"><tbody>${rows.join("")}</tbody></table>`;
	}

	function change_html({ action, doctype, name, key, fields }) {
		const shown = (fields || []).filter(({ before, after }) => !empty(before) || !empty(after));
		const rows = shown.filter(({ after }) => !is_table(after)).map((entry) => field_html(doctype, entry));
		const tables = shown.filter(({ after }) => is_table(after)).map((entry) => table_html(doctype, entry));
		return `<div class="frappe-card" style="padding: 12px; margin-bottom: 12px">
			<h5 style="margin-top: 0">${esc(__(frappe.unscrub(action)))} ${esc(__(doctype))}
				<span class="text-muted">${esc(name || key || "")}</span></h5>
			${rows.length ? `<table class="table table-sm small" style="margin-bottom: 8px">${rows.join("")}</table>` : ""}
			${tables.join("")}
		</div>`;
	}

	function field_html(doctype, { field, before, after }) {
		const from = empty(before) ? "" : `<span class="text-muted">${value_html(before)} → </span>`;
		return `<tr><td class="text-muted" style="width: 30%">${label(doctype, field)}</td><td>${from}${value_html(after)}</td></tr>`;
	}

	function table_html(doctype, { field, after }) {
		const child = frappe.meta.get_docfield(doctype, field)?.options;
		const columns = [...new Set(after.flatMap((row) => Object.keys(row).filter((name) => !empty(row[name]))))];
		const head = columns.map((name) => `<th class="text-muted">${label(child, name)}</th>`).join("");
		const body = after
			.map((row) => `<tr>${columns.map((name) => `<td>${value_html(row[name])}</td>`).join("")}</tr>`)
			.join("");
		return `<div class="text-muted small">${label(doctype, field)}</div>
			<div style="overflow-x: auto"><table class="table table-bordered table-sm small">
			<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
	}

	// The names that people know from the form; without them the names of the columns do.
	function label(doctype, field) {
		const df = doctype && frappe.meta.get_docfield(doctype, field);
		return `<span title="${esc(field)}">${esc(df?.label ? __(df.label) : field)}</span>`;
	}

	function load_labels(changes) {
		const doctypes = [...new Set(changes.map(({ doctype }) => doctype))];
		return Promise.allSettled(doctypes.map((doctype) => frappe.model.with_doctype(doctype)));
	}

	function is_table(value) {
		return Array.isArray(value) && value.length && typeof value[0] === "object";
	}

	function empty(value) {
		return value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
	}

	// A document or a row that an earlier change makes is known by its key only.
	function value_html(value) {
		if (empty(value)) return "";
		if (typeof value === "object" && value.key) {
			const line = value.line ? ` · ${__("line")} ${esc(value.line)}` : "";
			return `<span class="text-muted" title="${esc(value.key)}">↑ ${esc(__(value.doctype))}${line}</span>`;
		}
		return esc(typeof value === "object" ? JSON.stringify(value) : String(value));
	}

	function esc(value) {
		return frappe.utils.escape_html(String(value ?? ""));
	}
};
