"""The pusher's host on SQLite: what the engine's host offers, the outbox, and the way to Shopify."""

from __future__ import annotations

from typing import Protocol

from shopify_sync.admin_api.client import AdminClient
from shopify_sync.admin_api.fulfillments import ShopifyFulfillments
from shopify_sync.admin_api.inventory import ShopifyStock
from shopify_sync.core.outbound.calls import Closed
from shopify_sync.core.outbound.ports import FulfillmentApi, Outbox, StockApi

from .host import EmbeddedHost, Instance


class Shops(Protocol):
	"""The way to the shops of all stores."""

	def gate(self, store: str) -> Closed | None:
		"""Return why nothing is sent to *store* now, or None."""

	def client(self, store: str) -> AdminClient:
		"""Return the client of a store."""


class ToShops:
	"""The part of core/outbound/ports.py `PushHost` that calls Shopify."""

	_shops: Shops

	def closed(self, store: str) -> Closed | None:
		"""Return why nothing is sent to *store* now, or None."""
		return self._shops.gate(store)

	def stock_api(self, store: str) -> StockApi:
		"""Return the stock of *store* in the Admin API."""
		return ShopifyStock(self._shops.client(store))

	def fulfillment_api(self, store: str) -> FulfillmentApi:
		"""Return the fulfillments of *store* in the Admin API."""
		return ShopifyFulfillments(self._shops.client(store))


class EmbeddedPushHost(ToShops, EmbeddedHost):
	"""Implements core/outbound/ports.py `PushHost` for one worker."""

	def __init__(self, instance: Instance, worker: str, shops: Shops) -> None:
		super().__init__(instance.database, instance.config, instance.events, worker, instance.clock)
		self.outbox: Outbox = instance.events
		self._shops = shops
