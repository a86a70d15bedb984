// What is held back now, by whom and why, with the button that lets it go on.

(() => {
	const cc = shopify_sync.command_center;

	cc.Holds = class Holds {
		constructor(app, element) {
			Object.assign(this, { app, element, holds: [] });
			app.on("release", ({ dataset }) => this.release(dataset.hold));
		}

		reset() {}

		async load() {
			const { store } = this.app.filters.values;
			try {
				this.holds = await frappe.db.get_list("Sync Hold", {
					filters: { released_at: ["is", "not set"], ...(store ? { store } : {}) },
					fields: ["name", "store", "scope", "flow", "topic", "link", "reason", "user", "held_at"],
					order_by: "held_at desc",
					limit: 200,
				});
				cc.set_html(this.element, this.html());
			} catch (error) {
				cc.set_html(this.element, cc.error_html(error));
			}
		}

		html() {
			if (!this.holds.length) {
				return cc.empty(
					__("Nothing is held"),
					__("A hold keeps events of a flow, a topic or one order waiting until somebody releases them.")
				);
			}
			return `<div role="list">${this.holds.map((hold) => this.row_html(hold)).join("")}</div>`;
		}

		row_html(hold) {
			const may = this.app.can[hold.scope === "Flow" ? "set_up" : "operate"];
			const release = may ? cc.button("release", __("Release"), { css: "btn-primary", data: { hold: hold.name } }) : "";
			const who = frappe.user.full_name(hold.user) || hold.user;
			return `<div class="ssc-done" role="listitem" tabindex="0" data-hold="${cc.esc(hold.name)}">
				<div class="ssc-title">${cc.link("Sync Hold", hold.name, what(hold))} <span>${cc.esc(hold.store)}</span></div>
				${hold.reason ? `<p>${cc.esc(hold.reason)}</p>` : ""}
				<div class="ssc-muted ssc-facts"><span>${cc.esc(who)}</span> ${cc.ago(hold.held_at)} ${release}</div></div>`;
		}

		release(name) {
			const hold = this.holds.find((one) => one.name === name);
			if (!hold) return;
			cc.ask_action(this.app, { action: "Release", target: { hold: hold.name } });
		}
	};

	function what({ scope, flow, topic, link }) {
		return [__(scope), flow ? __(flow) : topic || link].filter(Boolean).join(": ");
	}
})();
