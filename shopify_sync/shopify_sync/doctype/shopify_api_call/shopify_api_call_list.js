frappe.listview_settings["Shopify API Call"] = {
	hide_name_column: true,
	get_indicator(doc) {
		const colors = {
			Answered: "green",
			"User Errors": "orange",
			Refused: "red",
			Failed: "red",
			"Not Sent": "grey",
			Unknown: "purple",
			"In Flight": "blue",
		};
		return [__(doc.outcome), colors[doc.outcome], `outcome,=,${doc.outcome}`];
	},
};
