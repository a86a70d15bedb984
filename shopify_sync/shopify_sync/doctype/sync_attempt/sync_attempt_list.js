frappe.listview_settings["Sync Attempt"] = {
	hide_name_column: true,
};
