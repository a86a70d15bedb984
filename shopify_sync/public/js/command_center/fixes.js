// The fix of a group, in its own row: fields as the server names them, saved once for every event that waits.

(() => {
	const cc = shopify_sync.command_center;
	const HELPED_WITHIN_MS = 6000;

	cc.FixForm = class FixForm {
		constructor(app, element) {
			this.app = app;
			this.element = element;
			this.controls = [];
			element.addEventListener("submit", (event) => {
				event.preventDefault();
				this.save();
			});
		}

		get is_open() {
			return this.controls.length > 0;
		}

		// group.fix: { kind, title, fields, needs } or { kind: "open", route, title }.
		show(group) {
			this.group = group;
			if (this.is_open || !group.fix || group.fix.kind === "open") return;
			const title = group.fix.title ? `<b>${cc.esc(group.fix.title)}</b>` : "";
			if (!cc.may_fix(this.app, group.fix)) {
				this.element.innerHTML = `<p class="ssc-muted">${cc.esc(who_may(group.fix))}</p>`;
				return;
			}
			this.element.innerHTML = `<form class="ssc-fix" data-part="fix">${title}<div class="ssc-fix-fields"></div>
				<div class="ssc-buttons"><button type="submit" class="btn btn-xs btn-primary" data-action="save-fix">${cc.esc(
					__("Save and try {0} again", [cc.events(group.count)])
				)}</button></div><div data-part="fix-says" aria-live="polite"></div></form>`;
			const parent = this.element.querySelector(".ssc-fix-fields");
			const reason = { fieldname: "__reason", fieldtype: "Data", label: __("Reason (kept on record)") };
			this.controls = [...group.fix.fields, reason].map((field) => make_control(field, parent));
		}

		focus() {
			this.controls[0]?.set_focus?.();
			this.controls[0]?.$input?.focus();
		}

		// What waited is gone: should it come back, the form begins anew.
		reset() {
			Object.assign(this, { controls: [], busy: false, wish: null, says: "" });
			this.element.innerHTML = "";
		}

		// The button says how many wait now; the fields are left alone. What still waits after a while was not helped.
		update(group) {
			this.group = group;
			if (this.saved_at && Date.now() - this.saved_at > HELPED_WITHIN_MS) {
				Object.assign(this, { saved_at: null, wish: null });
				this.hold(false);
			}
			const button = this.element.querySelector('[data-action="save-fix"]');
			if (button && !this.busy) button.textContent = __("Save and try {0} again", [cc.events(group.count)]);
		}

		async save() {
			if (this.busy) return;
			const values = {};
			for (const control of this.controls) values[control.df.fieldname] = control.get_value();
			const empty = this.controls.filter(({ df }) => df.reqd && is_blank(values[df.fieldname]));
			if (empty.length) {
				this.say(__("Fill in: {0}", [empty.map(({ df }) => df.label).join(", ")]), "ssc-bad");
				return empty[0]?.$input?.focus();
			}
			const { __reason: reason, ...given } = values;
			await this.send(given, reason || "");
		}

		async send(values, reason) {
			const { store, missing } = this.group;
			// Made once: pressed again after a broken connection, the same answer is still the same wish.
			const wish = JSON.stringify([store, missing, values]);
			if (this.wish !== wish) Object.assign(this, { wish, request: cc.request_id() });
			this.hold(true);
			try {
				const answer = await cc.act("command_center.fix", { store, missing, values, reason, request: this.request });
				this.says = answer.message;
				this.say(answer.message, "ssc-good");
				this.app.running.follow(answer);
				this.saved_at = Date.now();
				this.app.refresh({ fresh: 1 });
			} catch (error) {
				if (was_answered(error)) this.wish = null; // refused, and Frappe has shown why: pressed again it is tried anew
				this.hold(false);
			}
		}

		hold(on) {
			this.busy = on;
			const button = this.element.querySelector('[data-action="save-fix"]');
			if (button) button.disabled = on;
		}

		say(text, css = "") {
			const place = this.element.querySelector('[data-part="fix-says"]');
			if (place) place.innerHTML = `<p class="${css}">${cc.esc(text)}</p>`;
		}
	};

	function make_control(field, parent) {
		const { filters, ...df } = field;
		// Frappe shows both as HTML, and they may name what came from Shopify.
		if (df.label) df.label = cc.esc(df.label);
		if (df.description) df.description = cc.esc(df.description);
		// The server's filters narrow what a Link offers.
		if (filters) df.get_query = () => ({ filters });
		const control = frappe.ui.form.make_control({ df, parent, render_input: true });
		if (df.default !== undefined) control.set_value(df.default);
		return control;
	}

	// A proxy that gave up (502, 503, 504) does not know whether the server did it.
	function was_answered(error) {
		return !!error?.status && error.status < 502;
	}

	function is_blank(value) {
		return value === undefined || value === null || value === "";
	}

	// `allowed` is ERPNext's own permission on what the fix writes.
	cc.may_fix = (app, fix) => !!fix && (fix.kind === "open" || (app.can[fix.needs || "operate"] && fix.allowed !== false));

	function who_may({ needs, allowed }) {
		if (allowed === false) return __("You lack the permission in ERPNext that this fix needs. Ask who has it.");
		return needs === "set_up"
			? __("A Shopify Sync Manager can fix this here.")
			: __("A Shopify Sync Operator can fix this here.");
	}
})();
