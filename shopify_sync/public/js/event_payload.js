// The payload of a Sync Event, laid out to be read.

frappe.provide("shopify_sync");

shopify_sync.show_json = (() => {
	function show_json(value) {
		return value ? `<pre>${frappe.utils.escape_html(indent_json(value))}</pre>` : "";
	}

	// Lays the text out as it is: stringifying what JSON.parse returns would change the last digits of Shopify's 64-bit ids.
	function indent_json(text) {
		try {
			JSON.parse(text);
		} catch {
			return text; // not JSON, or cut off: shown as it came
		}
		const parts = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) || [];
		const line = (depth) => "\n" + "  ".repeat(Math.max(depth, 0));
		let depth = 0;
		return parts
			.map((part, i) => {
				const [before, after] = [parts[i - 1], parts[i + 1]];
				if (part === "{" || part === "[") {
					depth += 1;
					return after === "}" || after === "]" ? part : part + line(depth);
				}
				if (part === "}" || part === "]") {
					depth -= 1;
					return before === "{" || before === "[" ? part : line(depth) + part;
				}
				if (part === ",") return part + line(depth);
				return part === ":" ? ": " : part;
			})
			.join("");
	}

	return show_json;
})();
