"""A store on the embedded host and its shop, in one process with a clock of their own: stock is pushed through the real client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.outbound.memory import Memory
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.core.receiving import receive
from shopify_sync.embedded_host import config, links, mapping, outbox, stock
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.push_host import EmbeddedPushHost
from shopify_sync.simulation.embedded.wire import WiredShops
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.http.app import CLIENT_ID
from shopify_sync.simulator.http.site import build
from shopify_sync.simulator.shop.shop import Shop

START = datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc)
STORE = "push"


class Stopped(BaseException):
	"""Stands for a process that is killed: nothing may catch it."""


class PushHost(EmbeddedPushHost):
	"""The embedded push host in the time of the ground."""

	def __init__(self, ground: Ground, worker: str) -> None:
		super().__init__(ground.instance, worker, ground.shops)
		self._ground = ground

	def sleep(self, seconds: float) -> None:
		"""Let the time pass."""
		self._ground.pass_time(seconds)

	def jitter(self) -> float:
		"""No chance: a test is the same each time."""
		return 0.5


class Ground:
	"""One store and its shop.

	:param places: location number → settings of its rule; the locations are made in the shop.
	:param items: settings of each Item; SKUs in the shop are their codes.
	:param stocked_everywhere: the shop stocks every item at every location, not only at the first.
	"""

	def __init__(
		self,
		folder: Path,
		*,
		items: Sequence[str | Mapping[str, Any]] = ("TEE", "MUG"),
		places: Sequence[Mapping[str, Any]] = ({},),
		faults: Faults | None = None,
		plan: str = "",
		stocked_everywhere: bool = False,
		**settings: Any,
	) -> None:
		self.clock = ManualClock(START)
		dice = Dice("outbound")
		options = {"plan": plan} if plan else {}
		self.shop = Shop("push", dice=dice, clock=self.clock, secret="hush", **options)
		self.faults = faults or Faults()
		self.site = build(self.shop, dice, self.faults, client_id=CLIENT_ID, token="shpat_static")
		self.items = [{"item_code": item} if isinstance(item, str) else dict(item) for item in items]
		codes = [item["item_code"] for item in self.items]
		variants = stock_up(self.shop, codes, stock=0)
		self.inventory_item = {
			code: self.shop.products.variant(variant).inventory_item_id for code, variant in zip(codes, variants, strict=True)
		}
		first = next(iter(self.shop.locations.all))
		self.locations = [first, *(self.shop.locations.create(f"Place {n}").id for n in range(1, len(places)))]
		for location in self.locations[1:] if stocked_everywhere else ():
			with self.shop.silently():
				for inventory_item in self.inventory_item.values():
					self.shop.inventory.connect(inventory_item, location)
		rules = [
			{"location_id": id, "warehouse": f"W{number}", "direction": "ERPNext → Shopify", **place}
			for number, (id, place) in enumerate(zip(self.locations, places, strict=True))
		]
		self.settings: dict[str, Any] = {
			"store": STORE,
			"shop_domain": "push.myshopify.com",
			"client_secret": "hush",
			"company": "Push Ltd",
			"company_currency": "USD",
			"locations": rules,
			**settings,
		}
		self._path = folder / "push.db"
		self.instance = self._open()
		self.shops = WiredShops({"push": self.site}, {STORE: "push"}, now=self.clock.now, sleep=self.pass_time)
		for code, inventory_item in self.inventory_item.items():
			self.link(inventory_item, code)

	def _open(self) -> Instance:
		data = {"stores": [self.settings], "items": self.items}
		return Instance(self._path, config.parse(data), clock=self.clock.now, synchronous="OFF")

	def save(self, **settings: Any) -> None:
		"""Change the store's settings."""
		self.settings |= settings
		self.instance.close()
		self.instance = self._open()

	def link(self, inventory_item: str, code: str) -> None:
		"""Link an inventory item to an Item, as an operator does."""
		mapping.map_item(
			self.instance.database, self.instance.events, STORE, keys.INVENTORY_ITEM, inventory_item, code, "operator"
		)

	def pass_time(self, seconds: float) -> None:
		"""Let the time pass, for the shop and for us."""
		self.clock.advance(seconds)

	def book(self, code: str, quantity: object, warehouse: str = "W0") -> None:
		"""Bring a Bin to a quantity, as a submitted document does, with its mark in the same transaction."""
		with self.instance.database.write() as connection:
			stock.set_quantity(connection, code, warehouse, Decimal(str(quantity)))
			outbox.bins_changed(connection, self.instance.config, self.instance.events, {(code, warehouse)})

	def book_all(self, quantities: Mapping[str, object], warehouse: str = "W0") -> None:
		"""Bring many Bins to their quantities in one transaction, as a stock take does."""
		with self.instance.database.write() as connection:
			for code, quantity in quantities.items():
				stock.set_quantity(connection, code, warehouse, Decimal(str(quantity)))
			changed = {(code, warehouse) for code in quantities}
			outbox.bins_changed(connection, self.instance.config, self.instance.events, changed)

	def push(self, probe: Callable[[str], None] | None = None, worker: str = "one") -> int:
		"""Push what is due."""
		return Pusher(PushHost(self, worker), probe).drain()

	def settle(self, minutes: int = 30) -> None:
		"""Push until nothing waits any more."""
		for _minute in range(minutes):
			self.push()
			if not self.waiting():
				return
			self.pass_time(60)
		raise AssertionError(f"still waiting after {minutes} min: {self.events()}")

	def waiting(self) -> bool:
		"""Tell whether anything on its way out waits for its time."""
		rows = self._query("SELECT 1 FROM sync_event WHERE direction = 'Outbound' AND due_at IS NOT NULL")
		return bool(rows)

	def on_hand(self, code: str, place: int = 0) -> int:
		"""Return what Shopify has on hand."""
		level = self.shop.inventory.level(self.inventory_item[code], self.locations[place])
		assert level is not None
		return level.on_hand

	def level(self, code: str, place: int = 0) -> int | None:
		"""Return what Shopify has on hand, or None where it does not stock the item."""
		level = self.shop.inventory.level(self.inventory_item[code], self.locations[place])
		return level.on_hand if level else None

	def bin(self, code: str, warehouse: str = "W0") -> Decimal:
		"""Return what a Bin holds."""
		return stock.quantity_of(self.instance.database.connection(), code, [warehouse])

	def memory(self, code: str, place: int = 0) -> Memory:
		"""Return what is remembered of a level."""
		key = keys.key(STORE, keys.INVENTORY_PUSH, f"{self.inventory_item[code]}-{self.locations[place]}")
		return Memory.of(links.read(self.instance.database.connection(), key).facts)

	def available(self, code: str, place: int = 0) -> int:
		"""Return what Shopify has available."""
		level = self.shop.inventory.level(self.inventory_item[code], self.locations[place])
		assert level is not None
		return level.quantity("available")

	def events(self, code: str | None = None) -> list[dict[str, Any]]:
		"""Return the events on their way out, oldest first."""
		rows = [dict(row) for row in self._query("SELECT * FROM sync_event WHERE direction = 'Outbound' ORDER BY rowid")]
		return [row for row in rows if code is None or row["label"] == code]

	def last(self, code: str) -> dict[str, Any]:
		"""Return the newest event of an Item that has ended."""
		return self.events(code)[-1]

	def attempts(self, event: str) -> list[dict[str, Any]]:
		"""Return the evidence of an event."""
		return [dict(row) for row in self._query("SELECT * FROM sync_attempt WHERE event = ? ORDER BY id", event)]

	def calls(self, operation: str) -> int:
		"""Return how often an operation was called."""
		return sum(call.operation == operation for call in self.shops.calls.started.values())

	def deliver(self, headers: Mapping[str, str], body: bytes) -> int:
		"""Deliver a webhook and apply it; return the status of the answer."""
		status = receive(headers.items(), body, self.instance.receiver).status
		self.instance.engine("inbound").drain()
		return status

	def _query(self, statement: str, *values: object) -> list[Any]:
		return self.instance.database.connection().execute(statement, values).fetchall()
