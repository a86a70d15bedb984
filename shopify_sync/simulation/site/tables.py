"""Reads a site's tables as facts: those of some stores, all in one snapshot of the database."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import times
from shopify_sync.install import KEYED_DOCTYPES

from ..facts import AttemptFact, DocumentFact, EventFact, Facts, LinkFact

_EVENT_COLUMNS = (
	"name, store, source, topic, resource_type, link, version, status, category, message, missing, not_applied, document_type, "
	"document_name, superseded_by, attempts, deliveries, payload_hash, discard_reason, received_at, finished_at"
)
#: The child rows that the rules look at: doctype → (field, doctype of the rows).
_ROWS = {
	"Sales Order": ("items", "Sales Order Item"),
	"Sales Invoice": ("items", "Sales Invoice Item"),
	"Delivery Note": ("items", "Delivery Note Item"),
	"Contact": ("links", "Dynamic Link"),
}


def facts(stores: Sequence[str], warehouses: Mapping[str, str]) -> Facts:
	"""Return what stands in the tables of *stores*.

	:param warehouses: what the site calls each warehouse → what the facts call it.
	"""
	# Begins a snapshot: under REPEATABLE READ everything below is of one moment, whatever the workers do meanwhile.
	frappe.db.rollback()
	where = "store IN %s"
	events = frappe.db.sql(
		f"SELECT {_EVENT_COLUMNS} FROM `tabSync Event` WHERE {where} ORDER BY creation, name",  # noqa: S608 - constants
		(tuple(stores),),
		as_dict=True,
	)
	links = frappe.db.sql(
		f"SELECT name, document_type, document_name, version, last_event, agreed FROM `tabShopify Link` WHERE {where} ORDER BY name",  # noqa: S608
		(tuple(stores),),
		as_dict=True,
	)
	# A document that lost its key (a cancelled Sales Order whose successor has it) is still spoken of.
	named = defaultdict(set)
	for row in (*events, *links):
		if row.document_name:
			named[row.document_type].add(row.document_name)
	found = Facts(
		events={row.name: _event(row) for row in events},
		attempts=_attempts(stores),
		links={row.name: _link(row) for row in links},
		documents=[one for doctype in KEYED_DOCTYPES for one in _documents(doctype, stores, named[doctype])],
		stock=_stock(warehouses),
	)
	frappe.db.rollback()
	return found


def _event(row: Any) -> EventFact:
	return EventFact(
		name=row.name,
		store=row.store,
		source=row.source,
		topic=row.topic or "",
		resource=row.resource_type,
		link=row.link,
		version=row.version,
		status=Status(row.status),
		category=row.category,
		message=row.message or "",
		missing=row.missing,
		not_applied=row.not_applied or "",
		document=(row.document_type, row.document_name) if row.document_type else None,
		superseded_by=row.superseded_by,
		attempts=row.attempts,
		deliveries=row.deliveries,
		payload_hash=row.payload_hash,
		discard_reason=row.discard_reason or "",
		received_at=str(row.received_at),
		finished_at=str(row.finished_at) if row.finished_at else None,
	)


def _attempts(stores: Sequence[str]) -> list[AttemptFact]:
	rows = frappe.db.sql(
		"""SELECT attempt.event, attempt.attempt, attempt.action, attempt.outcome, attempt.category, attempt.user, attempt.message,
		attempt.started_at, attempt.ended_at, attempt.reason, attempt.changes, attempt.`reads`, attempt.detail
		FROM `tabSync Attempt` attempt JOIN `tabSync Event` event ON event.name = attempt.event
		WHERE event.store IN %s ORDER BY attempt.creation, attempt.name""",
		(tuple(stores),),
		as_dict=True,
	)
	return [
		AttemptFact(
			event=row.event,
			attempt=row.attempt,
			action=row.action,
			outcome=row.outcome,
			category=row.category,
			user=row.user,
			started_at=times.from_site(row.started_at),
			ended_at=times.from_site(row.ended_at),
			changes=json.loads(row.changes) if row.changes else [],
			text="\n".join(str(row[name] or "") for name in ("message", "reason", "changes", "reads", "detail")),
		)
		for row in rows
	]


def _link(row: Any) -> LinkFact:
	document = (row.document_type, row.document_name) if row.document_name else None
	return LinkFact(row.name, document, row.version or None, row.last_event or None, json.loads(row.agreed) if row.agreed else {})


def _documents(doctype: str, stores: Sequence[str], named: set[str]) -> list[DocumentFact]:
	keyed = " OR ".join("shopify_key LIKE %s" for _store in stores)
	rows = frappe.db.sql(
		f"SELECT * FROM `tab{doctype}` WHERE {keyed} OR name IN %s ORDER BY creation, name",  # noqa: S608 - only marks
		(*(f"{store}/%" for store in stores), tuple(named) or ("",)),
		as_dict=True,
	)
	children = _children(doctype, [row.name for row in rows])
	return [DocumentFact(doctype, row.name, row.shopify_key, int(row.docstatus), {**row, **children[row.name]}) for row in rows]


def _children(doctype: str, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
	found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
	if doctype in _ROWS and names:
		field, rows_doctype = _ROWS[doctype]
		query = f"SELECT * FROM `tab{rows_doctype}` WHERE parenttype = %s AND parentfield = %s AND parent IN %s ORDER BY idx"  # noqa: S608
		for row in frappe.db.sql(query, (doctype, field, tuple(names)), as_dict=True):
			found[row.parent].setdefault(field, []).append(row)
	return found


def _stock(warehouses: Mapping[str, str]) -> dict[tuple[str, str], Decimal]:
	rows = frappe.db.sql("SELECT item_code, warehouse, actual_qty FROM tabBin WHERE warehouse IN %s", (tuple(warehouses),))
	return {(item, warehouses[place]): Decimal(str(quantity)) for item, place, quantity in rows}
