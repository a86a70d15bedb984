// How the stores are, and how far a new one is set up: the head of the workspace, and of a Shopify Store's form.
// The workspace's block lives in a shadow root, so the look comes along with the HTML.

frappe.provide("shopify_sync.store_health");

{
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const number = (value) => Number(value || 0).toLocaleString();
	const when = (moment) => (moment ? frappe.datetime.comment_when(moment) : esc(__("never")));
	const COLORS = { Good: "green", Attention: "orange", Broken: "red", "Not set up": "blue" };
	// With more stores than this, those that need nobody are folded away.
	const ALL_OF_IT_UP_TO = 4;
	const NEEDS_NOBODY = ["Good", "Not set up"];
	const WORST_FIRST = ["Broken", "Attention", "Not set up", "Good"];
	const REFRESH_AFTER = 1500;

	const STYLE = `<style>
		.shopify-health { display: grid; gap: 12px; align-items: start; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); color: var(--text-color); font-size: var(--text-base, 13px); }
		.shopify-health .sh-card { border: 1px solid var(--border-color); border-left: 4px solid var(--sh-color); border-radius: var(--border-radius-md, 8px); background: var(--card-bg, var(--fg-color)); padding: 12px 14px; min-width: 0; }
		.shopify-health .sh-head { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
		.shopify-health .sh-name { font-weight: 600; font-size: var(--text-lg, 15px); cursor: pointer; background: none; border: 0; padding: 0; color: var(--text-color); overflow-wrap: anywhere; text-align: left; }
		.shopify-health .sh-name:hover, .shopify-health .sh-name:focus-visible { text-decoration: underline; }
		.shopify-health .sh-says { margin: 6px 0 0; padding: 0; list-style: none; }
		.shopify-health .sh-says li { margin: 2px 0; overflow-wrap: anywhere; }
		.shopify-health .sh-facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 6px 10px; margin: 10px 0 0; }
		.shopify-health .sh-says + .sh-says { margin-top: 0; }
		.shopify-health .sh-facts dt { color: var(--text-muted); font-weight: 400; font-size: var(--text-sm, 12px); margin: 0; }
		.shopify-health .sh-facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
		.shopify-health .sh-bad { color: var(--red-600, var(--red-500)); font-weight: 600; }
		[data-theme="dark"] .sh-bad, .shopify-health.sh-dark .sh-bad { color: var(--red-400, #f88); }
		.shopify-health .sh-steps { margin: 10px 0 0; border-top: 1px solid var(--border-color); padding-top: 8px; }
		.shopify-health .sh-rest { grid-column: 1 / -1; }
		.shopify-health .sh-rest > .shopify-health { margin-top: 10px; }
		.shopify-health.sh-alone { display: block; }
		.shopify-health.sh-alone .sh-steps { border-top: 0; margin: 0; padding: 0; }
		.shopify-health summary { cursor: pointer; font-weight: 500; }
		.shopify-health .sh-bar { height: 6px; border-radius: 3px; background: var(--control-bg, var(--gray-200)); overflow: hidden; margin: 6px 0; }
		.shopify-health .sh-bar > i { display: block; height: 100%; background: var(--green-500, #46b37e); }
		.shopify-health ol { margin: 6px 0 0; padding-left: 22px; }
		.shopify-health ol li { margin: 5px 0; }
		.shopify-health .sh-done { color: var(--text-muted); }
		.shopify-health .sh-missing { display: block; color: var(--text-muted); }
		.shopify-health .sh-go { border: 1px solid var(--border-color); border-radius: 6px; background: var(--control-bg, var(--fg-color)); color: var(--text-color); padding: 1px 8px; margin-top: 2px; cursor: pointer; font-size: var(--text-sm, 12px); }
		.shopify-health .sh-empty { color: var(--text-muted); padding: 8px 0; }
	</style>`;

	function facts_of(store) {
		const circuit = store.circuit || {};
		const drift = store.drift_trend ? ` (${store.drift_trend > 0 ? "+" : "−"}${number(Math.abs(store.drift_trend))})` : "";
		const lag = store.lag_p95_seconds;
		return [
			[__("Mode"), esc(store.enabled ? __(store.mode) : __("Disabled")), !store.enabled],
			[__("Circuit"), esc(__(circuit.state || "Closed")), circuit.state === "Open"],
			[__("Last event"), when(store.last_event_at)],
			[__("Oldest unprocessed"), esc(store.waiting ? span(store.oldest_unprocessed_seconds) : __("nothing waits")), store.oldest_due_seconds > 300],
			[__("95 of 100 done within"), esc(lag === null ? __("no event in an hour") : span(lag)), lag > 300],
			[__("Open failures"), number(store.failures_open), store.failures_open > 0],
			[__("Conflicts"), number(store.conflicts_open), store.conflicts_open > 0],
			[__("Drift"), number(store.drift_open) + esc(drift), store.drift_open > 0],
			[__("Last compared"), when(store.last_reconciliation_at)],
			[
				__("Subscriptions missing"),
				number((store.subscriptions_missing || []).length),
				(store.subscriptions_missing || []).length > 0,
			],
		];
	}

	function span(seconds) {
		if (seconds < 60) return __("{0} s", [seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)]);
		if (seconds < 3600) return __("{0} min", [Math.round(seconds / 60)]);
		if (seconds < 172800) return __("{0} h", [Math.round(seconds / 3600)]);
		return __("{0} days", [Math.round(seconds / 86400)]);
	}

	function card_html(store, steps, among) {
		const [first, ...more] = (store.says || []).map((text) => `<li>${esc(text)}</li>`);
		const facts = facts_of(store)
			.map(([name, value, bad]) => `<div><dt>${esc(name)}</dt><dd class="${bad ? "sh-bad" : ""}">${value}</dd></div>`)
			.join("");
		const is_set_up = !steps || steps.done >= steps.needed;
		const rest = `${more.length ? `<ul class="sh-says">${more.join("")}</ul>` : ""}<dl class="sh-facts">${facts}</dl>
			${is_set_up ? "" : shopify_sync.store_health.steps_html(steps, among === 1)}`;
		return `<section class="sh-card" data-store="${esc(store.store)}" style="--sh-color: var(--${COLORS[store.verdict]}-500)">
			<div class="sh-head">
				<button type="button" class="sh-name" data-action="open-store" data-store="${esc(store.store)}">${esc(store.store)}</button>
				<span class="indicator-pill ${COLORS[store.verdict]}">${esc(__(store.verdict))}</span>
			</div>
			<ul class="sh-says">${first || ""}</ul>
			${rest}
		</section>`;
	}

	// The steps of a store that is being set up; they check themselves, so there is nothing to tick.
	shopify_sync.store_health.steps_html = (steps, is_open) => {
		const rows = steps.steps
			.filter((step) => step.state !== "Not needed")
			.map((step) => {
				const is_done = step.state === "Done";
				const missing = step.missing.map((text) => `<span class="sh-missing">${esc(text)}</span>`).join("");
				const go = `<button type="button" class="sh-go" data-action="open-step" data-store="${esc(steps.store)}"
					data-step="${esc(step.key)}" data-field="${esc(step.field)}">${esc(__("Go there"))}</button>`;
				return `<li class="${is_done ? "sh-done" : ""}" data-step="${esc(step.key)}" data-state="${esc(step.state)}" title="${esc(step.explanation)}">
					${is_done ? "✓ " : ""}${esc(step.title)}${is_done ? "" : missing + go}</li>`;
			});
		const share = Math.round((100 * steps.done) / Math.max(steps.needed, 1));
		return `<details class="sh-steps" data-part="steps" ${is_open ? "open" : ""}>
			<summary>${esc(__("Set-up: {0} of {1} steps are done", [steps.done, steps.needed]))}</summary>
			<div class="sh-bar" role="progressbar" aria-valuenow="${share}" aria-valuemin="0" aria-valuemax="100"><i style="width: ${share}%"></i></div>
			<ol>${rows.join("")}</ol>
		</details>`;
	};

	function folded_html(stores, card) {
		if (!stores.length) return "";
		const well = stores.filter((store) => store.verdict === "Good").length;
		const fresh = stores.length - well;
		const says = [well && __("Stores that are well: {0}", [well]), fresh && __("Stores that are not set up: {0}", [fresh])];
		return `<details class="sh-rest" data-store="" data-part="rest"><summary>${esc(says.filter(Boolean).join(" · "))}</summary>
			<div class="shopify-health">${stores.map(card).join("")}</div></details>`;
	}

	function empty_html() {
		return `<div class="sh-empty">${esc(__("No store yet. Make a Shopify Store; its form leads through the set-up."))}
			<button type="button" class="sh-go" data-action="new-store">${esc(__("New Shopify Store"))}</button></div>`;
	}

	const actions = {
		"open-store": ({ store }) => {
			frappe.route_options = { store };
			frappe.set_route("sync-command-center");
		},
		"open-step": ({ store, field }) => shopify_sync.store_health.go_to(store, field),
		"new-store": () => frappe.new_doc("Shopify Store"),
	};

	shopify_sync.store_health.STYLE = STYLE;
	shopify_sync.store_health.listen = (element) =>
		element.addEventListener("click", (event) => {
			const button = event.target.closest("[data-action]");
			if (button && actions[button.dataset.action]) actions[button.dataset.action](button.dataset);
		});

	shopify_sync.store_health.go_to = (store, field) =>
		frappe.set_route("Form", "Shopify Store", store).then(() => {
			const show = () => cur_frm?.doctype === "Shopify Store" && cur_frm.scroll_to_field?.(field);
			setTimeout(show, 500);
		});

	// Shows the stores in *root* (the shadow root of the workspace's block) and keeps them fresh.
	shopify_sync.store_health.show = (root) => {
		const place = root.querySelector(".shopify-health-place") || root;
		const element = document.createElement("div");
		place.replaceChildren(element);
		shopify_sync.store_health.listen(element);
		const load = async () => {
			const [overview, onboarding] = await Promise.all([
				frappe.xcall("shopify_sync.api.command_center.overview"),
				frappe.xcall("shopify_sync.api.onboarding.steps"),
			]);
			const steps = Object.fromEntries(onboarding.stores.map((one) => [one.store, one]));
			const key = (one) => `${one.closest("[data-store]").dataset.store} ${one.dataset.part}`;
			const opened = new Set([...element.querySelectorAll("details[open]")].map(key));
			const dark = document.documentElement.dataset.theme === "dark" ? "sh-dark" : "";
			const rank = (store) => WORST_FIRST.indexOf(store.verdict);
			const stores = overview.stores.sort((one, other) => rank(one) - rank(other));
			const folded = stores.length > ALL_OF_IT_UP_TO ? stores.filter((store) => NEEDS_NOBODY.includes(store.verdict)) : [];
			const card = (store) => card_html(store, steps[store.store], stores.length);
			const cards = stores.filter((store) => !folded.includes(store)).map(card).join("") + folded_html(folded, card);
			element.innerHTML = `${STYLE}<div class="shopify-health ${dark}">${cards || empty_html()}</div>`;
			element.querySelectorAll("details").forEach((one) => opened.has(key(one)) && (one.open = true));
		};
		element.innerHTML = `<div class="text-muted">${esc(__("Loading …"))}</div>`;
		load().catch(() => {
			element.innerHTML = `<div class="text-muted">${esc(__("The stores could not be read. Reload the page; if it stays, ask your administrator."))}</div>`;
		});
		keep_fresh(root.host, load);
	};

	// Asks *load* again when something changed: one question at a time, and none while nobody looks. Frappe keeps a page that was
	// left, hidden; what was missed is asked for when it is seen again.
	function keep_fresh(host, load) {
		let timer = null;
		let missed = false;
		const is_seen = () => document.visibilityState === "visible" && (!host || host.getClientRects().length > 0);
		const changed = () => {
			if (host && !host.isConnected) return stop();
			if (timer || !is_seen()) return (missed = true);
			timer = setTimeout(look, REFRESH_AFTER);
		};
		const look = async () => {
			missed = false;
			await load().catch(() => {}); // what was shown stays
			timer = null;
			if (missed) changed();
		};
		const seen = () => missed && changed();
		const observer = host && new IntersectionObserver(seen);
		const stop = () => {
			frappe.realtime.off("shopify_sync_changed", changed);
			document.removeEventListener("visibilitychange", seen);
			observer?.disconnect();
		};
		frappe.realtime.on("shopify_sync_changed", changed);
		document.addEventListener("visibilitychange", seen);
		observer?.observe(host);
	}
}
