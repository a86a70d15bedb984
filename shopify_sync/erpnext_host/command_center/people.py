"""The events of an order, and of a customer, by any of the names that people have for them."""

from __future__ import annotations

from typing import Any

import frappe
from pypika.terms import Criterion

from shopify_sync.core import keys
from shopify_sync.core.statuses import OPEN

from .asking import Values, ask

#: Of a customer with more orders the newest so many are looked for.
_MOST_ORDERS = 500
_MOST_CUSTOMERS = 20
#: Orders that failed are known by their payloads alone: so many of the newest are read.
_MOST_PAYLOADS = 10_000
#: How a payload of an order names its customer; Shopify writes the id first.
_CUSTOMER = '"customer": ?[{{] ?"id": ?{}[,}} ]'


def of_order(event: Any, text: str, stores: list[str]) -> Criterion:
	"""Return the condition for the events of an order, its payments, fulfillments and pushes.

	:param text: `#1001`, `1001`, the id in Shopify, or a Sales Order. *stores*: those that are meant.
	"""
	links = order_links(text, stores)
	return _of_links(event, links) | event.order_name.isin([text, f"#{text}"])


def of_customer(event: Any, text: str, stores: list[str]) -> Criterion:
	"""Return the condition for the events of a customer and of its orders, those that failed before there was a Sales Order too.

	:param text: a Customer's name, its customer name, or the id in Shopify. *stores*: those that are meant.
	"""
	customers = _customers(text, stores)
	ids = {key.rpartition("/")[2] for key in _keys_of(customers)} | ({text} if _is_id(text) else set())
	links = [keys.key(one, keys.CUSTOMER, id) for one in stores for id in sorted(ids)]
	return _of_links(event, list(dict.fromkeys((*links, *_orders_of(customers), *_failed_orders_of(ids, stores)))))


def _failed_orders_of(ids: set[str], stores: list[str]) -> list[str]:
	"""Return the keys of the orders that are not finished and whose payload names one of these customers."""
	known = sorted(id for id in ids if _is_id(id))
	if not known or not stores:
		return []
	values = Values()
	statuses = values.add(tuple(str(status) for status in OPEN))
	says = " OR ".join(f"event.payload REGEXP {values.add(_CUSTOMER.format(id))}" for id in known[:_MOST_CUSTOMERS])
	rows = ask(
		f"""SELECT DISTINCT event.link FROM (SELECT name FROM `tabSync Event` WHERE store IN {values.add(tuple(stores))}
		AND status IN {statuses} ORDER BY received_at DESC LIMIT {_MOST_PAYLOADS}) AS newest
		JOIN `tabSync Event` AS event ON event.name = newest.name
		WHERE event.resource_type = {values.add(keys.ORDER)} AND ({says}) LIMIT {_MOST_ORDERS}""",  # noqa: S608 - values are parameters
		values,
	)
	return [row.link for row in rows if row.link]


def order_links(text: str, stores: list[str]) -> list[str]:
	"""Return the keys of the orders that *text* may mean, in these stores: by a Sales Order, by name, by id."""
	key = frappe.db.get_value("Sales Order", text, "shopify_key")
	if key:
		return [key] if key.partition("/")[0] in stores else []
	event = frappe.qb.DocType("Sync Event")
	called = event.order_name.isin([text, f"#{text}"])
	if _is_id(text) and stores:
		called |= event.link.isin([keys.key(one, keys.ORDER, text) for one in stores])
	of_orders = (event.resource_type == keys.ORDER) & event.store.isin(stores or [""])
	found = frappe.qb.from_(event).select(event.link).distinct().where(called & of_orders).run(pluck=True)
	return sorted(link for link in found if link)


def _of_links(event: Any, links: list[str]) -> Criterion:
	orders = [link for link in links if link.split("/", 2)[1] == keys.ORDER]
	own = [*links, *(keys.push_of_order(link) for link in orders)]
	return event.link.isin(own or [""]) | event.part_of.isin(orders or [""])


def _is_id(text: str) -> bool:
	return text.isascii() and text.isdigit()


def _customers(text: str, stores: list[str]) -> list[str]:
	if frappe.db.exists("Customer", text):
		return [text]
	found = frappe.get_all("Customer", filters={"customer_name": text}, pluck="name", limit_page_length=50)
	if not found and _is_id(text):
		wanted = [keys.key(one, keys.CUSTOMER, text) for one in stores]
		found = frappe.get_all("Customer", filters={"shopify_key": ("in", wanted)}, pluck="name", limit_page_length=50)
	return found


def _keys_of(customers: list[str]) -> list[str]:
	"""Return the keys of what these Customers are in Shopify: several customers there may be one here."""
	if not customers:
		return []
	filters = {"document_type": "Customer", "document_name": ("in", customers), "resource_type": keys.CUSTOMER}
	return frappe.get_all("Shopify Link", filters=filters, pluck="name", limit_page_length=200)


def _orders_of(customers: list[str]) -> list[str]:
	if not customers:
		return []
	filters = {"customer": ("in", customers), "shopify_key": ("like", "%/order/%")}
	return frappe.get_all(
		"Sales Order", filters=filters, pluck="shopify_key", order_by="creation desc", limit_page_length=_MOST_ORDERS
	)
