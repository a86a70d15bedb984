"""What would be done about an event, without doing it: for the Desk and the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import NotJson, dump_json, parse_json
from shopify_sync.core.engine import Engine
from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.outbound import preview as outbound_preview
from shopify_sync.core.plan import Decision
from shopify_sync.core.preview import describe_decision
from shopify_sync.core.signals import Signal
from shopify_sync.core.snapshots import LinkOnlyNeeds

from .command_center.people import order_links
from .errors import classify
from .host import FrappeHost

_FIELDS = ("name", "store", "topic", "order_name", "status", "resource_type", "shopify_id", "version", "payload")


class NothingToPreview(ValueError):
	"""Raised when there is no such event, or it is about nothing that is synced."""


def preview(event: str) -> dict[str, Any]:
	"""Return what would be decided about an event now, as plain data: `core.preview.describe_decision` and what it is about.

	Everything is read and decided as a worker does, then rolled back. What ERPNext itself would refuse shows only when it is done.

	:raises NothingToPreview: see there.
	"""
	row = frappe.db.get_value("Sync Event", event, _FIELDS, as_dict=True)
	if not row:
		raise NothingToPreview(f"There is no Sync Event {event}.")
	if not (row.resource_type and row.shopify_id and row.version):
		raise NothingToPreview(f"Sync Event {event} ({row.topic}) is about nothing that is synced, so nothing would be done.")
	about = {name: row[name] for name in ("name", "store", "topic", "order_name", "status")}
	described: Mapping[str, Any] = _pushed(row) if row.resource_type in keys.OUTBOUND else describe_decision(_decide(row))
	return {**about, **json.loads(dump_json(described))}


def _pushed(row: Any) -> Mapping[str, Any]:
	"""Return what would be said to Shopify: read and decided as a pusher does without asking Shopify, then rolled back."""
	signal = Signal(row.name, row.store, row.resource_type, row.shopify_id, row.version, row.topic)
	host, found = FrappeHost(), []
	try:
		host.prepare([signal.key], LinkOnlyNeeds(signal.key))
		with host.transaction() as tx:
			found.append(outbound_preview.preview(tx, signal, host.policy(row.store), host.now()))
			raise _RollBack
	except _RollBack:
		return found[0]
	except Exception as error:
		return describe_decision(classify(error))


class _RollBack(Exception):
	"""Ends the transaction of a preview."""


def _decide(row: Any) -> Decision:
	signal = Signal(row.name, row.store, row.resource_type, row.shopify_id, row.version, row.topic)
	try:
		return Engine(FrappeHost()).preview(signal, parse_json(row.payload))
	except NotJson:
		return Failure(Category.INVALID_PAYLOAD, "The body is not JSON.")
	except SyncFailure as error:
		return error.failure
	except Exception as error:
		return classify(error)


def find_event(text: str, store: str | None = None) -> str:
	"""Return the event that *text* names: its own name, or the newest state of an order by `#1001`, id or Sales Order.

	:raises NothingToPreview: when there is none, or several stores have one.
	"""
	if frappe.db.exists("Sync Event", text):
		return text
	stores = [store] if store else frappe.get_all("Shopify Store", pluck="name", limit_page_length=0)
	links = set(order_links(text.strip(), stores))
	if len(links) > 1:
		stores = ", ".join(sorted({link.partition("/")[0] for link in links}))
		raise NothingToPreview(f"Several orders are called {text} (stores {stores}). Name the store, or the order's id.")
	if links and (newest := newest_event(links.pop())):
		return newest
	raise NothingToPreview(
		f"No event of an order {text} is known. Name a Sync Event, a Sales Order, or an order by #1001 or its id."
	)


def newest_event(link: str) -> str | None:
	"""Return the event with the newest state of a resource."""
	query = "SELECT name FROM `tabSync Event` WHERE link = %s ORDER BY version DESC LIMIT 1"
	found = frappe.db.sql(query, (link,))
	return found[0][0] if found else None
