// What the page is narrowed to: kept in the address, so that a view can be shared and Back works.

(() => {
	const cc = shopify_sync.command_center;

	cc.ALL_STATUSES = [
		"Received", "Processing", "Retrying", "Blocked", "Held", "Conflict", "Dead Letter",
		"Applied", "No Change", "Superseded", "Echo", "Ignored", "Shadowed", "Discarded",
	]; // prettier-ignore
	cc.FLOWS = ["Orders", "Customers", "Inventory", "Products", "Fulfillments"];
	cc.TABS = ["needs", "retrying", "held", "events", "operations", "holds"];

	// As in the server's own filter; what else stands in an address is left alone.
	cc.FILTER_LABELS = () => ({
		store: __("Store"),
		category: __("Category"),
		cause: __("Cause"),
		status: __("Status"),
		flow: __("Flow"),
		topic: __("Topic"),
		direction: __("Direction"),
		resource_type: __("Resource"),
		link: __("Shopify Link"),
		order: __("Order"),
		customer: __("Customer"),
		text: __("Text in payload"),
		received_from: __("Received from"),
		received_to: __("Received until"),
		attempts_min: __("Attempts at least"),
	});

	cc.Filters = class Filters {
		constructor() {
			this.values = {};
			this.tab = "needs";
			this.order = "count";
		}

		get is_empty() {
			return !Object.keys(this.values).length;
		}

		set(key, value) {
			const empty = value === "" || value === null || value === undefined || (Array.isArray(value) && !value.length);
			if (empty) delete this.values[key];
			else this.values[key] = value;
		}

		// As the server wants them. *fixed* wins: a tab that is about one status.
		for_server(fixed = {}) {
			return { ...this.values, ...fixed };
		}

		// From Frappe's route options (a link, a shortcut, frappe.set_route) or else from the address.
		read() {
			const given = frappe.route_options || {};
			frappe.route_options = {}; // not null: Frappe 16 looks into it
			const found = { ...Object.fromEntries(new URLSearchParams(window.location.search)), ...given };
			this.values = {};
			for (const key of Object.keys(cc.FILTER_LABELS())) {
				if (found[key] !== undefined) this.set(key, from_text(key, found[key]));
			}
			this.tab = cc.TABS.includes(found.tab) ? found.tab : "needs";
			this.order = ["count", "last_seen", "first_seen"].includes(found.order_by) ? found.order_by : "count";
		}

		// A new entry in the browser's history, unless the page only says what stands there already.
		write({ replace = false } = {}) {
			const search = new URLSearchParams();
			if (this.tab !== "needs") search.set("tab", this.tab);
			if (this.order !== "count") search.set("order_by", this.order);
			for (const [key, value] of Object.entries(this.values)) search.set(key, [].concat(value).join(","));
			const query = search.toString() ? `?${search}` : "";
			if (query === window.location.search) return;
			const url = window.location.pathname + query;
			if (replace) window.history.replaceState(null, "", url);
			else window.history.pushState(null, "", url);
		}

		chips_html() {
			const labels = cc.FILTER_LABELS();
			const chips = Object.entries(this.values).map(([key, value]) => {
				const text = `${labels[key]}: ${shown(key, value)}`;
				const remove = __("Remove the filter {0}", [text]);
				return `<span class="ssc-chip" data-filter="${key}"><span>${cc.esc(text)}</span>
					<button type="button" data-action="remove-filter" data-key="${key}"
						aria-label="${cc.esc(remove)}" title="${cc.esc(remove)}">×</button></span>`;
			});
			if (chips.length) chips.push(cc.button("clear-filters", __("Clear filters"), { css: "btn-link" }));
			return chips.join("");
		}
	};

	function from_text(key, value) {
		const plain = unquoted(value);
		if (key === "status") return [].concat(Array.isArray(plain) ? plain : String(plain).split(","));
		if (key === "attempts_min") return Number.parseInt(plain, 10) || "";
		return String(plain);
	}

	// Frappe 16 writes route options into the address as JSON.
	function unquoted(value) {
		if (typeof value !== "string" || !/^["[]/.test(value)) return value;
		try {
			return JSON.parse(value);
		} catch {
			return value;
		}
	}

	function shown(key, value) {
		if (key === "status") return value.map((status) => __(status)).join(", ");
		if (key === "flow" || key === "category" || key === "direction") return __(value);
		return String(value);
	}
})();
