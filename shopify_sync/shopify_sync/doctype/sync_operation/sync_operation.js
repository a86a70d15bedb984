// One operation: what it did, to how many, what it left as it was and why. The form changes nothing but by Stop.

const COLORS = { Queued: "gray", Running: "blue", Stopping: "orange", Stopped: "orange", Completed: "green", Failed: "red" };
const GOES_ON = ["Queued", "Running", "Stopping"];
const escaped = frappe.utils.escape_html;

frappe.ui.form.on("Sync Operation", {
	refresh(frm) {
		frm.disable_save();
		if (frm.is_new()) return;
		const { action, status, store, target_says } = frm.doc;
		frm.page.set_title(store && target_says !== store ? `${__(action)}: ${target_says}` : `${__(action)} ${store || ""}`);
		frm.page.set_indicator(__(status), COLORS[status]);
		show_progress(frm, frm.doc);
		show_result(frm);
		add_buttons(frm);
		listen();
	},
});

// One listener for all forms; by its name, since the Sync Command Center listens to the same.
function listen() {
	frappe.realtime.off("shopify_sync_operation", operation_told);
	frappe.realtime.on("shopify_sync_operation", operation_told);
}

function operation_told(shown) {
	const frm = cur_frm;
	if (frm?.doctype !== "Sync Operation" || frm.is_new() || shown.name !== frm.doc.name) return;
	if (!GOES_ON.includes(shown.status)) frm.reload_doc();
	else show_progress(frm, shown);
}

function show_progress(frm, { status, done, total, message }) {
	if (!GOES_ON.includes(status)) return frm.dashboard.hide_progress?.();
	const percent = total ? Math.min((100 * (done || 0)) / total, 100) : 0;
	const said = __("{0} of {1} events", [done || 0, total || 0]);
	frm.dashboard.show_progress(__("Progress"), percent, message ? `${said}. ${escaped(message)}` : said);
}

// Why some were left as they were, with a few of them by name.
function show_result(frm) {
	const refusals = parsed(frm.doc.refusals);
	const examples = parsed(frm.doc.examples);
	const rows = Object.entries(refusals)
		.sort(([, one], [, other]) => other - one)
		.map(([why, count]) => {
			const some = (examples[why] || []).slice(0, 10).map((name) => linked(frm, name));
			return `<tr><td class="text-right">${count}</td><td>${escaped(__(why))}</td><td class="small">${some.join("<br>")}</td></tr>`;
		});
	const head = `<tr><th class="text-right">${__("Left")}</th><th>${__("Why")}</th><th>${__("For Example")}</th></tr>`;
	const nothing = GOES_ON.includes(frm.doc.status) ? "" : `<p class="text-muted">${__("Nothing was refused.")}</p>`;
	frm.get_field("result_html").$wrapper.html(
		rows.length ? `<table class="table table-bordered">${head}${rows.join("")}</table>` : nothing
	);
}

function parsed(text) {
	try {
		return JSON.parse(text || "{}") || {};
	} catch {
		return {};
	}
}

function linked(frm, name) {
	const doctype = frm.doc.action === "Resolve Conflict" ? "Sync Conflict" : "Sync Event";
	return `<a href="${frappe.utils.get_form_link(doctype, name)}">${escaped(name)}</a>`;
}

function add_buttons(frm) {
	const { name, status } = frm.doc;
	const may_stop = frappe.user.has_role(["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"]);
	if (["Queued", "Running"].includes(status) && may_stop) {
		const stop = () =>
			frappe.call({
				method: "shopify_sync.api.operations.stop",
				args: { operation: name },
				callback: () => frm.reload_doc(),
			});
		frm.add_custom_button(__("Stop"), stop).attr("data-action", "stop-operation");
	}
	frm.add_custom_button(__("What It Changed"), () =>
		frappe.set_route("List", "Sync Attempt", "List", { operation: name })
	);
}
