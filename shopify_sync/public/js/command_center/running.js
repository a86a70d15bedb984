// Operations that this page began, or that run now: progress, Stop, and how they ended.

(() => {
	const cc = shopify_sync.command_center;
	const UNDER_WAY = ["Queued", "Running", "Stopping"];
	const LOOK_AGAIN_MS = 2500;
	const GONE_AFTER_MS = 12000;
	const SHOWN = 4;

	cc.is_under_way = (operation) => UNDER_WAY.includes(operation.status);

	cc.Running = class Running {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			this.operations = new Map();
			app.on("stop-operation", (button) => this.stop(button.dataset.operation));
			app.on("dismiss-operation", (button) => this.dismiss(button.dataset.operation));
		}

		// answer: what `operations.start` or a fix said; a plain message is shown as one.
		follow(answer) {
			if (!answer) return;
			if (!answer.operation) return frappe.show_alert({ message: cc.esc(answer.message || ""), indicator: "green" });
			this.update({ name: answer.operation, status: "Completed", ...answer });
			this.fade(answer.operation);
			this.look();
		}

		// From a realtime message or from the server's answer: the later one counts.
		update(operation) {
			const name = operation.name || operation.operation;
			this.operations.set(name, { ...this.operations.get(name), ...operation, name });
			this.render();
		}

		// What others began is shown too while it runs.
		show_running(operations) {
			for (const operation of operations.filter(cc.is_under_way)) {
				const name = operation.name || operation.operation;
				this.update({ ...operation, name });
			}
			this.look();
		}

		look() {
			if (this.timer || ![...this.operations.values()].some(cc.is_under_way)) return;
			this.timer = setTimeout(() => this.ask(), LOOK_AGAIN_MS);
		}

		async ask() {
			if (!this.app.live.is_seen) return (this.timer = null); // whoever comes back to the page has it looked at again
			const running = [...this.operations.values()].filter(cc.is_under_way);
			for (const { name } of running) {
				try {
					this.update({ ...(await cc.read("operations.get", { operation: name }, `operation-${name}`)), name });
				} catch (error) {
					// Gone, or not to be seen by this person: asking again would not help.
					if ([403, 404].includes(error.status)) this.dismiss(name);
					else if (!cc.was_overtaken(error)) console.warn(error);
				}
			}
			this.timer = null;
			for (const { name } of running) if (!cc.is_under_way(this.operations.get(name) || {})) this.fade(name);
			if (running.some(({ name }) => !cc.is_under_way(this.operations.get(name) || {}))) this.app.refresh({ fresh: 1 });
			this.look();
		}

		async stop(name) {
			this.update(await cc.act("operations.stop", { operation: name }));
			this.look();
		}

		// What went well needs nobody's attention for long; the tab Operations keeps it.
		fade(name) {
			setTimeout(() => {
				const operation = this.operations.get(name);
				if (operation?.status === "Completed" && !Object.keys(as_counts(operation)).length) this.dismiss(name);
			}, GONE_AFTER_MS);
		}

		// Told by the server, to everybody who works in the Desk: of an operation that somebody else began only that it runs,
		// and only in a store that this person sees.
		told(operation) {
			const is_news = cc.is_under_way(operation) && this.app.sees(operation.store);
			if (!this.operations.has(operation.name) && !is_news) return;
			this.update(operation);
			if (!cc.is_under_way(operation)) this.fade(operation.name);
			this.look();
		}

		dismiss(name) {
			this.operations.delete(name);
			this.render();
		}

		render() {
			const shown = [...this.operations.values()].slice(-SHOWN).reverse();
			cc.set_html(this.element, shown.map((operation) => cc.operation_html(operation, this.app)).join(""));
		}
	};

	cc.operation_html = (operation, app) => {
		const { name, status, message } = operation;
		const running = cc.is_under_way(operation);
		const stop = running && app.can.operate && status !== "Stopping";
		const data = { data: { operation: name } };
		const buttons = [
			stop ? cc.button("stop-operation", __("Stop"), { css: "btn-danger", ...data }) : "",
			running ? "" : cc.button("dismiss-operation", __("Close"), { css: "btn-link", ...data }),
		];
		return `<div class="ssc-operation" data-operation="${cc.esc(name)}" data-status="${cc.esc(status)}" role="status">
			<div class="ssc-operation-says">${cc.status_pill(status)} ${cc.link("Sync Operation", name, title_of(operation))}
				<span>${cc.esc(message || "")}</span></div>
			${running ? cc.progress_html(operation) : cc.refused_html(as_counts(operation))}
			<div>${buttons.join(" ")}</div></div>`;
	};

	cc.progress_html = ({ done, total, progress }) => {
		const share = total ? Math.min(100, Math.round((100 * (done || 0)) / total)) : Math.round(progress || 0);
		const says = total ? __("{0} of {1}", [cc.number(done), cc.number(total)]) : __("Under way");
		return `<div class="ssc-progress"><div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100"
			aria-valuenow="${share}" aria-label="${cc.esc(says)}"><div class="progress-bar" style="width: ${share}%"></div></div>
			<span>${cc.esc(says)}</span></div>`;
	};

	function title_of({ action, target_says, name }) {
		return [action && cc.action_label(action), target_says].filter(Boolean).join(": ") || name;
	}

	// `refused` is a count on the record and { why: count } in an answer.
	function as_counts({ refused, refusals }) {
		const given = refusals || refused;
		if (typeof given === "string") {
			try {
				return JSON.parse(given);
			} catch {
				return {};
			}
		}
		return typeof given === "object" ? given : {};
	}
})();
