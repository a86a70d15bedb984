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

	// target: as the server's operations take it. about: lines that say what is meant. choices: { fields, target(values) } asks first.
	cc.ask_action = (app, { action, target = null, about = [], choices = null, options = {}, done = () => {} }) =>
		new ActionDialog(app, { action, target, about, choices, options, done });

	class ActionDialog {
		constructor(app, wish) {
			Object.assign(this, wish, { app, label: cc.action_label(wish.action) });
			// Not animated: Bootstrap does not hear a hide while a dialog is still coming up.
			this.dialog = new frappe.ui.Dialog({
				animate: false,
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
			if (this.choices) {
				const chosen = JSON.stringify(this.choices.target(this.dialog.get_values(true) || {}));
				if (this.chosen === chosen) return;
				this.chosen = chosen;
				this.target = JSON.parse(chosen);
			}
			this.ready(false);
			if (!this.target) return this.say("");
			this.say(`<p class="ssc-muted">${cc.esc(__("Counting…"))}</p>`);
			try {
				this.show(await cc.read("operations.prepare", { action: this.action, target: this.target }));
			} catch (error) {
				if (!cc.was_overtaken(error)) this.say(cc.error_html(error));
			}
		}

		show({ will, confirm, says, refused, needs_reason, dangerous, counted_at }) {
			const lines = this.about.map((line) => `<li>${cc.esc(line)}</li>`);
			const about = lines.length ? `<ul class="ssc-causes">${lines.join("")}</ul>` : "";
			this.say(`<p data-part="confirm">${cc.esc(confirm || says)}</p>${about}${cc.refused_html(refused)}`);
			// Made once, when the question is asked: whatever is pressed twice is still one wish.
			this.request = cc.request_id();
			// What comes while the question stands was not counted, and is left alone.
			this.counted_at = counted_at;
			this.needs_reason = needs_reason;
			// Not by set_df_property: that would draw the field anew, and lose what is being typed.
			this.dialog.get_field("reason").$wrapper.find(".control-label").toggleClass("reqd", !!needs_reason);
			const counted = this.target.events || this.target.filters;
			const button = this.dialog.get_primary_btn();
			button.text(counted ? `${this.label} (${cc.number(will)})` : this.label).toggleClass("btn-danger", !!dangerous);
			this.ready(will > 0);
			if (!needs_reason && !this.choices && !this.has_focus()) button.focus();
		}

		async start() {
			const { reason } = this.dialog.get_values(true) || {};
			if (this.busy || !this.request) return;
			if (this.needs_reason && !reason?.trim()) {
				this.dialog.get_field("reason").set_focus?.();
				frappe.show_alert({ message: __("Say why: the reason is kept on record."), indicator: "orange" });
				return;
			}
			this.busy = true;
			this.ready(false);
			try {
				const { action, target, request, options, counted_at } = this;
				const args = { action, target, request, reason: reason || "", options, counted_at };
				const answer = await cc.act("operations.start", args);
				this.dialog.hide();
				this.app.running.follow(answer);
				this.done();
				this.app.refresh({ fresh: 1 });
			} catch {
				this.ready(true); // Frappe has shown why; the same request may be sent again
			} finally {
				this.busy = false;
			}
		}

		has_focus() {
			return !!document.activeElement?.closest(".modal textarea, .modal input, .modal select");
		}

		say(html) {
			this.dialog.get_field("says").$wrapper.html(`<div class="ssc-confirm" aria-live="polite">${html}</div>`);
		}

		ready(on) {
			this.dialog.get_primary_btn().prop("disabled", !on);
		}
	}

	// { why: count }, as lines.
	cc.refused_html = (refused) => {
		const rows = Object.entries(refused || {}).filter(([, count]) => count);
		if (!rows.length) return "";
		const lines = rows.map(([why, count]) => `<li>${cc.esc(`${cc.number(count)}: ${__(why)}`)}</li>`);
		return `<div data-part="refused" class="ssc-refused"><b>${cc.esc(__("Left alone:"))}</b><ul>${lines.join("")}</ul></div>`;
	};
})();
