"""The embedded host as operators and ERPNext's users see it, in simulated time. Implements simulation/target.py `Target`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.core.contracts.base import dump_json, parse_json
from shopify_sync.core.events import NewEvent
from shopify_sync.core.failures import Failure
from shopify_sync.core.receiving import receive
from shopify_sync.core.reconciliation.ports import Shopify
from shopify_sync.core.reconciliation.run import Reconciler, Run, phases_of
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.core.reconciliation.settings import Settings
from shopify_sync.core.signals import Signal
from shopify_sync.core.statuses import Status
from shopify_sync.embedded_host import config, delivery_notes, documents, mapping, outbox, selling, stock
from shopify_sync.embedded_host.host import EmbeddedHost, Instance
from shopify_sync.embedded_host.reconciliation import ReconcileHost
from shopify_sync.simulator.dice import Dice

from .. import shops
from ..facts import Facts
from ..opening import ADDRESS
from ..profiles import WorkerFaults
from ..scheduler import Scheduler
from ..target import StoreSetUp
from . import journal, notes, tables
from .database import SimulatedDatabase
from .wire import WiredShops
from .workers import Crew, SimulatedHost

_OPERATOR = "operator"
#: A world heals whatever it needs to.
_NO_LIMIT = 1_000_000


class SimulatedInstance(Instance):
	"""An instance whose workers live in simulated time."""

	def __init__(
		self,
		database: SimulatedDatabase,
		settings: Mapping[str, Any],
		scheduler: Scheduler,
		crew: Callable[[], Crew],
		nonce: Callable[[], str],
	) -> None:
		self._crew = crew
		# As a file would be read: numbers with a point are Decimal.
		super().__init__(database, config.parse(parse_json(dump_json(settings))), clock=scheduler.now, nonce=nonce)

	def host(self, worker: str) -> EmbeddedHost:
		"""Return the host of one worker; of somebody else who only looks, the plain one."""
		found = self._crew().worker(worker)
		return SimulatedHost(self, found) if found else super().host(worker)


class EmbeddedTarget:
	"""One database with its workers.

	:param shops_of: returns the way to the shops' Admin API.
	:param ended: told of every attempt that came to an end.
	"""

	def __init__(
		self,
		folder: Path,
		stores: Sequence[StoreSetUp],
		shops_of: Callable[[EmbeddedTarget], WiredShops],
		scheduler: Scheduler,
		dice: Dice,
		faults: WorkerFaults,
		tell: Callable[[str], None],
		ended: Callable[[str, object], None],
	) -> None:
		self.scheduler = scheduler
		self._api_back_at = 0.0
		self._nonces = itertools.count(1)
		self.reconfigured = 0
		#: Told of the points of a transaction that no worker makes; may raise Killed.
		self.on_point: Callable[[str], None] = lambda point: None
		self.database = SimulatedDatabase(folder / "sync.db", scheduler, self._reach)
		self.crew = Crew(scheduler, self.database, dice, faults, lambda: self.instance, lambda: self.shops, tell, ended)
		self._settings: dict[str, Any] = {
			"stores": [
				{"store": one.name, "shop_domain": one.shop_domain, "client_secret": one.secret, **one.settings} for one in stores
			],
			"items": [{"item_code": item, "valuation_rate": "10.00"} for item in shops.ITEMS],
			"exchange_rates": shops.RATES,
		}
		self.shops = shops_of(self)
		self.instance = self._configured()
		journal.install(self.database.connection())

	def _reach(self, point: str) -> None:
		if self.scheduler.current is None:
			self.on_point(point)
		else:
			self.crew.on_point(point)

	def restart(self) -> None:
		"""Start anew with the settings as they were saved: what a process does that died while it took them over."""
		self._reconfigure()

	def _configured(self) -> SimulatedInstance:
		return SimulatedInstance(
			self.database, self._settings, self.scheduler, lambda: self.crew, lambda: f"{next(self._nonces):032d}"
		)

	def save_settings(self, store: str, **changes: Any) -> None:
		"""Change settings of a store. A worker that is busy goes on with the old ones until it has ended its drain."""
		row = next(entry for entry in self._settings["stores"] if entry["store"] == store)
		row |= changes
		self._reconfigure()

	def settings(self, store: str) -> Mapping[str, Any]:
		"""Return the store's settings as they stand."""
		return next(entry for entry in self._settings["stores"] if entry["store"] == store)

	def now(self) -> datetime:
		"""Return the time (UTC)."""
		return self.scheduler.now()

	def hold(self, store: str, scope: str, what: str) -> None:
		"""Hold a flow, a topic or a resource of a store."""
		row = {"scope": scope, "what": what, "user": _OPERATOR, "reason": "Somebody looks at it"}
		self.save_settings(store, holds=[*self._holds(store), row])

	def release(self, store: str, scope: str, what: str) -> None:
		"""Release what was held."""
		self.save_settings(store, holds=[row for row in self._holds(store) if (row["scope"], row["what"]) != (scope, what)])

	def _holds(self, store: str) -> Sequence[Mapping[str, str]]:
		found: Sequence[Mapping[str, str]] = self.settings(store).get("holds", ())
		return found

	def add_item(self, item: str) -> None:
		"""Create an Item."""
		if not any(entry["item_code"] == item for entry in self._settings["items"]):
			self._settings["items"].append({"item_code": item, "valuation_rate": "10.00"})
			self._reconfigure()

	def _reconfigure(self) -> None:
		self.reconfigured += 1
		self.instance = self._configured()
		self._wake()

	def map_item(self, store: str, resource: str, shopify_id: str, item: str) -> None:
		"""Point a Shopify Link at an Item."""
		mapping.map_item(self.database, self.instance.events, store, resource, shopify_id, item, _OPERATOR)
		self._wake()
		self.crew.wake_pusher()

	def events_in(self, store: str, statuses: Sequence[Status]) -> list[str]:
		"""Return the store's events in *statuses*, oldest first."""
		marks = ", ".join("?" for _status in statuses)
		rows = self.database.connection().execute(
			f"SELECT name FROM sync_event WHERE store = ? AND status IN ({marks}) ORDER BY received_at, name",  # noqa: S608 -- only marks
			(store, *map(str, statuses)),
		)
		return [row["name"] for row in rows]

	def retry(self, event: str) -> None:
		"""Press Retry."""
		self.instance.events.retry(event, _OPERATOR)
		self._wake()

	def replay(self, event: str) -> None:
		"""Press Replay."""
		self.instance.events.replay([event], _OPERATOR)
		self._wake()

	def discard(self, event: str) -> None:
		"""Press Discard."""
		self.instance.events.discard(event, _OPERATOR, "carried over by hand")
		# What is put away of a delivery may leave marks.
		self.crew.arm_sweeper()

	def _wake(self) -> None:
		self.crew.wake()
		self.crew.wake_pusher()
		self.crew.arm_sweeper()

	def edit(self, doctype: str, key: str, field: str, value: str) -> bool:
		"""Change a field as ERPNext's user does."""
		found = documents.by_key(self.database.connection(), doctype, key)
		if found is None:
			return False
		self._as_user("UPDATE document SET data = json_set(data, ?, ?) WHERE shopify_key = ?", (f"$.{field}", value, key))
		return True

	def cancel_sales_order(self, key: str) -> bool:
		"""Cancel a Sales Order by hand."""
		found = documents.by_key(self.database.connection(), "Sales Order", key)
		if found is None or found.docstatus != documents.SUBMITTED:
			return False
		following = selling.under(self.database.connection(), key).values()
		if any(document.docstatus == documents.SUBMITTED for document in following):
			# ERPNext refuses that.
			return False
		self._as_user("UPDATE document SET docstatus = 2 WHERE shopify_key = ?", (key,))
		return True

	def count_stock(self, item: str, warehouse: str, quantity: Decimal) -> None:
		"""Bring a Bin to a quantity, as ERPNext's user does."""
		with self.database.write() as connection:
			stock.set_quantity(connection, item, warehouse, quantity, "10.00")
			outbox.bins_changed(connection, self.instance.config, self.instance.events, {(item, warehouse)})
		self._wake_pushers()

	def _as_user(self, statement: str, parameters: tuple[Any, ...]) -> None:
		with self.database.write() as connection:
			journal.say_who(connection, "user")
			connection.execute(statement, parameters)
			journal.say_who(connection, "engine")

	def deliver(self, headers: Mapping[str, str], body: bytes, *, wake: bool = True) -> int | None:
		"""Hand in a delivery; nobody answers while the server is down. Without *wake* nobody is woken, whatever it brings."""
		if self.crew.is_down:
			return None
		answer = receive(headers.items(), body, self.instance.receiver)
		if answer.wake and not (wake and self.crew.wake()):
			# Nobody was woken: all are busy, and look when they are done, or the wake was lost, and the sweeper looks.
			self.crew.arm_sweeper()
		return answer.status

	def record(self, event: NewEvent) -> None:
		"""Put a signal into the ledger that is no webhook."""
		self.instance.events.record(event)
		self._wake()

	def deliver_note(self, key: str, warehouse: str, name: str, most: int | None) -> str | None:
		"""Submit a Delivery Note of what is left of an order."""
		connection = self.database.connection()
		order = documents.by_key(connection, "Sales Order", key)
		if order is None or order.docstatus != documents.SUBMITTED or order.values.get("status") == "Closed":
			return None
		rows = notes.left(connection, order, warehouse, most)
		if not rows:
			return None
		with self.database.write() as writing:
			journal.say_who(writing, "user")
			delivery_notes.submit(writing, self.instance.config, self.instance.events, name, order.name, rows)
			journal.say_who(writing, "engine")
		self._wake_pushers()
		return name

	def track_note(self, key: str, number: str) -> str | None:
		"""Enter a tracking number in the last note of an order."""
		values = {"shopify_tracking_number": number, "shopify_tracking_company": "UPS"}
		return self._about_note(notes.of_people(self.database.connection(), key), delivery_notes.track, **values)

	def cancel_note(self, key: str) -> str | None:
		"""Cancel the last note of an order."""
		return self._about_note(notes.standing(self.database.connection(), key), delivery_notes.cancel)

	def take_back(self, key: str, name: str, most: int) -> str | None:
		"""Submit a return against the last note of an order of which something is left."""
		found = notes.to_take_back(self.database.connection(), key, most)
		order = documents.by_key(self.database.connection(), "Sales Order", key)
		if found is None or order is None:
			return None
		against, rows = found
		values = {"is_return": 1, "return_against": against}
		with self.database.write() as connection:
			journal.say_who(connection, "user")
			delivery_notes.submit(connection, self.instance.config, self.instance.events, name, order.name, rows, **values)
			journal.say_who(connection, "engine")
		self._wake_pushers()
		return name

	def cancel_return(self, key: str) -> str | None:
		"""Cancel the last return that a person made of an order."""
		found = notes.of_people(self.database.connection(), key, returns=True)
		return self._about_note(found, delivery_notes.cancel)

	def _about_note(self, found: Sequence[str], act: Callable[..., None], **values: str) -> str | None:
		if not found:
			return None
		with self.database.write() as connection:
			journal.say_who(connection, "user")
			act(connection, self.instance.config, self.instance.events, found[-1], **values)
			journal.say_who(connection, "engine")
		self._wake_pushers()
		return found[-1]

	def api_outage(self, seconds: float) -> None:
		"""Let the Admin API answer 503; it is back after *seconds*, unless another outage lasts longer."""
		until = self.scheduler.seconds + seconds
		self.shops.wire.outage = 503
		self._api_back_at = max(self._api_back_at, until)
		self.scheduler.at(until, self._api_is_back)

	def _api_is_back(self) -> None:
		if self.scheduler.seconds >= self._api_back_at:
			self.shops.wire.outage = None

	def reconcile(self, name: str, store: str, shopify: Shopify, *, dry_run: bool = False) -> Run:
		"""Compare all of a store; heal what may be healed without a person, unless it is a *dry_run*. Return the run."""
		host = ReconcileHost(self.instance, lambda _store: ADDRESS)
		now = self.instance.clock()
		phases = phases_of(host.policy(store), Depth.FULL)
		run = Run(name, store, Depth.FULL, None, now, phases, started_at=now)
		Reconciler(host, shopify, Settings(dry_run=dry_run, limit=_NO_LIMIT)).run(run)
		self._wake()
		self._wake_pushers()
		return run

	def _wake_pushers(self) -> None:
		self.crew.wake_pusher()
		self.crew.arm_sweeper()

	def outage(self, seconds: float) -> None:
		"""Kill every worker; nobody answers until *seconds* have passed."""
		self.crew.kill_all(seconds)

	def facts(self) -> Facts:
		"""Return what stands in the tables."""
		return tables.facts(self.database.connection())

	def would_still_fail(self, event: str) -> bool:
		"""Tell whether a Blocked event would fail again if it were tried now."""
		row = self.database.connection().execute("SELECT * FROM sync_event WHERE name = ?", (event,)).fetchone()
		signal = Signal(row["name"], row["store"], row["resource"], row["shopify_id"], row["version"], row["topic"])
		decision = self.instance.engine("who only looks").preview(signal, parse_json(row["payload"]))
		return isinstance(decision, Failure)

	def close(self) -> None:
		"""Close every connection."""
		self.database.close_all()
