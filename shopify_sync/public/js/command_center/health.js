// A card for each store: how it is, in one sentence and a few figures, and what can be done to the store as a whole.

(() => {
	const cc = shopify_sync.command_center;
	//: With more stores than this, those that are well show one line until they are opened.
	const OPEN_AT_MOST = 2;
	//: Pixels; what failed matters more than figures where there is little room.
	const NARROW = 768;
	//: With more stores than this only those that need somebody are shown at first, the worst first.
	const SHOWN = 4;
	const AT_MOST = 8;
	const SHOWN_NARROW = 2;
	const WORST_FIRST = ["Broken", "Attention", "Not set up", "Good"];

	cc.Health = class Health {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			this.opened = new Map();
			app.on("show-stores", () => this.show_all());
			app.on("toggle-store", (button) => this.toggle(button.dataset.store));
		}

		render(stores) {
			this.stores = [...stores].sort((a, b) => rank(a) - rank(b));
			const shown = this.all ? this.stores : this.first();
			const hidden = this.stores.filter((store) => !shown.includes(store));
			const cards = shown.map((store) => this.card_html(store)).join("");
			const button = hidden.length ? `<div>${cc.button("show-stores", rest_says(hidden), { css: "btn-link" })}</div>` : "";
			cc.set_html(this.element, cards + button || this.empty_html());
		}

		// Those that need somebody, and no more than there is room for.
		first() {
			const narrow = window.innerWidth <= NARROW;
			if (this.stores.length <= (narrow ? SHOWN_NARROW : SHOWN)) return this.stores;
			const unwell = this.stores.filter(({ verdict }) => ["Broken", "Attention"].includes(verdict));
			return unwell.slice(0, narrow ? SHOWN_NARROW : AT_MOST);
		}

		show_all() {
			this.all = true;
			this.render(this.stores);
		}

		toggle(name) {
			const store = this.stores.find((one) => one.store === name);
			this.opened.set(name, !this.is_open(store));
			this.render(this.stores);
		}

		is_open({ store, verdict }) {
			const room = this.stores.length <= OPEN_AT_MOST && window.innerWidth > NARROW;
			return this.opened.get(store) ?? (room || verdict === "Broken");
		}

		empty_html() {
			if (!frappe.model.can_create("Shopify Store")) {
				return cc.empty(__("No store yet"), __("A Shopify Sync Manager makes the first one."));
			}
			const button = cc.button("new-store", __("New Shopify Store"), { css: "btn-primary" });
			return cc.empty(__("No store yet"), __("Make a Shopify Store and connect it; its form leads on."), button);
		}

		card_html(store) {
			const open = this.is_open(store);
			const says = store.says || [];
			const mode = store.enabled === false ? __("Disabled") : __(store.mode || "");
			return `<section class="ssc-store" data-store="${cc.esc(store.store)}" aria-label="${cc.esc(store.store)}">
				<header>
					${cc.link("Shopify Store", store.store)}
					${cc.pill(__(store.verdict), cc.STATUS_COLORS[store.verdict])}
					${cc.pill(mode, store.mode === "Live" ? "blue" : "gray")}
					<button type="button" class="ssc-x" data-action="toggle-store" data-store="${cc.esc(store.store)}"
						aria-expanded="${open}" aria-label="${cc.esc(__("Details of {0}", [store.store]))}">${open ? "▾" : "▸"}</button>
				</header>
				<div class="ssc-says">${says.slice(0, open ? 6 : store.verdict === "Good" ? 0 : 1).map((text) => `<p>${cc.esc(text)}</p>`).join("")}</div>
				${open ? facts_html(store) + this.buttons_html(store) : ""}
			</section>`;
		}

		buttons_html(store) {
			const { operate, set_up } = this.app.can;
			if (!operate) return "";
			const data = { data: { store: store.store } };
			const open = is_open_circuit(store);
			const buttons = [cc.button("reconcile", __("Reconcile"), data), cc.button("hold", __("Hold"), data)];
			if (set_up) {
				const paused = store.mode === "Paused";
				buttons.push(paused ? cc.button("resume", __("Resume"), data) : cc.button("pause", __("Pause"), data));
				if (!open) buttons.push(cc.button("trip-circuit", __("Stop calls to Shopify"), data));
			}
			if (open) buttons.push(cc.button("reset-circuit", __("Allow calls again"), data));
			if (store.holds) buttons.push(cc.button("tab", __("Holds"), { data: { tab: "holds" } }));
			return `<footer>${buttons.join(" ")}</footer>`;
		}
	};

	function rest_says(stores) {
		const count = cc.number(stores.length);
		if (stores.some(({ verdict }) => verdict !== "Good")) return __("Show {0} more stores", [count]);
		return stores.length === 1 ? __("and 1 store is well") : __("and {0} stores are well", [count]);
	}

	function rank({ verdict }) {
		return WORST_FIRST.indexOf(verdict);
	}

	function is_open_circuit({ circuit }) {
		const state = typeof circuit === "string" ? circuit : circuit?.state;
		return !!state && state !== "Closed";
	}

	function facts_html(store) {
		const circuit = store.circuit?.state || store.circuit || "Closed";
		const missing = store.subscriptions_missing || [];
		const facts = [
			[__("Calls to Shopify"), circuit_text(circuit), is_open_circuit(store), store.circuit?.reason],
			[__("Last event"), cc.ago(store.last_event_at)],
			[__("Oldest unprocessed"), cc.esc(cc.duration(store.oldest_unprocessed_seconds)), store.oldest_unprocessed_seconds > 900],
			[__("95% done within"), cc.esc(cc.duration(store.lag_p95_seconds)), false, __("Received to finished, last hour")],
			[__("Open failures"), cc.number(store.failures_open), store.failures_open > 0],
			[__("Conflicts"), cc.number(store.conflicts_open), store.conflicts_open > 0],
			[__("Drift"), drift_html(store), store.drift_open > 0, store.last_reconciliation_says],
			[__("Subscriptions missing"), cc.number(missing.length), missing.length > 0, missing.join(", ")],
		];
		if (store.alerts_open) facts.push([__("Alerts"), list_link("Sync Alert", { store: store.store }, store.alerts_open), true]);
		const cells = facts.map(
			([label, value, bad, hint]) =>
				`<div class="${bad ? "ssc-bad" : ""}" title="${cc.esc(hint || "")}"><dt>${cc.esc(label)}</dt><dd>${value}</dd></div>`
		);
		return `<dl>${cells.join("")}</dl>`;
	}

	function circuit_text(state) {
		const texts = { Closed: __("Allowed"), Open: __("Stopped"), "Half Open": __("Being tried") };
		return cc.esc(texts[state] || __(state));
	}

	function drift_html({ store, drift_open, last_reconciliation_at }) {
		if (!drift_open && !last_reconciliation_at) return `<span class="ssc-none">${cc.esc(__("Not compared"))}</span>`;
		if (!drift_open) return "0";
		return list_link("Sync Discrepancy", { store, status: "Open" }, drift_open);
	}

	function list_link(doctype, filters, count) {
		const url = frappe.utils.get_form_link(doctype, "").replace(/\/$/, "");
		return `<a href="${cc.esc(url)}?${cc.esc(new URLSearchParams(filters))}">${cc.number(count)}</a>`;
	}
})();
