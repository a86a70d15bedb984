"""The item rows of an order's documents: which Item each line is, and rates that multiply back to the exact amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..contracts.order import LineItem, Order
from ..failures import Category, Failure
from ..money import ZERO, split_rate
from ..policy import StorePolicy
from ..snapshots import ItemQuery, ItemState, OrderSnapshot
from .memory import TIP
from .pricing import PricedLine, Pricing


@dataclass(frozen=True)
class ItemRow:
	"""An item row of any document of an order.

	:ivar line: the line's id in Shopify, or :data:`~.order_memory.TIP`.
	:ivar quantity: in the Item's stock unit. *rate* and *list_price* in the order's currency; no list price: the rate.
	"""

	line: str
	item: ItemState
	quantity: int
	rate: Decimal
	list_price: Decimal | None
	description: str
	gift_card: bool = False

	@property
	def amount(self) -> Decimal:
		"""What the row comes to."""
		return self.rate * self.quantity

	def values(self, policy: StorePolicy) -> dict[str, Any]:
		"""Return the fields that the row has in every document."""
		price = self.rate if self.list_price is None or self.list_price < self.rate else self.list_price
		return {
			"item_code": self.item.code,
			"description": self.description or self.item.code,
			"qty": self.quantity,
			"uom": self.item.stock_uom,
			"stock_uom": self.item.stock_uom,
			"conversion_factor": 1,
			"price_list_rate": price,
			"rate": self.rate,
			# ERPNext takes rate 0 with a list price for "not priced yet", unless the discount says that it is free.
			"discount_percentage": Decimal(100) if self.rate == ZERO and price > ZERO else ZERO,
			"warehouse": policy.default_warehouse,
			"cost_center": policy.cost_center,
			"shopify_line_item_id": self.line,
		}


def item_queries(order: Order) -> tuple[ItemQuery, ...]:
	"""Return what to look up for the lines of *order*, each once."""
	return tuple(dict.fromkeys(_query(line) for line in order.line_items if line.variant_id or line.sku))


def _query(line: LineItem) -> ItemQuery:
	return ItemQuery(line.variant_id, line.sku)


def plan_items(
	order: Order, pricing: Pricing, snapshot: OrderSnapshot, policy: StorePolicy, known: Mapping[str, ItemState]
) -> list[ItemRow] | Failure:
	"""Return the item rows of what is booked, or the failure that names every line without an Item.

	:param known: line → Item of the lines that are booked already.
	"""
	rows: list[ItemRow] = []
	failures: list[Failure] = []
	for priced in pricing.lines:
		item = known.get(priced.line.id) or _item_of(priced, snapshot, policy)
		if isinstance(item, Failure):
			failures.append(item)
		else:
			rows += rows_of(order, priced, item)
	if pricing.tip:
		tip = known.get(TIP) or _special("tip", policy.tip_item, snapshot)
		if isinstance(tip, Failure):
			failures.append(tip)
		else:
			rows.append(ItemRow(TIP, tip, 1, pricing.tip, None, "Tip"))
	return _together(order, failures) if failures else rows


def rows_of(order: Order, priced: PricedLine, item: ItemState) -> list[ItemRow]:
	"""Return the rows of one line: as few as multiply back to its net amount."""
	if not priced.quantity:
		return []
	# Where tax is inside the price, or a piece is several units, the price before discount is no price of a unit.
	list_price = None if order.taxes_included or item.factor != 1 else priced.line.price
	line = priced.line
	row = ItemRow(line.id, item, 0, ZERO, list_price, line.name or line.title, line.gift_card)
	return [
		replace(row, quantity=quantity, rate=rate)
		for quantity, rate in split_rate(priced.net, priced.quantity * item.factor, order.currency)
	]


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
	if found.disabled:
		return Failure(Category.ITEM_DISABLED, f"Item {found.code} is disabled", missing=f"item:{line.sku or found.code}")
	if found.has_variants:
		why = "is a template; map the line to one of its variants"
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
