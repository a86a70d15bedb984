// Events one below the other: of a tab, or of one group. Newest first, or the next try first; more on demand.

(() => {
	const cc = shopify_sync.command_center;
	const PAGE = 50;
	const AT_ONCE = 200;

	// of: { filters(), order, empty(), kind } — kind tells the questions of several lists apart.
	cc.EventList = class EventList {
		constructor(app, element, of) {
			Object.assign(this, { app, element, of, rows: new Map(), events: [], shown: PAGE });
			element.innerHTML = `<div class="ssc-events" role="list"></div><div class="ssc-foot"></div>`;
			this.list = element.querySelector(".ssc-events");
			this.foot = element.querySelector(".ssc-foot");
			this.foot.addEventListener("click", (event) => {
				if (event.target.closest('[data-action="more-events"]')) this.more();
			});
		}

		filters() {
			return this.of.filters();
		}

		reset() {
			this.shown = PAGE;
			this.tail = [];
		}

		// What is shown already is read again, up to a page of the server; what was fetched beyond it stays.
		async load() {
			try {
				const args = { filters: this.filters(), limit: Math.min(this.shown, AT_ONCE), order: this.of.order };
				const answer = await cc.read("command_center.events", args, `events-${this.of.kind}`);
				const kept = this.shown > AT_ONCE ? this.events.slice(AT_ONCE) : [];
				this.show(unique([...answer.events, ...kept]), kept.length ? { ...answer, after: this.after } : answer);
			} catch (error) {
				if (!cc.was_overtaken(error)) cc.set_html(this.foot, cc.error_html(error));
			}
		}

		async more() {
			const args = { filters: this.filters(), after: this.after, limit: PAGE, order: this.of.order };
			try {
				const answer = await cc.read("command_center.events", args, `events-${this.of.kind}`);
				this.shown += PAGE;
				this.show(unique([...this.events, ...answer.events]), answer);
			} catch (error) {
				if (!cc.was_overtaken(error)) cc.set_html(this.foot, cc.error_html(error));
			}
		}

		show(events, { after, count, count_is_exact, notes }) {
			Object.assign(this, { events, after, count: count ?? events.length, count_is_exact });
			cc.show_keyed(this.list, this.rows, events, ({ name }) => name, (event) => new cc.EventRow(this.app, event));
			const more = after ? cc.button("more-events", __("More")) : "";
			const says = __("{0} of {1} shown", [cc.number(events.length), this.says_count()]);
			const said = (notes || []).map((note) => `<p class="ssc-muted" data-part="note">${cc.esc(note)}</p>`).join("");
			const foot = events.length ? `<span class="ssc-muted">${cc.esc(says)}</span> ${more}` : this.of.empty();
			cc.set_html(this.foot, said + foot);
			this.app.selection.mark();
		}

		says_count() {
			const text = cc.number(this.count);
			return this.count_is_exact === false ? __("{0} or more", [text]) : text;
		}
	};

	function unique(events) {
		return [...new Map(events.map((event) => [event.name, event])).values()];
	}

	// One event: a line, and below it what can be looked at and done, once it is opened.
	cc.EventRow = class EventRow {
		constructor(app, event) {
			this.app = app;
			this.element = document.createElement("div");
			this.element.className = "ssc-event";
			this.element.tabIndex = 0;
			this.element.setAttribute("role", "listitem");
			this.element.dataset.event = event.name;
			this.element.row = this;
			this.element.innerHTML = `<div class="ssc-event-head"></div><div class="ssc-event-panel" hidden></div>`;
			[this.head, this.panel] = this.element.children;
			this.update(event);
		}

		update(event) {
			this.event = event;
			this.element.classList.remove("ssc-gone");
			this.element.removeAttribute("title");
			cc.set_html(this.head, this.head_html(event));
			if (!this.panel.hidden) this.panel_view.update(event);
		}

		is_held() {
			return !this.panel.hidden;
		}

		// Opened, and no longer of this list: it stays to be read, and says so.
		gone() {
			this.element.classList.add("ssc-gone");
			this.element.title = __("It no longer belongs to this list.");
		}

		toggle(open = this.panel.hidden) {
			this.panel.hidden = !open;
			this.element.classList.toggle("ssc-open", open);
			if (open && !this.panel_view) this.panel_view = new cc.EventPanel(this.app, this.panel);
			if (open) this.panel_view.update(this.event);
			this.head.querySelector('[data-action="toggle-event"]').setAttribute("aria-expanded", String(open));
		}

		head_html(event) {
			const what = [event.order_name, event.topic].filter(Boolean).join(" · ") || event.name;
			const due = event.status === "Retrying" && event.next_try_at;
			const next = due ? `<span>${cc.esc(__("Next try"))} ${cc.ago(event.next_try_at)}</span>` : "";
			const tries = event.attempts === 1 ? __("1 attempt") : __("{0} attempts", [cc.number(event.attempts)]);
			const box = this.app.can.operate
				? `<input type="checkbox" data-action="select-event" aria-label="${cc.esc(__("Select {0}", [what]))}">`
				: "";
			return `${box}${cc.status_pill(event.status)}
				<button type="button" class="ssc-toggle" data-action="toggle-event" aria-expanded="${!this.panel.hidden}">${cc.esc(what)}</button>
				<span class="ssc-event-message">${cc.esc(first_line(event.message))}</span>
				<span class="ssc-event-when">${next} <span>${cc.esc(tries)}</span> ${cc.ago(event.received_at)}</span>`;
		}
	};

	function first_line(text) {
		return String(text || "").split("\n")[0];
	}
})();
