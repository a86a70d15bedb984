"""A simulated shop on 127.0.0.1 that a case's store is connected to: calls go over HTTP, through the product's own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.rest.inventory import level as level_payload
from shopify_sync.simulator.shop.records import Level

from .bench import INBOUND_LOCATION, MUG, OUTBOUND_LOCATION, SILENT_LOCATION, TEE

#: Shopify may take this long for an answer that never comes.
HOLD_SECONDS = 0.2


@dataclass
class ConnectedShop:
	"""The shop of a case's store.

	:ivar served: the shop, its faults and its lock; *address*: where it answers.
	:ivar places: location of the bench (`OUTBOUND_LOCATION`, …) → the id it has in the shop.
	:ivar inventory_items: Item → its inventory item.
	"""

	served: Site
	address: str
	places: dict[str, str]
	inventory_items: dict[str, str]

	def level(self, item: str, location: str = OUTBOUND_LOCATION) -> Level:
		"""Return the shop's own record of a level."""
		found = self.served.shop.inventory.level(self.inventory_items[item], self.places[location])
		assert found is not None
		return found

	def on_hand(self, item: str, location: str = OUTBOUND_LOCATION) -> int:
		"""Return what the shop has on hand."""
		with self.served.lock:
			return self.level(item, location).on_hand

	def payload(self, item: str, location: str = OUTBOUND_LOCATION) -> dict[str, object]:
		"""Return what a webhook says of a level now."""
		with self.served.lock:
			return level_payload(self.served.shop, self.level(item, location))

	def adjust(self, item: str, delta: int, location: str = OUTBOUND_LOCATION) -> None:
		"""Let the shop's staff change what is available."""
		with self.served.lock:
			self.served.shop.inventory.adjust("available", self.inventory_items[item], self.places[location], delta, "correction")


@contextmanager
def opened(shop_domain: str) -> Iterator[ConnectedShop]:
	"""Run a shop of that domain for the length of the block; it sells the suite's Items and stocks none of them."""
	name = shop_domain.partition(".")[0]
	with Store.running(hold_seconds=HOLD_SECONDS) as store:
		served = store.open(name)
		with served.lock, served.shop.silently():
			ids = [served.shop.locations.create(title).id for title in ("Inbound", "Outbound", "Silent")]
			places = dict(zip((INBOUND_LOCATION, OUTBOUND_LOCATION, SILENT_LOCATION), ids, strict=True))
			items = {}
			for sku in (TEE, MUG):
				quantities = {id: 0 for id in ids}
				made = served.shop.products.create(sku, [{"sku": sku, "price": "10.00", "quantities": quantities}])
				items[sku] = made.variants[0].inventory_item_id
		yield ConnectedShop(served, store.address(name), places, items)
