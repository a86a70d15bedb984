"""Orders: their heads, lists of them, and what is done with them."""

from __future__ import annotations

from typing import Any

from ...rest.order import summed_taxes
from ...shop.records import ZERO, Order
from ...shop.totals import Totals, financial_status, fulfillment_status, totals
from ..call import Call, mutation, plain, register, time_text
from ..cursors import Page, Window
from ..errors import ApiError, NotImplementedHere
from ..gids import number
from ..scopes import sees
from .common import address, address_input, bag, connection, identified, inner, only, own, root_list
from .shop import count_of, root_count
from .views import FulfillmentOrderView, FulfillmentView, LineView, RefundView, ReturnView, ShippingView, TransactionView

_SORTS = {
	"ID": lambda _record: 0, "PROCESSED_AT": lambda r: r.created_at, "CREATED_AT": lambda r: r.created_at,
	"UPDATED_AT": lambda r: r.updated_at, "ORDER_NUMBER": lambda r: r.number, "TOTAL_PRICE": lambda r: totals(r).total,
	"CURRENT_TOTAL_PRICE": lambda r: totals(r).current_total,
}  # fmt: skip


def status(order: Order) -> str:
	"""Return what the filter `status` compares with."""
	if order.cancelled_at:
		return "cancelled"
	return "closed" if order.closed_at else "open"


_FILTERS = {
	"id": lambda r: int(r.id), "name": lambda r: [r.name, r.name.lstrip("#")], "email": lambda r: r.email,
	"created_at": lambda r: r.created_at, "processed_at": lambda r: r.created_at, "updated_at": lambda r: r.updated_at,
	"financial_status": financial_status, "status": lambda r: [status(r), "any"], "tag": lambda r: r.tags,
	"fulfillment_status": lambda r: {None: ["unshipped", "unfulfilled"], "partial": ["partial"], "fulfilled": ["shipped", "fulfilled"]}[
		fulfillment_status(r)
	],
	"customer_id": lambda r: int(r.customer_id) if r.customer_id else None, "sku": lambda r: [line.sku for line in r.line_items],
	"source_name": lambda r: r.source_name, "test": lambda r: str(r.test), "gateway": lambda r: r.gateway,
}  # fmt: skip


def visible(call: Call) -> list[Order]:
	"""Return the orders that the token may see."""
	now = call.shop.now()
	return [order for order in call.shop.orders.all.values() if sees(call.scopes, order, now)]


def find(call: Call, id: str) -> Order | None:
	"""Return the order of a global id, None when there is none or the token may not see it."""
	order = call.shop.orders.all.get(number(id, "Order"))
	return order if order is not None and sees(call.scopes, order, call.shop.now()) else None


def display_fulfillment_status(_call: Call, order: Order) -> str:
	"""Return Shopify's summary (https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFulfillmentStatus)."""
	found = fulfillment_status(order)
	if found is not None:
		return "FULFILLED" if found == "fulfilled" else "PARTIALLY_FULFILLED"
	statuses = {fulfillment_order.status for fulfillment_order in order.fulfillment_orders}
	for name in ("on_hold", "in_progress", "scheduled"):
		if name in statuses:
			return name.upper()
	return "UNFULFILLED"


def _money(attribute: str) -> Any:
	return lambda call, order: bag(call, getattr(totals(order), attribute))


def _figure(read: Any) -> Any:
	def resolve(call: Call, order: Order) -> Any:
		figures: Totals = totals(order)
		return read(call, order, figures)

	return resolve


def _shipping_lines(
	call: Call, order: Order, window: Window, includeRemovals: bool = False,
) -> Page:  # fmt: skip
	found = [ShippingView(order, line) for line in order.shipping_lines if includeRemovals or not line.is_removed]
	return inner(call, found, window)


def _shipping_line(_call: Call, order: Order) -> ShippingView | None:
	return next((ShippingView(order, line) for line in order.shipping_lines if not line.is_removed), None)


