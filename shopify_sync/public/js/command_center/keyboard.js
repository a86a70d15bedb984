// Keys of the page. They act on the row that has the focus, and only while nobody types and no dialog is open.

(() => {
	const cc = shopify_sync.command_center;
	const ROWS = "[data-group], [data-event], .ssc-done";
	const TYPED_IN = "input:not([type=checkbox]), select, textarea, [contenteditable=true], .awesomplete";
	// A menu has arrows, Enter and Escape of its own.
	const MENUS = '.dropdown-menu, [role="menu"], [data-toggle="dropdown"][aria-expanded="true"]';

	cc.KEYS = () => [
		["j / ↓", __("Next row")],
		["k / ↑", __("Previous row")],
		["Enter", __("Open or close the row")],
		["x", __("Select the row")],
		["r", __("Retry")],
		["f", __("Fix")],
		["d", __("Discard")],
		["p", __("Preview")],
		["/", __("Filter")],
		["1 … 6", __("Tab")],
		["Esc", __("Clear the selection")],
		["?", __("This help")],
	];

	cc.Keyboard = class Keyboard {
		constructor(app) {
			this.app = app;
			app.on("help", () => this.help());
			// Before Frappe's own handler: it has a help for "?", too.
			document.addEventListener("keydown", (event) => this.pressed(event), true);
		}

		pressed(event) {
			if (!this.is_ours(event)) return;
			const handler = this.handler_of(event);
			if (!handler || handler() === false) return;
			event.preventDefault();
			event.stopPropagation();
		}

		is_ours({ target, ctrlKey, metaKey, altKey }) {
			if (ctrlKey || metaKey || altKey || !this.app.is_shown) return false;
			if (window.cur_dialog?.display || document.querySelector(".modal.show")) return false;
			return !target.closest?.(`${TYPED_IN}, ${MENUS}`);
		}

		handler_of({ key, target }) {
			const row = target.closest?.(ROWS);
			const press = (...actions) => () => this.press(row, actions);
			const keys = {
				j: () => this.move(row, 1),
				ArrowDown: () => this.move(row, 1),
				k: () => this.move(row, -1),
				ArrowUp: () => this.move(row, -1),
				// Enter on a button or a link is that button's.
				Enter: () => target === row && this.press(row, ["toggle-event", "toggle-group"]),
				x: () => this.select(row),
				r: this.on_row_or_selection(row, "retry"),
				d: this.on_row_or_selection(row, "discard"),
				f: press("fix-group"),
				p: press("preview-event", "preview-group"),
				"/": () => this.app.filter_panel.toggle(true),
				"?": () => this.help(),
				Escape: () => this.app.selection.keys.size > 0 && this.app.selection.clear(),
			};
			const tab = cc.TABS[Number(key) - 1];
			return tab ? () => this.app.set_tab(tab) : keys[key];
		}

		on_row_or_selection(row, verb) {
			return () => {
				if (this.app.selection.keys.size) return this.app.selection.act(verb);
				return this.press(row, [`${verb}-event`, `${verb}-group`]);
			};
		}

		// The row's own button: what has no button for this person is not done by key either.
		press(row, actions) {
			if (!row) return false;
			if (row.dataset.event && row.row && !actions[0].startsWith("toggle") && !row.row.is_held()) row.row.toggle(true);
			if (row.dataset.group && actions.includes("preview-group")) row.row.toggle(true);
			for (const action of actions) {
				const button = row.querySelector(`[data-action="${action}"]`);
				if (button && button.closest(ROWS) === row) return void button.click();
			}
			return false;
		}

		move(row, step) {
			const rows = [...this.app.panel.querySelectorAll(ROWS)].filter((element) => element.offsetParent);
			if (!rows.length) return false;
			const next = rows[row ? rows.indexOf(row) + step : 0];
			if (!next) return undefined;
			next.focus({ preventScroll: true });
			next.scrollIntoView({ block: "nearest" });
		}

		select(row) {
			const kind = row?.dataset.event ? "event" : row?.dataset.group && "group";
			if (!kind || !this.app.can.operate) return false;
			this.app.selection.toggle(kind, row.dataset[kind]);
		}

		help() {
			const rows = cc.KEYS().map(([key, what]) => `<tr><td><kbd>${cc.esc(key)}</kbd></td><td>${cc.esc(what)}</td></tr>`);
			const dialog = new frappe.ui.Dialog({ animate: false, title: __("Keys of this page"), fields: [{ fieldname: "keys", fieldtype: "HTML" }] });
			dialog.$wrapper.attr("data-dialog", "help");
			dialog.get_field("keys").$wrapper.html(`<table class="table table-sm"><tbody>${rows.join("")}</tbody></table>`);
			dialog.show();
		}
	};
})();
