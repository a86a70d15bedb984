// How times, numbers and statuses are written on the page. Every value that comes from data passes `esc`.

frappe.provide("shopify_sync.command_center");

(() => {
	const cc = shopify_sync.command_center;

	cc.OPEN_FAILURES = ["Blocked", "Conflict", "Dead Letter"];

	cc.STATUS_COLORS = {
		Applied: "green",
		"No Change": "green",
		Received: "blue",
		Processing: "blue",
		Shadowed: "blue",
		Queued: "blue",
		Running: "blue",
		Stopping: "orange",
		Stopped: "orange",
		Completed: "green",
		Failed: "red",
		Retrying: "orange",
		Held: "orange",
		Conflict: "yellow",
		Blocked: "red",
		"Dead Letter": "red",
		Good: "green",
		Attention: "orange",
		Broken: "red",
		"Not set up": "gray",
	};

	cc.esc = (value) => frappe.utils.escape_html(String(value ?? ""));

	cc.number = (value) => Number(value || 0).toLocaleString(frappe.boot.lang || undefined);

	cc.events = (count) => (count === 1 ? __("1 event") : __("{0} events", [cc.number(count)]));

	cc.causes = (count) => (count === 1 ? __("1 cause") : __("{0} causes", [cc.number(count)]));

	// Site time without a zone (as lists get it), or ISO with one: both become the user's own time.
	cc.moment = (time) => {
		if (/[zZ]$|[+-]\d\d:?\d\d$/.test(time)) return moment(time);
		return frappe.datetime.convert_to_user_tz(time, false);
	};

	// "5 minutes ago", with the exact time to point at.
	cc.ago = (time) => {
		if (!time) return `<span class="ssc-none">–</span>`;
		const at = cc.moment(time);
		const exact = at.format("YYYY-MM-DD HH:mm:ss");
		return `<time title="${cc.esc(exact)}" datetime="${cc.esc(at.toISOString())}">${cc.esc(at.fromNow())}</time>`;
	};

	cc.duration = (seconds) => {
		if (seconds === null || seconds === undefined) return "–";
		if (seconds < 10) return __("{0} s", [Math.round(seconds * 10) / 10]);
		if (seconds < 120) return __("{0} s", [Math.round(seconds)]);
		if (seconds < 7200) return __("{0} min", [Math.round(seconds / 60)]);
		if (seconds < 172800) return __("{0} h", [Math.round(seconds / 3600)]);
		return __("{0} days", [cc.number(Math.round(seconds / 86400))]);
	};

	cc.pill = (text, color, hint = "") =>
		`<span class="indicator-pill no-indicator-dot ${color || "gray"}" title="${cc.esc(hint)}">${cc.esc(text)}</span>`;

	cc.status_pill = (status) => cc.pill(__(status), cc.STATUS_COLORS[status]);

	cc.link = (doctype, name, text) =>
		`<a href="${cc.esc(frappe.utils.get_form_link(doctype, name))}">${cc.esc(text || name)}</a>`;

	// label and css are fixed texts of ours; attributes are escaped.
	cc.button = (action, label, { css = "btn-default", data = {}, title = "", disabled = false } = {}) => {
		const extra = Object.entries(data).map(([key, value]) => `data-${key}="${cc.esc(value)}"`);
		const off = disabled ? "disabled" : "";
		return `<button type="button" class="btn btn-xs ${css}" data-action="${action}" title="${cc.esc(title)}"
			${off} ${extra.join(" ")}>${cc.esc(label)}</button>`;
	};

	cc.empty = (title, text, action = "") =>
		`<div class="ssc-empty" data-part="empty"><b>${cc.esc(title)}</b><p>${cc.esc(text)}</p>${action}</div>`;

	// What is safe to do about a group, in one or two words.
	cc.SAFE = {
		retry: () => ({ text: __("Retry now"), color: "green", hint: __("Trying again is safe and may help now.") }),
		fix: () => ({
			text: __("Fix first"),
			color: "orange",
			hint: __("Until it is fixed, trying again would fail the same way."),
		}),
		never: () => ({
			text: __("Never retry"),
			color: "red",
			hint: __("Trying again cannot help. Do it by hand, then discard with a note."),
		}),
	};

	// 24 counts, oldest first, as bars. The numbers are said to a screen reader.
	cc.trend = (counts) => {
		const most = Math.max(...(counts || []), 0);
		if (!most) return "";
		const bars = counts.map((count, hour) => {
			const height = count ? Math.max(2, Math.round((count / most) * 22)) : 0;
			return `<rect x="${hour * 4}" y="${24 - height}" width="3" height="${height}"></rect>`;
		});
		const label = __("Last 24 hours: at most {0} in one hour", [cc.number(most)]);
		return `<svg class="ssc-trend" viewBox="0 0 96 24" role="img" aria-label="${cc.esc(label)}">
			<title>${cc.esc(label)}</title>${bars.join("")}</svg>`;
	};
})();
