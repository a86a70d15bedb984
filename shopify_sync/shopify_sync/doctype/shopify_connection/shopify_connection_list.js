frappe.listview_settings["Shopify Connection"] = {
	hide_name_column: true,
	get_indicator(doc) {
		const colors = { "Signed in": "green", Rejected: "red", "Not signed in": "orange" };
		return [__(doc.state), colors[doc.state], `state,=,${doc.state}`];
	},
};
