// Sync Event: both sides of the record side by side, and the event as a bundle that a laptop can replay.

frappe.ui.form.on("Sync Event", {
	refresh(frm) {
		if (frm.is_new()) return;
		const roles = ["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"];
		const { name, resource_type } = frm.doc;
		if (resource_type && frappe.user.has_role([...roles, "Shopify Sync Auditor"])) {
			frm.add_custom_button(__("Compare"), () => shopify_sync.story.compare({ event: name }));
		}
		if (frappe.user.has_role(roles)) {
			frm.add_custom_button(__("Export Bundle"), () => shopify_sync.story.export_bundle({ event: name }), __("View"));
		}
	},
});

// args: { event }, { link } or { filters: {…} }. The download says for itself what is in it; nothing personal is.
shopify_sync.story.export_bundle = (args) => {
	frappe.confirm(
		__(
			"Export what is on record as a bundle? Personal values are replaced by stand-ins; amounts, SKUs and ids stay. A developer can replay it on a laptop."
		),
		() => {
			const filters = args.filters ? { filters: JSON.stringify(args.filters) } : {};
			open_url_post("/api/method/shopify_sync.api.evidence.export", { ...args, ...filters });
		}
	);
};
