"""What differs between a shop and the site, as it comes about in life: what the screens of reconciliation and conflicts are shown with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe

from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host.reconciliation import running, runs
from shopify_sync.simulator.clock import SkewedClock
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.shop.records import Order, Product

from . import payloads, seeds, site
from .seeds import STORE, TEE, Ground
from .seeds_failures import _carry_out, _link

_DAY = 86_400


def differ(ground: Ground, user: str) -> None:
	"""Have both sides differ since yesterday: an order that no webhook told of, one that *user* cancelled in ERPNext, and stock."""
	with _yesterday(ground) as shop:
		sold = [{"sku": TEE, "price": "20.00", "taxable": False, "quantities": {ground.places[0]: 480}}]
		shirt = shop.products.create("T-shirt", sold)
		told, _untold = (_placed(ground, shirt) for _number in range(2))
		payload = rest_order.payload(shop, told)
	for resource, number in (("variant", shirt.variants[0].id), ("inventory_item", shirt.variants[0].inventory_item_id)):
		_link(resource, int(number), TEE)
	event = ground.deliver("orders/create", payload)
	_carry_out()
	assert site.event(event).status == "Applied", site.event(event).message
	_cancel(str(site.event(event).document_name), user)


def address_conflict(ground: Ground, street: str, user: str) -> str:
	"""Have an address changed on both sides, in Shopify to *street*, in ERPNext by *user*; return the Sync Conflict."""
	number = site.fresh_id()
	home = payloads.address(7, id=number, default=True)
	person = ground.person(default_address=home, addresses=[home])
	ground.deliver("customers/create", person)
	_carry_out()
	address = frappe.get_doc("Address", {"shopify_key": f"{STORE}/customer/{person['id']}/address/{number}"})
	address.address_line1 = "9 Harbour Lane"
	with _acting(user):
		address.save(ignore_permissions=True)
	moved = {**home, "address1": street}
	changed = person | {"default_address": moved, "addresses": [moved], "updated_at": seeds.ago(minutes=30)}
	event = ground.deliver("customers/update", changed)
	_carry_out()
	return str(frappe.db.get_value("Sync Conflict", {"event": event}))


def discrepancy(ground: Ground, label: str) -> str:
	"""Have an order compared that no webhook told of, and its Sync Discrepancy called *label*; return that."""
	ground.untold_order()
	(order,) = list(ground.shop.orders.all)[-1:]
	name = runs.begin(running.wanted_by("Administrator", STORE, Depth.RECORDS, ids={"order": (order,)}, heal=False))
	frappe.db.commit()
	running.carry_on(name)
	found = str(frappe.db.get_value("Sync Discrepancy", {"store": STORE, "shopify_id": order}))
	frappe.db.set_value("Sync Discrepancy", found, "label", label)
	frappe.db.commit()
	return found


@contextmanager
def _yesterday(ground: Ground) -> Iterator[Any]:
	"""Have it be yesterday in the shop, and nobody told of it, for the length of the block."""
	shop = ground.shop
	clock = shop.clock
	with ground.served.lock, shop.silently():
		shop.clock = SkewedClock(clock, -_DAY)
		try:
			yield shop
		finally:
			shop.clock = clock


def _placed(ground: Ground, product: Product) -> Order:
	ground.shop.next_order_number = int(ground.order()["name"].lstrip("#"))
	return ground.shop.orders.place([{"variant_id": product.variants[0].id, "quantity": 2}], email=ground.person()["email"])


def _cancel(order: str, user: str) -> None:
	invoices = frappe.get_all("Sales Invoice Item", {"sales_order": order}, pluck="parent", distinct=True)
	with _acting(user):
		for doctype, name in (*(("Sales Invoice", invoice) for invoice in invoices), ("Sales Order", order)):
			frappe.get_doc(doctype, name).cancel()
	frappe.db.commit()


@contextmanager
def _acting(user: str) -> Iterator[None]:
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user("Administrator")
