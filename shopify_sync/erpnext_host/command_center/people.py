"""The events of an order, and of a customer, by any of the names that people have for them."""

from __future__ import annotations

from typing import Any

import frappe
from pypika.terms import Criterion

from shopify_sync.core import keys

#: Of a customer with more orders the newest so many are looked for.
_MOST_ORDERS = 500


def of_order(event: Any, text: str, store: str | None) -> Criterion:
	"""Return the condition for the events of an order, its payments, fulfillments and pushes.

	:param text: `#1001`, `1001`, the id in Shopify, a Sales Order, or the key of an order.
	"""
	links = order_links(text, store)
	return _of_links(event, links) | event.order_name.isin([text, f"#{text}"])


def of_customer(event: Any, text: str, store: str | None) -> Criterion:
	"""Return the condition for the events of a customer and of its orders, those without a Sales Order too.

	:param text: a Customer's name, its customer name, or the id in Shopify.
	"""
	customers = _customers(text)
	ids = {key.rpartition("/")[2] for key in _keys_of(customers)} | ({text} if _is_id(text) else set())
	links = [keys.key(one, keys.CUSTOMER, id) for one in _stores(store) for id in sorted(ids)]
	found = _of_links(event, [*links, *_orders_of(customers)])
	for id in sorted(ids):
		if _is_id(id):
			# Of an order that failed there is no document yet: its payload names the customer.
			found |= event.payload.like(f'%"customer":{{"id":{id},%') | event.payload.like(f'%"customer": {{"id": {id},%')
	return found


def order_links(text: str, store: str | None) -> list[str]:
	"""Return the keys of the orders that *text* may mean, of one store or of all."""
	key = frappe.db.get_value("Sales Order", text, "shopify_key")
	if key:
		return [key]
	if _is_id(text):
		return [keys.key(one, keys.ORDER, text) for one in _stores(store)]
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.link).distinct().where(event.order_name.isin([text, f"#{text}"]))
	query = query.where(event.resource_type == keys.ORDER)
	if store:
		query = query.where(event.store == store)
	return sorted(link for link in query.run(pluck=True) if link)


def _of_links(event: Any, links: list[str]) -> Criterion:
	orders = [link for link in links if link.split("/", 2)[1] == keys.ORDER]
	own = [*links, *(keys.push_of_order(link) for link in orders)]
	return event.link.isin(own or [""]) | event.part_of.isin(orders or [""])


def _is_id(text: str) -> bool:
	return text.isascii() and text.isdigit()


def _stores(store: str | None) -> list[str]:
	return [store] if store else frappe.get_all("Shopify Store", pluck="name", limit_page_length=0)


def _customers(text: str) -> list[str]:
	if frappe.db.exists("Customer", text):
		return [text]
	found = frappe.get_all("Customer", filters={"customer_name": text}, pluck="name", limit_page_length=50)
	if not found and _is_id(text):
		wanted = [keys.key(one, keys.CUSTOMER, text) for one in _stores(None)]
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