def _return_status(_call: Call, order: Order) -> str:
	"""Return the status of what comes back (https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderReturnStatus)."""
	standing = [found for found in order.returns if found.status != "canceled"]
	if any(line.waiting for found in standing if found.status == "open" for line in found.lines):
		return "IN_PROGRESS"
	if any(found.status == "open" for found in standing):
		return "INSPECTION_COMPLETE"
	return "RETURNED" if standing else "NO_RETURN"


def _cut(found: list[Any], first: int | None) -> list[Any]:
	return found if first is None else found[:first]


register(
	"QueryRoot",
	{
		"order": lambda call, _root, id: find(call, id),
		"orders": root_list("orders", visible, _SORTS, _FILTERS, "PROCESSED_AT"),
		"ordersCount": root_count(visible, _FILTERS),
	},
)
register(
	"Order",
	{
		**identified("Order"),
		**plain("name", "number", "tags", "test", "taxesIncluded", "cancelledAt", "closedAt", "createdAt", "updatedAt"),
		"processedAt": lambda _c, order: time_text(order.created_at),
		"email": own("email"),
		"phone": own("phone"),
		"note": own("note"),
		"sourceName": own("source_name"),
		"confirmationNumber": own("confirmation_number"),
		"currencyCode": lambda _c, order: order.currency,
		"presentmentCurrencyCode": lambda _c, order: order.currency,
		"cancelReason": lambda _c, order: order.cancel_reason.upper() if order.cancel_reason else None,
		"closed": lambda _c, order: order.closed_at is not None,
		"confirmed": lambda _c, _order: True,
		"edited": lambda call, order: any(e.order_id == order.id and e.committed_at for e in call.shop.edits.all.values()),
		"displayFinancialStatus": lambda _c, order: financial_status(order).upper(),
		"displayFulfillmentStatus": display_fulfillment_status,
		"paymentGatewayNames": lambda _c, order: order.gateways,
		"totalPriceSet": _money("total"),
		"originalTotalPriceSet": _money("total"),
		"currentTotalPriceSet": _money("current_total"),
		"subtotalPriceSet": _money("subtotal"),
		"currentSubtotalPriceSet": _money("current_subtotal"),
		"totalTaxSet": _money("tax"),
		"currentTotalTaxSet": _money("current_tax"),
		"totalDiscountsSet": _money("discounts"),
		"currentTotalDiscountsSet": _money("current_discounts"),
		"totalShippingPriceSet": _money("shipping"),
		"currentShippingPriceSet": _money("current_shipping"),
		"totalTipReceivedSet": _money("tip"),
		"totalOutstandingSet": _money("outstanding"),
		"totalReceivedSet": _money("received"),
		"totalRefundedSet": _money("refunded"),
		"netPaymentSet": _money("net_payment"),
		"fullyPaid": _figure(lambda _c, _order, figures: figures.outstanding <= 0),
		"unpaid": _figure(lambda _c, _order, figures: figures.received == 0 and figures.outstanding > 0),
		"canMarkAsPaid": _figure(lambda _c, order, figures: figures.outstanding > 0 and not order.cancelled_at),
		"customer": lambda call, order: call.shop.customers.all.get(order.customer_id or ""),
		"billingAddress": lambda _c, order: address(order.billing_address, f"{order.id}1"),
		"shippingAddress": lambda _c, order: address(order.shipping_address, f"{order.id}2"),
		"lineItems": connection(lambda _c, order: [LineView(order, line) for line in order.line_items]),
		"subtotalLineItemsQuantity": lambda _c, order: sum(line.quantity for line in order.line_items if not line.is_tip),
		"currentSubtotalLineItemsQuantity": lambda _c, o: sum(x.current_quantity for x in o.line_items if not x.is_tip),
		"shippingLine": _shipping_line,
		"shippingLines": _shipping_lines,
		"transactions": lambda _c, order, first=None: _cut([TransactionView(order, t) for t in order.transactions], first),
		"transactionsCount": lambda _c, order: count_of(len(order.transactions), None),
		"fulfillments": lambda _c, order, first=None: _cut([FulfillmentView(order, f) for f in order.fulfillments], first),
		"fulfillmentsCount": lambda _c, order: count_of(len(order.fulfillments), None),
		"fulfillmentOrders": connection(lambda _c, order: [FulfillmentOrderView(order, fo) for fo in order.fulfillment_orders]),
		"refunds": lambda _c, order, first=None: _cut([RefundView(order, refund) for refund in order.refunds], first),
		"returns": connection(lambda _c, order: [ReturnView(order, found) for found in order.returns]),
		"returnStatus": _return_status,
		"retailLocation": lambda call, order: call.shop.locations.all.get(order.location_id or ""),
		"taxLines": lambda _c, order: summed_taxes(order),
		"totalCashRoundingAdjustment": lambda call, _order: bag(call, ZERO),
		# As its webhooks say: nobody buys for a company here, or on terms.
		"customerLocale": lambda _c, _order: "en",
		"poNumber": lambda _c, _order: None,
		"customAttributes": lambda _c, _order: [],
		"purchasingEntity": lambda _c, _order: None,
		"paymentTerms": lambda _c, _order: None,
	},
	value=Order,
)


