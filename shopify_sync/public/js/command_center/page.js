// The page itself: its parts, which tab is shown, and one place where every button is answered.

(() => {
	const cc = shopify_sync.command_center;
	const MANAGERS = ["Shopify Sync Manager", "System Manager"];
	const OPERATORS = ["Shopify Sync Operator", ...MANAGERS];

	cc.Page = class CommandCenter {
		constructor(wrapper) {
			cc.app = this;
			this.wrapper = wrapper;
			wrapper.disable_scroll_to_top = true;
			this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Sync Command Center"), single_column: true });
			this.handlers = {};
			// As the roles say; the server's answer counts, and it checks every action itself.
			this.can = { operate: !!frappe.user.has_role(OPERATORS), set_up: !!frappe.user.has_role(MANAGERS) };
			this.stores = [];
			this.overview = { stores: [], totals: {}, can: {} };
			this.filters = new cc.Filters();
			this.make();
			this.register();
		}

		make() {
			this.root = document.createElement("div");
			this.root.className = "ssc";
			this.root.innerHTML = shell_html();
			this.page.main.append(this.root);
			const part = (name) => this.root.querySelector(`[data-shell="${name}"]`);
			this.answer = part("answer");
			this.panel = part("panel");
			this.live = new cc.Live(this);
			this.running = new cc.Running(this, part("running"));
			this.health = new cc.Health(this, part("stores"));
			this.selection = new cc.Selection(this, part("selection"));
			this.views = new cc.Views(this, part("views"));
			this.filter_panel = new cc.FilterPanel(this, part("filters"));
			this.groups = new cc.Groups(this, part("groups"));
			this.event_list = new cc.EventList(this, part("events"), this.events_of_tab());
			this.operations = new cc.Operations(this, part("operations"));
			this.holds = new cc.Holds(this, part("holds"));
			this.keyboard = new cc.Keyboard(this);
			this.page.set_secondary_action(__("Refresh"), () => this.refresh(), "refresh");
			this.page.add_menu_item(__("Keys of this page"), () => this.keyboard.help());
		}

		register() {
			this.root.addEventListener("click", (event) => this.clicked(event));
			this.on("refresh", () => this.refresh());
			this.on("tab", ({ dataset }) => this.set_tab(dataset.tab));
			this.on("toggle-filters", () => this.filter_panel.toggle());
			this.on("clear-filters", () => this.replace_filters({}));
			this.on("remove-filter", ({ dataset }) => this.set_filter({ [dataset.key]: "" }));
			cc.register_store_actions(this);
			cc.register_event_actions(this);
		}

		// action: the `data-action` of a control. handler(element, event).
		on(action, handler) {
			this.handlers[action] = handler;
		}

		clicked(event) {
			const element = event.target.closest("[data-action]");
			if (!element || element.disabled || !this.root.contains(element)) return;
			this.handlers[element.dataset.action]?.(element, event);
		}

		get is_shown() {
			return frappe.container.page === this.wrapper;
		}

		sees(store) {
			return [...this.stores, ...this.overview.stores.map((one) => one.store)].includes(store);
		}

		get tab_shows_groups() {
			return this.filters.tab === "needs";
		}

		// Called by Frappe each time the page comes to the front, also by Back and Forward.
		shown() {
			this.fit();
			this.filters.read();
			this.filters.write({ replace: true });
			this.changed();
			// The causes are of this moment, the figures of the sentence above them may be older.
			this.live.settle();
			this.running.look();
			this.views.load();
		}

		// Frappe 16 gives a page no room at its sides.
		fit() {
			const [page, mine] = [this.wrapper.getBoundingClientRect(), this.root.getBoundingClientRect()];
			const room = Math.min(mine.left - page.left, page.right - mine.right);
			if (room < 8) this.root.classList.add("ssc-flush");
		}

		set_filter(values) {
			for (const [key, value] of Object.entries(values)) this.filters.set(key, value);
			this.filters.write();
			this.changed();
		}

		replace_filters(values, tab = this.filters.tab) {
			this.filters.values = {};
			this.filters.tab = tab;
			this.set_filter(values);
		}

		set_tab(tab) {
			this.filters.tab = tab;
			this.filters.write();
			this.changed();
		}

		set_order(order) {
			this.filters.order = order;
			this.filters.write();
			this.changed();
		}

		// The question is another one now: begin from its first page.
		changed() {
			this.selection.clear();
			for (const part of [this.groups, this.event_list, this.operations, this.holds]) part.reset();
			this.event_list.of.order = this.filters.tab === "retrying" ? "next_try_at" : "received_at desc";
			this.show_shell();
			this.panel.classList.add("ssc-stale");
			return this.refresh();
		}

		show_shell() {
			const { tab } = this.filters;
			const shown = ["retrying", "held"].includes(tab) ? "events" : tab === "needs" ? "groups" : tab;
			for (const part of ["groups", "events", "operations", "holds"]) {
				this.root.querySelector(`[data-shell="${part}"]`).hidden = part !== shown;
			}
			this.running.element.hidden = tab === "operations"; // the tab has them itself
			this.root.querySelector('[data-shell="chips"]').innerHTML = this.filters.chips_html();
			this.filter_panel.render();
			this.views.render();
			this.show_tabs();
		}

		show_tabs() {
			const { totals, stores } = this.overview;
			const counts = {
				needs: cc.OPEN_FAILURES.reduce((sum, status) => sum + (totals[status] || 0), 0),
				retrying: totals.Retrying,
				held: totals.Held,
				operations: stores.reduce((sum, store) => sum + (store.operations_running || 0), 0),
				holds: stores.reduce((sum, store) => sum + (store.holds || 0), 0),
			};
			const tabs = Object.entries(tab_labels()).map(([tab, label]) => {
				const count = counts[tab] ? ` <span class="ssc-badge">${cc.number(counts[tab])}</span>` : "";
				const chosen = tab === this.filters.tab;
				return `<button type="button" role="tab" id="ssc-tab-${tab}" aria-selected="${chosen}" aria-controls="ssc-panel"
					data-action="tab" data-tab="${tab}">${cc.esc(label)}${count}</button>`;
			});
			cc.set_html(this.root.querySelector('[data-shell="tabs"]'), tabs.join(""));
			this.panel.setAttribute("aria-labelledby", `ssc-tab-${this.filters.tab}`);
		}

		events_of_tab() {
			const fixed = { retrying: { status: ["Retrying"] }, held: { status: ["Held"] } };
			return {
				kind: "tab",
				order: "received_at desc",
				filters: () => this.filters.for_server(fixed[this.filters.tab]),
				empty: () => empty_events(this),
			};
		}

		matching_says() {
			return cc.events(this.event_list.count || 0) + (this.event_list.count_is_exact === false ? "+" : "");
		}

		// Two questions at once: how the stores are, and what the open tab shows.
		// fresh: not the stores' figures that the server keeps for some seconds.
		async refresh({ fresh = 0 } = {}) {
			this.live.last = Date.now();
			await Promise.all([this.load_overview(fresh), this.load_tab()]);
			this.panel.classList.remove("ssc-stale");
			this.show_stamp();
		}

		async load_overview(fresh = 0) {
			// A question that overtakes one for fresh figures takes their place, and must not be given older ones.
			this.wants_fresh = this.wants_fresh || fresh;
			const asked = { store: this.filters.values.store || null, fresh: this.wants_fresh };
			try {
				this.overview = await cc.read("command_center.overview", asked);
				this.wants_fresh = 0;
			} catch (error) {
				if (!cc.was_overtaken(error)) cc.set_html(this.answer, cc.error_html(error));
				return;
			}
			const { operate, set_up } = this.overview.can;
			const changed = operate !== this.can.operate || set_up !== this.can.set_up;
			this.can = this.overview.can;
			if (!this.filters.values.store) this.stores = this.overview.stores.map(({ store }) => store);
			this.has_overview = true;
			this.show_answer();
			this.health.render(this.overview.stores);
			this.show_tabs();
			this.groups.show_foot();
			if (changed) this.load_tab();
		}

		// Causes are named only where they are those of what is counted: not while a filter hides some.
		show_answer() {
			const narrowed = Object.keys(this.filters.values).some((key) => key !== "store");
			cc.set_html(this.answer, cc.answer_html(this.overview, narrowed || !this.tab_shows_groups ? [] : this.groups.groups));
		}

		get categories() {
			return [...new Set(this.groups.groups.map(({ category }) => category))].sort();
		}

		load_tab() {
			const { tab } = this.filters;
			const parts = { needs: this.groups, operations: this.operations, holds: this.holds };
			return (parts[tab] || this.event_list).load();
		}

		show_stamp() {
			const at = frappe.datetime.now_time();
			const text = __("Seen at {0}, {1}", [at, this.live.says()]);
			this.root.querySelector('[data-shell="stamp"]').textContent = text;
		}
	};

	function tab_labels() {
		return {
			needs: __("Needs you"),
			retrying: __("Retrying"),
			held: __("Held"),
			events: __("All events"),
			operations: __("Operations"),
			holds: __("Holds"),
		};
	}

	function shell_html() {
		return `<div class="ssc-answer" data-shell="answer" aria-live="polite"><p class="ssc-muted">${cc.esc(__("Looking…"))}</p></div>
			<div class="ssc-stores" data-shell="stores"></div>
			<div data-shell="running"></div>
			<div class="ssc-bar">
				<button type="button" class="btn btn-xs btn-default" data-action="toggle-filters" aria-expanded="false"
					aria-controls="ssc-filters">${cc.esc(__("Filter"))}</button>
				<span class="ssc-chips" data-shell="chips"></span>
				<span class="ssc-views" data-shell="views"></span>
				<span class="ssc-right ssc-muted" data-shell="stamp"></span>
				${cc.button("help", "?", { title: __("Keys of this page") })}
			</div>
			<div id="ssc-filters" class="ssc-filter-panel" data-shell="filters" hidden></div>
			<div class="ssc-tabs" role="tablist" data-shell="tabs" aria-label="${cc.esc(__("What to look at"))}"></div>
			<div class="ssc-selection" data-shell="selection" role="toolbar" aria-label="${cc.esc(__("Selection"))}" hidden></div>
			<div id="ssc-panel" role="tabpanel" data-shell="panel">
				<div data-shell="groups"></div><div data-shell="events" hidden></div>
				<div data-shell="operations" hidden></div><div data-shell="holds" hidden></div>
			</div>`;
	}

	function empty_events({ filters }) {
		if (filters.tab === "retrying" && filters.is_empty) {
			return cc.empty(__("Nothing is being retried"), __("What fails for a moment shows here, with the time of its next try."));
		}
		if (filters.tab === "held" && filters.is_empty) {
			return cc.empty(__("Nothing is held back"), __("Events wait here while their store is paused, or somebody holds them."));
		}
		if (filters.is_empty) return cc.empty(__("No events yet"), __("The first webhook of a connected store shows here."));
		const clear = cc.button("clear-filters", __("Clear filters"), { css: "btn-primary" });
		return cc.empty(__("Nothing matches"), __("No event matches these filters."), clear);
	}
})();
