"""A day of a shop that does not exist: orders whose figures agree to the cent, made from a seed. Everybody is made up."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shopify_sync.core.money import ZERO, minor_units, quantum, total

from .demo_lives import GATEWAY, Figures, Life

STORE, DOMAIN, SECRET = "demo", "demo.myshopify.com", "demo-secret"
COMPANY_CURRENCY = "USD"
_MORNING = datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc)
_FIRST_ID = 5_600_000_000_000


@dataclass(frozen=True)
class Market:
	"""Where an order comes from. *rate* is what a US dollar is worth there."""

	country: str
	city: str
	currency: str
	rate: Decimal
	tax_title: str
	tax: Decimal
	taxes_included: bool


#: Most orders are in the company's currency; the others show that yen have no cents and dinars have three decimals.
_MARKETS = (
	(Market("US", "Springfield", "USD", Decimal(1), "State Tax", Decimal("0.0825"), False), 70),
	(Market("DE", "Musterstadt", "EUR", Decimal("0.92"), "MwSt", Decimal("0.19"), True), 12),
	(Market("GB", "Sampleton", "GBP", Decimal("0.79"), "VAT", Decimal("0.2"), True), 8),
	(Market("JP", "Reimachi", "JPY", Decimal("150"), "JCT", Decimal("0.1"), True), 6),
	(Market("KW", "Mithal", "KWD", Decimal("0.307"), "", ZERO, False), 4),
)
_PRODUCTS = tuple(
	(f"{name.upper().replace(' ', '-')}", name, Decimal(price))
	for name, price in (
		("Tee Small", "19.90"), ("Tee Medium", "19.90"), ("Tee Large", "19.90"), ("Hoodie", "54.00"), ("Mug", "12.50"),
		("Poster", "8.75"), ("Tote Bag", "15.00"), ("Cap", "22.20"), ("Notebook", "6.95"), ("Pen Set", "3.33"),
		("Water Bottle", "27.45"), ("Sticker", "0.99"),
	)
)  # fmt: skip
_FIRST_NAMES = ("Ada", "Alan", "Barbara", "Edsger", "Frances", "Grace", "Hedy", "John", "Katherine", "Linus", "Margaret", "Radia")
_LAST_NAMES = ("Sample", "Example", "Muster", "Specimen", "Placeholder", "Fictitious", "Testington", "Nobody")


@dataclass(frozen=True)
class Delivery:
	"""A delivery that Shopify would send: when, under which id, on which topic."""

	at: datetime
	webhook_id: str
	topic: str
	body: bytes


@dataclass(frozen=True)
class Story:
	"""An order and what happened to it over the day. :ivar total: as placed. *figures*: what Shopify says of it in the end."""

	order_id: str
	name: str
	currency: str
	total: Decimal
	figures: Figures
	deliveries: tuple[Delivery, ...]


def config() -> dict[str, Any]:
	"""Return the config that the demo's store runs with."""
	rates = {
		f"{market.currency}-{COMPANY_CURRENCY}": str((1 / market.rate).quantize(Decimal("0.000001")))
		for market, _share in _MARKETS[1:]
	}
	taxes = [
		{"title": market.tax_title, "rate": None, "account": f"{market.tax_title} - D"}
		for market, _share in _MARKETS
		if market.tax
	]
	store = {
		"store": STORE,
		"shop_domain": DOMAIN,
		"client_secret": SECRET,
		"company": "Demo Inc",
		"company_currency": COMPANY_CURRENCY,
		"default_warehouse": "Stores - D",
		"guest_customer": "Walk-in Customer",
		"customer_group": "All Customer Groups",
		"territory": "All Territories",
		"tax_rules": taxes,
		"shipping_account": "Freight - D",
		"gateway_rules": [{"gateway": GATEWAY, "clearing_account": "Card Clearing - D"}],
	}
	return {"accept_any_sku": True, "exchange_rates": rates, "stores": [store]}


def day(count: int, seed: int = 1) -> Iterator[Story]:
	"""Yield *count* orders; the same seed gives the same ones."""
	maker = _Maker(random.Random(seed))  # noqa: S311 -- repeatable, guards nothing
	for number in range(count):
		yield maker.story(number, timedelta(hours=16) / count * number)


#: Lets something happen at a time. Returns what Shopify tells of it: topic and payload.
Happening = Callable[[str], list[tuple[str, dict[str, Any]]]]


