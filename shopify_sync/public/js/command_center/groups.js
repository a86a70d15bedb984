// "Needs you": failures by cause, the largest first.

(() => {
	const cc = shopify_sync.command_center;
	const PAGE = 50;
	const AT_MOST = 200;

	cc.Groups = class Groups {
		constructor(app, element) {
			Object.assign(this, { app, element, rows: new Map(), groups: [], shown: PAGE });
			element.innerHTML = `<div class="ssc-list-head" data-part="order"></div>
				<div class="ssc-groups" role="list"></div><div class="ssc-foot"></div>`;
			[this.head, this.list, this.foot] = element.children;
			this.register();
		}

		register() {
			const { app } = this;
			const row_of = (element) => element.closest("[data-group]").row;
			for (const verb of ["retry", "requeue", "replay", "refetch", "discard"]) {
				app.on(`${verb}-group`, (element) => this.act(verb, row_of(element).group));
			}
			app.on("resolve-group", (element) => cc.resolve_all(app, row_of(element).event_list.events, element.dataset.choice));
			app.on("toggle-group", (element) => row_of(element).toggle());
			app.on("fix-group", (element) => row_of(element).open_fix());
			app.on("preview-group", (element) => shopify_sync.show_preview({ event: row_of(element).group.sample_event }));
			app.on("export-group", (element) => {
				const { filters } = cc.group_target(row_of(element).group);
				open_url_post("/api/method/shopify_sync.api.evidence.export", { filters: JSON.stringify(filters) }, true);
			});
			app.on("events-of-group", (element) => this.as_list(row_of(element).group));
			app.on("filter-order", ({ dataset }) => app.set_filter({ order: dataset.value }));
			app.on("close-group", (element) => row_of(element).element.remove());
			app.on("more-groups", () => this.more());
			app.on("order-groups", ({ dataset }) => app.set_order(dataset.order));
		}

		act(verb, group) {
			cc.ask_action(this.app, { action: cc.ACTION_OF[verb], target: cc.group_target(group), about: [group.title] });
		}

		as_list({ store, category, cause }) {
			this.app.replace_filters({ ...this.app.filters.values, store, category, cause, status: this.statuses() }, "events");
		}

		statuses() {
			return this.app.filters.values.status || cc.OPEN_FAILURES;
		}

		reset() {
			this.shown = PAGE;
		}

		more() {
			this.shown = Math.min(this.shown + PAGE, AT_MOST);
			this.load();
		}

		async load() {
			try {
				const args = { filters: this.app.filters.for_server(), start: 0, limit: this.shown, order: this.app.filters.order };
				this.show(await cc.read("command_center.groups", args));
			} catch (error) {
				if (!cc.was_overtaken(error)) cc.set_html(this.foot, cc.error_html(error));
			}
		}

		show(answer) {
			this.answer = answer;
			this.groups = answer.groups;
			const keys = new Set(this.groups.map(cc.group_key));
			for (const [key, row] of this.rows) if (!row.element.isConnected) this.rows.delete(key);
			cc.show_keyed(this.list, this.rows, this.groups, cc.group_key, (group) => new cc.GroupRow(this.app, group));
			cc.set_html(this.head, this.groups.length > 1 || answer.notes?.length ? this.order_html(answer) : "");
			this.show_foot();
			if (this.app.has_overview) this.app.show_answer();
			this.app.selection.keep("group", keys);
			this.app.selection.mark();
		}

		// Why nothing is shown depends on the stores, too, which come with another answer.
		show_foot() {
			if (this.answer) cc.set_html(this.foot, this.foot_html(this.answer));
		}

		order_html({ total_groups, total_events, notes }) {
			const orders = { count: __("Most events"), last_seen: __("Last seen"), first_seen: __("First seen") };
			const buttons = Object.entries(orders).map(([order, label]) => {
				const pressed = this.app.filters.order === order;
				return `<button type="button" class="btn btn-xs ${pressed ? "btn-default" : "btn-link"}" data-action="order-groups"
					data-order="${order}" aria-pressed="${pressed}">${cc.esc(label)}</button>`;
			});
			const says = __("{0} of {1}", [cc.events(total_events), cc.causes(total_groups)]);
			const said = (notes || []).map((note) => `<span data-part="note">${cc.esc(note)}</span>`).join(" ");
			const select = this.app.can.operate ? cc.button("select-shown", __("Select all"), { css: "btn-link" }) : "";
			return `<span class="ssc-muted">${cc.esc(says)}</span> ${said} ${select} <span class="ssc-right">${buttons.join("")}</span>`;
		}

		foot_html({ groups, total_groups, more }) {
			if (!groups.length) return this.empty_html();
			if (!more && groups.length >= total_groups) return "";
			const says = __("{0} of {1} shown", [cc.number(groups.length), cc.causes(total_groups)]);
			const next =
				groups.length < AT_MOST
					? cc.button("more-groups", __("More"))
					: cc.esc(__("Narrow the filter to see the rest."));
			return `<span class="ssc-muted">${cc.esc(says)}</span> ${next}`;
		}

		empty_html() {
			if (!this.app.filters.is_empty) {
				const clear = cc.button("clear-filters", __("Clear filters"), { css: "btn-primary" });
				return cc.empty(__("Nothing matches"), __("No failure matches these filters."), clear);
			}
			const { stores } = this.app.overview;
			if (!stores.length) return "";
			const says = stores.map((store) => store.last_reconciliation_says).filter(Boolean);
			const text = says.length ? says.join(" ") : __("No reconciliation has run yet; it would compare every record.");
			return cc.empty(__("Nothing needs you"), text);
		}
	};
})();
