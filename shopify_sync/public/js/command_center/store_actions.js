// What is done to a store as a whole, or to a flow or a topic of it.

(() => {
	const cc = shopify_sync.command_center;

	cc.register_store_actions = (app) => {
		app.on("new-store", () => frappe.new_doc("Shopify Store"));
		for (const verb of ["pause", "resume", "trip-circuit", "reset-circuit", "reconcile"]) {
			app.on(verb, ({ dataset }) => {
				if (dataset.store) cc.ask_action(app, { action: cc.ACTION_OF[verb], target: { store: dataset.store } });
			});
		}
		app.on("hold", ({ dataset }) => ask_to_hold(app, dataset.store));
	};

	// A flow is its manager's to hold; a topic, or one resource, an operator's.
	function ask_to_hold(app, store) {
		const scopes = { topic: __("One topic") };
		if (app.can.set_up) scopes.flow = __("One flow");
		const options = Object.entries(scopes).map(([value, label]) => ({ value, label }));
		const scope = app.can.set_up ? "flow" : "topic";
		cc.ask_action(app, {
			action: "Hold",
			choices: {
				fields: [
					{ fieldname: "scope", fieldtype: "Select", label: __("What of {0}", [cc.esc(store)]), options, default: scope },
					{
						fieldname: "flow",
						fieldtype: "Select",
						label: __("Flow"),
						options: cc.FLOWS.map((value) => ({ value, label: __(value) })),
						default: cc.FLOWS[0],
						depends_on: "eval:doc.scope === 'flow'",
					},
					{
						fieldname: "topic",
						fieldtype: "Data",
						label: __("Topic"),
						description: __("As Shopify writes it: {0}", ["orders/updated"]),
						depends_on: "eval:doc.scope === 'topic'",
					},
				],
				target: (values) => target_of(store, { scope, flow: cc.FLOWS[0], ...values }),
			},
		});
	}

	function target_of(store, { scope, flow, topic }) {
		if (scope === "flow") return flow ? { store, flow } : null;
		return topic ? { store, topic } : null;
	}
})();
