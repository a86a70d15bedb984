// Groups or events that were checked, and the bar that acts on all of them.

(() => {
	const cc = shopify_sync.command_center;

	cc.Selection = class Selection {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			this.clear();
			app.on("select-group", (box) => this.toggle("group", box.closest("[data-group]").dataset.group, box.checked));
			app.on("select-event", (box) => this.toggle("event", box.closest("[data-event]").dataset.event, box.checked));
			app.on("select-shown", () => this.add_shown());
			app.on("select-all-matching", () => this.take_all());
			app.on("clear-selection", () => this.clear());
			for (const verb of ["retry", "requeue", "replay", "refetch", "discard"]) {
				app.on(`${verb}-selected`, () => this.act(verb));
			}
		}

		clear() {
			this.kind = null;
			this.keys = new Set();
			this.all = false;
			this.render();
		}

		has(kind, key) {
			return this.kind === kind && this.keys.has(key);
		}

		// Groups and events are not mixed: one kind is selected at a time.
		toggle(kind, key, on = !this.has(kind, key)) {
			if (this.kind !== kind) this.clear();
			this.kind = kind;
			this.all = false;
			if (on) this.keys.add(key);
			else this.keys.delete(key);
			this.render();
		}

		add_shown() {
			const kind = this.app.tab_shows_groups ? "group" : "event";
			const rows = this.app.panel.querySelectorAll(`[data-${kind}]`);
			for (const row of rows) this.toggle(kind, row.dataset[kind], true);
		}

		take_all() {
			this.all = true;
			this.render();
		}

		// What is gone from the page is not acted on unseen.
		keep(kind, shown) {
			if (this.kind !== kind || this.all) return;
			for (const key of this.keys) if (!shown.has(key)) this.keys.delete(key);
			this.render();
		}

		render() {
			this.mark();
			const count = this.keys.size;
			this.element.hidden = !count || !this.app.can?.operate;
			if (this.element.hidden) return cc.set_html(this.element, "");
			const verbs = [
				cc.button("retry-selected", __("Retry"), { css: "btn-primary" }),
				cc.button("requeue-selected", __("Look again now")),
				cc.button("replay-selected", __("Replay")),
				cc.button("refetch-selected", __("Fetch from Shopify again")),
				cc.button("discard-selected", __("Discard"), { css: "btn-danger" }),
				cc.button("clear-selection", __("Clear selection"), { css: "btn-link" }),
			];
			cc.set_html(this.element, `<b data-part="selected">${cc.esc(this.says())}</b> ${this.offer_html()} ${verbs.join(" ")}`);
		}

		mark() {
			for (const box of this.app.root.querySelectorAll('[data-action="select-group"], [data-action="select-event"]')) {
				const row = box.closest("[data-event], [data-group]");
				const kind = row.dataset.event ? "event" : "group";
				box.checked = this.has(kind, row.dataset[kind]) || (this.all && kind === "event" && this.app.panel.contains(row));
				row.classList.toggle("ssc-selected", box.checked);
			}
		}

		says() {
			if (this.all) return __("Everything that matches is selected: {0}", [this.app.matching_says()]);
			if (this.kind === "event") return __("{0} selected", [cc.events(this.keys.size)]);
			const events = this.groups().reduce((sum, { count }) => sum + count, 0);
			return __("{0} selected, {1}", [cc.causes(this.keys.size), cc.events(events)]);
		}

		offer_html() {
			if (this.all || this.kind !== "event" || this.app.tab_shows_groups) return "";
			const label = __("Select everything that matches ({0})", [this.app.matching_says()]);
			return cc.button("select-all-matching", label, { css: "btn-link" });
		}

		groups() {
			return this.app.groups.groups.filter((group) => this.keys.has(cc.group_key(group)));
		}

		target() {
			if (this.all) return { filters: this.app.event_list.filters() };
			if (this.kind === "event") return { events: [...this.keys] };
			const groups = this.groups().map(({ store, category, cause }) => ({ store, category, cause }));
			return { filters: { ...this.app.filters.values, groups } };
		}

		// What is chosen, as the rows are called; of events their number is enough.
		about() {
			if (this.kind !== "group") return [];
			return this.groups().map(({ title, count }) => `${title}: ${cc.events(count)}`);
		}

		act(verb) {
			if (!this.keys.size || !this.app.can.operate) return;
			const [target, about] = [this.target(), this.about()];
			cc.ask_action(this.app, { action: cc.ACTION_OF[verb], target, about, done: () => this.clear() });
		}
	};
})();
