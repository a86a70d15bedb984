"""What ERPNext has of a page of customers, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.customers.fields import CONTACT, CONTACT_FIELDS, CUSTOMER, CUSTOMER_FIELDS
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.found import FoundCustomer

from . import ledger, touches
from .ledger import LinkRow
from .touches import Deleted, Written

_FIELDS = {CUSTOMER: CUSTOMER_FIELDS, CONTACT: CONTACT_FIELDS}


def read(policy: StorePolicy, ids: Sequence[str], deleted: Deleted) -> dict[str, FoundCustomer]:
	"""Return what ERPNext has of each customer, by its id. *deleted*: what the host remembers of deleted documents."""
	wanted = {keys.key(policy.store, keys.CUSTOMER, id): id for id in ids}
	links = ledger.read_links(wanted)
	events = ledger.events_of(wanted)
	customers = _customers(wanted, links)
	contacts = _by_key(CONTACT, {keys.key(policy.store, keys.CONTACT, id): key for key, id in wanted.items()})
	conflicts = _conflicts(wanted)
	sides = {key: [side for side in (customers.get(key), contacts.get(key)) if side] for key in wanted}
	touched = touches.touches_of([_written(side, links.get(key)) for key, both in sides.items() for side in both])
	found = {}
	for key, id in wanted.items():
		customer = customers.get(key)
		own = {(side.doctype, side.name): touch for side in sides[key] if (touch := touched.get((side.doctype, side.name)))}
		if customer is None and key in links:
			own = {**own, **deleted.under(policy.store, (CUSTOMER,), key)}
		found[id] = FoundCustomer(
			link=ledger.state_of(links, key),
			events=events.get(key, ()),
			touches=own,
			values=_values(sides[key]) if customer else None,
			documents={side.doctype: side.name for side in sides[key]},
			conflicts=conflicts.get(key, frozenset()),
		)
	return found


def _values(sides: Sequence[Any]) -> dict[str, str]:
	found: dict[str, str] = {}
	for side in sides:
		found |= {name: "" if side[name] is None else str(side[name]) for name in _FIELDS[side.doctype]}
	return found


def _customers(wanted: Mapping[str, str], links: Mapping[str, LinkRow]) -> dict[str, Any]:
	"""Return the Customer of each link; where none names one, that with the key."""
	named = {key: row.state.document_name for key, row in links.items() if row.state.document_name}
	rows = {row.name: row for row in _select(CUSTOMER, "name", tuple(named.values()))}
	found = {key: rows[name] for key, name in named.items() if name in rows}
	return {**_by_key(CUSTOMER, {key: key for key in wanted if key not in named}), **found}


def _by_key(doctype: str, wanted: Mapping[str, str]) -> dict[str, Any]:
	"""Return the documents with a `shopify_key`, by what the caller calls it."""
	return {wanted[row.shopify_key]: row for row in _select(doctype, "shopify_key", tuple(wanted)) if row.shopify_key in wanted}


def _select(doctype: str, column: str, values: tuple[str, ...]) -> Sequence[Any]:
	columns = ", ".join(f"`{name}`" for name in ("name", "shopify_key", "modified", "modified_by", *_FIELDS[doctype]))
	query = f"SELECT '{doctype}' AS doctype, {columns} FROM `tab{doctype}` WHERE {column} IN %s"  # noqa: S608 - constants
	rows: Sequence[Any] = frappe.db.sql(query, (values or ("",),), as_dict=True)
	return rows


def _written(row: Any, link: LinkRow | None) -> Written:
	return Written(row.doctype, row.name, 0, row.modified, row.modified_by, link.synced_at if link else None)


def _conflicts(wanted: Mapping[str, str]) -> dict[str, frozenset[str]]:
	rows = frappe.db.sql(
		"SELECT link, field FROM `tabSync Conflict` WHERE link IN %s AND status = 'Open'", (tuple(wanted) or ("",),)
	)
	found: dict[str, frozenset[str]] = {}
	for key, field in rows:
		found[key] = found.get(key, frozenset()) | {field}
	return found
