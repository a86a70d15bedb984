"""Shopify Links on MariaDB: made before they are locked, locked before anything is read, written in the transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.plan import DocRef, LinkUpdate
from shopify_sync.core.snapshots import LinkState

from . import times

#: So many links are locked one by one, in the order that is asked for.
_FEW = 10


def ensure(keys: Sequence[str]) -> None:
	"""Create the links of *keys* that are missing, and commit.

	A look first: an INSERT of a row that is there would wait for whoever has it locked.
	"""
	known = {name for (name,) in frappe.db.sql("SELECT name FROM `tabShopify Link` WHERE name IN %s", (tuple(keys),))}
	missing = [key for key in keys if key not in known]
	now = times.to_site(times.now())
	for key in missing:
		store, resource, shopify_id = key.split("/", 2)
		frappe.db.sql(
			"""INSERT IGNORE INTO `tabShopify Link`
			(name, creation, modified, owner, modified_by, docstatus, idx, store, resource_type, shopify_id)
			VALUES (%s, %s, %s, 'Administrator', 'Administrator', 0, 0, %s, %s, %s)""",
			(key, now, now, store, resource, shopify_id),
		)
	if missing:
		frappe.db.commit()


def lock(keys: Sequence[str]) -> dict[str, LinkState]:
	"""Lock the links of *keys* in this order and return them as they are now. Nothing may have been read before.

	Many are locked by one statement, in the order of their keys: whoever locks many does so, and nobody waits in a circle.
	"""
	groups = [tuple(keys)] if len(keys) > _FEW else [(key,) for key in keys]
	locked = {row.name: state_of(row) for group in groups for row in _lock(group)}
	for key in keys:
		if key not in locked:
			# Somebody deleted it between ensure() and here: starting again makes it anew.
			raise frappe.QueryDeadlockError(f"Shopify Link {key} was deleted")
	return locked


_STATE = """SELECT name, document_type, document_name, version, last_event, agreed, facts, uom_factor FROM `tabShopify Link`
	WHERE name IN %s ORDER BY name"""


def _lock(keys: tuple[str, ...]) -> list[Any]:
	rows: list[Any] = frappe.db.sql(f"{_STATE} FOR UPDATE", (keys,), as_dict=True)
	return rows


def look(keys: Sequence[str]) -> dict[str, LinkState]:
	"""Return the links of *keys* as they are now, without locking them; one that is not there is empty."""
	found = {row.name: state_of(row) for row in frappe.db.sql(_STATE, (tuple(keys) or ("",),), as_dict=True)}
	return {key: found.get(key) or LinkState(key) for key in keys}


def state_of(row: Any) -> LinkState:
	"""Return a link's row as the core sees it."""
	return LinkState(
		key=row.name,
		document_type=row.document_type or None,
		document_name=row.document_name or None,
		version=row.version or None,
		last_event=row.last_event or None,
		agreed=json.loads(row.agreed) if row.agreed else {},
		facts=json.loads(row.facts) if row.facts else {},
		# Rows from before there was a factor have 0.
		factor=row.get("uom_factor") or 1,
	)


def save(update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
	"""Write what both sides agree on now. Only the fields that *update* names."""
	columns: dict[str, Any] = {"modified": times.to_site(times.now()), "last_synced_at": times.to_site(times.now())}
	if update.document is not None:
		document = update.document
		if isinstance(document, DocRef):
			document = (document.doctype, created[document.key])
		columns["document_type"], columns["document_name"] = document
	if update.agreed is not None:
		columns["agreed"] = dump_json(dict(update.agreed))
	if update.facts is not None:
		columns["facts"] = dump_json(dict(update.facts))
	if update.factor is not None:
		columns["uom_factor"] = update.factor
	if update.version is not None:
		columns["version"], columns["last_event"] = update.version, event
	assignments = ", ".join(f"`{column}` = %s" for column in columns)
	frappe.db.sql(f"UPDATE `tabShopify Link` SET {assignments} WHERE name = %s", (*columns.values(), update.key))  # noqa: S608


def payload_of(key: str) -> tuple[str, bytes | str | None] | None:
	"""Return name and payload (None when it was cleared) of the event that the link was written for last; None when there is none."""
	query = """SELECT link.last_event, event.payload FROM `tabShopify Link` link LEFT JOIN `tabSync Event` event ON event.name = link.last_event
		WHERE link.name = %s"""
	rows = frappe.db.sql(query, (key,))
	return (rows[0][0], rows[0][1] or None) if rows and rows[0][0] else None
