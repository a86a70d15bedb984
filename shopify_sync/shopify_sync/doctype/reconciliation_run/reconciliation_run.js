// How far a reconciliation is, and what it found, by kind. Nothing of it is edited.

const MAY_RUN = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];

frappe.ui.form.on("Reconciliation Run", {
	refresh(frm) {
		frm.disable_save();
		show_state(frm);
		show_result(frm);
		frm.add_custom_button(__("Discrepancies"), () =>
			frappe.set_route("List", "Sync Discrepancy", "List", { last_run: frm.doc.name, status: ["!=", ""] })
		);
		if (frm.doc.status === "Running" && frappe.user.has_role(MAY_RUN)) {
			frm.add_custom_button(__("Stop"), () => stop(frm));
		}
		listen(frm);
	},
});

function show_state(frm) {
	const { doc } = frm;
	if (doc.status === "Running") {
		frm.dashboard.show_progress(__("Comparing"), doc.progress || 0, progress_text(doc));
		return;
	}
	const compared = __("{0} records were compared, {1} agree.", [doc.compared, doc.agreed]);
	if (doc.status === "Completed") {
		const text = doc.found ? __("{0} differences were found.", [doc.found]) : __("No difference was found.");
		frm.set_intro(`${compared} ${text}`, doc.found ? "orange" : "green");
	} else {
		frm.set_intro(
			`${__(doc.status)}: ${frappe.utils.escape_html(doc.stopped_because || "")} ${compared}`,
			doc.status === "Failed" ? "red" : "yellow"
		);
	}
}

function progress_text(doc) {
	return __("{0} compared, {1} differ, {2} set going to be healed", [doc.compared || 0, doc.found || 0, doc.healed || 0]);
}

// What is told after every page; the whole form is loaded again when the run is over.
function listen(frm) {
	frappe.realtime.off("shopify_sync_reconciliation");
	if (frm.doc.status !== "Running") return;
	frappe.realtime.on("shopify_sync_reconciliation", (told) => {
		frm.dashboard.show_progress(__("Comparing"), told.percent, progress_text(told));
		if (told.percent >= 100) frm.reload_doc();
	});
}

function parse(text) {
	try {
		return JSON.parse(text || "{}");
	} catch {
		return {};
	}
}

function show_result(frm) {
	const found = parse(frm.doc.by_kind);
	const healed = parse(frm.doc.healed_by_kind);
	const left_out = parse(frm.doc.left_out);
	const kinds = Object.keys(found).sort();
	const wrapper = frm.get_field("result_html").$wrapper.empty();
	if (kinds.length) {
		const chart = $('<div class="found-by-kind"></div>').appendTo(wrapper);
		new frappe.Chart(chart[0], {
			title: __("Differences by Kind"),
			type: "bar",
			height: 220,
			colors: ["#f0883e", "#2ea043"],
			data: {
				labels: kinds.map((kind) => __(kind)),
				datasets: [
					{ name: __("Found"), values: kinds.map((kind) => found[kind]) },
					{ name: __("Set Going to Be Healed"), values: kinds.map((kind) => healed[kind] || 0) },
				],
			},
		});
	}
	const reasons = Object.entries(left_out);
	if (reasons.length) {
		const rows = reasons
			.map(([reason, count]) => `<li>${count} · ${frappe.utils.escape_html(__(reason))}</li>`)
			.join("");
		wrapper.append(`<p class="text-muted">${__("Not compared:")}</p><ul class="text-muted">${rows}</ul>`);
	}
}

function stop(frm) {
	frappe.confirm(__("Stop this comparison? What it found and healed so far stays."), () =>
		frappe
			.call({ method: "shopify_sync.api.reconciliation.stop", args: { run: frm.doc.name }, freeze: true })
			.then(({ message }) => {
				frappe.show_alert({ message: message.message, indicator: "blue" });
				frm.reload_doc();
			})
	);
}
