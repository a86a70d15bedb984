"""Gives a shop a past: customers, products and orders of many days, quickly and without a webhook.

For what starts with a shop that is years old: backfill, reconciliation. The same seed makes the same past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from .clock import SkewedClock
from .commands.day import Day
from .commands.stock_up import skus, stock_up
from .http.arguments import bind
from .shop.shop import Shop

#: So many pieces of everything, that no order is oversold.
_PIECES = 1_000_000


def make_history(
	shop: Shop,
	*,
	orders: int,
	customers: int = 0,
	products: int = 0,
	days: float = 30.0,
	payouts: bool = True,
	seed: object = 1,
	told: Callable[[int], None] = lambda made: None,
) -> None:
	"""Let a shop have had so many days, with so many orders, evenly spread over them.

	:param customers: made beforehand; when each has ordered, orders make more of them. :param products: besides those that there are.
	:param payouts: Shopify Payments pays out at the end of each day.
	:param told: called with the number of orders made so far, now and then.
	:raises ValueError: when there is nothing to sell.
	"""
	with shop.silently(), _at(shop, -days):
		if products:
			stock_up(shop, [f"PAST-{sku}" for sku in skus(products)], _PIECES)
		for number in range(customers):
			shop.customers.create("Past", f"Customer {number}", f"past.{seed}.{number}@example.com")
	if not orders:
		return
	desks = _Desks(shop)
	desks.customers = list(shop.customers.all)
	day = Day(desks, list(shop.products.variants), f"history/{seed}", shop.currency)
	paid_out = 0
	for number in range(orders):
		with shop.silently(), _at(shop, -days * (orders - number) / orders):
			if payouts and int(days * number / orders) > paid_out:
				paid_out = int(days * number / orders)
				_pay_out(shop)
			day.play_one(number)
		if number % 100 == 99:
			told(number + 1)


def _pay_out(shop: Shop) -> None:
	if any(entry.payout_id is None for entry in shop.payouts.balance.values()):
		shop.payouts.issue()


@contextmanager
def _at(shop: Shop, days: float) -> Iterator[None]:
	"""Let it be so many days ahead in the shop (below zero: ago)."""
	clock = shop.clock
	shop.clock = SkewedClock(clock, timedelta(days=days).total_seconds())
	try:
		yield
	finally:
		shop.clock = clock


class _Desks:
	"""The shop's desks for a :class:`Day` in the same process."""

	def __init__(self, shop: Shop) -> None:
		self._shop = shop
		self.customers: list[str] = []

	def operate(self, desk: str, operation: str, **arguments: Any) -> Any:
		"""Call an operation with plain values and return its result, to be read as JSON is."""
		if (desk, operation) == ("customers", "create") and self.customers:
			return {"id": self.customers.pop()}
		method = getattr(getattr(self._shop, desk), operation)
		bound = bind(method, arguments)
		return _View.of(method(*bound.args, **bound.kwargs))


class _View:
	"""A record that is read as a JSON object."""

	def __init__(self, record: Any) -> None:
		self._record = record

	def __getitem__(self, name: str) -> Any:
		return _View.of(getattr(self._record, name))

	@staticmethod
	def of(value: Any) -> Any:
		if isinstance(value, list):
			return [_View.of(entry) for entry in value]
		return _View(value) if hasattr(value, "__dataclass_fields__") else value
