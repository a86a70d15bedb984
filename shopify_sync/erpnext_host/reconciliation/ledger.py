"""What links and the ledger say of a page of records: three queries, however many records there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core.reconciliation.findings import OpenEvent
from shopify_sync.core.snapshots import LinkState
from shopify_sync.core.statuses import OPEN, Status

from .. import links

#: A worker has it, it waits, or it needs somebody.
_NOT_FINISHED = tuple(str(status) for status in (*OPEN, Status.PROCESSING))
#: Finished without being carried out: somebody, or a setting, put it away.
_PUT_AWAY = tuple(str(status) for status in (Status.DISCARDED, Status.SHADOWED, Status.IGNORED))


@dataclass(frozen=True)
class LinkRow:
	"""A Shopify Link that says something. *synced_at*: when the sync last wrote it, in the site's zone."""

	state: LinkState
	synced_at: datetime | None


def read_links(keys: Iterable[str]) -> dict[str, LinkRow]:
	"""Return the links of *keys* by key; one that was only made to be locked is none."""
	rows = frappe.db.sql(
		"""SELECT name, document_type, document_name, version, last_event, agreed, facts, uom_factor, last_synced_at
		FROM `tabShopify Link` WHERE name IN %s""",
		(tuple(keys) or ("",),),
		as_dict=True,
	)
	return {row.name: LinkRow(links.state_of(row), row.last_synced_at) for row in rows if _says_something(row)}


def _says_something(row: Any) -> bool:
	return bool(row.version or row.document_name or row.agreed or row.facts)


def events_of(keys: Collection[str], *, put_away: bool = True) -> dict[str, tuple[OpenEvent, ...]]:
	"""Return the Sync Events of records and of their parts that are not finished, by the record's key.

	:param put_away: those too that were finished without being carried out.
	"""
	if not keys:
		return {}
	statuses = (*_NOT_FINISHED, *(_PUT_AWAY if put_away else ()))
	rows = frappe.db.sql(
		"""SELECT name, status, version, resource_type, link AS `key` FROM `tabSync Event` WHERE link IN %(keys)s AND status IN %(statuses)s
		UNION SELECT name, status, version, resource_type, part_of FROM `tabSync Event`
		WHERE part_of IN %(keys)s AND status IN %(statuses)s ORDER BY version DESC""",
		{"keys": tuple(keys), "statuses": statuses},
	)
	found: dict[str, list[OpenEvent]] = {}
	for name, status, version, resource, key in rows:
		found.setdefault(key, []).append(OpenEvent(name, status, version or "", resource or ""))
	return {key: tuple(events) for key, events in found.items()}


def state_of(known: Mapping[str, LinkRow], key: str) -> LinkState | None:
	"""Return what a link says, or None where there is none."""
	row = known.get(key)
	return row.state if row else None


def read_documents(wanted: Mapping[str, str], doctype: str) -> dict[str, str]:
	"""Return the documents of a doctype that links lead to. :param wanted: key of a link → what the answer calls it."""
	rows = frappe.db.sql(
		"SELECT name, document_name FROM `tabShopify Link` WHERE name IN %s AND document_type = %s AND document_name != ''",
		(tuple(wanted) or ("",), doctype),
	)
	return {wanted[name]: document for name, document in rows if name in wanted}
