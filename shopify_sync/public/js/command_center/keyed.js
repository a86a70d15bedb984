// Showing lists again and again without taking away what a person holds: focus, open rows, half-typed fields.

(() => {
	const cc = shopify_sync.command_center;
	const TYPED_IN = "input:not([type=checkbox]), select, textarea";

	// Replaces the content only when it differs, and puts the focus back where it was.
	cc.set_html = (element, html) => {
		if (element.shown_html === html) return;
		const focused = element.contains(document.activeElement) ? path_of(document.activeElement) : null;
		element.shown_html = html;
		element.innerHTML = html;
		if (focused) element.querySelector(focused)?.focus({ preventScroll: true });
	};

	// A control is told by what it does and to what.
	function path_of({ dataset }) {
		if (!dataset.action) return null;
		const parts = Object.entries(dataset).map(([key, value]) => `[data-${dashed(key)}="${CSS.escape(value)}"]`);
		return parts.join("");
	}

	function dashed(key) {
		return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
	}

	// rows: Map key → row ({ element, update(item), is_held() }). make(item) builds a new one.
	// A row whose item is gone stays as long as somebody works in it.
	cc.show_keyed = (container, rows, items, key_of, make) => {
		const present = new Set(items.map(key_of));
		const held = new Set();
		for (const [key, row] of rows) {
			if (present.has(key)) continue;
			if (row.is_held?.()) {
				row.gone?.();
				held.add(row.element);
				continue;
			}
			row.element.remove();
			rows.delete(key);
		}
		order(container, items.map((item) => shown(rows, item, key_of(item), make)), held);
	};

	function shown(rows, item, key, make) {
		if (rows.has(key)) rows.get(key).update(item);
		else rows.set(key, make(item));
		return rows.get(key).element;
	}

	// Moving an element takes the focus from what is in it. So only what stands elsewhere is moved, and nothing at all
	// while somebody types: what is new then waits at the end.
	function order(container, elements, held) {
		const focused = container.contains(document.activeElement) ? document.activeElement : null;
		const typing = focused?.matches(TYPED_IN);
		let before = null;
		for (const element of elements) {
			let right = before ? before.nextElementSibling : container.firstElementChild;
			// What is held though it is gone keeps its place.
			while (right && held.has(right)) right = right.nextElementSibling;
			if (typing && !element.isConnected) container.append(element);
			else if (!typing && right !== element) container.insertBefore(element, right);
			before = element;
		}
		if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
	}
})();
