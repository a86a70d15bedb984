"""The stories as the Desk shows them: plain data in the reader's language, times in the site's zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.evidence import story
from shopify_sync.core.evidence.admin_links import admin_link, admin_link_of_key
from shopify_sync.core.evidence.words import Words, plain

from .. import times
from . import records, rows


class NothingKnown(ValueError):
	"""Raised when there is no such event, or a document is of no Shopify record. The message says so."""


def of_event(name: str) -> dict[str, Any]:
	"""Return the story of an event: `{"event": {…what it is about…}, "entries": […oldest first…]}`.

	:raises NothingKnown: when there is no such event.
	"""
	found = rows.events([name])
	if not found:
		raise NothingKnown(Words("There is no Sync Event {0}.", (name,)))
	evidence = rows.evidence_of(found)[0]
	about = {field: found[0][field] for field in ("name", "store", "topic", "order_name", "status", "direction", "source")}
	about["shopify_url"] = admin_link(_domain(found[0]["store"]), found[0]["resource_type"], found[0]["shopify_id"])
	return _told({"event": about, "entries": [story.as_data(entry) for entry in story.story_of(evidence)]})


def of_document(doctype: str, name: str) -> dict[str, Any]:
	"""Return the story of the Shopify records that a document stands for, across all their events, newest first.

	:returns: `{"records": [{key, store, label, shopify_url}], "entries": […], "events": {name: {topic, status, …}}, "more": bool}`;
		no records where the document did not come from Shopify and nothing of it goes there.
	"""
	if doctype not in records.DOCTYPES:
		raise NothingKnown(Words("{0} has no story of its own.", (doctype,)))
	found = [key for key in records.keys_of(doctype, name) if _may_see(key.partition("/")[0])]
	about = [*found, *(key for key in records.orders_of(doctype, name) if _may_see(key.partition("/")[0]))]
	names, more = records.events_of(about)
	events = rows.events(names)
	evidence = story.RecordEvidence(rows.evidence_of(events), rows.findings([*about, *_pushes(about)]))
	shown = ("store", "topic", "order_name", "status", "direction", "category", "missing", "received_at")
	told = {
		"records": [_record(key, events) for key in found],
		"events": {event["name"]: {field: event[field] for field in shown} for event in events},
		"entries": [story.as_data(entry) for entry in story.record_story(evidence)],
		"more": more,
	}
	return _told(told)


def _may_see(store: str) -> bool:
	"""Tell whether the user may see a store: people may be kept to some by User Permissions."""
	return bool(frappe.db.exists("Shopify Store", store) and frappe.has_permission("Shopify Store", "read", doc=store))


def _record(key: str, events: Sequence[rows.Row]) -> dict[str, str]:
	store, resource, shopify_id = key.split("/", 2)
	label = next((event["order_name"] for event in events if event["link"] == key and event["order_name"]), "")
	link = admin_link_of_key(_domain(store), key)
	return {"key": key, "store": store, "resource": resource, "shopify_id": shopify_id, "label": label, "shopify_url": link}


def _pushes(found: Sequence[str]) -> list[str]:
	return [keys.push_of_order(key) for key in found if key.split("/")[1] == keys.ORDER]


def _domain(store: str | None) -> str:
	return str(frappe.db.get_value("Shopify Store", store, "shop_domain", cache=True) or "") if store else ""


def _told(data: dict[str, Any]) -> dict[str, Any]:
	"""Return *data* in the reader's language. What was changed in Shopify is told from documents here: it has no form."""
	told: dict[str, Any] = plain(data, frappe._, tell_time)
	changes = [change for entry in told["entries"] for change in entry["changes"]]
	here = {
		doctype for doctype in {change.get("doctype") for change in changes} if doctype and frappe.db.exists("DocType", doctype)
	}
	for change in changes:
		change["is_document"] = change.get("doctype") in here
	return told


def tell_time(moment: datetime) -> str:
	"""Return a time (aware) as Frappe's forms take it."""
	return str(times.to_site(moment))
