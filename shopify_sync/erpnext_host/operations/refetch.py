"""Refetch: what events are about is read from Shopify as it is now, and goes the way of a webhook.

What is read becomes an event of its own, named after the operation and the resource: read twice, it is one event. What goes out
to Shopify is marked to be looked at again instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.events import Source
from shopify_sync.core.failures import Category
from shopify_sync.core.fetched import event_of
from shopify_sync.core.operations import GONE, EventState
from shopify_sync.core.outbound.marks import Mark
from shopify_sync.core.reconciliation.ports import Shopify, Window
from shopify_sync.core.refetch import NO_MORE, TOLD_ONCE, TOPICS, asked_for, id_of
from shopify_sync.core.statuses import Status

from .. import mark_lock, times, wake
from ..event_log import FrappeEventLog
from ..reconciliation import running as reconciliations
from ..reconciliation.settings import settings_of
from .events import Done
from .record import Operation


class Refetching:
	"""Reads the resources of a batch. See `events.Acts`.

	:param reader_of: returns what reads a store; another one than the store's own, for tests.
	:param check: refuses where nothing can be read now.
	"""

	def __init__(
		self, reader_of: Callable[[str], Shopify] | None = None, check: Callable[[str], None] = reconciliations.check
	) -> None:
		self._reader_of = reader_of or _reader_of
		self._check = check
		self._readers: dict[str, Shopify] = {}

	def __call__(self, operation: Operation, names: Sequence[str]) -> Callable[[], Done]:
		"""Read, and record what was read; each is a commit of its own, and done twice as good as once."""
		rows = _rows(names)
		refused = {name: GONE for name in names if name not in rows}
		marks = {row.link: _mark(row) for row in rows.values() if row.resource_type in keys.OUTBOUND}
		wanted = {name: _key(row) for name, row in rows.items() if row.link not in marks}
		found = self._record(operation, {key for key in wanted.values() if key})
		for name, key in wanted.items():
			if key not in found:
				refused[name] = NO_MORE if key else TOLD_ONCE
		changed = [_state(row) for name, row in rows.items() if name not in refused]

		def write() -> Done:
			if marks:
				mark_lock.hold_until_the_end()
				FrappeEventLog().mark(marks.values(), Source.REPLAY)
			return changed, refused

		return write

	def _record(self, operation: Operation, wanted: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
		"""Record the state of resources as Shopify has it, (store, resource, id); return those that there are."""
		ids: dict[tuple[str, str], set[str]] = {}
		for store, resource, id in wanted:
			ids.setdefault((store, resource), set()).add(id)
		found = set()
		for (store, resource), several in sorted(ids.items()):
			for payload in self._read(store, resource, tuple(sorted(several))):
				key = (store, resource, id_of(resource, payload))
				name = f"refetch-{keys.short_hash(operation.name, *key)}"
				version = str(frappe.db.get_value("Shopify Store", store, "api_version") or "")
				FrappeEventLog().record(event_of(TOPICS[resource], payload, store, name, times.now(), version, Source.REPLAY))
				found.add(key)
		if found:
			wake.wake()
		return found

	def _read(self, store: str, resource: str, ids: tuple[str, ...]) -> Iterable[Mapping[str, Any]]:
		if store not in self._readers:
			self._check(store)
			self._readers[store] = self._reader_of(store)
		window, cursor = Window(None, times.now(), ids), None
		while True:
			page = self._readers[store].page(resource, window, cursor)
			yield from page.payloads
			if page.cursor is None:
				return
			cursor = page.cursor


def _reader_of(store: str) -> Shopify:
	return reconciliations.reader_of(store, settings_of(store).share)


def _rows(names: Sequence[str]) -> dict[str, Any]:
	columns = "name, store, status, category, resource_type, shopify_id, part_of, link, order_name, document_type, document_name"
	rows = frappe.db.sql(f"SELECT {columns} FROM `tabSync Event` WHERE name IN %s", (tuple(names),), as_dict=True)  # noqa: S608
	frappe.db.rollback()  # what is read next commits
	return {row.name: row for row in rows}


def _key(row: Any) -> tuple[str, str, str] | None:
	asked = asked_for(row.resource_type, row.shopify_id, row.part_of)
	return (row.store, *asked) if asked else None


def _mark(row: Any) -> Mark:
	document = (row.document_type, row.document_name) if row.document_type and row.document_name else None
	look = row.resource_type == keys.INVENTORY_PUSH
	return Mark(row.store, row.resource_type, row.shopify_id, row.order_name or "", document, look)


def _state(row: Any) -> EventState:
	return EventState(row.name, Status(row.status), Category(row.category) if row.category else None, row.resource_type)
