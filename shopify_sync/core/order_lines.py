"""The rows of a Sales Order: which Item each line is, and rates that multiply back to the exact amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .contracts.order import LineItem, Order
from .failures import Category, Failure
from .money import ZERO, split_rate
from .order_pricing import PricedLine, Pricing
from .policy import StorePolicy
from .snapshots import ItemQuery, ItemState, OrderSnapshot


def item_queries(order: Order) -> tuple[ItemQuery, ...]:
	"""Return what to look up for the lines of *order*, each once."""
	return tuple(dict.fromkeys(_query(line) for line in order.line_items if line.variant_id or line.sku))


def _query(line: LineItem) -> ItemQuery:
	return ItemQuery(line.variant_id, line.sku)


def plan_items(
	order: Order, pricing: Pricing, snapshot: OrderSnapshot, policy: StorePolicy, delivery: date
) -> list[dict[str, Any]] | Failure:
	"""Return the item rows of the Sales Order, or the failure that names every line without an Item."""
	if not pricing.lines:
		return Failure(Category.UNSUPPORTED, f"Order {order.label} has no line to book.")
	rows: list[dict[str, Any]] = []
	failures: list[Failure] = []
	for priced in pricing.lines:
		item = _item_of(priced, snapshot, policy)
		if isinstance(item, Failure):
			failures.append(item)
		else:
			rows += _rows(order, priced, item, policy, delivery)
	if pricing.tip:
		tip = _special("tip", policy.tip_item, snapshot)
		if isinstance(tip, Failure):
			failures.append(tip)
		else:
			rows.append(_row(tip, 1, pricing.tip, pricing.tip, "Tip", None, policy, delivery))
	return _together(order, failures) if failures else rows


def _together(order: Order, failures: list[Failure]) -> Failure:
	first = failures[0]
	reasons = "; ".join(dict.fromkeys(failure.message for failure in failures))
	return Failure(first.category, f"Order {order.label}: {reasons}.", missing=first.missing)


def _item_of(priced: PricedLine, snapshot: OrderSnapshot, policy: StorePolicy) -> ItemState | Failure:
	line = priced.line
	found = snapshot.items.get(_query(line))
	if found is None and line.gift_card:
		return _special("gift card", policy.gift_card_item, snapshot)
	if found is None and priced.is_tip:
		return _special("tip", policy.tip_item, snapshot)
	if found is None and line.is_custom and policy.custom_line_item:
		return _special("custom line", policy.custom_line_item, snapshot)
	if found is None:
		return _missing(line)
	if found.disabled or found.has_variants:
		why = "is disabled" if found.disabled else "is a template; map the line to one of its variants"
		return Failure(Category.ERPNEXT_VALIDATION, f"Item {found.code} {why}", missing=f"item:{line.sku or found.code}")
	return found


def _missing(line: LineItem) -> Failure:
	if line.sku:
		return Failure(Category.MISSING_ITEM, f"SKU {line.sku} belongs to no Item in ERPNext", missing=f"item:{line.sku}")
	if line.variant_id:
		message = f"variant {line.variant_id} has no SKU and no Shopify Link to an Item"
		return Failure(Category.MISSING_ITEM, message, missing=f"variant:{line.variant_id}")
	message = f"line {line.id} is a custom line, and the store names no Item for custom lines"
	return Failure(Category.MISSING_ITEM, message, missing="setting:custom_line_item")


def _special(what: str, code: str | None, snapshot: OrderSnapshot) -> ItemState | Failure:
	setting = f"{what.replace(' ', '_')}_item"
	if code and code in snapshot.special_items:
		return snapshot.special_items[code]
	message = f"the store names no Item for {what}s" if not code else f"Item {code}, named for {what}s, does not exist"
	return Failure(Category.MISSING_ITEM, message, missing=f"setting:{setting}")


def _rows(order: Order, priced: PricedLine, item: ItemState, policy: StorePolicy, delivery: date) -> list[dict[str, Any]]:
	# Where tax is inside the price, the price before discount is no net price: then the rate stands for itself.
	list_price = None if order.taxes_included else priced.line.price
	return [
		_row(item, quantity, rate, list_price, priced.line.name or priced.line.title, priced.line.id, policy, delivery)
		for quantity, rate in split_rate(priced.net, priced.quantity, order.currency)
	]


def _row(
	item: ItemState,
	quantity: int,
	rate: Decimal,
	list_price: Decimal | None,
	description: str,
	line_id: str | None,
	policy: StorePolicy,
	delivery: date,
) -> dict[str, Any]:
	price = rate if list_price is None or list_price < rate else list_price
	return {
		"item_code": item.code,
		"description": description or item.code,
		"qty": quantity,
		"uom": item.stock_uom,
		"stock_uom": item.stock_uom,
		"conversion_factor": 1,
		"price_list_rate": price,
		"rate": rate,
		# ERPNext takes rate 0 with a list price for "not priced yet", unless the discount says that it is free.
		"discount_percentage": Decimal(100) if rate == ZERO and price > ZERO else ZERO,
		"warehouse": policy.default_warehouse,
		"delivery_date": delivery,
		"cost_center": policy.cost_center,
		"shopify_line_item_id": line_id,
	}
