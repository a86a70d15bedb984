// Calls of the page. Reading is quiet: what fails is shown in place, and a newer question takes the place of an older one.

(() => {
	const cc = shopify_sync.command_center;
	const running = {};

	// A question that was overtaken by a newer one of the same kind never answers; nobody waits for it.
	cc.read = async (method, args = {}, kind = method) => {
		running[kind]?.abort();
		const controller = (running[kind] = new AbortController());
		busy(1);
		try {
			return await ask(method, args, controller);
		} finally {
			busy(-1);
			if (running[kind] === controller) delete running[kind];
		}
	};

	async function ask(method, args, controller) {
		const response = await fetch(`/api/method/shopify_sync.api.${method}`, {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				Accept: "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token,
			},
			body: JSON.stringify(args),
			signal: controller.signal,
		});
		const answer = await response.json().catch((error) => {
			if (controller.signal.aborted) throw error; // left in the middle: there is no answer
			return {};
		});
		if (!response.ok) throw Object.assign(new Error(why(response.status, answer)), { status: response.status });
		return answer.message;
	}

	// For who cannot see that something is being read, and for whoever waits for it.
	let reading = 0;
	function busy(step) {
		reading += step;
		cc.app?.root?.setAttribute("aria-busy", String(reading > 0));
	}

	cc.was_overtaken = (error) => error?.name === "AbortError";

	// What an operator does. An error is shown by Frappe itself; the promise is then refused.
	cc.act = (method, args, freeze_message) =>
		frappe
			.call({ method: `shopify_sync.api.${method}`, args, freeze: !!freeze_message, freeze_message })
			.then(({ message }) => message);

	// The browser's own id of one wish: sent twice, it is still one.
	cc.request_id = () => crypto.randomUUID?.() || `${Date.now()}-${frappe.utils.get_random(20)}`;

	// The server's own words, without its HTML.
	function why(status, answer) {
		try {
			const messages = JSON.parse(answer._server_messages).map((text) => JSON.parse(text).message);
			return messages.map((text) => frappe.utils.html2text(text)).join(" ");
		} catch {
			if (status === 401 || status === 403) return __("You are not signed in, or lack the role. Reload the page.");
			return __("The server answered with error {0}.", [status]);
		}
	}

	cc.error_html = (error) => {
		const text = error.message === "Failed to fetch" ? __("The server cannot be reached.") : error.message;
		return `<div class="ssc-error" role="alert" data-part="error">
			${cc.esc(__("This could not be loaded: {0}", [text]))}
			${cc.button("refresh", __("Try again"))}</div>`;
	};
})();
