frappe.listview_settings["Sync Operation"] = {
	hide_name_column: true,
	add_fields: ["status", "refused", "changed"],

	get_indicator(doc) {
		const filter = `status,=,${doc.status}`;
		if (doc.status === "Completed" && doc.refused) {
			return [__("{0} refused", [doc.refused]), "yellow", filter];
		}
		const colors = { Queued: "gray", Running: "blue", Stopping: "orange", Stopped: "orange", Completed: "green", Failed: "red" };
		return [__(doc.status), colors[doc.status] || "gray", filter];
	},
};
