"""Twelve kinds of failure, as deliveries that really fail; each can be mended by a person at the Desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from shopify_sync.simulator.rest import order as rest_order

from . import payloads, seeds, site
from .seeds import CURRENCY, MUG, PERIOD, STORE, Ground

#: What no Item of any site is called.
UNKNOWN_SKU = "NS-HOODIE-L"
GATEWAY, TAX, SHIPPING = "klarna", "VAT", "Standard"
#: A day that is closed, long enough ago for no other document to lie on it.
_CLOSED_DAY = -23
#: Seconds that a worker may take for one event.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Kind:
	"""A kind of failure: its category and status once it was carried out, and what delivers so many of it."""

	category: str
	status: str
	events: int
	deliver: Callable[[Ground, int], list[str]]


def seed(ground: Ground, only: tuple[str, ...] = ()) -> dict[str, list[str]]:
	"""Deliver the kinds in *only* (default: all), carry them out, and return the events of each. :raises AssertionError: if one fails otherwise."""
	names: dict[str, list[str]] = {}
	for key, kind in KINDS.items():
		if not only or key in only:
			names[key] = kind.deliver(ground, kind.events)
	_carry_out()
	for key, events in names.items():
		for name in events:
			row = site.event(name)
			found, wanted = (row.category, row.status), (KINDS[key].category, KINDS[key].status)
			assert found == wanted, f"{key}: {found} instead of {wanted}: {row.message}"
	return names


def orders_that_miss(ground: Ground, sku: str, count: int) -> list[str]:
	"""Deliver so many orders of a SKU that no Item has, and carry them out: a group of any size."""
	names = [
		ground.deliver("orders/create", ground.order([payloads.line(site.fresh_id(), sku, "20.00")])) for _number in range(count)
	]
	_carry_out()
	return names


def good_order(ground: Ground) -> str:
	"""Deliver an order that nothing is wrong with; return its event. It was carried out."""
	name = ground.deliver("orders/create", ground.order())
	_carry_out()
	assert site.event(name).status == "Applied", site.event(name).message
	return name


def _carry_out() -> None:
	"""Carry out what is due, here and now; a worker of the site may help."""
	frappe.db.commit()
	site.drain()
	deadline = time.monotonic() + _PATIENCE
	while frappe.db.count("Sync Event", {"store": STORE, "status": ("in", ("Received", "Processing"))}):
		assert time.monotonic() < deadline, "a worker has an event for too long"
		time.sleep(0.1)
		frappe.db.rollback()
		site.drain()
	frappe.db.rollback()


# --- the kinds -------------------------------------------------------------------------------------------------------


def _missing_item(ground: Ground, count: int) -> list[str]:
	with ground.served.lock, ground.shop.silently():
		variants = [{"sku": UNKNOWN_SKU, "price": "45.00", "taxable": False, "quantities": {ground.places[0]: 100}}]
		variant = ground.shop.products.create("Hoodie", variants).variants[0].id
	return [ground.deliver("orders/create", _in_the_shop(ground, variant)) for _number in range(count)]


def _in_the_shop(ground: Ground, variant: str) -> dict[str, Any]:
	"""Return the payload of an order that the shop has: it can be fetched again."""
	with ground.served.lock, ground.shop.silently():
		ground.shop.next_order_number = int(ground.order()["name"].lstrip("#"))
		email = ground.person()["email"]
		order = ground.shop.orders.place([{"variant_id": variant, "quantity": 1}], email=email)
		return rest_order.payload(ground.shop, order)


def _missing_tax(ground: Ground, count: int) -> list[str]:
	return [
		ground.deliver("orders/create", ground.order([payloads.line(site.fresh_id(), seeds.TEE, "20.00", tax="4.00")]))
		for _number in range(count)
	]


def _missing_shipping(ground: Ground, count: int) -> list[str]:
	return [ground.deliver("orders/create", ground.order(shipping_lines=[payloads.shipping("4.90")])) for _number in range(count)]


def _missing_warehouse(ground: Ground, count: int) -> list[str]:
	names = []
	for number in range(count):
		item = site.fresh_id()
		_link("inventory_item", item, (seeds.TEE, MUG)[number % 2])
		payload = payloads.level(item, ground.places[1], 12 + number, seeds.ago(hours=1))
		names.append(ground.deliver("inventory_levels/update", payload))
	return names


def _missing_gateway(ground: Ground, count: int) -> list[str]:
	names = []
	for _number in range(count):
		order = ground.order()
		paid = {
			"id": order["id"] + 9, "order_id": order["id"], "kind": "sale", "status": "success", "amount": "20.00",
			"currency": "USD", "gateway": GATEWAY, "processed_at": order["processed_at"], "created_at": order["processed_at"],
		}  # fmt: skip
		order |= {"financial_status": "paid", "total_outstanding": "0.00", "payment_gateway_names": [GATEWAY]}
		ground.deliver("order_transactions/create", paid)
		_carry_out()
		names.append(ground.deliver("orders/paid", order))
	return names


def _missing_state(ground: Ground, count: int) -> list[str]:
	return [ground.deliver("orders/create", ground.order(financial_status="authorized")) for _number in range(count)]


def _missing_rate(ground: Ground, count: int) -> list[str]:
	frappe.db.set_value("Currency", CURRENCY, "enabled", 1)
	return [
		ground.deliver("orders/create", ground.order([payloads.line(site.fresh_id(), MUG, "1500")], currency=CURRENCY))
		for _number in range(count)
	]


def _period_closed(ground: Ground, count: int) -> list[str]:
	day = add_days(nowdate(), _CLOSED_DAY)
	closed = [{"document_type": doctype, "closed": 1} for doctype in ("Sales Invoice", "Delivery Note")]
	dates = {"start_date": day, "end_date": day, "company": site.company()}
	period = {"doctype": "Accounting Period", "period_name": f"{PERIOD} {day}", **dates, "closed_documents": closed}
	frappe.get_doc(period).insert(ignore_permissions=True)
	at = f"{day}T15:00:00Z"
	orders = [ground.order(created_at=at, processed_at=at) for _number in range(count)]
	return [ground.deliver("orders/fulfilled", ground.sent(order, ground.places[0], at)) for order in orders]


def _customer_blocked(ground: Ground, count: int) -> list[str]:
	first = ground.order()
	name = ground.deliver("orders/create", first)
	_carry_out()
	customer = frappe.db.get_value("Sales Order", site.event(name).document_name, "customer")
	assert customer, site.event(name).message
	frappe.db.set_value("Customer", customer, "disabled", 1)
	orders = [ground.order(customer=first["customer"]) for _number in range(count)]
	return [ground.deliver("orders/fulfilled", ground.sent(order, ground.places[0], seeds.ago(hours=1))) for order in orders]


def _totals_mismatch(ground: Ground, count: int) -> list[str]:
	wrong = {"total_price": "19.98", "current_total_price": "19.98"}
	return [ground.deliver("orders/create", ground.order(**wrong)) for _number in range(count)]


def _conflict(ground: Ground, count: int) -> list[str]:
	names = []
	for _number in range(count):
		person = ground.person(default_address=None)
		ground.deliver("customers/create", person)
		_carry_out()
		contact = frappe.get_doc("Contact", {"shopify_key": f"{STORE}/contact/{person['id']}"})
		contact.last_name = f"{contact.last_name}-Moss"
		contact.save(ignore_permissions=True)
		changed = person | {"last_name": f"{person['last_name']}-Hale", "updated_at": seeds.ago(minutes=30)}
		names.append(ground.deliver("customers/update", changed))
	return names


def _invalid_payload(ground: Ground, count: int) -> list[str]:
	return [ground.deliver("orders/create", {"id": f"not a number {number}"}) for number in range(count)]


def _item_disabled(ground: Ground, count: int) -> list[str]:
	code = site.make_item("NS-SCARF")
	frappe.db.set_value("Item", code, "disabled", 1)
	frappe.clear_document_cache("Item", code)
	return [
		ground.deliver("orders/create", ground.order([payloads.line(site.fresh_id(), code, "30.00")])) for _number in range(count)
	]


def _link(resource_type: str, shopify_id: int, item: str) -> None:
	values = {"store": STORE, "resource_type": resource_type, "shopify_id": str(shopify_id)}
	frappe.get_doc({"doctype": "Shopify Link", "document_type": "Item", "document_name": item, **values}).insert(
		ignore_permissions=True
	)


#: Category and status as the ledger says them; what is seeded first comes first.
KINDS: Mapping[str, Kind] = MappingProxyType(
	{
		"missing item": Kind("Missing item", "Blocked", 4, _missing_item),
		"missing tax": Kind("Missing tax account", "Blocked", 3, _missing_tax),
		"missing shipping": Kind("Missing shipping account", "Blocked", 2, _missing_shipping),
		"missing warehouse": Kind("Missing warehouse", "Blocked", 2, _missing_warehouse),
		"missing gateway": Kind("Missing gateway", "Blocked", 2, _missing_gateway),
		"missing state": Kind("Missing state rule", "Blocked", 2, _missing_state),
		"missing rate": Kind("Missing exchange rate", "Dead Letter", 2, _missing_rate),
		"period closed": Kind("Accounting period closed", "Dead Letter", 2, _period_closed),
		"customer blocked": Kind("Customer blocked", "Dead Letter", 2, _customer_blocked),
		"totals mismatch": Kind("Totals mismatch", "Dead Letter", 2, _totals_mismatch),
		"conflict": Kind("Conflict", "Conflict", 2, _conflict),
		"invalid payload": Kind("Invalid payload", "Dead Letter", 2, _invalid_payload),
		"item disabled": Kind("Item disabled", "Blocked", 2, _item_disabled),
	}
)
