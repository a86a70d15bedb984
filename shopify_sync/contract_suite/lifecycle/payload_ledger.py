"""What the ledger must hold for an order, computed from its payloads alone: a second opinion, written without the product.

It reads the states that an order went through, as they were carried out one after the other, and the transactions. No document is
looked at, and nothing of core/ is used but the currencies' decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .settings import GATEWAYS
from .steps import Delivery
from .wares import COSTS

_ZERO = Decimal(0)
#: Financial statuses that ask for an invoice by the default rules; a pending order does when all of it was sent.
_INVOICED = ("partially_paid", "paid", "partially_refunded", "refunded")
_RECEIVED, _GIVEN_BACK = ("sale", "capture"), ("refund", "change")


def ledger_of(states: Sequence[Sequence[Delivery]]) -> dict[str, Decimal]:
	"""Return the sums by role (expectations.py ROLES), debit above zero, without those that are zero.

	:param states: the deliveries of each deed; each deed was carried out before the next one.
	"""
	orders = [order for deed in states if (order := _last_order(deed))]
	sums: dict[str, Decimal] = {}
	if not orders:
		return sums
	if any(_asks_for_an_invoice(order) for order in orders):
		_add(sums, _sold(orders[-1]))
	_add(sums, _moved(delivery.payload for deed in states for delivery in deed if delivery.topic == "order_transactions/create"))
	_add(sums, _sent(orders[-1]))
	return {role: amount for role, amount in sums.items() if amount}


def _last_order(deed: Sequence[Delivery]) -> Mapping[str, Any] | None:
	found = [delivery.payload for delivery in deed if "line_items" in delivery.payload]
	return found[-1] if found else None


def _asks_for_an_invoice(order: Mapping[str, Any]) -> bool:
	if order["cancelled_at"]:
		return False
	financial, sent = order["financial_status"], order["fulfillment_status"]
	return financial in _INVOICED or (financial == "pending" and sent == "fulfilled")


def _sold(order: Mapping[str, Any]) -> dict[str, Decimal]:
	"""Return what is left of the order after edits and refunds, all of it invoiced."""
	total = Decimal(order["current_total_price"])
	tax = Decimal(order["current_total_tax"])
	freight = _freight(order)
	tips = _tips(order)
	adjusted = sum((-Decimal(one["amount"]) for one in _each(order, "refunds", "order_adjustments")), _ZERO)
	return {
		"receivable": total,
		"tax": -tax,
		"shipping": -freight,
		"tips": -tips,
		"adjustment": adjusted,
		# What remains: total = goods + freight + tips + tax - adjusted.
		"income": -(total - tax - freight - tips + adjusted),
	}


def _freight(order: Mapping[str, Any]) -> Decimal:
	"""Return the shipping price that is left, without its tax."""
	left = Decimal(order["current_shipping_price_set"]["shop_money"]["amount"])
	if not order["taxes_included"]:
		return left
	tax = sum((Decimal(tax["price"]) for tax in _each(order, "shipping_lines", "tax_lines")), _ZERO)
	back = (Decimal(one["tax_amount_set"]["shop_money"]["amount"]) for one in _each(order, "refunds", "refund_shipping_lines"))
	return left - (tax - sum(back, _ZERO))


def _tips(order: Mapping[str, Any]) -> Decimal:
	lines = {line["id"]: Decimal(line["price"]) for line in order["line_items"] if _is_tip(line)}
	back = (Decimal(str(one["subtotal"])) for one in _each(order, "refunds", "refund_line_items") if one["line_item_id"] in lines)
	return sum(lines.values(), _ZERO) - sum(back, _ZERO)


def _is_tip(line: Mapping[str, Any]) -> bool:
	return line["title"] == "Tip" and line["product_id"] is None


def _moved(transactions: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
	sums: dict[str, Decimal] = {}
	for transaction in transactions:
		if transaction["status"] != "success" or transaction["kind"] not in (*_RECEIVED, *_GIVEN_BACK):
			continue
		amount = Decimal(transaction["amount"]) * (1 if transaction["kind"] in _RECEIVED else -1)
		_add(sums, {GATEWAYS[transaction["gateway"]][0]: amount, "receivable": -amount})
	return sums


def _sent(order: Mapping[str, Any]) -> dict[str, Decimal]:
	"""Return what the goods cost that were sent and did not come back."""
	pieces: dict[int, int] = {}
	for parcel in order["fulfillments"]:
		for line in parcel["line_items"] if parcel["status"] == "success" else ():
			pieces[line["id"]] = pieces.get(line["id"], 0) + line["quantity"]
	for back in _each(order, "refunds", "refund_line_items"):
		if back["restock_type"] == "return" and back["location_id"]:
			pieces[back["line_item_id"]] -= back["quantity"]
	skus = {line["id"]: line["sku"] for line in order["line_items"]}
	cost = sum((count * Decimal(COSTS.get(skus[line], "0")) for line, count in pieces.items()), _ZERO)
	return {"cogs": cost, "stock": -cost}


def _each(order: Mapping[str, Any], outer: str, inner: str) -> Iterable[Mapping[str, Any]]:
	return [entry for part in order[outer] for entry in part[inner]]


def _add(sums: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
	for role, amount in more.items():
		sums[role] = sums.get(role, _ZERO) + amount
