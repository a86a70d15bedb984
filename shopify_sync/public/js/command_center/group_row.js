// One cause: how many events, since when, which orders, what to do; opened, the fix and the events themselves.

(() => {
	const cc = shopify_sync.command_center;

	cc.group_key = ({ store, category, cause }) => [store, category, cause].join("|");

	// The events of a group as the server's operations and lists take them.
	// Without a status of the filter those that need attention are meant, as in the list of groups.
	cc.group_target = ({ store, category, cause }) => ({ filters: { ...cc.app.filters.values, store, category, cause } });

	cc.GroupRow = class GroupRow {
		constructor(app, group) {
			this.app = app;
			this.element = document.createElement("article");
			Object.assign(this.element, { className: "ssc-group", tabIndex: 0, row: this });
			this.element.setAttribute("role", "listitem");
			this.element.dataset.group = cc.group_key(group);
			this.element.innerHTML = `<div class="ssc-group-head"></div><div class="ssc-group-body" hidden></div>`;
			[this.head, this.body] = this.element.children;
			this.update(group);
		}

		update(group) {
			this.group = group;
			if (this.element.classList.contains("ssc-gone")) this.fix.reset();
			this.element.classList.remove("ssc-gone");
			this.element.setAttribute("aria-label", `${group.title}, ${cc.events(group.count)}`);
			cc.set_html(this.head, this.head_html(group));
			if (!this.is_open) return;
			cc.set_html(this.why, this.why_html(group));
			cc.set_html(this.buttons, this.buttons_html(group));
			this.fix.update(group);
			this.event_list.load();
		}

		get is_open() {
			return !this.body.hidden;
		}

		is_held() {
			return this.is_open || this.element.classList.contains("ssc-gone");
		}

		// Its events are done or gone elsewhere. What a person has open is not taken from under the eyes.
		gone() {
			if (this.element.classList.contains("ssc-gone")) return;
			this.element.classList.add("ssc-gone");
			this.head.shown_html = null;
			cc.set_html(
				this.head,
				`<div class="ssc-count">0</div><div class="ssc-main"><div class="ssc-title">${cc.esc(this.group.title)}</div>
				<p class="ssc-good">${cc.esc(this.fix.says || __("No event waits for this any more."))}</p></div>
				<div class="ssc-buttons">${cc.button("close-group", __("Close"))}</div>`
			);
			this.body.hidden = true;
		}

		toggle(open = !this.is_open) {
			if (open && !this.why) this.make_body();
			if (open) this.fix.show(this.group);
			this.body.hidden = !open;
			this.element.classList.toggle("ssc-open", open);
			this.head.shown_html = null;
			this.update(this.group);
		}

		make_body() {
			this.body.innerHTML = `<div class="ssc-why"></div><div></div><div class="ssc-buttons"></div><div></div>`;
			const [why, fix, buttons, events] = this.body.children;
			Object.assign(this, { why, buttons });
			this.fix = new cc.FixForm(this.app, fix);
			this.event_list = new cc.EventList(this.app, events, {
				kind: this.element.dataset.group,
				order: "received_at desc",
				filters: () => cc.group_target(this.group).filters,
				empty: () => `<p class="ssc-muted">${cc.esc(__("No event of this group waits any more."))}</p>`,
			});
		}

		open_fix() {
			const { fix } = this.group;
			if (fix?.kind === "open") {
				if (fix.route_options) frappe.route_options = fix.route_options;
				return frappe.set_route(...fix.route);
			}
			this.toggle(true);
			this.fix.focus();
		}

		head_html(group) {
			const safe = cc.SAFE[group.safe]?.();
			const box = this.app.can.operate
				? `<input type="checkbox" data-action="select-group" aria-label="${cc.esc(__("Select {0}", [group.title]))}">`
				: "";
			const next = group.next_try_at
				? `<span>${cc.esc(__("Next try"))} ${cc.ago(group.next_try_at)}</span>`
				: "";
			return `${box}<div class="ssc-count" title="${cc.esc(by_status(group))}">${cc.number(group.count)}</div>
				<div class="ssc-main">
					<div class="ssc-title"><button type="button" class="ssc-toggle" data-action="toggle-group"
						aria-expanded="${this.is_open}">${cc.esc(group.title)}</button>
						${safe ? cc.pill(safe.text, safe.color, safe.hint) : ""}</div>
					<p>${cc.esc(group.what_to_do)}</p>
					${group.missing ? "" : `<p class="ssc-muted ssc-sample">${cc.esc(group.message)}</p>`}
					<div class="ssc-muted ssc-facts"><span>${cc.esc(group.store)}</span>
						<span>${cc.esc(__("First"))} ${cc.ago(group.first_seen)}</span>
						<span>${cc.esc(__("Last"))} ${cc.ago(group.last_seen)}</span>${next}${orders_html(group)}</div>
				</div>
				${cc.trend(group.trend)}
				<div class="ssc-buttons">${this.main_buttons(group)}</div>`;
		}

		// The button that helps first, and what else is safe.
		main_buttons(group) {
			const buttons = [];
			const { fix } = group;
			if (cc.may_fix(this.app, fix)) {
				const label = fix.kind === "open" ? fix.title || __("Open") : __("Fix");
				buttons.push(cc.button("fix-group", label, { css: group.safe === "fix" ? "btn-primary" : "btn-default" }));
			}
			if (!this.app.can.operate) return buttons.join(" ");
			if (group.safe !== "never") {
				buttons.push(cc.button("retry-group", __("Retry"), { css: group.safe === "retry" ? "btn-primary" : "btn-default" }));
			}
			buttons.push(cc.button("discard-group", __("Discard"), { css: group.safe === "never" ? "btn-danger" : "btn-default" }));
			return buttons.join(" ");
		}

		why_html(group) {
			const message = group.message
				? `<p class="ssc-message">${cc.esc(group.message)}</p>`
				: "";
			const check = [].concat(group.check || []).map((text) => `<li>${cc.esc(text)}</li>`);
			const checks = check.length ? `<div><b>${cc.esc(__("What to check"))}</b><ul>${check.join("")}</ul></div>` : "";
			const call = group.call ? `<p class="ssc-muted">${cc.esc(__("Whom to call: {0}", [group.call]))}</p>` : "";
			return `<p>${cc.esc(group.explanation)}</p>${message}${checks}${call}<p class="ssc-muted">${cc.esc(by_status(group))}</p>`;
		}

		buttons_html(group) {
			const buttons = [];
			if (this.app.can.operate) {
				buttons.push(cc.button("requeue-group", __("Look again now"), { title: __("Keeps the count of attempts") }));
				buttons.push(cc.button("replay-group", __("Replay")));
				buttons.push(cc.button("refetch-group", __("Fetch from Shopify again")));
				buttons.push(cc.button("export-group", __("Export")));
			}
			buttons.push(cc.button("preview-group", __("Preview one")));
			buttons.push(cc.button("events-of-group", __("Show as a list")));
			if (group.category === "Conflict" && this.app.can.operate) {
				const of = (choice) => ({ data: { choice } });
				buttons.unshift(cc.button("resolve-group", __("Keep ERPNext's in those shown"), of("Keep ERPNext's")));
				buttons.unshift(cc.button("resolve-group", __("Take Shopify's in those shown"), of("Take Shopify's")));
			}
			return group.sample_event ? buttons.join(" ") : buttons.slice(0, -2).join(" ");
		}
	};

	function by_status({ by_status }) {
		return Object.entries(by_status || {})
			.map(([status, count]) => `${__(status)} ${cc.number(count)}`)
			.join(" · ");
	}

	function orders_html({ orders, count }) {
		if (!orders?.length) return "";
		const links = orders.map((name) => cc.button("filter-order", name, { css: "btn-link", data: { value: name } }));
		const more = count > orders.length ? "…" : "";
		return `<span>${links.join(" ")}${more}</span>`;
	}
})();
