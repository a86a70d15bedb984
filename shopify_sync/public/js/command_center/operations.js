// What people did and do here: who, when, what, why, and how it ended.

(() => {
	const cc = shopify_sync.command_center;
	const SHOWN = 50;

	cc.Operations = class Operations {
		constructor(app, element) {
			Object.assign(this, { app, element });
		}

		reset() {}

		async load() {
			try {
				const args = { store: this.app.filters.values.store || null, limit: SHOWN };
				const answer = await cc.read("operations.recent", args);
				this.show(Array.isArray(answer) ? answer : answer.operations);
			} catch (error) {
				if (!cc.was_overtaken(error)) cc.set_html(this.element, cc.error_html(error));
			}
		}

		show(operations) {
			this.app.running.show_running(operations);
			const rows = operations.map((operation) => row_html(operation, this.app)).join("");
			const none = cc.empty(__("Nothing was done yet"), __("Every action of an operator is kept here, with who, when and why."));
			const all = `<p class="ssc-foot"><a href="${cc.esc(list_url())}">${cc.esc(__("All operations"))}</a></p>`;
			cc.set_html(this.element, rows ? `<div role="list">${rows}</div>${all}` : none);
		}
	};

	function list_url() {
		return frappe.utils.get_form_link("Sync Operation", "").replace(/\/$/, "");
	}

	function row_html(operation, app) {
		const name = operation.name || operation.operation;
		const running = cc.is_under_way(operation);
		const who = frappe.user.full_name(operation.user) || operation.user || "";
		const when = operation.started_at || operation.creation;
		const why = operation.reason ? `<p class="ssc-muted">${cc.esc(__("Why: {0}", [operation.reason]))}</p>` : "";
		const stop = running && app.can.operate && operation.status !== "Stopping";
		return `<div class="ssc-done" role="listitem" tabindex="0" data-operation="${cc.esc(name)}" data-status="${cc.esc(operation.status)}">
			<div class="ssc-title">${cc.status_pill(operation.status)} ${cc.link("Sync Operation", name, cc.action_label(operation.action))}
				<span>${cc.esc(operation.target_says || operation.store || "")}</span></div>
			<p>${cc.esc(operation.message || "")}</p>${why}
			${running ? cc.progress_html(operation) : ""}
			<div class="ssc-muted ssc-facts"><span>${cc.esc(who)}</span> ${cc.ago(when)}
				${stop ? cc.button("stop-operation", __("Stop"), { css: "btn-danger", data: { operation: name } }) : ""}</div></div>`;
	}
})();
