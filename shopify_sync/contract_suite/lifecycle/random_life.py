"""Random lives of orders, lived in the simulated store: placed, paid, edited, sent, refunded, cancelled, in any sensible order.

A life is made from a number; what happens in it is up to the shop: what Shopify would refuse does not happen. Every deed is told by
the shop's own webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shopify_sync.core.topics import RESOURCE_OF_TOPIC
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.rest.topics import PAYLOADS
from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import Order, Webhook
from shopify_sync.simulator.shop.shop import Shop
from shopify_sync.simulator.shop.totals import outstanding

from ..payloads import new_id
from .order import MAIN, SECOND, START
from .settings import Names, settings
from .steps import Delivery
from .wares import MUG, TEE

#: Ids of shops lie above all others that the suite gives out.
_SHOP_IDS = 4_000_000_000_000_000_000
#: So many does each shop have for itself.
_IDS_OF_A_SHOP = 10**6
_PRICES = {"USD": ("19.90", "7.35"), "JPY": ("1990", "735"), "KWD": ("6.125", "2.255")}
_GATEWAYS = ("shopify_payments", "paypal", "manual", "gift_card")
_TOPICS = tuple(topic for topic in RESOURCE_OF_TOPIC if topic.startswith("order") and topic in PAYLOADS)


@dataclass
class Life:
	"""What was told of one order, deed by deed.

	:ivar told: one list of deliveries for each deed that the shop let happen, the placing first.
	"""

	order: Order
	told: list[list[Delivery]] = field(default_factory=list)

	@property
	def deliveries(self) -> list[Delivery]:
		"""Everything that was told, in order."""
		return [delivery for deed in self.told for delivery in deed]


class Lives:
	"""A shop in which orders live. Its two locations stand for the suite's two warehouses.

	:param seed: settles everything that happens.
	"""

	def __init__(self, seed: object, *, currency: str = "USD", taxes_included: bool = False) -> None:
		self._dice = Dice(f"lives/{seed}")
		self._webhooks: list[Webhook] = []
		number = int(new_id())
		self.shop = Shop(
			"life",
			secret="hush",  # noqa: S106 -- nobody's
			clock=ManualClock(START),
			dice=Dice(f"shop/{seed}"),
			currency=currency,
			taxes_included=taxes_included,
			tax_title="VAT",
			tax_rate=Decimal("0.19") if taxes_included else Decimal("0.0825"),
			first_id=_SHOP_IDS + number % 10**12 * _IDS_OF_A_SHOP,
			first_order_number=number % 10**9,
		)
		with self.shop.silently():
			self.places = [self.shop.locations.create(title).id for title in ("Main", "Second")]
			for sku, price in zip((TEE, MUG), _PRICES[currency], strict=True):
				stock = dict.fromkeys(self.places, 1_000_000)
				self.shop.products.create(sku, [{"sku": sku, "price": price, "quantities": stock}])
			self.shop.customers.create("Ada", f"Random {number % 10**6}", f"ada.{number}@example.com")
		for topic in _TOPICS:
			self.shop.subscriptions.create(topic, "https://erp.example.com/receive")
		self.shop.listeners.append(self._webhooks.append)

	def settings(self, names: Names) -> dict[str, Any]:
		"""Return the store's settings, with the shop's locations."""
		rows = [
			{"location_id": place, "warehouse": names.warehouse(stands_for), "direction": "None"}
			for place, stands_for in zip(self.places, (MAIN, SECOND), strict=True)
		]
		return settings(names, locations=rows)

	def live(self, number: int, deeds: int = 8) -> Life:
		"""Let an order live through up to so many deeds."""
		dice = _Named(self._dice, number)
		life = Life(self._place(dice))
		life.told.append(self._heard())
		for step in range(dice.between(0, deeds, "deeds")):
			self._wait(dice, step)
			deed = dice.weighted(_DEEDS, step, "deed")
			try:
				deed(self.shop, life.order, _Named(dice, step))
			except UserError:
				continue
			finally:
				heard = self._heard()
			life.told.append(heard)
		return life

	def _wait(self, dice: _Named, step: int) -> None:
		clock = self.shop.clock
		assert isinstance(clock, ManualClock)
		# Often within the same second.
		clock.advance(dice.weighted(((0.0, 2), (1.0, 2), (90.0, 3), (9000.0, 1)), step, "pause"))

	def _heard(self) -> list[Delivery]:
		heard = [Delivery(webhook.topic, json.loads(webhook.body), webhook.triggered_at) for webhook in self._webhooks]
		self._webhooks.clear()
		return heard

	def _place(self, dice: _Named) -> Order:
		shop = self.shop
		variants = list(shop.products.variants.values())
		lines: list[dict[str, Any]] = []
		for place in range(dice.between(1, 3, "lines")):
			variant = dice.pick(variants, "variant", place)
			line: dict[str, Any] = {"variant_id": variant.id, "quantity": dice.between(1, 4, "pieces", place)}
			if dice.chance(0.3, "off", place):
				line["discount"] = _part(shop, variant.price, dice.between(1, 99, "off", place))
			lines.append(line)
		if dice.chance(0.15, "custom"):
			lines.append({"title": "Engraving", "price": variants[1].price, "quantity": 1})
		shipping: dict[str, Any] | None = None
		if dice.chance(0.7, "freight"):
			shipping = {"title": "Standard", "code": "std", "price": _part(shop, variants[0].price, 33)}
			shipping["discount"] = _part(shop, shipping["price"], dice.weighted(((0, 4), (50, 1), (100, 1)), "free"))
		return shop.orders.place(
			lines,
			customer_id=next(iter(shop.customers.all)),
			shipping=shipping,
			order_discount=_part(shop, variants[1].price, 71) if dice.chance(0.2, "order off") else None,
			tip=_part(shop, variants[1].price, 20) if dice.chance(0.1, "tip") else None,
			financial=dice.weighted((("paid", 4), ("pending", 3), ("authorized", 2)), "financial"),
			gateway=dice.pick(_GATEWAYS, "gateway"),
		)


class _Named:
	"""Dice whose throws are named after what they are about, so that lives do not depend on each other."""

	def __init__(self, dice: Dice | _Named, name: object) -> None:
		self._dice, self._name = dice, name

	def between(self, low: int, high: int, *name: object) -> int:
		return self._dice.between(low, high, self._name, *name)

	def chance(self, probability: float, *name: object) -> bool:
		return self._dice.chance(probability, self._name, *name)

	def pick(self, choices: Any, *name: object) -> Any:
		return self._dice.pick(choices, self._name, *name)

	def weighted(self, choices: Any, *name: object) -> Any:
		return self._dice.weighted(choices, self._name, *name)


def _part(shop: Shop, amount: Decimal, percent: int) -> Decimal:
	return (amount * percent / 100).quantize(shop.quantum)


def _pay(shop: Shop, order: Order, dice: _Named) -> None:
	shop.orders.mark_as_paid(order.id)


def _pay_part(shop: Shop, order: Order, dice: _Named) -> None:
	due = outstanding(order)
	if order.cancelled_at or due <= 0:
		raise UserError((), "nothing is due")
	part = max(_part(shop, due, dice.between(1, 100, "part")), shop.quantum)
	shop.orders.pay(order.id, part, dice.pick(_GATEWAYS, "gateway"))


def _capture(shop: Shop, order: Order, dice: _Named) -> None:
	shop.orders.capture(order.id)


def _capture_part(shop: Shop, order: Order, dice: _Named) -> None:
	shop.orders.capture(order.id, shop.quantum * dice.between(1, 500, "part"))


def _send(shop: Shop, order: Order, dice: _Named) -> None:
	shop.fulfillments.create(order.id)


def _send_part(shop: Shop, order: Order, dice: _Named) -> None:
	waiting = [line for line in order.line_items if line.fulfillable_quantity]
	if not waiting:
		raise UserError((), "nothing waits")
	line = dice.pick(waiting, "line")
	shop.fulfillments.create(order.id, {line.id: dice.between(1, line.fulfillable_quantity, "pieces")})


def _take_parcel_back(shop: Shop, order: Order, dice: _Named) -> None:
	sent = [parcel for parcel in order.fulfillments if parcel.status == "success"]
	if not sent:
		raise UserError((), "nothing was sent")
	shop.fulfillments.cancel(dice.pick(sent, "parcel").id)


def _refund(shop: Shop, order: Order, dice: _Named) -> None:
	left = [line for line in order.line_items if line.current_quantity]
	taken = []
	if left and dice.chance(0.9, "pieces"):
		line = dice.pick(left, "line")
		how = "no_restock" if line.is_tip else dice.pick(("return", "cancel", "no_restock"), "restock")
		taken = [(line.id, dice.between(1, line.current_quantity, "pieces"), how)]
	extra = shop.quantum * dice.between(-50, 50, "extra") if dice.chance(0.25, "adjusted") else Decimal(0)
	freight = Decimal(0)
	if dice.chance(0.2, "freight") and order.shipping_lines:
		line = order.shipping_lines[0]
		freight = _part(shop, line.price - line.discount, dice.between(1, 100, "freight"))
	place = dice.pick(list(shop.locations.all), "place") if dice.chance(0.3, "elsewhere") else None
	shop.refunds.create(order.id, taken, adjustment=extra, shipping=freight, location_id=place)


def _edit_up(shop: Shop, order: Order, dice: _Named) -> None:
	edit = shop.edits.begin(order.id)
	variant = dice.pick(list(shop.products.variants.values()), "variant")
	line = shop.edits.add_variant(edit, variant.id, dice.between(1, 3, "pieces"))
	if dice.chance(0.3, "off"):
		shop.edits.add_discount(edit, line, _part(shop, variant.price, 17))
	shop.edits.commit(edit)


def _edit_line(shop: Shop, order: Order, dice: _Named) -> None:
	edit = shop.edits.begin(order.id)
	line = dice.pick([line for line in order.line_items if not line.is_tip], "line")
	shop.edits.set_quantity(edit, line.id, dice.between(0, line.current_quantity + 1, "pieces"))
	shop.edits.commit(edit)


def _cancel(shop: Shop, order: Order, dice: _Named) -> None:
	shop.orders.cancel(order.id, restock=dice.chance(0.7, "restock"))


def _note(shop: Shop, order: Order, dice: _Named) -> None:
	shop.orders.update(order.id, note=f"note {dice.between(0, 999, 'note')}")


_DEEDS: tuple[tuple[Callable[[Shop, Order, _Named], None], float], ...] = (
	(_pay, 4),
	(_pay_part, 3),
	(_capture, 2),
	(_capture_part, 1),
	(_send, 3),
	(_send_part, 4),
	(_take_parcel_back, 1),
	(_refund, 4),
	(_edit_up, 2),
	(_edit_line, 2),
	(_cancel, 1),
	(_note, 1),
)


def lives(seed: object, count: int, **shop: Any) -> Iterator[tuple[Lives, Life]]:
	"""Yield the lives of *count* orders in one shop."""
	where = Lives(seed, **shop)
	for number in range(count):
		yield where, where.live(number)
