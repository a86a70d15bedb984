// The ledger as a list: what the statuses look like, and Retry for many events at once.

const STATUS_COLORS = {
	Applied: "green",
	"No Change": "green",
	Received: "blue",
	Processing: "blue",
	Shadowed: "blue",
	Retrying: "orange",
	Held: "orange",
	Conflict: "yellow",
	Blocked: "red",
	"Dead Letter": "red",
};
const MAY_ACT = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];

frappe.listview_settings["Sync Event"] = {
	add_fields: ["status", "topic", "order_name", "store", "category", "received_at"],
	hide_name_column: true,

	get_indicator(doc) {
		return [__(doc.status), STATUS_COLORS[doc.status] || "gray", `status,=,${doc.status}`];
	},

	formatters: {
		topic(value, df, doc) {
			return [value, doc.order_name].filter(Boolean).join(" · ");
		},
	},

	may_act() {
		return frappe.user.has_role(MAY_ACT);
	},

	onload(listview) {
		if (!this.may_act()) return;
		listview.page.add_actions_menu_item(__("Retry"), () => retry_checked(listview), false);
	},
};

function retry_checked(listview) {
	const events = listview.get_checked_items(true);
	if (!events.length) return;
	const question = __(
		"Retry {0} events? What is finished is left as it is, unless only finished ones are chosen: then they are replayed.",
		[events.length]
	);
	frappe.confirm(question, async () => {
		const { message } = await frappe.call({
			method: "shopify_sync.api.command_center.retry",
			args: { events: JSON.stringify(events) },
			freeze: true,
			freeze_message: __("Putting events back in the queue"),
		});
		const answer = typeof message === "string" ? message : message?.message;
		frappe.show_alert({ message: frappe.utils.escape_html(answer || __("Done")), indicator: "blue" });
		listview.clear_checked_items();
		listview.refresh();
	});
}
