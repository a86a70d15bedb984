// The settings of one shop: what may be chosen where, and how Shopify reaches this site.

const NEEDS_A_PERSON = ["Blocked", "Dead Letter", "Conflict"];

const TOPICS = {
	sync_orders: [
		"orders/create",
		"orders/updated",
		"orders/paid",
		"orders/fulfilled",
		"orders/cancelled",
		"order_transactions/create",
		"fulfillments/create",
		"fulfillments/update",
	],
	sync_customers: [
		"customers/create",
		"customers/update",
		"customers/merge",
		"customers/delete",
		"customers_email_marketing_consent/update",
	],
	sync_inventory: ["inventory_levels/update", "inventory_levels/connect"],
	sync_products: [
		"products/create",
		"products/update",
		"products/delete",
		"inventory_items/create",
		"inventory_items/update",
		"inventory_items/delete",
	],
};

frappe.ui.form.on("Shopify Store", {
	setup(frm) {
		set_queries(frm);
	},

	refresh(frm) {
		show_webhook_help(frm);
		if (frm.is_new()) return;
		if (!frm.doc.client_secret) {
			frm.set_intro(
				__(
					"No Client Secret is set, so every delivery is refused. Copy it from the app's settings in Shopify, enter it below and save."
				),
				"red"
			);
		}
		add_view_buttons(frm);
		add_push_button(frm);
		add_import_button(frm);
		add_reconcile_button(frm);
	},

	sync_orders: show_webhook_help,
	sync_customers: show_webhook_help,
	sync_inventory: show_webhook_help,
	sync_products: show_webhook_help,
});

function set_queries(frm) {
	const of_company = (filters) => () => ({
		filters: { company: frm.doc.company, is_group: 0, ...filters },
	});
	const tax_account = of_company({ disabled: 0, account_type: ["in", ["Tax", "Chargeable"]] });
	const shipping_account = of_company({ disabled: 0, root_type: ["in", ["Income", "Expense"]] });
	const any_account = of_company({ disabled: 0 });
	const money_account = of_company({
		disabled: 0,
		root_type: ["in", ["Asset", "Liability"]],
		account_type: ["in", ["", "Bank", "Cash", "Current Asset", "Current Liability"]],
	});
	const sold_item = () => ({ filters: { disabled: 0, has_variants: 0, is_sales_item: 1 } });

	frm.set_query("default_warehouse", of_company({ disabled: 0 }));
	frm.set_query("warehouse", "location_mapping", () => ({
		filters: { company: frm.doc.company, disabled: 0 },
	}));
	frm.set_query("cost_center", of_company({ disabled: 0 }));
	frm.set_query("default_tax_account", tax_account);
	frm.set_query("account", "tax_mapping", tax_account);
	frm.set_query("shipping_account", shipping_account);
	frm.set_query("account", "shipping_mapping", shipping_account);
	frm.set_query("account", "gateway_mapping", money_account);
	frm.set_query("clearing_account", "gateway_mapping", money_account);
	frm.set_query("fee_account", "gateway_mapping", of_company({ disabled: 0, root_type: "Expense" }));
	frm.set_query("mode_of_payment", "gateway_mapping", () => ({ filters: { enabled: 1 } }));
	frm.set_query("duty_account", any_account);
	frm.set_query("adjustment_account", any_account);
	frm.set_query("rounding_account", any_account);
	frm.set_query("gift_card_account", of_company({ disabled: 0, root_type: "Liability" }));
	frm.set_query("custom_line_item", sold_item);
	frm.set_query("tip_item", sold_item);
	frm.set_query("gift_card_item", sold_item);
	frm.set_query("selling_price_list", () => ({ filters: { selling: 1, enabled: 1 } }));
	frm.set_query("item_price_list", () => ({ filters: { selling: 1, enabled: 1 } }));
	frm.set_query("item_group", () => ({ filters: { is_group: 0 } }));
	frm.set_query("price_list", "location_mapping", () => ({ filters: { enabled: 1 } }));
	frm.set_query("customer_group", () => ({ filters: { is_group: 0 } }));
	frm.set_query("territory", () => ({ filters: { is_group: 0 } }));
	frm.set_query("guest_customer", () => ({ filters: { disabled: 0 } }));
}

