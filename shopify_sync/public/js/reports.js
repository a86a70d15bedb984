// What the script reports share: their filters, and how a row is shown. Included into each report's own script.

frappe.provide("shopify_sync.reports");

shopify_sync.reports.store = () => ({
	fieldname: "store",
	label: __("Store"),
	fieldtype: "Link",
	options: "Shopify Store",
});

// A number of days stays true in a mail that is sent every morning; dates there are set by its Dynamic Report Filters.
shopify_sync.reports.period = (days) => [
	{ fieldname: "days", label: __("Last Days"), fieldtype: "Int", default: days },
	{ fieldname: "from_date", label: __("From Date"), fieldtype: "Date" },
	{ fieldname: "to_date", label: __("To Date"), fieldtype: "Date" },
];

shopify_sync.reports.select = (fieldname, label, options) => ({
	fieldname,
	label,
	fieldtype: "Select",
	options: ["", ...options].map((value) => ({ value, label: __(value) })),
});

shopify_sync.reports.as_text = (value) => value.replace(/</g, "&lt;").replace(/>/g, "&gt;");

// Bold rows say how much was compared. `color` says what stands out: (fieldname, value, row) → a color's name, or nothing.
shopify_sync.reports.formatter = (color) => (value, row, column, data, default_formatter) => {
	const number = ["Float", "Int"].includes(column.fieldtype);
	if (number && (value === null || value === "" || (data?.bold && column.fieldtype === "Float" && !value))) return "";
	// Frappe shows text as HTML, and a cause, a SKU or an order's name may have come from Shopify.
	const is_text = typeof value === "string" && (!column.fieldtype || column.fieldtype === "Data");
	let shown = default_formatter(is_text ? shopify_sync.reports.as_text(value) : value, row, column, data);
	const wanted = data && color?.(column.fieldname, value, data);
	if (wanted) shown = `<span style="color: var(--${wanted}-600, var(--${wanted}-500)); font-weight: 600">${shown}</span>`;
	return data?.bold ? `<b>${shown}</b>` : shown;
};
