// One way for every action: count first, ask with the count, act once, then follow it.

(() => {
	const cc = shopify_sync.command_center;

	cc.ACTION_OF = {
		retry: "Retry",
		requeue: "Requeue",
		replay: "Replay",
		discard: "Discard",
		refetch: "Refetch",
		hold: "Hold",
		release: "Release",
		pause: "Pause",
		resume: "Resume",
		"trip-circuit": "Trip Circuit",
		"reset-circuit": "Reset Circuit",
		reconcile: "Reconcile",
		"resolve-conflict": "Resolve Conflict",
	};

	cc.ACTION_LABELS = () => ({
		Retry: __("Retry"),
		Requeue: __("Look again now"),
		Replay: __("Replay"),
		Discard: __("Discard"),
		Refetch: __("Fetch from Shopify again"),
		Hold: __("Hold"),
		Release: __("Release"),
		Pause: __("Pause"),
		Resume: __("Resume"),
		"Trip Circuit": __("Stop calls to Shopify"),
		"Reset Circuit": __("Allow calls to Shopify again"),
		Reconcile: __("Reconcile"),
		"Resolve Conflict": __("Resolve conflict"),
		// These begin elsewhere, and are shown among the operations.
		Fix: __("Fix"),
		Export: __("Export"),
		Backfill: __("Import"),
		Heal: __("Heal"),
		Dismiss: __("Dismiss"),
		Stop: __("Stop"),
		Connect: __("Connect"),
		"Test Alert": __("Test alert"),
		"Acknowledge Alert": __("Acknowledge alert"),
		"Mute Alert": __("Mute alert"),
	});

	cc.action_label = (action) => cc.ACTION_LABELS()[action] || __(action);

	// targets: as the server's operations take them, one operation each. choices: { fields, targets(values) } asks for more first.
	// titles: what each target is called, where there are several.
	cc.ask_action = (app, { action, targets = [], titles = [], choices = null, options = {}, done = () => {} }) =>
		new ActionDialog(app, { action, targets, titles, choices, options, done });

	class ActionDialog {
		constructor(app, wish) {
			Object.assign(this, wish, { app, label: cc.action_label(wish.action) });
			// Made once, when the question is asked: whatever is pressed twice is still one wish.
			this.requests = [];
			this.dialog = new frappe.ui.Dialog({
				title: this.label,
				fields: [
					...(this.choices?.fields || []).map((field) => ({ ...field, change: () => this.count() })),
					{ fieldname: "says", fieldtype: "HTML" },
					{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), description: __("Kept on record.") },
				],
				primary_action_label: this.label,
				primary_action: () => this.start(),
				secondary_action_label: __("Cancel"),
				secondary_action: () => this.dialog.hide(),
			});
			this.dialog.$wrapper.attr("data-dialog", "action").attr("data-for", this.action);
			this.dialog.get_primary_btn().attr("data-action", "confirm");
			this.dialog.get_secondary_btn?.().attr("data-action", "cancel");
			this.dialog.show();
			this.count();
		}

		// How many it would touch, and how many not and why. Nothing changes.
		async count() {
			if (this.choices) this.targets = this.choices.targets(this.dialog.get_values(true) || {});
			this.ready(false);
			if (!this.targets.length) return this.say("");
			this.say(`<p class="ssc-muted">${cc.esc(__("Counting…"))}</p>`);
			const asked = (this.asked = {});
			try {
				const found = [];
				for (const [i, target] of this.targets.entries()) {
					found.push(await cc.read("operations.prepare", { action: this.action, target }, `prepare-${i}`));
				}
				if (asked === this.asked) this.show(found);
			} catch (error) {
				if (asked === this.asked && !cc.was_overtaken(error)) this.say(cc.error_html(error));
			}
		}

		show(found) {
			const will = sum(found, "will");
			this.say(this.confirm_html(found, will) + cc.refused_html(merged(found)));
			this.requests = this.targets.map(() => cc.request_id());
			this.needs_reason = found.some((one) => one.needs_reason);
			this.dialog.set_df_property("reason", "reqd", this.needs_reason ? 1 : 0);
			const counted = this.targets.some((target) => target.events || target.filters);
			const label = counted ? `${this.label} (${cc.number(will)})` : this.label;
			const button = this.dialog.get_primary_btn();
			button.text(label).toggleClass("btn-danger", found.some((one) => one.dangerous));
			this.ready(will > 0);
			if (!this.needs_reason && !this.choices) button.focus();
		}

		// Of several causes: how many of each; what the server asks about one would be said over and over.
		confirm_html(found, will) {
			if (found.length === 1) return `<p data-part="confirm">${cc.esc(found[0].confirm || found[0].says)}</p>`;
			const lines = found.map((one, i) => `<li>${cc.esc(`${this.titles[i] || one.says}: ${cc.number(one.will)}`)}</li>`);
			const says = __("{0} of {1}", [cc.events(will), cc.causes(found.length)]);
			return `<p data-part="confirm"><b>${cc.esc(says)}</b></p><ul class="ssc-causes">${lines.join("")}</ul>`;
		}

		async start() {
			const { reason } = this.dialog.get_values(true) || {};
			if (this.busy || !this.requests.length) return;
			if (this.needs_reason && !reason?.trim()) {
				this.dialog.get_field("reason").set_focus?.();
				return frappe.show_alert({ message: __("Say why: the reason is kept on record."), indicator: "orange" });
			}
			this.busy = true;
			this.ready(false);
			try {
				for (const [i, target] of this.targets.entries()) {
					const args = { action: this.action, target, request: this.requests[i], reason: reason || "", options: this.options };
					this.app.running.follow(await cc.act("operations.start", args));
				}
				this.close();
				this.done();
				this.app.refresh();
			} catch {
				this.ready(true); // Frappe has shown why; the same request may be sent again
			} finally {
				this.busy = false;
			}
		}

		// Bootstrap does not hear a hide while the dialog is still coming up.
		close() {
			this.dialog.$wrapper.one("shown.bs.modal", () => this.dialog.hide());
			this.dialog.hide();
		}

		say(html) {
			this.dialog.get_field("says").$wrapper.html(`<div class="ssc-confirm" aria-live="polite">${html}</div>`);
		}

		ready(on) {
			this.dialog.get_primary_btn().prop("disabled", !on);
		}
	}

	function sum(found, key) {
		return found.reduce((total, one) => total + (one[key] || 0), 0);
	}

	function merged(found) {
		const all = {};
		for (const { refused } of found) {
			for (const [why, count] of Object.entries(refused || {})) all[why] = (all[why] || 0) + count;
		}
		return all;
	}

	// { why: count }, as lines.
	cc.refused_html = (refused) => {
		const rows = Object.entries(refused || {}).filter(([, count]) => count);
		if (!rows.length) return "";
		const lines = rows.map(([why, count]) => `<li>${cc.esc(`${cc.number(count)}: ${__(why)}`)}</li>`);
		return `<div data-part="refused" class="ssc-refused"><b>${cc.esc(__("Left alone:"))}</b><ul>${lines.join("")}</ul></div>`;
	};
})();
