"""Refunds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...rest.values import gid
from ...shop.records import ZERO, Order, Refund
from ...shop.totals import totals
from ..call import Call, mutation, refuse, register, time_text
from ..errors import NotImplementedHere
from ..gids import number
from .common import amount, bag, connection, only
from .views import RefundLineView, RefundView, ReturnView, ShippingView, TransactionView, line_of


@dataclass(frozen=True)
class ShippingBack:
	"""Shipping that a refund paid back."""

	order: Order
	refund: Refund


@dataclass(frozen=True)
class Adjustment:
	"""What a refund paid back beyond its pieces and shipping, or kept."""

	order: Order
	refund: Refund


def _paid(refund: Refund) -> Decimal:
	return sum((transaction.amount for transaction in refund.transactions if transaction.status == "success"), ZERO)


def _refund(read: Any) -> Any:
	return lambda call, view: read(call, view.refund)


def _return_of(call: Call, view: RefundView) -> ReturnView | None:
	return ReturnView(view.order, call.shop.returns.get(view.refund.return_id)) if view.refund.return_id else None


register(
	"Refund",
	{
		"id": _refund(lambda _c, refund: gid("Refund", refund.id)),
		"legacyResourceId": _refund(lambda _c, refund: refund.id),
		"note": _refund(lambda _c, refund: refund.note or None),
		"createdAt": _refund(lambda _c, refund: time_text(refund.created_at)),
		"updatedAt": _refund(lambda _c, refund: time_text(refund.created_at)),
		"processedAt": _refund(lambda _c, refund: time_text(refund.created_at)),
		"totalRefundedSet": _refund(lambda call, refund: bag(call, _paid(refund))),
		"order": lambda _c, view: view.order,
		"return": lambda call, view: _return_of(call, view),
		"duties": lambda _c, _view: [],
		"refundLineItems": connection(lambda _c, view: [RefundLineView(view.order, view.refund, e) for e in view.refund.lines]),
		"refundShippingLines": connection(lambda _c, v: [ShippingBack(v.order, v.refund)] if v.refund.shipping else []),
		"orderAdjustments": connection(lambda _c, v: [Adjustment(v.order, v.refund)] if v.refund.adjustment else []),
		"transactions": connection(lambda _c, v: [TransactionView(v.order, t) for t in v.refund.transactions]),
	},
	value=RefundView,
)


def _entry(read: Any) -> Any:
	return lambda call, view: read(call, view.entry)


register(
	"RefundLineItem",
	{
		"id": _entry(lambda _c, entry: gid("RefundLineItem", entry.id)),
		"quantity": _entry(lambda _c, entry: entry.quantity),
		"restockType": _entry(lambda _c, entry: entry.restock_type.upper()),
		"restocked": _entry(lambda _c, entry: entry.restock_type != "no_restock"),
		"location": _entry(lambda call, entry: call.shop.locations.all.get(entry.location_id or "")),
		"subtotalSet": _entry(lambda call, entry: bag(call, entry.subtotal)),
		"totalTaxSet": _entry(lambda call, entry: bag(call, entry.total_tax)),
		"priceSet": lambda call, view: bag(call, line_of(view.order, view.entry.line_item_id).line.price),
		"lineItem": lambda _c, view: line_of(view.order, view.entry.line_item_id),
	},
	value=RefundLineView,
)
register(
	"RefundShippingLine",
	{
		"id": lambda _c, back: gid("RefundShippingLine", back.refund.id),
		"shippingLine": lambda _c, back: ShippingView(back.order, back.order.shipping_lines[0]),
		"subtotalAmountSet": lambda call, back: bag(call, back.refund.shipping),
		"taxAmountSet": lambda call, back: bag(call, back.refund.shipping_tax),
	},
	value=ShippingBack,
)
register(
	"OrderAdjustment",
	{
		"id": lambda _c, found: gid("OrderAdjustment", found.refund.id),
		"reason": lambda _c, _found: "REFUND_DISCREPANCY",
		# What is kept back counts for the shop, what is paid extra against it.
		"amountSet": lambda call, found: bag(call, -found.refund.adjustment),
		"taxAmountSet": lambda call, _found: bag(call, ZERO),
	},
	value=Adjustment,
)


def _create(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/refundCreate

	Without transactions nothing is paid back: the pieces are taken back only.
	"""
	only(
		input, "RefundInput", "orderId", "note", "notify", "refundLineItems", "shipping", "transactions", "currency",
		"discrepancyReason",
	)  # fmt: skip
	order = call.shop.orders.all.get(number(input["orderId"], "Order"))
	if order is None:
		raise refuse("Order does not exist", "orderId")
	lines, places = [], []
	for given in input.get("refundLineItems") or []:
		kind = (given.get("restockType") or "NO_RESTOCK").lower()
		if kind == "legacy_restock":
			raise NotImplementedHere("the restock type LEGACY_RESTOCK")
		lines.append((number(given["lineItemId"], "LineItem"), given["quantity"], kind))
		if given.get("locationId"):
			places.append(number(given["locationId"], "Location"))
		elif kind == "return":
			raise refuse("Location must be specified for return restock type", "refundLineItems", "locationId")
	if len(dict.fromkeys(places)) > 1:
		raise NotImplementedHere("refunding to several locations at once")
	paid = _paid_back(order, input.get("transactions") or [])
	refund = call.shop.refunds.create(
		order.id,
		lines,
		shipping=_shipping_back(order, input.get("shipping") or {}),
		amount=paid,
		note=input.get("note") or "",
		location_id=places[0] if places else None,
	)
	return {"refund": RefundView(order, refund), "order": order}


def _shipping_back(order: Order, given: dict[str, Any]) -> Decimal:
	if given.get("fullRefund"):
		return totals(order).current_shipping
	return amount(given["amount"], "shipping", "amount") if given.get("amount") is not None else ZERO


def _paid_back(order: Order, transactions: list[dict[str, Any]]) -> Decimal:
	"""Return what the transactions of the input pay back. :raises Refusals: for one that is no refund of a payment of the order."""
	known = {transaction.id for transaction in order.transactions}
	total = ZERO
	for place, given in enumerate(transactions):
		path = ("transactions", str(place))
		if given["kind"] != "REFUND":
			raise refuse("Kind must be refund", *path, "kind")
		if given.get("parentId") and number(given["parentId"], "OrderTransaction") not in known:
			raise refuse("Parent transaction does not belong to the order", *path, "parentId")
		total += amount(given["amount"], *path, "amount")
	return total


mutation("refundCreate", _create, "refund", "order")