function add_view_buttons(frm) {
	const open = (doctype, filters) => () =>
		frappe.set_route("List", doctype, "List", { store: frm.doc.name, ...filters });
	const view = __("View");
	frm.add_custom_button(
		__("Open Failures"),
		open("Sync Event", { status: ["in", NEEDS_A_PERSON] }),
		view
	);
	frm.add_custom_button(__("Sync Conflicts"), open("Sync Conflict", { status: "Open" }), view);
	frm.add_custom_button(__("Sync Events"), open("Sync Event"), view);
	frm.add_custom_button(__("Shopify Links"), open("Shopify Link"), view);
}

function add_push_button(frm) {
	const pushes = (frm.doc.location_mapping || []).some((row) => row.direction == "ERPNext → Shopify");
	if (!frm.doc.enabled || !frm.doc.sync_inventory || !pushes) return;
	frm.add_custom_button(
		__("Push Stock"),
		() =>
			frappe.confirm(
				__(
					"Tell Shopify the stock of every linked item at the locations whose direction is ERPNext → Shopify? What agrees already is not changed."
				),
				() =>
					frappe.call({
						method: "shopify_sync.api.stock.push_stock",
						args: { store: frm.doc.name },
						callback: ({ message }) => frappe.show_alert({ message: message.message, indicator: "blue" }),
					})
			),
		__("Actions")
	);
}

function add_import_button(frm) {
	if (!frm.doc.enabled || !frappe.user.has_role(["Shopify Sync Manager", "System Manager"])) return;
	frm.add_custom_button(__("Backfill"), () => ask_for_backfill(frm), __("Actions"));
	frm.add_custom_button(
		__("Backfills"),
		() => frappe.set_route("List", "Shopify Backfill", "List", { store: frm.doc.name }),
		__("View")
	);
}

// What the store has already: what is imported of it, and first of all what would fail.
function ask_for_backfill(frm) {
	const { sync_products, sync_customers, sync_orders, sync_inventory } = frm.doc;
	const check = (fieldname, label, flow) => ({
		fieldname,
		label,
		fieldtype: "Check",
		default: flow ? 1 : 0,
		read_only: flow ? 0 : 1,
		description: flow ? "" : __("This store does not sync them."),
	});
	const dialog = new frappe.ui.Dialog({
		title: __("Import What the Store Has Already"),
		fields: [
			check("products", __("Products"), sync_products),
			check("customers", __("Customers"), sync_customers),
			check("stock", __("Stock"), sync_inventory),
			{ fieldtype: "Column Break" },
			{
				fieldname: "orders",
				label: __("Orders"),
				fieldtype: "Select",
				options: ["None", "Open", "From a date"],
				default: sync_orders ? "Open" : "None",
				read_only: sync_orders ? 0 : 1,
				description: __("Open: neither archived nor cancelled in Shopify."),
			},
			{
				fieldname: "orders_from",
				label: __("Orders From"),
				fieldtype: "Datetime",
				depends_on: "eval:doc.orders == 'From a date'",
				mandatory_depends_on: "eval:doc.orders == 'From a date'",
			},
			{ fieldtype: "Section Break" },
			{
				fieldname: "rehearse",
				label: __("Rehearse only"),
				fieldtype: "Check",
				default: 1,
				description: __("Everything is read and decided about, and nothing is written: you see what would fail."),
			},
			{
				fieldname: "again",
				label: __("Begin anew"),
				fieldtype: "Check",
				description: __("Otherwise one that was stopped, asked for the same, goes on where it was."),
			},
		],
		primary_action_label: __("Start"),
		primary_action(values) {
			dialog.hide();
			frappe.call({
				method: "shopify_sync.api.backfill.start",
				args: { store: frm.doc.name, ...values },
				callback: ({ message }) => {
					frappe.show_alert({ message: message.message, indicator: "blue" });
					frappe.set_route("Form", "Shopify Backfill", message.run);
				},
			});
		},
	});
	dialog.show();
}

