// One import of what a store has already, or its rehearsal: how far it is, how long it will take, and what came of it.
// The form changes nothing itself: every button asks api/backfill.py, which checks and records.

const COLORS = { Running: "blue", Stopped: "orange", Completed: "green", Failed: "red" };
const TROUBLE = ["Would fail", "Blocked", "Dead Letter", "Conflict"];
const escaped = frappe.utils.escape_html;

frappe.ui.form.on("Shopify Backfill", {
	refresh(frm) {
		frm.disable_save();
		if (frm.is_new()) return;
		frm.page.set_indicator(__(frm.doc.status), COLORS[frm.doc.status]);
		show_progress(frm, {
			percent: frm.doc.progress,
			records: frm.doc.records,
			expected: frm.doc.expected,
			done_at: frm.doc.done_at,
		});
		add_buttons(frm);
		show_result(frm);
		listen(frm);
	},
});

function listen(frm) {
	frappe.realtime.off("shopify_sync_backfill");
	frappe.realtime.on("shopify_sync_backfill", (shown) => {
		if (cur_frm !== frm || frm.is_new()) return;
		if (shown.ended) return frm.reload_doc();
		show_progress(frm, shown);
	});
}

function show_progress(frm, shown) {
	if (frm.doc.status !== "Running") return frm.dashboard.hide_progress?.();
	const parts = [__("{0} of about {1} records", [shown.records || 0, shown.expected || "?"])];
	if (shown.done_at) parts.push(__("probably done at {0}", [frappe.datetime.str_to_user(shown.done_at)]));
	frm.dashboard.show_progress(__("Progress"), shown.percent || 0, parts.join(", "));
}

function add_buttons(frm) {
	if (!frappe.user.has_role(["Shopify Sync Manager", "System Manager"])) return;
	const ask = (method, args, done) =>
		frappe.call({
			method: `shopify_sync.api.backfill.${method}`,
			args,
			callback: ({ message }) => {
				frappe.show_alert({ message: message.message, indicator: "blue" });
				done(message);
			},
		});
	const reload = () => frm.reload_doc();
	const { name, status, rehearsal, store, products, customers, orders, orders_from, stock } = frm.doc;
	if (status === "Running") {
		frm.add_custom_button(__("Stop"), () => ask("stop", { run: name }, reload));
	}
	if (["Stopped", "Failed"].includes(status)) {
		frm.add_custom_button(__("Go On"), () => ask("go_on", { run: name }, reload));
	}
	if (status === "Completed" && rehearsal) {
		frm.add_custom_button(__("Import Now"), () =>
			frappe.confirm(__("Import what was rehearsed? What fails waits for you, and goes on when it is mended."), () =>
				ask("start", { store, products, customers, orders, orders_from, stock, rehearse: 0 }, (started) =>
					frappe.set_route("Form", "Shopify Backfill", started.run)
				)
			)
		).addClass("btn-primary");
	}
	if (!rehearsal) {
		frm.add_custom_button(__("Sync Events"), () =>
			frappe.set_route("List", "Sync Event", "List", { store, source: "Backfill" })
		);
	}
}

function show_result(frm) {
	frappe
		.call({ method: "shopify_sync.api.backfill.result", type: "GET", args: { run: frm.doc.name } })
		.then(({ message }) => message && render_result(frm, message));
}

function render_result(frm, found) {
	const wrapper = frm.get_field("result_html").$wrapper;
	const names = { order: __("Orders"), customer: __("Customers"), product: __("Products"), inventory_level: __("Stock") };
	const title = (resource) => names[resource] || escaped(resource);
	const counts = Object.entries(found.outcomes).map(
		([resource, outcomes]) =>
			`<tr><td class="text-muted">${title(resource)}</td><td>${Object.entries(outcomes)
				.map(([outcome, count]) => `${count} <span class="${TROUBLE.includes(outcome) ? "text-danger" : ""}">${escaped(__(outcome))}</span>`)
				.join(", ")}</td></tr>`
	);
	if (found.pushes) {
		counts.push(
			`<tr><td class="text-muted">${__("Stock")}</td><td>${__(
				"{0} levels would be compared with ERPNext's, and set in Shopify where they differ",
				[found.pushes]
			)}</td></tr>`
		);
	}
	const rows = found.causes.map(
		(cause) => `<tr>
			<td class="text-right">${cause.count}</td>
			<td><b>${escaped(__(cause.category))}</b><br>${escaped(cause.missing)}</td>
			<td>${escaped(cause.message || "")}<div class="small text-muted">${escaped(__(cause.fix))}</div>
			${cause.solved ? `<span class="indicator-pill green">${__("Its product is imported too, and makes it")}</span>` : ""}</td>
			<td>${cause.examples.map(escaped).join(", ")}</td></tr>`
	);
	const head = `<tr><th class="text-right">${frm.doc.rehearsal ? __("Would Fail") : __("Failed")}</th><th>${__(
		"Why"
	)}</th><th>${__("What to Do")}</th><th>${__("For Example")}</th></tr>`;
	const more = found.more ? `<p class="text-muted">${__("… and {0} more causes.", [found.more])}</p>` : "";
	const nothing =
		frm.doc.records && frm.doc.rehearsal ? `<p>${__("Nothing of what was read so far would fail.")}</p>` : "";
	const note = frm.doc.rehearsal
		? `<p class="small text-muted">${__(
				"Of each record the first thing that is missing is named. What ERPNext itself would refuse shows only when it is done."
		  )}</p>`
		: "";
	wrapper.html(
		`<table class="table table-sm table-borderless">${counts.join("")}</table>` +
			(rows.length ? `<table class="table table-bordered">${head}${rows.join("")}</table>${more}` : nothing) +
			note
	);
}