class _Maker:
	def __init__(self, randomness: random.Random) -> None:
		self._random = randomness

	def story(self, number: int, into_the_day: timedelta) -> Story:
		"""Return one order with its deliveries."""
		market = self._random.choices([market for market, _share in _MARKETS], [share for _market, share in _MARKETS])[0]
		placed = _MORNING + into_the_day
		life = Life(self._order(number, market, placed), self._random, quantum(market.currency))
		deliveries = [self._delivery("orders/create", placed, life.order)]
		for minutes, told in self._happenings(life, placed):
			at = placed + timedelta(minutes=minutes, seconds=self._random.randrange(60))
			deliveries += [self._delivery(topic, at, payload) for topic, payload in told(at.isoformat())]
		order = life.order
		return Story(
			str(order["id"]), order["name"], market.currency, Decimal(order["total_price"]), life.figures, tuple(deliveries)
		)

	def _happenings(self, life: Life, placed: datetime) -> Iterator[tuple[int, Happening]]:
		"""Yield what happens to an order, and how many minutes after it was placed."""
		cancelled, paid = self._chance(0.06), self._chance(0.55)
		if self._chance(0.2):
			yield 4, life.note
		if paid:
			yield 9, life.pay
		if cancelled:
			yield 40, life.cancel
		elif paid:
			if self._chance(0.55):
				yield 60, life.send
			if self._chance(0.2):
				yield 90, life.refund

	def _chance(self, share: float) -> bool:
		return self._random.random() < share

	def _delivery(self, topic: str, at: datetime, payload: dict[str, Any]) -> Delivery:
		webhook_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
		return Delivery(at, webhook_id, topic, json.dumps(payload).encode())

	def _order(self, number: int, market: Market, placed: datetime) -> dict[str, Any]:
		lines = self._lines(market)
		shipping = [] if self._chance(0.15) else [self._shipping(market)]
		amounts = [Decimal(row["price"]) * row.get("quantity", 1) - _discount(row) for row in (*lines, *shipping)]
		taxes = [Decimal(tax["price"]) for row in (*lines, *shipping) for tax in row["tax_lines"]]
		subtotal = total(amounts[: len(lines)])
		grand = total(amounts) + (ZERO if market.taxes_included else total(taxes))
		return {
			"id": _FIRST_ID + number,
			"admin_graphql_api_id": f"gid://shopify/Order/{_FIRST_ID + number}",
			"name": f"#{1001 + number}",
			"created_at": placed.isoformat(),
			"processed_at": placed.isoformat(),
			"updated_at": placed.isoformat(),
			"cancelled_at": None,
			"currency": market.currency,
			"taxes_included": market.taxes_included,
			"total_discounts": _text(total(_discount(row) for row in lines), market),
			"subtotal_price": _text(subtotal, market),
			"total_tax": _text(total(taxes), market),
			"total_price": _text(grand, market),
			"current_total_price": _text(grand, market),
			"total_outstanding": _text(grand, market),
			"financial_status": "pending",
			"fulfillment_status": None,
			**self._people(number, market),
			"line_items": lines,
			"shipping_lines": shipping,
			"refunds": None if self._chance(0.1) else [],
			"fulfillments": [],
		}

	def _lines(self, market: Market) -> list[dict[str, Any]]:
		count = 30 if self._chance(0.02) else self._random.choice((1, 1, 1, 2, 2, 3, 4, 5))
		off = Decimal(self._random.choice((10, 15, 20))) / 100 if self._chance(0.25) else ZERO
		return [self._line(market, off) for _line in range(count)]

	def _line(self, market: Market, off: Decimal) -> dict[str, Any]:
		sku, name, dollars = self._random.choice(_PRODUCTS)
		price, quantity = _round(dollars * market.rate, market), self._random.choice((1, 1, 1, 2, 3, 6))
		discount = _round(price * quantity * off, market)
		return {
			"id": self._random.randrange(10**12, 10**13),
			"product_id": self._random.randrange(10**12, 10**13),
			"variant_id": self._random.randrange(10**12, 10**13),
			"product_exists": True,
			"sku": sku,
			"title": name,
			"name": name,
			"quantity": quantity,
			"current_quantity": quantity,
			"price": _text(price, market),
			"discount_allocations": [{"amount": _text(discount, market)}] if discount else [],
			"tax_lines": _taxes(price * quantity - discount, market),
		}

	def _shipping(self, market: Market) -> dict[str, Any]:
		price = _round(Decimal(self._random.choice(("0", "4.90", "9.90"))) * market.rate, market)
		return {
			"id": self._random.randrange(10**12, 10**13),
			"title": "Standard" if price else "Free",
			"code": "standard",
			"price": _text(price, market),
			"discount_allocations": [],
			"tax_lines": _taxes(price, market) if market.taxes_included else [],
		}

	def _people(self, number: int, market: Market) -> dict[str, Any]:
		"""Return who bought: most have an account, some are guests with an e-mail, a few paid at the till."""
		kind = self._random.random()
		if kind < 0.05:
			return {"email": "", "phone": None, "customer": None, "billing_address": None, "shipping_address": None}
		who = self._random.randrange(96)
		first, last = _FIRST_NAMES[who % 12], _LAST_NAMES[who // 12]
		email = f"{first}.{last}@example.com".lower()
		address = {
			"first_name": first,
			"last_name": last,
			"address1": f"{1 + who} Sample Street",
			"city": market.city,
			"zip": f"{10000 + who}",
			"country_code": market.country,
			"phone": None,
		}
		customer = {"id": 7_100_000_000_000 + who, "first_name": first, "last_name": last, "email": email, "phone": None}
		return {
			"email": email,
			"phone": None,
			"customer": customer if kind < 0.75 else None,
			"billing_address": address,
			"shipping_address": address if self._chance(0.9) else None,
		}


def _taxes(amount: Decimal, market: Market) -> list[dict[str, Any]]:
	if not market.tax:
		return []
	part = amount * market.tax / (1 + market.tax) if market.taxes_included else amount * market.tax
	return [{"title": market.tax_title, "rate": float(market.tax), "price": _text(_round(part, market), market)}]


def _discount(row: dict[str, Any]) -> Decimal:
	return total(Decimal(share["amount"]) for share in row["discount_allocations"])


def _round(amount: Decimal, market: Market) -> Decimal:
	return amount.quantize(quantum(market.currency), ROUND_HALF_UP)


def _text(amount: Decimal, market: Market) -> str:
	return f"{amount:.{minor_units(market.currency)}f}"