function add_reconcile_button(frm) {
	if (!frm.doc.enabled || !frm.doc.sign_in_by || frm.doc.sign_in_by === "None") return;
	if (!frappe.user.has_role(["Shopify Sync Operator", "Shopify Sync Manager", "System Manager"])) return;
	frm.add_custom_button(__("Reconcile"), () => ask_what_to_compare(frm), __("Actions"));
}

function ask_what_to_compare(frm) {
	const only = (depth) => `eval:doc.what === "${depth}"`;
	frappe.prompt(
		[
			{
				fieldname: "what",
				fieldtype: "Select",
				label: __("Compare"),
				options: [
					{ value: "Light", label: __("What changed since the last time") },
					{ value: "Full", label: __("Everything") },
					{ value: "Range", label: __("What changed between two moments") },
					{ value: "Order", label: __("One order") },
					{ value: "Item", label: __("The stock of one Item") },
				],
				default: "Light",
				reqd: 1,
			},
			{ fieldname: "since", fieldtype: "Datetime", label: __("From"), depends_on: only("Range") },
			{ fieldname: "until", fieldtype: "Datetime", label: __("To"), depends_on: only("Range") },
			{
				fieldname: "order",
				fieldtype: "Data",
				label: __("Order"),
				description: __("Its name in Shopify (#1001), its id, or its Sales Order."),
				depends_on: only("Order"),
			},
			{ fieldname: "item", fieldtype: "Link", options: "Item", label: __("Item"), depends_on: only("Item") },
			{
				fieldname: "heal",
				fieldtype: "Check",
				label: __("Heal what is safe"),
				default: frm.doc.reconciliation_healing === "Heal" ? 1 : 0,
				description: __("Otherwise differences are found and explained, and nothing is changed."),
			},
		],
		async ({ what, since, until, order, item, heal }) => {
			const depth = ["Order", "Item"].includes(what) ? "Light" : what;
			const range = what === "Range" ? { since, until } : {};
			const records = { order: what === "Order" ? order : undefined, item: what === "Item" ? item : undefined };
			const { message } = await frappe.call({
				method: "shopify_sync.api.reconciliation.start",
				args: { store: frm.doc.name, depth, heal: heal ? 1 : 0, ...range, ...records },
				freeze: true,
			});
			frappe.show_alert({ message: message.message, indicator: "blue" });
			frappe.set_route("Form", "Reconciliation Run", message.run);
		},
		__("Compare Shopify with ERPNext"),
		__("Compare")
	);
}

function show_webhook_help(frm) {
	const address = `${window.location.origin}/api/method/shopify_sync.api.webhooks.receive`;
	const topics = Object.entries(TOPICS)
		.filter(([flow]) => frm.doc[flow])
		.flatMap(([, names]) => names);
	const list = topics.map((topic) => `<code>${topic}</code>`).join(" ");
	const wrapper = frm.get_field("webhook_help").$wrapper;
	wrapper.html(`
		<div class="form-group">
			<label class="control-label">${__("Webhook Address")}</label>
			<div class="d-flex align-items-center" style="gap: 8px">
				<code class="webhook-address" style="overflow-wrap: anywhere">${frappe.utils.escape_html(
					address
				)}</code>
				<button type="button" class="btn btn-xs btn-default copy-address">${__("Copy")}</button>
			</div>
			<p class="help-box small text-muted">${__(
				"Shopify must reach this address from the internet, over https. It is the same for every store."
			)}</p>
			<label class="control-label">${__("Topics to Subscribe")}</label>
			<div style="line-height: 2">${list || __("None: every flow of this store is switched off.")}</div>
			<p class="help-box small text-muted">${__(
				"Format JSON. Other topics do no harm: they are recorded and ignored. Deliveries come in any order, more than once, or not at all; that is expected."
			)}</p>
		</div>
	`);
	wrapper.find(".copy-address").on("click", () => frappe.utils.copy_to_clipboard(address));
}
