"""Access scopes: which ones the flows that are switched on need, and which one an operation of the Admin API needs.

Source: the field `requiredAccess` of Shopify's Admin API schema, and https://shopify.dev/docs/api/usage/access-scopes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..policy import Direction, FulfillmentSide, StorePolicy

_ORDERS = ("read_orders", "read_customers", "read_products", "read_locations", "read_fulfillments")
_STOCK = ("read_inventory", "read_products", "read_locations")
_PAYOUTS = ("read_shopify_payments_accounts", "read_shopify_payments_payouts")
_SENDING = ("read_orders", "write_merchant_managed_fulfillment_orders", "read_fulfillments", "read_locations")

#: What an operation needs, all of it. Where Shopify accepts one of several scopes, it is the one that we ask for.
OF_OPERATION: Mapping[str, tuple[str, ...]] = {
	"BalanceTransactions": ("read_shopify_payments_accounts", "read_shopify_payments_payouts"),
	"Customer": ("read_customers",),
	"CustomersCount": ("read_customers",),
	"CustomersPage": ("read_customers",),
	"FulfillmentCancel": ("read_orders", "write_merchant_managed_fulfillment_orders"),
	"FulfillmentCreate": ("read_orders", "write_merchant_managed_fulfillment_orders"),
	"FulfillmentLinesPage": ("read_orders",),
	"FulfillmentOrderLinesPage": ("read_orders", "read_merchant_managed_fulfillment_orders"),
	"FulfillmentOrderMove": ("write_merchant_managed_fulfillment_orders",),
	"FulfillmentOrders": ("read_orders", "read_merchant_managed_fulfillment_orders"),
	"FulfillmentTrackingInfoUpdate": ("read_orders", "write_merchant_managed_fulfillment_orders"),
	"InventoryActivate": ("write_inventory",),
	"InventoryAdjustQuantities": ("write_inventory",),
	"InventoryItemLevel": ("read_inventory",),
	"InventoryItemLevels": ("read_inventory",),
	"InventoryLevelsAt": ("read_inventory",),
	"InventoryLevelsOfItems": ("read_inventory",),
	"InventoryLevelsOfLocation": ("read_inventory", "read_locations"),
	"InventorySetQuantities": ("write_inventory",),
	"Locations": ("read_locations",),
	"Order": ("read_orders", "read_customers", "read_products"),
	"OrderCancel": ("write_orders",),
	"OrderFulfillments": ("read_orders",),
	"OrderIds": ("read_orders",),
	"OrderLines": ("read_orders", "read_products"),
	"OrderMarkAsPaid": ("write_orders",),
	"OrderParts": ("read_orders",),
	"OrderPaymentTerms": ("read_orders", "read_payment_terms"),
	"OrderRefunds": ("read_orders",),
	"OrderReturnable": ("read_orders", "read_returns"),
	"OrderReturns": ("read_orders", "read_returns"),
	"OrderShippingLines": ("read_orders",),
	"OrderTransactions": ("read_orders",),
	"OrderUpdate": ("write_orders",),
	"OrdersCount": ("read_orders",),
	"Payouts": ("read_shopify_payments_accounts", "read_shopify_payments_payouts"),
	"ProductVariantsCount": ("read_products",),
	"ProductVariantsOf": ("read_products", "read_inventory"),
	"ProductVariantsPage": ("read_products",),
	"ProductsCount": ("read_products",),
	"ProductsPage": ("read_products", "read_inventory"),
	"Refund": ("read_orders",),
	"RefundCreate": ("write_orders",),
	"ReturnCancel": ("write_returns",),
	"ReturnCreate": ("write_returns",),
	"ReverseFulfillmentOrderDispose": ("write_returns",),
}


def needed(policy: StorePolicy) -> frozenset[str]:
	"""Return the scopes that the store's flows need: what is asked for at sign-in, and no more than that."""
	found: set[str] = set()
	if policy.sync_orders:
		found.update(_ORDERS)
	if policy.sync_customers:
		found.add("read_customers")
	if policy.sync_products:
		found.add("read_products")
	directions = {rule.direction for rule in policy.locations}
	if policy.sync_inventory:
		found.update(_STOCK)
		if directions & _OUTBOUND:
			found.add("write_inventory")
	if policy.sync_orders and policy.fulfillment_by in _SENDS:
		found.update(_SENDING)
		if policy.tells_returns:
			found.add("write_returns")
	if policy.sync_orders and policy.reconcile_payouts:
		found.update(_PAYOUTS)
	return without_implied(found)


def of_operation(operation: str) -> frozenset[str]:
	"""Return the scopes that an operation needs; none where it needs none, or is not known here."""
	return frozenset(OF_OPERATION.get(operation, ()))


def missing(granted: Iterable[str], needed: Iterable[str]) -> tuple[str, ...]:
	"""Return what of *needed* was not granted, sorted. Who may write may read."""
	held = set(granted)
	held.update(f"read_{scope.removeprefix('write_')}" for scope in tuple(held) if scope.startswith("write_"))
	return tuple(sorted(set(needed) - held))


def without_implied(scopes: Iterable[str]) -> frozenset[str]:
	"""Return *scopes* without those to read that a scope to write brings anyway."""
	found = frozenset(scopes)
	return frozenset(scope for scope in found if "write_" + scope.removeprefix("read_") not in found - {scope})


#: The directions and sides that make ERPNext write to Shopify.
_OUTBOUND = frozenset((Direction.OUTBOUND,))
_SENDS = frozenset((FulfillmentSide.ERPNEXT, FulfillmentSide.BOTH))
