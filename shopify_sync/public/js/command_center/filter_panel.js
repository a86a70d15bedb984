// The fields to narrow the page by. They apply as soon as one is left, or with Enter.

(() => {
	const cc = shopify_sync.command_center;

	cc.FilterPanel = class FilterPanel {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			element.addEventListener("change", (event) => this.changed(event.target));
			element.addEventListener("keydown", (event) => {
				if (event.key === "Enter" && event.target.matches("input")) this.changed(event.target);
				if (event.key === "Escape") this.toggle(false);
			});
		}

		toggle(open = this.element.hidden) {
			this.element.hidden = !open;
			this.app.root.querySelector('[data-action="toggle-filters"]').setAttribute("aria-expanded", String(open));
			if (!open) return;
			this.render();
			this.element.querySelector('[data-filter-field="order"]').focus();
		}

		// Called when the filter was changed elsewhere; what a person is typing in is left as it is.
		render() {
			if (this.element.hidden || this.element.contains(document.activeElement)) return;
			this.element.innerHTML = this.html();
		}

		html() {
			const labels = cc.FILTER_LABELS();
			const { stores, categories } = this.app;
			const field = (key, control) =>
				`<label><span>${cc.esc(labels[key])}</span>${control}</label>`;
			const fields = [
				field("store", select("store", stores, this.value("store"))),
				field("order", input("order", this.value("order"), __("#1001, an id or a Sales Order"))),
				field("customer", input("customer", this.value("customer"), __("An id or a Customer"))),
				field("category", select("category", with_value(categories, this.value("category")), this.value("category"))),
				field("flow", select("flow", cc.FLOWS, this.value("flow"))),
				field("topic", input("topic", this.value("topic"), "orders/updated")),
				field("text", input("text", this.value("text"), __("At least 3 characters"))),
				field("received_from", time_input("received_from", this.value("received_from"))),
				field("received_to", time_input("received_to", this.value("received_to"))),
				field("attempts_min", input("attempts_min", this.value("attempts_min"), "", "number")),
			];
			return `<div class="ssc-fields">${fields.join("")}</div>
				<fieldset class="ssc-statuses"><legend>${cc.esc(labels.status)}</legend>${this.statuses_html()}</fieldset>`;
		}

		statuses_html() {
			const chosen = this.app.filters.values.status || [];
			return cc.ALL_STATUSES.map(
				(status) => `<label><input type="checkbox" data-action="filter-status" data-filter-field="status"
					value="${status}" ${chosen.includes(status) ? "checked" : ""}> ${cc.esc(__(status))}</label>`
			).join("");
		}

		value(key) {
			return this.app.filters.values[key] ?? "";
		}

		changed(control) {
			const key = control.dataset.filterField;
			if (!key) return;
			const value = key === "status" ? this.chosen_statuses() : read(control);
			if (String(value) === String(this.app.filters.values[key] ?? "")) return;
			this.app.set_filter({ [key]: value });
		}

		chosen_statuses() {
			return [...this.element.querySelectorAll('[data-filter-field="status"]:checked')].map((box) => box.value);
		}
	};

	function select(key, options, value) {
		const rows = options.map(
			(option) => `<option value="${cc.esc(option)}" ${option === value ? "selected" : ""}>${cc.esc(__(option))}</option>`
		);
		return `<select class="form-control input-xs" data-action="filter-${key}" data-filter-field="${key}">
			<option value="">${cc.esc(__("All"))}</option>${rows.join("")}</select>`;
	}

	function input(key, value, placeholder = "", type = "text") {
		return `<input type="${type}" class="form-control input-xs" data-action="filter-${key}" data-filter-field="${key}"
			value="${cc.esc(value)}" placeholder="${cc.esc(placeholder)}" autocomplete="off" min="0">`;
	}

	// The browser's own control; shown in the user's time, kept in the site's.
	function time_input(key, value) {
		const local = value ? cc.moment(value).format("YYYY-MM-DDTHH:mm") : "";
		return input(key, local, "", "datetime-local");
	}

	function read(control) {
		const value = control.value.trim();
		if (control.type === "number") return Number.parseInt(value, 10) || "";
		if (control.type !== "datetime-local" || !value) return value;
		return frappe.datetime.convert_to_system_tz(`${value.replace("T", " ")}:00`);
	}

	function with_value(options, value) {
		return value && !options.includes(value) ? [...options, value] : options;
	}
})();
