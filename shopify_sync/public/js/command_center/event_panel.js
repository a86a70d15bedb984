// What stands below an opened event: why, what would be done, what ERPNext has, and what can be done about it.

(() => {
	const cc = shopify_sync.command_center;
	const WAITS = ["Retrying", "Blocked", "Held", "Conflict", "Dead Letter", "Received"];
	const AT_REST = ["Blocked", "Held", "Conflict", "Dead Letter"];

	cc.EventPanel = class EventPanel {
		constructor(app, element) {
			this.app = app;
			element.innerHTML = `<div data-part="why"></div><div class="ssc-buttons" data-part="buttons"></div>
				<div data-part="conflicts"></div><div data-part="compare"></div>`;
			[this.why, this.buttons, this.conflicts, this.comparison] = element.children;
		}

		update(event) {
			const was = this.event;
			this.event = event;
			cc.set_html(this.why, why_html(event));
			cc.set_html(this.buttons, this.buttons_html(event));
			if (event.status !== "Conflict") cc.set_html(this.conflicts, "");
			else if (was?.status !== "Conflict") this.load_conflicts();
		}

		buttons_html(event) {
			const { status, link } = event;
			const buttons = [
				cc.button("preview-event", __("Preview")),
				cc.button("compare-event", __("Compare with ERPNext")),
				cc.button("story-event", __("Story")),
				cc.button("open-event", __("Open event")),
			];
			if (event.document_type && event.document_name) {
				buttons.push(cc.button("open-document", __("Open {0}", [__(event.document_type)])));
			}
			if (this.app.can.operate) {
				if (status !== "Processing" && status !== "Received") buttons.unshift(retry_button(status));
				if (status === "Retrying" || AT_REST.includes(status)) buttons.push(cc.button("requeue-event", __("Look again now")));
				buttons.push(cc.button("refetch-event", __("Fetch from Shopify again")));
				if (link) buttons.push(cc.button("hold-event", __("Hold this resource")));
				buttons.push(cc.button("export-event", __("Export")));
				if (WAITS.includes(status)) buttons.push(cc.button("discard-event", __("Discard"), { css: "btn-danger" }));
			}
			return buttons.join(" ");
		}

		// Fields that both sides changed: the two values side by side, and a button for each.
		async load_conflicts() {
			const rows = await frappe.db.get_list("Sync Conflict", {
				filters: { event: this.event.name, status: "Open" },
				fields: ["name", "field", "document_type", "document_name", "erpnext_value", "shopify_value"],
				limit: 20,
			});
			cc.set_html(this.conflicts, rows.map((row) => conflict_html(row, this.app.can.operate)).join(""));
		}

		async compare() {
			this.comparison.innerHTML = `<p class="ssc-muted">${cc.esc(__("Reading what ERPNext has…"))}</p>`;
			try {
				const answer = await cc.read("evidence.compare", { event: this.event.name }, `compare-${this.event.name}`);
				this.comparison.innerHTML = `<div class="ssc-table">${shopify_sync.story.comparison_html(answer)}</div>`;
			} catch (error) {
				if (!cc.was_overtaken(error)) this.comparison.innerHTML = cc.error_html(error);
			}
		}
	};

	function retry_button(status) {
		return AT_REST.includes(status) || status === "Retrying"
			? cc.button("retry-event", __("Retry"), { css: "btn-primary" })
			: cc.button("replay-event", __("Replay"));
	}

	function why_html(event) {
		const missing = event.missing ? `<p>${cc.esc(__("Missing"))}: <code>${cc.esc(event.missing)}</code></p>` : "";
		const message = event.message ? `<p class="ssc-message">${cc.esc(event.message)}</p>` : "";
		return (event.category ? `<b>${cc.esc(__(event.category))}</b>` : "") + message + missing;
	}

	function conflict_html(row, may_operate) {
		const data = (choice) => ({ data: { conflict: row.name, choice } });
		const buttons = may_operate
			? cc.button("resolve-conflict", __("Take Shopify's"), data("Take Shopify's")) +
			  " " +
			  cc.button("resolve-conflict", __("Keep ERPNext's"), data("Keep ERPNext's"))
			: "";
		return `<div class="ssc-conflict" data-conflict="${cc.esc(row.name)}">
			<b>${cc.esc(__("{0} of {1}", [row.field, row.document_name || __(row.document_type || "")]))}</b>
			<dl><div><dt>${cc.esc(__("In ERPNext"))}</dt><dd>${cc.esc(row.erpnext_value)}</dd></div>
			<div><dt>${cc.esc(__("In Shopify"))}</dt><dd>${cc.esc(row.shopify_value)}</dd></div></dl>
			${buttons} ${cc.link("Sync Conflict", row.name, __("Edit"))}</div>`;
	}

	// The same decision for every open conflict of these events.
	cc.resolve_all = async (app, events, choice) => {
		const rows = await frappe.db.get_list("Sync Conflict", {
			filters: { event: ["in", events.map(({ name }) => name)], status: "Open" },
			limit: 200,
		});
		const target = { conflicts: rows.map(({ name }) => name) };
		if (rows.length) cc.ask_action(app, { action: "Resolve Conflict", target, about: [__(choice)], options: { resolution: choice } });
		else frappe.show_alert({ message: __("No conflict is open any more."), indicator: "blue" });
	};

	cc.register_event_actions = (app) => {
		const row_of = (element) => element.closest("[data-event]").row;
		const act = (verb, element) => {
			const { event } = row_of(element);
			const about = [[event.order_name, event.topic].filter(Boolean).join(" · ")];
			cc.ask_action(app, { action: cc.ACTION_OF[verb], target: { events: [event.name] }, about });
		};
		for (const verb of ["retry", "requeue", "replay", "discard", "refetch"]) {
			app.on(`${verb}-event`, (element) => act(verb, element));
		}
		app.on("toggle-event", (element) => row_of(element).toggle());
		app.on("preview-event", (element) => shopify_sync.show_preview({ event: row_of(element).event.name }));
		app.on("story-event", (element) => shopify_sync.story.dialog({ event: row_of(element).event.name }));
		app.on("compare-event", (element) => row_of(element).panel_view.compare());
		app.on("open-event", (element) => frappe.set_route("Form", "Sync Event", row_of(element).event.name));
		app.on("open-document", (element) => {
			const { document_type, document_name } = row_of(element).event;
			frappe.set_route("Form", document_type, document_name);
		});
		app.on("hold-event", (element) => {
			const { store, link } = row_of(element).event;
			cc.ask_action(app, { action: "Hold", target: { store, link } });
		});
		app.on("resolve-conflict", ({ dataset }) => {
			const [target, options] = [{ conflict: dataset.conflict }, { resolution: dataset.choice }];
			cc.ask_action(app, { action: "Resolve Conflict", target, about: [__(dataset.choice)], options });
		});
		app.on("export-event", (element) =>
			open_url_post("/api/method/shopify_sync.api.evidence.export", { event: row_of(element).event.name }, true)
		);
	};
})();
