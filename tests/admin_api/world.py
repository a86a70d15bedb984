"""A shop that runs on 127.0.0.1 and the embedded host's client on it, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from shopify_sync.admin_api.client import AdminClient
from shopify_sync.admin_api.connection import StoreConnection
from shopify_sync.admin_api.ports import HttpAnswer, Transport
from shopify_sync.admin_api.transport import RequestsTransport
from shopify_sync.embedded_host.config import parse
from shopify_sync.embedded_host.connections import Connections
from shopify_sync.embedded_host.database import Database
from shopify_sync.simulator.admin import schema
from shopify_sync.simulator.clock import ManualClock, SystemClock
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.http.store import Store

SHOP = "my-store"


class Impatient:
	"""The product's transport, which waits half a second where the product waits half a minute."""

	def __init__(self) -> None:
		self._real = RequestsTransport()

	def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]) -> HttpAnswer:
		"""Send it."""
		return self._real.post(url, headers, body, (1.0, 0.5))

	def lines(self, url: str, offset: int, timeout: tuple[float, float]) -> Iterator[tuple[bytes, int]]:
		"""Fetch them."""
		return self._real.lines(url, offset, (1.0, 0.5))


class World:
	"""One shop, one store, one client.

	:ivar waits: what the client slept, in seconds; with a clock turned by hand nobody sleeps, the clock is turned.
	"""

	def __init__(self, store: Store, site: Site, folder: Path, clock: Any, config: dict[str, Any], transport: Transport) -> None:
		self.store = store
		self.site = site
		self.clock = clock
		self.waits: list[float] = []
		self.folder = folder
		self.config = config
		self.database = Database(folder / "try.db")
		self._transport = transport
		self.connections = self.process()

	def process(self) -> Connections:
		"""Return the connections as another process on the same file sees them."""
		options: dict[str, Any] = {"transport": self._transport, "jitter": lambda: 0.5}
		if isinstance(self.clock, ManualClock):
			options |= {"now": self.clock.now, "sleep": self._turn}
		return Connections(self.database, parse(self.config), **options)

	@property
	def client(self) -> AdminClient:
		"""The client."""
		return self.connections.client_of(SHOP)

	@property
	def connection(self) -> StoreConnection:
		"""The connection."""
		return self.connections.connection_of(SHOP)

	def calls(self) -> list[dict[str, Any]]:
		"""Return the evidence."""
		rows = self.database.connection().execute("SELECT * FROM api_call ORDER BY started_at, rowid")
		return [dict(row) for row in rows]

	def kept(self) -> dict[str, Any]:
		"""Return what is kept of the connection."""
		row = self.database.connection().execute("SELECT * FROM connection").fetchone()
		return {**dict(row), "sign_in": json.loads(row["sign_in"]), "history": json.loads(row["history"])}

	def faults(self, **probabilities: float) -> None:
		"""Change what goes wrong."""
		with self.site.lock:
			self.site.faults.set(**probabilities)

	def pass_(self, **time: float) -> None:
		"""Let time pass."""
		self.clock.advance(timedelta(**time).total_seconds())

	def _turn(self, seconds: float) -> None:
		self.waits.append(seconds)
		self.clock.advance(seconds)


@contextmanager
def world(
	folder: Path,
	*,
	admin: Mapping[str, str] | None = None,
	real_time: bool = False,
	scopes: tuple[str, ...] | None = None,
	transport: Transport | None = None,
	faults: Faults | None = None,
	**shop: Any,
) -> Iterator[World]:
	"""Run a shop, and a client that signs in by client credentials unless *admin* says otherwise."""
	schema.load(schema.latest())  # takes longer than the impatient wait
	clock = SystemClock() if real_time else ManualClock(datetime(2026, 11, 21, 10, tzinfo=timezone.utc))
	with Store.running(clock=clock, hold_seconds=2.0) as store:
		more = {} if scopes is None else {"scopes": scopes}
		site = store.open(SHOP, faults=faults, **more, **shop)
		config = {
			"stores": [
				{
					"store": SHOP,
					"shop_domain": f"{SHOP}.myshopify.com",
					"client_secret": CLIENT_SECRET,
					"company": "Example",
					"company_currency": "USD",
					"admin": dict({"client_id": CLIENT_ID} if admin is None else admin),
				}
			],
			"shops": {f"{SHOP}.myshopify.com": store.address(SHOP)},
		}
		yield World(store, site, folder, clock, config, transport or Impatient())


def gid(kind: str, id: object) -> str:
	"""Return Shopify's global id."""
	return f"gid://shopify/{kind}/{id}"


@dataclass(frozen=True)
class Shelf:
	"""1,000 pieces of a thing at a location, and a paid order of two of it."""

	site: Site
	item: str
	location: str
	order: Any

	def set_to(self, quantity: int, was: int | None = 1000) -> dict[str, Any]:
		"""Return the variables that set the pieces on hand."""
		line = {
			"inventoryItemId": gid("InventoryItem", self.item),
			"locationId": gid("Location", self.location),
			"quantity": quantity,
			"changeFromQuantity": was,
		}
		document = "gid://erpnext/StockLedgerEntry/1"
		return {"input": {"name": "on_hand", "reason": "correction", "referenceDocumentUri": document, "quantities": [line]}}

	def on_hand(self) -> int:
		"""Return the pieces on hand."""
		with self.site.lock:
			level = self.site.shop.inventory.level(self.item, self.location)
			assert level is not None
			return level.on_hand

	def parcel(self) -> dict[str, Any]:
		"""Return the variables that send one piece."""
		fulfillment_order = self.order.fulfillment_orders[0]
		line = {"id": gid("FulfillmentOrderLineItem", fulfillment_order.lines[0].id), "quantity": 1}
		group = {"fulfillmentOrderId": gid("FulfillmentOrder", fulfillment_order.id), "fulfillmentOrderLineItems": [line]}
		tracking = {"company": "Carrier", "number": "T-1", "url": "https://carrier.example/T-1"}
		return {"fulfillment": {"lineItemsByFulfillmentOrder": [group], "trackingInfo": tracking, "notifyCustomer": False}}

	def sent(self) -> int:
		"""Return how many parcels of the order there are."""
		with self.site.lock:
			return len(self.order.fulfillments)


def stocked(site: Site) -> Shelf:
	"""Put something on the shelf, and let somebody order of it."""
	with site.lock:
		(variant,) = stock_up(site.shop, ["TEE"])
		order = site.shop.orders.place([{"variant_id": variant, "quantity": 2}], financial="paid")
		item = site.shop.products.variant(variant).inventory_item_id
		return Shelf(site, item, next(iter(site.shop.locations.all)), order)
