"""Who changed documents of the sync's by hand: what Frappe knows of it in Versions, in the documents, and in Deleted Documents."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.reconciliation.findings import Touched

from .. import times

#: Workers run as this user. What it changed counts as a person's only when that was after the sync had last written.
_WORKER = "Administrator"
#: The link is written in the transaction that writes the documents, but a little earlier than Frappe may set their time.
_SLACK = timedelta(seconds=2)
#: Deleted Documents have no index by which ours could be found: they are read once in so many seconds.
_REMEMBERED_SECONDS = 60.0


@dataclass(frozen=True)
class Written:
	"""A document of the sync's. *modified*: in the site's zone; *synced_at*: when the sync last wrote its record, likewise."""

	doctype: str
	name: str
	docstatus: int
	modified: datetime
	modified_by: str
	synced_at: datetime | None

	@property
	def ref(self) -> tuple[str, str]:
		"""(doctype, name)."""
		return self.doctype, self.name


def touches_of(written: Sequence[Written]) -> dict[tuple[str, str], Touched]:
	"""Return who changed or cancelled documents after the sync had written them. One query for each doctype."""
	found = {one.ref: Touched(one.modified_by, times.from_site(one.modified)) for one in written if _is_by_hand(one)}
	known = {one.ref: one for one in written}
	for (doctype, name), (by, at) in _versions(known).items():
		if by != _WORKER or _is_later(at, known[(doctype, name)].synced_at):
			before = found.get((doctype, name))
			touch = Touched(by, times.from_site(at))
			if before is None or before.by == _WORKER or before.at < touch.at:
				found[(doctype, name)] = touch
	return found


def _is_by_hand(one: Written) -> bool:
	return one.modified_by != _WORKER or (one.docstatus == 2 and _is_later(one.modified, one.synced_at))


def _is_later(at: datetime, synced_at: datetime | None) -> bool:
	return synced_at is None or at > synced_at + _SLACK


def _versions(known: Mapping[tuple[str, str], Written]) -> dict[tuple[str, str], tuple[str, datetime]]:
	"""Return the last Version of each document: by whom and when. One that a worker made before its last sync may hide none."""
	found: dict[tuple[str, str], tuple[str, datetime]] = {}
	for doctype in sorted({doctype for doctype, _name in known}):
		names = tuple(name for other, name in known if other == doctype)
		rows = frappe.db.sql(
			"SELECT docname, owner, creation FROM tabVersion WHERE ref_doctype = %s AND docname IN %s ORDER BY creation",
			(doctype, names),
		)
		for name, by, at in rows:
			before = found.get((doctype, name))
			if before is None or by != _WORKER or before[0] == _WORKER:
				found[(doctype, name)] = (by, at)
	return found


class Deleted:
	"""Documents with keys of a store's that somebody deleted, remembered for a minute."""

	def __init__(self) -> None:
		self._known: dict[str, tuple[float, list[tuple[str, str, str, Touched]]]] = {}

	def under(
		self, store: str, doctypes: Iterable[str], prefix: str, since: datetime | None = None
	) -> dict[tuple[str, str], Touched]:
		"""Return who deleted documents whose key is *prefix*, or begins with it and a slash.

		:param since: in the site's zone; what was deleted before that was made again since, or is not wanted any more.
		"""
		wanted, begin = set(doctypes), times.from_site(since) if since else None
		return {
			(doctype, name): touch
			for doctype, name, key, touch in self._of(store)
			if doctype in wanted and (key == prefix or key.startswith(f"{prefix}/")) and (begin is None or touch.at > begin)
		}

	def _of(self, store: str) -> list[tuple[str, str, str, Touched]]:
		known = self._known.get(store)
		if known is None or time.monotonic() - known[0] > _REMEMBERED_SECONDS:
			known = (time.monotonic(), _deleted(store))
			self._known[store] = known
		return known[1]


def _deleted(store: str) -> list[tuple[str, str, str, Touched]]:
	rows = frappe.db.sql(
		"""SELECT deleted_doctype, deleted_name, data, owner, creation FROM `tabDeleted Document`
		WHERE deleted_doctype IN ('Sales Order', 'Sales Invoice', 'Delivery Note', 'Payment Entry', 'Customer', 'Contact')
		AND restored = 0 AND data LIKE %s""",
		(f'%"shopify_key": "{_escaped(store)}/%',),
		as_dict=True,
	)
	return [
		(row.deleted_doctype, row.deleted_name, _key_in(row.data), Touched(row.owner, times.from_site(row.creation)))
		for row in rows
	]


def _key_in(data: Any) -> str:
	try:
		return str(json.loads(data).get("shopify_key") or "")
	except ValueError:
		return ""


def _escaped(text: str) -> str:
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
