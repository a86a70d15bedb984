frappe.listview_settings["Reconciliation Run"] = {
	hide_name_column: false,
	add_fields: ["status", "found", "stopped_because", "dry_run"],

	get_indicator(doc) {
		const filter = `status,=,${doc.status}`;
		if (doc.status === "Completed" && doc.found) {
			return [__("{0} differences", [doc.found]), doc.stopped_because ? "red" : "orange", filter];
		}
		const colors = { Running: "blue", Completed: "green", Stopped: "gray", Failed: "red" };
		return [__(doc.status), colors[doc.status] || "gray", filter];
	},
};