#: What no order here has. Named, so that a query for it counts as implemented.
_NEVER = {
	"Attribute": ("key", "value"),
	"Company": ("id",),
	"CompanyLocation": ("id",),
	"Duty": ("id", "price", "taxLines"),
	"PaymentSchedule": ("id", "dueAt", "totalBalance"),
	"PaymentTerms": ("id", "paymentTermsName", "dueInDays"),
	"PurchasingCompany": ("company", "location"),
	"RefundDuty": ("amountSet",),
}
for _kind, _names in _NEVER.items():
	register(_kind, dict.fromkeys(_names, lambda _call, _parent: None))
register("PaymentTerms", {"paymentSchedules": connection(lambda _call, _terms: [])})
register("CashRoundingAdjustment", dict.fromkeys(("paymentSet", "refundSet"), lambda _call, found: found))


def _mark_as_paid(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	return {"order": call.shop.orders.mark_as_paid(number(input["id"], "Order"))}


def _cancel(
	call: Call, _root: Any, orderId: str, reason: str, restock: bool, refund: bool | None = None,
	refundMethod: dict[str, Any] | None = None, notifyCustomer: bool = False, staffNote: str | None = None,
) -> dict[str, Any]:  # fmt: skip
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/orderCancel"""
	method = refundMethod or {}
	if method.get("storeCreditRefund"):
		raise NotImplementedHere("orderCancel(refundMethod: {storeCreditRefund:})")
	if refund is not None and refundMethod is not None:
		raise ApiError("Only one of refund and refundMethod can be given.", "BAD_REQUEST")
	pays_back = bool(method.get("originalPaymentMethodsRefund")) if refund is None else refund
	order = call.shop.orders.cancel(number(orderId, "Order"), reason.lower(), refund=pays_back, restock=restock)
	return {"job": f"cancel-{order.id}"}


def _update(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	only(input, "OrderInput", "id", "note", "tags", "email", "phone", "shippingAddress")
	fields: dict[str, Any] = {name: input[name] or "" for name in ("note", "email", "phone") if name in input}
	if input.get("tags") is not None:
		fields["tags"] = input["tags"]
	if input.get("shippingAddress"):
		fields["shipping_address"] = address_input(input["shippingAddress"])
	return {"order": call.shop.orders.update(number(input["id"], "Order"), **fields)}


def _capture(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	only(input, "OrderCaptureInput", "id", "amount", "parentTransactionId", "currency")
	before = len(call.shop.orders.get(number(input["id"], "Order")).transactions)
	order = call.shop.orders.capture(number(input["id"], "Order"), str(input["amount"]))
	return {"transaction": TransactionView(order, order.transactions[before])}


mutation("orderMarkAsPaid", _mark_as_paid, "order")
mutation("orderCancel", _cancel, "job")
mutation("orderUpdate", _update, "order")
mutation("orderClose", lambda call, _r, input: {"order": call.shop.orders.close(number(input["id"], "Order"))}, "order")
mutation("orderOpen", lambda call, _r, input: {"order": call.shop.orders.open(number(input["id"], "Order"))}, "order")
mutation("orderCapture", _capture, "transaction")
