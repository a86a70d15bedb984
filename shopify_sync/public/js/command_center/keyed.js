// Showing lists again and again without taking away what a person holds: focus, open rows, half-typed fields.

(() => {
	const cc = shopify_sync.command_center;

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
		let before = null;
		for (const item of items) {
			const key = key_of(item);
			if (!rows.has(key)) rows.set(key, make(item));
			else rows.get(key).update(item);
			const { element } = rows.get(key);
			let right = before ? before.nextElementSibling : container.firstElementChild;
			// What is held though it is gone keeps its place.
			while (right && held.has(right)) right = right.nextElementSibling;
			// Moving an element takes the focus from what is in it: only what stands elsewhere is moved.
			if (right !== element) container.insertBefore(element, right);
			before = element;
		}
	};
})();
