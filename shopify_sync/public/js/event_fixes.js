// What a blocked event misses, given from its form: the Item, the Order State Rule, the gateway's accounts.

const MAY_SET_UP = ["Shopify Sync Manager", "System Manager"];
const OUTCOMES = ["Submitted", "Draft", "No document", "Closed", "Cancelled", "Hold for review"];

// What a store lacks can be added right here, by who may change the store.
function add_set_up_buttons(frm) {
	const { status, missing } = frm.doc;
	if (status !== "Blocked" || !frappe.user.has_role(MAY_SET_UP)) return;
	if (starts_with(missing, ["state:"])) {
		frm.add_custom_button(__("Add State Rule"), () => ask_for_rule(frm)).addClass("btn-primary");
	}
	if (starts_with(missing, ["gateway:"])) {
		frm.add_custom_button(__("Map Gateway"), () => ask_for_gateway(frm)).addClass("btn-primary");
	}
}

function ask_for_item(frm) {
	frappe.prompt(
		{
			fieldname: "item",
			fieldtype: "Link",
			options: "Item",
			label: __("Item"),
			reqd: 1,
			description: __("Stands for {0} from now on. Every event that waits for it is tried again.", [
				`<code>${esc(frm.doc.missing)}</code>`,
			]),
			get_query: () => ({ filters: { disabled: 0, has_variants: 0 } }),
		},
		({ item }) => command(frm, "map_item", { item }),
		__("Map Item"),
		__("Map and Retry")
	);
}

function ask_for_rule(frm) {
	const [financial, fulfillment, cancelled] = frm.doc.missing.slice("state:".length).split("|");
	const state = [financial, fulfillment, cancelled === "yes" && __("cancelled")].filter(Boolean);
	const check = (fieldname, label) => ({
		fieldname,
		label,
		fieldtype: "Check",
		depends_on: "eval:['Submitted', 'Closed', 'Cancelled'].includes(doc.outcome)",
	});
	frappe.prompt(
		[
			{
				fieldname: "outcome",
				fieldtype: "Select",
				options: OUTCOMES.join("\n"),
				default: OUTCOMES[0],
				label: __("Sales Order"),
				reqd: 1,
				description: __("For orders that are {0}. Every event that waits for it is tried again.", [
					`<code>${esc(state.join(", "))}</code>`,
				]),
			},
			check("make_invoice", __("Invoice")),
			check("make_payments", __("Payments")),
			check("make_deliveries", __("Deliveries")),
		],
		(values) => command(frm, "add_state_rule", values),
		__("Add State Rule"),
		__("Add and Retry")
	);
}

async function ask_for_gateway(frm) {
	const { message } = await frappe.db.get_value("Shopify Store", frm.doc.store, "company");
	const account = (fieldname, label, filters, more = {}) => ({
		fieldname,
		label,
		fieldtype: "Link",
		options: "Account",
		get_query: () => ({ filters: { company: message.company, is_group: 0, disabled: 0, ...filters } }),
		...more,
	});
	const money = {
		root_type: ["in", ["Asset", "Liability"]],
		account_type: ["in", ["", "Bank", "Cash", "Current Asset", "Current Liability"]],
	};
	frappe.prompt(
		[
			account("account", __("Account"), money, {
				reqd: 1,
				description: __("Where the money of {0} arrives. Every event that waits for it is tried again.", [
					`<code>${esc(frm.doc.missing.slice("gateway:".length))}</code>`,
				]),
			}),
			account("clearing_account", __("Clearing Account"), money, {
				description: __("Where it waits until the gateway pays it out."),
			}),
			account("fee_account", __("Fee Account"), { root_type: "Expense" }),
			{
				fieldname: "mode_of_payment",
				fieldtype: "Link",
				options: "Mode of Payment",
				label: __("Mode of Payment"),
			},
		],
		(values) => command(frm, "map_gateway", values),
		__("Map Gateway"),
		__("Map and Retry")
	);
}
