frappe.listview_settings["Sync Hold"] = {
	hide_name_column: true,
	add_fields: ["released_at"],
	filters: [["released_at", "is", "not set"]],

	get_indicator(doc) {
		return doc.released_at ? [__("Released"), "gray", "released_at,is,set"] : [__("Held"), "orange", "released_at,is,not set"];
	},
};
