"""Reads a simulated shop in the process, for reconciliation: what admin_api/reading/ reads over HTTP, without the Admin API between.

Implements core/reconciliation/ports.py `Shopify`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import PAYOUTS
from shopify_sync.core.reconciliation.ports import Page, Window
from shopify_sync.core.reconciliation.subscriptions import Subscription
from shopify_sync.simulator.rest import customer, inventory, order, payout, product, transaction
from shopify_sync.simulator.shop.shop import Shop

_PAGE = 20


class ShopReader:
	"""Pages of a shop's records, as they stand when each page is read."""

	def __init__(self, shop: Shop, page: int = _PAGE) -> None:
		self._shop = shop
		self._page = page

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		"""Return the records of a resource, page by page, in the order in which they were made."""
		records = self._wanted(resource, window)
		begin = int(cursor or 0)
		end = begin + self._page
		more = str(end) if end < len(records) else None
		return Page([payload() for payload in records[begin:end]], more, len(records))

	def count(self, resource: str, window: Window) -> int | None:
		"""Return how many records there are."""
		return len(self._wanted(resource, window))

	def subscriptions(self) -> Sequence[Subscription]:
		"""Return the webhook subscriptions."""
		return [
			Subscription(found.id, found.topic, found.uri, "", tuple(found.include_fields), found.filter)
			for found in self._shop.subscriptions.all.values()
		]

	def subscribe(self, topic: str, address: str) -> None:
		"""Have webhooks of *topic* sent to *address*."""
		with self._shop.silently():
			there = next((one for one in self._shop.subscriptions.for_topic(topic) if one.uri == address), None)
			if there:
				self._shop.subscriptions.update(there.id, include_fields=(), filter="")
			else:
				self._shop.subscriptions.create(topic, address)

	def existing(self, resource: str, ids: Sequence[str]) -> Collection[str]:
		"""Return which of *ids* the shop has."""
		assert resource == keys.ORDER
		return {id for id in ids if id in self._shop.orders.all}

	def _wanted(self, resource: str, window: Window) -> list[Any]:
		"""Return what makes the payload of each record that is asked for."""
		return [payload for id, at, payload in self._all(resource) if self._is_wanted(id, at, window)]

	def _is_wanted(self, id: str, at: datetime, window: Window) -> bool:
		if window.ids:
			return id in window.ids
		order = self._shop.orders.all.get(id) if window.only_open or window.placed else None
		if order and window.only_open and (order.cancelled_at or order.closed_at):
			return False
		if order and window.placed:
			at = order.created_at
			if window.until is not None and at >= window.until:
				return False
		return window.since is None or at >= window.since

	def _all(self, resource: str) -> Iterator[tuple[str, datetime, Any]]:
		"""Yield (id, updated_at, what makes the payload)."""
		shop = self._shop
		if resource == keys.ORDER:
			for placed in list(shop.orders.all.values()):
				yield placed.id, placed.updated_at, lambda placed=placed: self._order(placed)
		elif resource == keys.CUSTOMER:
			for one in list(shop.customers.all.values()):
				if one.merged_into is None:
					yield one.id, one.updated_at, lambda one=one: customer.payload(shop, one)
		elif resource == keys.PRODUCT:
			for made in list(shop.products.all.values()):
				yield made.id, made.updated_at, lambda made=made: product.payload(shop, made)
		elif resource == PAYOUTS:
			for paid in list(shop.payouts.all.values()):
				yield paid.id, paid.issued_at, lambda paid=paid: payout.payload(shop, paid)
		else:
			yield from self._levels()

	def _levels(self) -> Iterator[tuple[str, datetime, Any]]:
		for (item, location), level in list(self._shop.inventory.levels.items()):
			if level.is_active:
				yield f"{item}-{location}", level.updated_at, lambda level=level: self._level(level)

	def _level(self, level: Any) -> dict[str, Any]:
		return {**inventory.level(self._shop, level), "on_hand": level.on_hand}

	def _order(self, placed: Any) -> dict[str, Any]:
		# What is fetched has the transactions in it; webhooks leave them out.
		paid = [transaction.payload(self._shop, (placed, entry)) for entry in placed.transactions]
		return {**order.payload(self._shop, placed), "transactions": paid}
