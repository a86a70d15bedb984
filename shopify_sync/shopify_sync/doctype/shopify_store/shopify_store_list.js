frappe.listview_settings["Shopify Store"] = {
	add_fields: ["enabled", "mode"],
	hide_name_column: true,

	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled"), "gray", "enabled,=,0"];
		const colors = { Live: "green", Shadow: "blue", Paused: "orange" };
		return [__(doc.mode), colors[doc.mode] || "gray", `enabled,=,1|mode,=,${doc.mode}`];
	},
};
