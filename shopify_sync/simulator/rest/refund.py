"""A refund (https://shopify.dev/docs/api/admin-rest/latest/resources/refund). Amounts of its lines are JSON numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..shop.records import LineItem, Order, Refund, RefundLine
from . import transaction
from .lines import refunded_line_item
from .values import gid, money_set, money_writer, stamp, whole

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, found: tuple[Order, Refund]) -> dict[str, Any]:
	"""Return a refund of an order."""
	order, refund = found
	write = money_writer(shop)
	lines = {line.id: line for line in order.line_items}
	created = stamp(shop, refund.created_at)
	return {
		"id": int(refund.id),
		"order_id": int(order.id),
		"created_at": created,
		"note": refund.note or None,
		"user_id": None,
		"processed_at": created,
		"duties": [],
		"total_duties_set": money_set(write(Decimal(0)), order.currency),
		"return": {"id": int(refund.return_id), "admin_graphql_api_id": gid("Return", refund.return_id)}
		if refund.return_id
		else None,
		"refund_shipping_lines": _shipping(shop, order, refund),
		"restock": any(line.restock_type != "no_restock" for line in refund.lines),
		"admin_graphql_api_id": gid("Refund", refund.id),
		"order_adjustments": _adjustments(shop, order, refund),
		"refund_line_items": [_line(shop, order, lines[line.line_item_id], line) for line in refund.lines],
		"transactions": [transaction.payload(shop, (order, paid)) for paid in refund.transactions],
	}


def _line(shop: Shop, order: Order, line: LineItem, refunded: RefundLine) -> dict[str, Any]:
	write = money_writer(shop)
	return {
		"id": int(refunded.id),
		"quantity": refunded.quantity,
		"line_item_id": int(line.id),
		"location_id": whole(refunded.location_id),
		"restock_type": refunded.restock_type,
		"subtotal": float(refunded.subtotal),
		"total_tax": float(refunded.total_tax),
		"subtotal_set": money_set(write(refunded.subtotal), order.currency),
		"total_tax_set": money_set(write(refunded.total_tax), order.currency),
		"line_item": refunded_line_item(shop, line),
	}


def _shipping(shop: Shop, order: Order, refund: Refund) -> list[dict[str, Any]]:
	"""Return the refunded shipping. Shopify documents the names of an entry for GraphQL only; these are the same in REST's way."""
	if not refund.shipping:
		return []
	write = money_writer(shop)
	return [
		{
			"id": int(refund.shipping_refund_id),
			"shipping_line_id": whole(order.shipping_lines[0].id if order.shipping_lines else None),
			"subtotal_amount_set": money_set(write(refund.shipping), order.currency),
			"tax_amount_set": money_set(write(refund.shipping_tax), order.currency),
		}
	]


def _adjustments(shop: Shop, order: Order, refund: Refund) -> list[dict[str, Any]]:
	"""Return the discrepancy between what the pieces cost and what was paid back; negative: more was paid back."""
	if not refund.adjustment:
		return []
	write = money_writer(shop)
	amount, zero = write(-refund.adjustment), write(Decimal(0))
	return [
		{
			"id": int(refund.adjustment_id),
			"order_id": int(order.id),
			"refund_id": int(refund.id),
			"amount": amount,
			"tax_amount": zero,
			"kind": "refund_discrepancy",
			"reason": "Refund discrepancy",
			"amount_set": money_set(amount, order.currency),
			"tax_amount_set": money_set(zero, order.currency),
		}
	]
