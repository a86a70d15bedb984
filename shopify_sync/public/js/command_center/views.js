// Saved views: a filter under a name, one's own or everybody's.

(() => {
	const cc = shopify_sync.command_center;

	cc.Views = class Views {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			this.views = [];
			app.on("apply-view", (button) => this.apply(button.dataset.view));
			app.on("save-view", () => this.ask());
			app.on("delete-view", (button) => this.remove(button.dataset.view));
		}

		async load() {
			try {
				this.views = (await cc.read("command_center.views")) || [];
			} catch (error) {
				if (!cc.was_overtaken(error)) console.warn(error);
			}
			this.render();
		}

		render() {
			const rows = this.views.map((view) => {
				const whose = is_of_all(view) ? `<span class="ssc-muted">${cc.esc(__("for everybody"))}</span>` : "";
				const remove = __("Delete the view {0}", [name_of(view)]);
				return `<span class="ssc-view"><button type="button" class="btn btn-xs btn-default" data-action="apply-view"
					data-view="${cc.esc(view.name)}">${cc.esc(name_of(view))} ${whose}</button>
					<button type="button" class="ssc-x" data-action="delete-view" data-view="${cc.esc(view.name)}"
					title="${cc.esc(remove)}" aria-label="${cc.esc(remove)}">×</button></span>`;
			});
			const save = this.app.filters.is_empty ? "" : cc.button("save-view", __("Save this view"), { css: "btn-link" });
			this.element.innerHTML = rows.join("") + save;
		}

		apply(name) {
			const view = this.views.find((one) => one.name === name);
			if (!view) return;
			const { tab, ...filters } = typeof view.filters === "string" ? JSON.parse(view.filters) : view.filters;
			this.app.replace_filters(filters, tab);
		}

		ask() {
			const fields = [{ fieldname: "name", fieldtype: "Data", label: __("Name"), reqd: 1 }];
			if (this.app.can.set_up) {
				fields.push({ fieldname: "everybody", fieldtype: "Check", label: __("For everybody") });
			}
			frappe.prompt(
				fields,
				async ({ name, everybody }) => {
					await cc.act("command_center.save_view", {
						name,
						filters: JSON.stringify(this.app.filters.values),
						everybody: everybody || 0,
					});
					frappe.show_alert({ message: __("Saved."), indicator: "green" });
					this.load();
				},
				__("Save This View"),
				__("Save")
			);
		}

		remove(name) {
			const view = this.views.find((one) => one.name === name);
			if (!view) return;
			frappe.confirm(__("Delete the view {0}?", [cc.esc(name_of(view))]), async () => {
				await cc.act("command_center.delete_view", { name });
				this.load();
			});
		}
	};

	function name_of(view) {
		return view.title || view.filter_name || view.name;
	}

	function is_of_all(view) {
		return view.everybody ?? !view.for_user;
	}
})();
