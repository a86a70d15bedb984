"""What an event's payload says beside what ERPNext has now: read as reconciliation reads it, and shown to whom may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import frappe
from pydantic import ValidationError

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.customers import resource as customers
from shopify_sync.core.evidence import comparison
from shopify_sync.core.evidence.comparison import Table
from shopify_sync.core.evidence.words import Words, _, plain
from shopify_sync.core.inventory import resource as inventory
from shopify_sync.core.masking import is_redacted
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.policy import StorePolicy

from .. import policies
from ..reconciliation import customers as customers_there
from ..reconciliation import orders as orders_there
from ..reconciliation import stock as stock_there
from ..reconciliation.touches import Deleted
from .stories import NothingKnown, tell_time

_PARTS = (keys.ORDER_TRANSACTION, keys.FULFILLMENT)


def compare(event: str) -> dict[str, Any]:
	"""Return both sides of what an event is about: `{"event", "about", "rows": [{label, shopify, erpnext, same}], "note", "differs"}`.

	A part of an order (a transaction) is compared as the order that it is of, as it last was. Personal values are shown to whom may
	read the Customer, else masked. :raises NothingKnown: when there is no such event.
	"""
	fields = ["name", "store", "topic", "order_name", "resource_type", "shopify_id", "part_of", "link", "payload"]
	row = frappe.db.get_value("Sync Event", event, fields, as_dict=True)
	if not row:
		raise NothingKnown(Words("There is no Sync Event {0}.", (event,)))
	table = _table(row)
	if any(side.is_personal for side in table.sides) and not _may_see_people(table):
		table = comparison.masked(table)
	about = {name: row[name] for name in ("name", "store", "topic", "order_name")}
	told: dict[str, Any] = plain({"event": about, **comparison.as_data(table)}, frappe._, tell_time)
	return told


def _may_see_people(table: Table) -> bool:
	return all(frappe.has_permission(doctype, "read", doc=name) for doctype, name in table.documents if name)


def _table(row: Any) -> Table:
	resource, payload = row.resource_type, row.payload
	if resource in _PARTS or resource == keys.FULFILLMENT_PUSH:
		resource, payload = keys.ORDER, _payload_of_order(row)
	ask = _COMPARE.get(resource)
	if ask is None:
		return Table(note=_("What this event is about has no second side in ERPNext that could be compared."))
	if not payload:
		return Table(note=_("No state of the order that was applied is at hand. Fetch it from Shopify again."))
	try:
		found = parse_json(payload)
		if is_redacted(found):
			return Table(note=_("What was personal in this payload was taken out on Shopify's request."))
		return ask(found, policies.policy(row.store))
	except (NotJson, ValidationError):
		return Table(note=_("The payload is not valid, so there is nothing to compare."))


def _payload_of_order(row: Any) -> str | None:
	"""Return the payload that was last applied to the order that a part is of."""
	order = row.part_of or (
		keys.key(row.store, keys.ORDER, row.shopify_id) if row.resource_type == keys.FULFILLMENT_PUSH else None
	)
	last = frappe.db.get_value("Shopify Link", order, "last_event") if order else None
	payload: str | None = frappe.db.get_value("Sync Event", last, "payload") if last else None
	return payload


def _order(payload: Mapping[str, Any], policy: StorePolicy) -> Table:
	order = orders.parse(payload, policy)
	return comparison.of_order(order, orders_there.read(policy, [order], Deleted())[order.id], policy)


def _customer(payload: Mapping[str, Any], policy: StorePolicy) -> Table:
	customer = customers.parse(payload, policy)
	return comparison.of_customer(customer, customers_there.read(policy, [customer.id], Deleted())[customer.id], policy)


def _level(payload: Mapping[str, Any], policy: StorePolicy) -> Table:
	level = inventory.parse(payload, policy)
	return comparison.of_level(level, stock_there.read_levels(policy, [level])[level.id], policy)


def _product(payload: Mapping[str, Any], policy: StorePolicy) -> Table:
	variants = [one for one in payload.get("variants") or () if isinstance(one, Mapping) and one.get("id")]
	if not variants:
		return Table(note=_("The payload does not speak of variants."))
	return comparison.of_variants(variants, stock_there.read_variants(policy, variants))


_COMPARE: Mapping[str | None, Callable[[Mapping[str, Any], StorePolicy], Table]] = {
	keys.ORDER: _order,
	keys.CUSTOMER: _customer,
	keys.INVENTORY_LEVEL: _level,
	keys.PRODUCT: _product,
}
