// The one sentence at the top: do the stores and ERPNext agree, and if not, what needs a person.

(() => {
	const cc = shopify_sync.command_center;

	// overview: { stores, totals }; groups: the causes, when they are known. Returns { title, color, lines }.
	cc.answer_of = ({ stores, totals }, groups = []) => {
		if (!stores.length) {
			return { title: __("No store is connected yet"), color: "gray", lines: [__("Make a Shopify Store to begin.")] };
		}
		const failures = cc.OPEN_FAILURES.reduce((sum, status) => sum + (totals[status] || 0), 0);
		const unwell = stores.filter(({ verdict }) => ["Attention", "Broken"].includes(verdict));
		const broken = stores.filter(({ verdict }) => verdict === "Broken");
		const new_ones = stores.filter(({ verdict }) => verdict === "Not set up");
		if (failures) {
			const title = failures === 1 ? __("1 event needs you") : __("{0} events need you", [cc.number(failures)]);
			return { title, color: "red", lines: [causes(groups), ...told(broken), waiting(totals)] };
		}
		if (unwell.length) {
			const title =
				unwell.length === 1
					? __("{0} needs attention", [unwell[0].store])
					: __("{0} stores need attention", [cc.number(unwell.length)]);
			return { title, color: broken.length ? "red" : "orange", lines: [...told(unwell), waiting(totals)] };
		}
		const good = stores.filter(({ verdict }) => verdict === "Good");
		if (!good.length) return { title: __("No store is set up yet"), color: "gray", lines: told(new_ones) };
		return { ...agreement_of(good), lines: [waiting(totals), compared(good), ...shadows(good), ...told(new_ones)] };
	};

	// Nothing is wrong. That both sides agree is said only of what is carried out and was compared.
	function agreement_of(good) {
		if (good.every(is_shadow)) return { title: __("Nothing needs you: in Shadow mode ERPNext is not changed"), color: "blue" };
		const sure = good.filter((store) => !is_shadow(store) && store.last_reconciliation_at);
		if (sure.length < good.length) return { title: __("Nothing needs you"), color: "green" };
		const title =
			good.length === 1
				? __("{0} and ERPNext agree", [good[0].store])
				: __("All {0} stores and ERPNext agree", [cc.number(good.length)]);
		return { title, color: "green" };
	}

	function is_shadow({ mode }) {
		return mode === "Shadow";
	}

	function shadows(good) {
		const text = (store) => __("{0} is in Shadow mode: what would be done is recorded, and nothing is changed.", [store]);
		return good.filter(is_shadow).map(({ store }) => text(store));
	}

	cc.answer_html = (overview, groups) => {
		const { title, color, lines } = cc.answer_of(overview, groups);
		const text = lines.filter(Boolean).slice(0, 4).map((line) => `<p>${cc.esc(line)}</p>`);
		return `<h2 class="ssc-answer-title"><span class="ssc-dot ${color}" aria-hidden="true"></span>${cc.esc(title)}</h2>
			${text.join("")}`;
	};

	// What goes on by itself: nobody has to act on it.
	function waiting(totals) {
		const count = (totals.Received || 0) + (totals.Processing || 0);
		const lines = [];
		if (count) lines.push(__("{0} wait for a worker or are being worked on.", [cc.events(count)]));
		if (totals.Retrying) lines.push(__("{0} will be tried again by themselves.", [cc.events(totals.Retrying)]));
		if (totals.Held) lines.push(__("{0} are held back.", [cc.events(totals.Held)]));
		return lines.join(" ");
	}

	// What failed most, in a line.
	function causes(groups) {
		const shown = groups.slice(0, 3).map(({ title, count }) => `${title} (${cc.number(count)})`);
		return shown.join(" · ") + (groups.length > shown.length ? " · …" : "");
	}

	function told(stores) {
		return stores.flatMap(({ store, says }) => (says || []).slice(0, 1).map((text) => `${store}: ${text}`));
	}

	function compared(stores) {
		const says = stores.filter((store) => store.last_reconciliation_says);
		if (!says.length) {
			return __("No reconciliation has compared the records yet: run one to be sure.");
		}
		return says.map((store) => store.last_reconciliation_says).join(" ");
	}
})();
