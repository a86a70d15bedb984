"""Which Shopify records an ERPNext document stands for: by its key, by the document it follows, by its links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import frappe

from shopify_sync.core import keys

#: Documents with a story of their own.
DOCTYPES = ("Sales Order", "Sales Invoice", "Delivery Note", "Payment Entry", "Customer", "Item")
#: Where a document that people made names what it follows: child table and the field in it.
_FOLLOWS = {
	"Sales Invoice": (("Sales Invoice Item", "sales_order", "Sales Order"),),
	"Delivery Note": (("Delivery Note Item", "against_sales_order", "Sales Order"),),
	"Payment Entry": (
		("Payment Entry Reference", "reference_name", "Sales Order"),
		("Payment Entry Reference", "reference_name", "Sales Invoice"),
	),
}
#: What stands for an Item: what its events are about.
_OF_ITEM = (keys.VARIANT, keys.SKU, keys.INVENTORY_ITEM, keys.PRODUCT)
_MOST_EVENTS = 200
_MOST_ORDERS = 20


def keys_of(doctype: str, name: str) -> list[str]:
	"""Return the keys of the records that a document stands for: `my-store/order/1`. Several stores may sell one Item."""
	if doctype in ("Customer", "Item"):
		links = frappe.get_all(
			"Shopify Link", {"document_type": doctype, "document_name": name}, pluck="name", order_by="creation", limit=50
		)
		own = frappe.db.get_value(doctype, name, "shopify_key") if doctype == "Customer" else None
		return list(dict.fromkeys([*links, *([own] if own else [])]))
	found = _root(frappe.db.get_value(doctype, name, "shopify_key"))
	if found is None:
		found = next((key for key in _followed(doctype, name) if key), None)
	return [found] if found else []


def orders_of(doctype: str, name: str) -> list[str]:
	"""Return the keys of the newest orders of a Customer: its story is theirs too, for an order makes and finds Customers."""
	if doctype != "Customer":
		return []
	rows = frappe.db.sql(
		"""SELECT shopify_key FROM `tabSales Order` WHERE customer = %s AND shopify_key IS NOT NULL
		ORDER BY creation DESC LIMIT %s""",
		(name, _MOST_ORDERS),
	)
	return [key for (key,) in rows]


def _followed(doctype: str, name: str) -> Iterable[str | None]:
	"""Yield the keys of what a document of people's own follows."""
	for table, field, followed in _FOLLOWS.get(doctype, ()):
		rows = frappe.db.sql(
			f"""SELECT DISTINCT followed.shopify_key FROM `tab{table}` child JOIN `tab{followed}` followed ON followed.name = child.{field}
			WHERE child.parent = %s AND child.parenttype = %s AND followed.shopify_key IS NOT NULL LIMIT 1""",  # noqa: S608 - constants
			(name, doctype),
		)
		yield _root(rows[0][0]) if rows else None


def _root(key: str | None) -> str | None:
	"""Return the key of the whole: `my-store/order/1` of `my-store/order/1/transaction/2`."""
	parts = (key or "").split("/")
	return "/".join(parts[:3]) if len(parts) >= 3 else None


def events_of(record_keys: Sequence[str]) -> tuple[list[str], bool]:
	"""Return the names of the newest events of records, both ways, parts included, newest first; and whether there are more."""
	if not record_keys:
		return [], False
	links = list(record_keys)
	links += [keys.push_of_order(key) for key in record_keys if key.split("/")[1] == keys.ORDER]
	names: dict[str, Any] = {}
	for where, values in _selections(links, record_keys):
		query = f"SELECT name, received_at FROM `tabSync Event` WHERE {where} ORDER BY received_at DESC LIMIT %s"  # noqa: S608 - constants
		names.update(frappe.db.sql(query, (*values, _MOST_EVENTS + 1)))
	ordered = sorted(names, key=lambda name: (names[name] is not None, names[name]), reverse=True)
	return ordered[:_MOST_EVENTS], len(ordered) > _MOST_EVENTS


def _selections(links: Sequence[str], record_keys: Sequence[str]) -> Iterable[tuple[str, tuple[Any, ...]]]:
	"""Yield conditions, each on an index of its own: an OR of them would look at every event."""
	yield "link IN %s", (tuple(links),)
	yield "part_of IN %s", (tuple(record_keys),)
	for key in record_keys:
		store, resource, shopify_id = key.split("/", 2)
		if resource == keys.INVENTORY_ITEM:
			for level in (keys.INVENTORY_LEVEL, keys.INVENTORY_PUSH):
				# Levels are called <inventory item>-<location>.
				yield "link LIKE %s", (f"{_escaped(keys.key(store, level, shopify_id))}-%",)


def _escaped(text: str) -> str:
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
