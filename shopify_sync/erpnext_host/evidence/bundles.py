"""Writes bundles: the events that were asked for and the earlier ones of the same records, line by line, in constant memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import frappe

import shopify_sync
from shopify_sync.core import keys
from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.evidence import bundle
from shopify_sync.core.evidence.bundle import MOST_EVENTS, Made
from shopify_sync.core.evidence.stand_ins import StandIns
from shopify_sync.core.operations import Refused
from shopify_sync.core.policy import StorePolicy

from .. import policies, times
from ..command_center import filters
from . import rows
from .facts import Facts
from .rows import Row

#: So many events are read at a time, with their payloads.
_AT_A_TIME = 50
#: Of one record so many events come with one that was asked for.
_MOST_OF_A_RECORD = 200
_EVENT = (*rows.EVENT_COLUMNS, "payload")


@dataclass(frozen=True)
class Asked:
	"""What to export: an event, everything of a record (`my-store/order/1`), or what a filter of the command center finds."""

	event: str | None = None
	link: str | None = None
	filters: Mapping[str, Any] | None = None

	def as_data(self) -> dict[str, Any]:
		"""Return it as plain data. Of a filter only what it filters by: what was looked for may be personal."""
		found = {"event": self.event, "link": self.link, "filters": sorted(self.filters) if self.filters else None}
		return {name: value for name, value in found.items() if value}

	def says(self) -> str:
		"""Return it in words."""
		if self.event:
			return f"Sync Event {self.event}"
		return f"Everything of {self.link}" if self.link else "What a filter finds"


@dataclass(frozen=True)
class Selection:
	"""The events of a bundle in the order in which they came. *asked*: those that were asked for; the others come before them."""

	names: tuple[str, ...]
	asked: frozenset[str]
	stores: tuple[str, ...]


def select(asked: Asked) -> Selection:
	"""Return the events to export.

	:raises Refused: when there are none, or too many. :raises filters.BadFilter: for a filter that is none.
	"""
	wanted = _asked(asked)
	if not wanted:
		raise Refused("There is no such event, so there is nothing to export.")
	if len(wanted) > MOST_EVENTS:
		raise Refused(f"More than {MOST_EVENTS} events would be exported. Narrow the filter: a store, a time, a cause.")
	found = {name: (received, store) for name, received, store in _with_earlier(wanted)}
	names = tuple(sorted(found, key=lambda name: (str(found[name][0] or ""), name)))
	return Selection(names, frozenset(wanted), tuple(sorted({store for _received, store in found.values() if store})))


def _asked(asked: Asked) -> list[str]:
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.name).limit(MOST_EVENTS + 1)
	if asked.event:
		query = query.where(event.name == asked.event)
	elif asked.link:
		push = keys.push_of_order(asked.link) if asked.link.split("/")[1:2] == [keys.ORDER] else asked.link
		query = query.where(event.link.isin([asked.link, push]) | (event.part_of == asked.link))
	elif asked.filters:
		query = query.where(filters.where(asked.filters)).orderby(event.received_at)
	else:
		raise Refused("Say what to export: an event, a record, or a filter. Everything at once would be too much.")
	return [str(name) for name in query.run(pluck=True)]


def _with_earlier(names: Sequence[str]) -> Iterator[tuple[str, Any, str]]:
	"""Yield (name, received, store) of events, and of the earlier ones of their records: what they met was made by those."""
	for some in _chunks(names, 500):
		found = frappe.db.sql(
			"SELECT name, received_at, store, link, part_of, direction FROM `tabSync Event` WHERE name IN %s", (tuple(some),)
		)
		yield from ((name, received, store) for name, received, store, _link, _part, _way in found)
		latest: dict[str, Any] = {}
		for _name, received, _store, link, part_of, _way in found:
			# A part stands on its order, and the order on what came of its other parts.
			for key in (part_of or link,):
				if key and received and (key not in latest or received > latest[key]):
					latest[key] = received
		for key, received in latest.items():
			yield from _earlier(key, received)


def _earlier(key: str, received: Any) -> Iterator[tuple[str, Any, str]]:
	for column in ("link", "part_of"):
		query = f"""SELECT name, received_at, store FROM `tabSync Event` WHERE {column} = %s AND received_at <= %s
			AND direction = 'Inbound' ORDER BY received_at DESC LIMIT %s"""  # noqa: S608 - constants
		yield from frappe.db.sql(query, (key, received, _MOST_OF_A_RECORD))


def write(out: IO[bytes], asked: Asked, selection: Selection, tell: Callable[[int], None] = lambda done: None) -> int:
	"""Write a bundle; return how many events are in it. Memory does not grow with the payloads.

	:param tell: called with the number of events that are through.
	"""
	stand_ins = StandIns(secrets.token_bytes(32))
	known = {store: policies.policy(store) for store in selection.stores}
	domains = {store: frappe.db.get_value("Shopify Store", store, "shop_domain") or "" for store in known}
	stores = [(domains[store], policy) for store, policy in known.items()]
	made_at = times.now().isoformat(timespec="seconds")
	_line(out, bundle.header(stores, shopify_sync.__version__, made_at, len(selection.names), asked.as_data()))
	facts = Facts(stand_ins, _made(selection))
	for batch in _batches(selection.names):
		for row, attempts in batch:
			_write_facts(out, facts, row, attempts, known)
	done = 0
	for batch in _batches(selection.names):
		for row, attempts in batch:
			role = bundle.ASKED if row["name"] in selection.asked else bundle.BEFORE
			line, sweep = bundle.event_line(row, role, stand_ins, facts.notes.get(row["name"], ()))
			_line(out, line)
			for attempt in attempts:
				_line(out, bundle.attempt_line(attempt, sweep))
			done += 1
		tell(done)
	return done


def _write_facts(out: IO[bytes], facts: Facts, row: Row, attempts: Sequence[Row], known: Mapping[str, StorePolicy]) -> None:
	if row["direction"] != "Inbound" or row["store"] not in known:
		return
	reads: dict[str, Any] = {}
	for attempt in attempts:
		# The first attempt that read something says how it was before.
		reads = {**_parsed(attempt.get("reads"), {}), **reads}
	for fact in facts.of_event(row, known[row["store"]], reads):
		_line(out, fact.line())


def _made(selection: Selection) -> Made:
	made = Made()
	for some in _chunks(selection.names, 500):
		query = "SELECT changes FROM `tabSync Attempt` WHERE event IN %s AND outcome IN ('Applied', 'Conflict') AND changes IS NOT NULL"
		for (changes,) in frappe.db.sql(query, (tuple(some),)):
			made.note(_parsed(changes, []))
	return made


def _batches(names: Sequence[str]) -> Iterator[list[tuple[Row, list[Row]]]]:
	"""Yield events with their payloads and attempts, some at a time, in the order of *names*."""
	columns = ", ".join(f"`{column}`" for column in _EVENT)
	for some in _chunks(names, _AT_A_TIME):
		query = f"SELECT {columns} FROM `tabSync Event` WHERE name IN %s"  # noqa: S608 - constants
		found = {row["name"]: row for row in rows.read(query, (tuple(some),))}
		attempts: dict[str, list[Row]] = {}
		for row in rows.read("SELECT * FROM `tabSync Attempt` WHERE event IN %s ORDER BY creation, name", (tuple(some),)):
			attempts.setdefault(row["event"], []).append(row)
		yield [(found[name], attempts.get(name, [])) for name in some if name in found]


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), size):
		yield names[start : start + size]


def _parsed(text: Any, otherwise: Any) -> Any:
	try:
		found = parse_json(text) if text else otherwise
	except NotJson:
		return otherwise
	return found if isinstance(found, type(otherwise)) else otherwise


def _line(out: IO[bytes], text: str) -> None:
	out.write(text.encode())
	out.write(b"\n")
