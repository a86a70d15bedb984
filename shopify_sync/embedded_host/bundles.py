"""Replays a bundle in a database of its own: the store's policy and the facts first, then the events as they came.

No network, no Shopify, no ERPNext: what those decided cannot be replayed, and each verdict says so (core/evidence/verdict.py).
"""

from __future__ import annotations

import dataclasses
import heapq
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.events import Action, NewEvent, Source
from shopify_sync.core.evidence import bundle
from shopify_sync.core.evidence.bundle import ATTEMPT, BUNDLE, EVENT, FACT, BadBundle
from shopify_sync.core.evidence.verdict import Ending, Recorded, Verdict, changes_of, judge
from shopify_sync.core.failures import Category
from shopify_sync.core.policy import Mode
from shopify_sync.core.receiving import DEFAULT_MAX_BODY, Gate, payload_hash
from shopify_sync.core.statuses import Status

from . import attempts, documents, stock
from .config import Config, Item, Store
from .host import Instance

Line = Mapping[str, Any]


def replay(path: Path, database: Path, tell: Callable[[str], None] = lambda event: None) -> Iterator[Verdict]:
	"""Replay a bundle into *database*, a file that is not there yet, and yield the verdict on each event, in their order.

	:param tell: called with the name of each event as it is recorded. :raises BadBundle: when the file is none.
	"""
	if database.exists():
		raise BadBundle(f"{database} is there already. A bundle is replayed into a database of its own: name another file.")
	for _line in _lines(path):
		pass  # the whole file is checked first: half a replay is no replay
	clock = _Clock()
	with closing(_begin(path, database, clock)) as instance:
		_carry_out(instance, path, clock, tell)
		for recorded in _recorded(path):
			yield judge(recorded, _ending(instance, str(recorded.event["name"])))


class _Clock:
	"""Time as it was: it stands where the events are."""

	def __init__(self) -> None:
		self.time = datetime(2000, 1, 1, tzinfo=timezone.utc)

	def __call__(self) -> datetime:
		return self.time

	def move_to(self, moment: datetime) -> None:
		"""Go on to *moment*; never back."""
		self.time = max(self.time, moment)


def _lines(path: Path) -> Iterator[Line]:
	try:
		with path.open("rb") as file:
			yield from bundle.read_lines(file, str(path))
	except OSError as error:
		raise BadBundle(f"{path} cannot be read: {error.strerror or error}.") from error


def _begin(path: Path, database: Path, clock: _Clock) -> Instance:
	"""Make the database, with the policy and the facts of a bundle."""
	rates: dict[tuple[str, str], Decimal] = {}
	instance: Instance | None = None
	for line in _lines(path):
		if line["kind"] == BUNDLE:
			instance = Instance(database, Config(_stores(line), exchange_rates=rates), clock=clock, synchronous="OFF")
		elif line["kind"] == FACT and instance is not None:
			with instance.database.write() as connection:
				_write_fact(connection, line, rates)
		elif line["kind"] == EVENT:
			break
	assert instance is not None, "read_lines begins with the header"
	return instance


def _stores(header: Line) -> tuple[Store, ...]:
	found = []
	for entry in header["stores"]:
		# What was paused is carried out here; what was only decided in Shadow mode too: the verdict says so.
		policy = dataclasses.replace(bundle.policy_of(entry["policy"]), mode=Mode.LIVE)
		found.append(Store(str(entry["shop_domain"]), Gate(policy.store, True, (), DEFAULT_MAX_BODY), policy))
	return tuple(found)


def _write_fact(connection: Any, line: Line, rates: dict[tuple[str, str], Decimal]) -> None:
	kind, key, values = line["type"], str(line["key"]), line["values"]
	if kind == "item":
		named = {name: value for name, value in values.items() if name in Item.model_fields}
		documents.put(connection, "Item", key, Item.model_validate({**named, "item_code": key}).model_dump(mode="json"))
	elif kind == "link":
		connection.execute(
			"INSERT OR REPLACE INTO shopify_link (key, document_type, document_name) VALUES (?, ?, ?)",
			(key, values["document_type"], values["document_name"]),
		)
	elif kind == "document":
		documents.put(connection, values["doctype"], values["name"], values["values"])
		if values.get("shopify_key"):
			connection.execute(
				"UPDATE document SET shopify_key = ? WHERE doctype = ? AND name = ?",
				(values["shopify_key"], values["doctype"], values["name"]),
			)
	elif kind == "stock":
		rate = values.get("valuation_rate")
		stock.set_quantity(connection, values["item_code"], values["warehouse"], Decimal(str(values["actual_qty"])), rate)
	elif kind == "rate":
		source, _hyphen, target = key.partition("-")
		rates[source, target] = Decimal(str(values["rate"]))


