"""The pusher's host on Frappe: the engine's host, with the outbox and the Admin API."""

from __future__ import annotations

from shopify_sync.admin_api.fulfillments import ShopifyFulfillments
from shopify_sync.admin_api.inventory import ShopifyStock
from shopify_sync.core.outbound.calls import Closed
from shopify_sync.core.policy import Mode

from . import connections
from .event_log import FrappeEventLog
from .host import FrappeHost


class FrappePushHost(FrappeHost):
	"""`core.outbound.ports.PushHost` on the site that Frappe is connected to."""

	@property
	def outbox(self) -> FrappeEventLog:
		"""See the port."""
		return self.events

	def closed(self, store: str) -> Closed | None:
		"""See `core.outbound.ports.PushHost`."""
		return connections.gate_of(store)

	def stock_api(self, store: str) -> ShopifyStock:
		"""See the port."""
		return ShopifyStock(connections.client_of(store))

	def fulfillment_api(self, store: str) -> ShopifyFulfillments:
		"""See the port."""
		return ShopifyFulfillments(connections.client_of(store))

	def due_stores(self) -> list[tuple[str, str]]:
		"""Return (store, resource) of what is due and may be sent now."""
		return [(store, resource) for store, resource in self.outbox.due_stores() if self._is_open(store)]

	def _is_open(self, store: str) -> bool:
		return self.policy(store).mode is not Mode.PAUSED and self.closed(store) is None
