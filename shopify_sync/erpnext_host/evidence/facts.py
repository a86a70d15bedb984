"""What must be known of ERPNext to replay events: read as a decision reads it, without locking, and without anybody's name.

What the events of a bundle made themselves is no fact: a replay makes it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import frappe
from pydantic import ValidationError

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.evidence.bundle import Fact, Made, item_fact, link_fact
from shopify_sync.core.evidence.stand_ins import StandIns
from shopify_sync.core.inventory import resource as inventory
from shopify_sync.core.masking import is_redacted
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.resources import RESOURCES
from shopify_sync.core.snapshots import CustomerNeeds, ItemState, LinkState

from .. import links
from ..documents.customers import read_customer
from ..documents.items import linked_item, read_items, resolve
from ..documents.stock import read_stock

_CUSTOMER, _CONTACT, _ITEM = "Customer", "Contact", "Item"


class Links(dict[str, LinkState]):
	"""Links by key, read when they are asked for and locked by nobody."""

	def __missing__(self, key: str) -> LinkState:
		"""Read a link; an empty one where there is none."""
		self[key] = links.look([key])[key]
		return self[key]


class Facts:
	"""Collects the facts of one bundle; each is returned once.

	:ivar notes: event → what of it a replay cannot know, in words.
	"""

	def __init__(self, stand_ins: StandIns, made: Made) -> None:
		self._stand_ins, self._made = stand_ins, made
		self._told: set[tuple[str, str]] = set()
		self.notes: dict[str, list[str]] = {}

	def of_event(self, row: Mapping[str, Any], policy: StorePolicy, reads: Mapping[str, Any]) -> Iterator[Fact]:
		"""Yield what is new in the facts of an event.

		:param row: with its payload. *reads*: what its attempts recorded as read: the stock and the rate of then.
		"""
		for fact in self._all(row, policy, reads):
			if (fact.type, fact.key) not in self._told:
				self._told.add((fact.type, fact.key))
				yield fact

	def _all(self, row: Mapping[str, Any], policy: StorePolicy, reads: Mapping[str, Any]) -> Iterator[Fact]:
		resource = row["resource_type"]
		try:
			payload = parse_json(row["payload"] or "")
			if resource not in RESOURCES or not isinstance(payload, Mapping) or is_redacted(payload):
				return
			if resource == keys.ORDER:
				yield from self._order(row["name"], payload, policy, reads)
			elif resource == keys.INVENTORY_LEVEL:
				yield from self._level(payload, policy, reads)
			elif resource == keys.CUSTOMER:
				yield from self._customer_of(payload, policy)
			elif resource == keys.PRODUCT:
				yield from self._product(payload, policy)
		except (NotJson, ValidationError):
			# An event that is not valid fails before anything is looked at.
			return

	# ---------------------------------------------------------------- orders

	def _order(self, event: str, payload: Mapping[str, Any], policy: StorePolicy, reads: Mapping[str, Any]) -> Iterator[Fact]:
		order = orders.parse(payload, policy)
		needs = orders.needs(order, policy)
		if Links()[needs.key].document_name and not self._made.has("Sales Order", needs.key):
			self._note(event, "What first booked this order is not in the ledger any more: here it is booked anew.")
		for query, item in resolve(policy.store, needs.items, policy.item_matching).items():
			if item.factor != 1:
				self._note(event, f"A piece of it is {item.factor} of Item {item.code}; here it is one.")
			yield from self._item(item)
			for resource, id in ((keys.VARIANT, query.variant_id), (keys.SKU, query.sku)):
				if id:
					yield from self._link(keys.key(policy.store, resource, id))
		for item in read_items(needs.special_items).values():
			yield from self._item(item)
		rate = reads.get("exchange_rate")
		if rate and needs.currency != policy.company_currency:
			yield Fact("rate", f"{needs.currency}-{policy.company_currency}", {"rate": str(rate)})
		yield from self._namesake(needs.name, needs.key)
		if needs.customer:
			masked = orders.needs(orders.parse(self._stand_ins.payload(payload), policy), policy).customer
			yield from self._customer(needs.customer, masked)

	def _note(self, event: str, text: str) -> None:
		self.notes.setdefault(event, []).append(text)

	def _namesake(self, name: str, key: str) -> Iterator[Fact]:
		"""Yield the Sales Order of somebody else that has the name which an order would get."""
		found = frappe.db.get_value("Sales Order", name, ["name", "shopify_key"], as_dict=True)
		if found and found.shopify_key != key and not self._made.has("Sales Order", found.name):
			yield Fact("document", f"Sales Order/{name}", {"doctype": "Sales Order", "name": name, "values": {}})

	# ---------------------------------------------------------------- people

	def _customer_of(self, payload: Mapping[str, Any], policy: StorePolicy) -> Iterator[Fact]:
		module = RESOURCES[keys.CUSTOMER]
		needs = module.needs(module.parse(payload, policy), policy)
		masked = module.needs(module.parse(self._stand_ins.payload(payload), policy), policy)
		if isinstance(needs, CustomerNeeds) and isinstance(masked, CustomerNeeds):
			yield from self._customer(needs, masked)

	def _customer(self, needs: CustomerNeeds, masked: CustomerNeeds | None) -> Iterator[Fact]:
		if masked is None or self._made.has(_CUSTOMER, needs.key):
			return
		found = read_customer(needs, Links())
		if found.customer and found.customer.exists:
			name = self._stand_ins.words(found.customer.name)
			yield link_fact(masked.key, _CUSTOMER, name)
			yield self._person(_CUSTOMER, name, masked.key, found.customer.values)
			if found.contact and not self._made.has(_CONTACT, needs.contact_key):
				links = [{"link_doctype": _CUSTOMER, "link_name": name}]
				contact = self._stand_ins.words(found.contact.name)
				yield self._person(_CONTACT, contact, masked.contact_key, {**found.contact.values, "links": links})
			return
		match = next((one for one in masked.matches if str(one.by) == found.matched_by), None)
		for candidate in found.candidates if match else ():
			name = self._stand_ins.words(candidate)
			values = {"tax_id": match.value} if match else {}
			yield self._person(_CUSTOMER, name, None, {"customer_name": candidate, **values})
			links = [{"link_doctype": _CUSTOMER, "link_name": name}]
			reached = {"email_id": match.value, "mobile_no": f"+{match.value}", "links": links} if match else {}
			yield Fact("document", f"{_CONTACT}/{name}", {"doctype": _CONTACT, "name": name, "values": reached})

	def _person(self, doctype: str, name: str, key: str | None, values: Mapping[str, Any]) -> Fact:
		kept = {field: value for field, value in values.items() if not field.startswith("modified")}
		found = self._stand_ins.document({field: value for field, value in kept.items() if field != "links"})
		# Main values of a Contact are rows of its tables.
		rows = {"links": kept["links"]} if "links" in kept else {}
		tables = {"email_ids": ("email_id", "is_primary"), "phone_nos": ("phone", "is_primary_mobile_no")}
		for table, (column, flag) in tables.items():
			texts = found.pop(table, None) or ()
			main = found.get("email_id" if table == "email_ids" else "mobile_no")
			rows[table] = [{column: text, flag: int(text == main)} for text in texts]
		more = rows if doctype == _CONTACT else {}
		return Fact(
			"document", f"{doctype}/{name}", {"doctype": doctype, "name": name, "shopify_key": key, "values": {**found, **more}}
		)

	# ---------------------------------------------------------------- stock and products

	def _level(self, payload: Mapping[str, Any], policy: StorePolicy, reads: Mapping[str, Any]) -> Iterator[Fact]:
		level = inventory.parse(payload, policy)
		item_key = keys.key(policy.store, keys.INVENTORY_ITEM, level.inventory_item_id)
		item = linked_item(item_key)
		if item is None:
			return
		yield from self._link(item_key)
		needs = inventory.needs(level, policy)
		stock = needs.stock
		if stock is None:
			yield from self._item(item)
			return
		found = read_stock(stock, Links())
		price = {stock.price_list: found.price_list_rate} if stock.price_list and found.price_list_rate else None
		yield from self._item(item, valuation_rate=found.item_rate, last_purchase_rate=found.last_purchase_rate, prices=price)
		# The stock as it was when the first event of it was carried out, where that is on record.
		before = reads.get("quantity_before", found.quantity)
		bin_values = {"item_code": item.code, "warehouse": stock.warehouse, "actual_qty": str(before)}
		rate = {"valuation_rate": str(found.bin_rate)} if found.bin_rate is not None else {}
		yield Fact("stock", f"{item.code}|{stock.warehouse}", {**bin_values, **rate})

	def _product(self, payload: Mapping[str, Any], policy: StorePolicy) -> Iterator[Fact]:
		variants = [one for one in payload.get("variants") or () if isinstance(one, Mapping)]
		skus = {str(one["sku"]) for one in variants if one.get("sku")}
		for item in read_items(skus).values():
			yield from self._item(item)
		for resource, name in ((keys.VARIANT, "id"), (keys.INVENTORY_ITEM, "inventory_item_id")):
			for one in variants:
				if one.get(name):
					yield from self._link(keys.key(policy.store, resource, str(one[name])))
		for sku in sorted(skus):
			yield from self._link(keys.key(policy.store, keys.SKU, sku))

	def _item(self, item: ItemState, **more: Any) -> Iterator[Fact]:
		if not self._made.has(_ITEM, item.code):
			yield item_fact(item, **more)

	def _link(self, key: str) -> Iterator[Fact]:
		"""Yield a link to an Item that was there before the events."""
		link = Links()[key]
		if link.document_type == _ITEM and link.document_name and not self._made.has("Shopify Link", key):
			for item in read_items([link.document_name]).values():
				yield from self._item(item)
			yield link_fact(key, _ITEM, link.document_name)