def _carry_out(instance: Instance, path: Path, clock: _Clock, tell: Callable[[str], None]) -> None:
	"""Record each event when it came, and let a worker run whenever one did then."""
	engine = instance.engine("replay")
	due: list[datetime] = []
	for recorded in _recorded(path):
		received = _time(recorded.event.get("received_at")) or clock()
		while due and due[0] < received:
			clock.move_to(heapq.heappop(due))
			engine.drain()
		clock.move_to(received)
		if recorded.event.get("direction") == "Inbound":
			instance.events.record(_new_event(recorded.event, clock()))
			tell(str(recorded.event["name"]))
		for row in recorded.attempts:
			if row.get("action") == Action.APPLY and (started := _time(row.get("started_at"))):
				heapq.heappush(due, started)
	while due:
		clock.move_to(heapq.heappop(due))
		engine.drain()
	engine.drain()


def _recorded(path: Path) -> Iterator[Recorded]:
	"""Yield the events of a bundle, each with its attempts."""
	event: Line | None = None
	rows: list[Line] = []
	for line in _lines(path):
		if line["kind"] == EVENT:
			if event is not None:
				yield Recorded(event, tuple(rows))
			event, rows = line, []
		elif line["kind"] == ATTEMPT:
			rows.append(line)
	if event is not None:
		yield Recorded(event, tuple(rows))


def _new_event(line: Line, now: datetime) -> NewEvent:
	"""Return the event as it was received; its version is the recorded one, for the stand-ins have another hash."""
	resource, payload = line.get("resource_type"), str(line.get("payload") or "")
	shopify_id = line.get("shopify_id")
	is_known = bool(resource and shopify_id and line.get("version"))
	# What was not fit for a worker at receipt is not here either.
	status = Status.RECEIVED if is_known else Status.DEAD_LETTER if line.get("category") else Status.IGNORED
	return NewEvent(
		name=str(line["name"]),
		store=str(line["store"]),
		source=Source(line.get("source") or Source.WEBHOOK),
		topic=str(line.get("topic") or ""),
		resource=resource,
		shopify_id=shopify_id,
		link=line.get("link")
		or (keys.key(line["store"], resource, shopify_id) if is_known and resource and shopify_id else None),
		version=line.get("version"),
		updated_at=_time(line.get("shopify_updated_at")),
		label=str(line.get("order_name") or ""),
		status=status,
		category=Category(line["category"]) if status is Status.DEAD_LETTER and line.get("category") else None,
		message=str(line.get("message") or "") if status is not Status.RECEIVED else "",
		payload=payload,
		payload_hash=payload_hash(payload.encode()),
		api_version=str(line.get("api_version") or ""),
		event_id="",
		triggered_at=str(line.get("triggered_at") or ""),
		received_at=now,
		part_of=line.get("part_of"),
	)


def _ending(instance: Instance, name: str) -> Ending:
	connection = instance.database.connection()
	row = connection.execute("SELECT status, category, missing, message FROM sync_event WHERE name = ?", (name,)).fetchone()
	if row is None:
		return Ending("not replayed")
	done = json.loads(json.dumps(attempts.of_event(connection, name), default=str))
	return Ending(row["status"], row["category"] or "", row["missing"] or "", row["message"] or "", changes_of(done))


def _time(text: object) -> datetime | None:
	return datetime.fromisoformat(str(text)) if text else None


@contextmanager
def temporary_database() -> Iterator[Path]:
	"""Name a database file that is gone after the block."""
	with tempfile.TemporaryDirectory(prefix="shopify-sync-") as folder:
		yield Path(folder) / "replay.db"
