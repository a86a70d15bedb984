"""Differences between a simulated shop and a site, each planted with what reconciliation has to say of it.

Used by site_differences.py. A planter takes a :class:`Scene` and a number, changes one side behind the other's back, and returns what
is expected: of which record, of which kinds, from which cause, and whether it is healed without a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import frappe
from erpnext.controllers.accounts_controller import update_child_qty_rate

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import SUBSCRIPTIONS, Cause, Kind
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.tests.vouchers import issue

#: What an order that changed may differ in, besides the kind that is planted: they follow from each other.
MONEY = frozenset({Kind.TOTAL, Kind.TAXES, Kind.LINES, Kind.PAID, Kind.REFUNDED, Kind.FULFILLED})


@dataclass(frozen=True)
class Planted:
	"""What was planted.

	:ivar resource, id: the record. *kind*: what has to be found of it; *also*: what may be found of it besides, from the same cause.
	:ivar heals: whether it is gone after a run that heals. None: nothing is to be found, before and after.
	"""

	name: str
	resource: str
	id: str
	kind: Kind | None
	cause: Cause | None = None
	heals: bool | None = True
	also: Collection[Kind] = field(default=())


Planter = Callable[[Any], Planted]


def _order(
	name: str, order: Any, kind: Kind | None, cause: Cause | None, *, heals: bool | None = True, also: Any = ()
) -> Planted:
	return Planted(name, keys.ORDER, order.id, kind, cause, heals, frozenset(also) - {kind})


# --- webhooks that never arrived ---------------------------------------------------------------------------------------------


def lost_order(scene: Any) -> Planted:
	order = scene.place("paid")
	return _order("a new order", order, Kind.MISSING, Cause.LOST_WEBHOOK)


def lost_payment(scene: Any) -> Planted:
	order = scene.take("pending")
	scene.in_shop(lambda shop: shop.orders.mark_as_paid(order.id))
	return _order("an order was paid", order, Kind.PAID, Cause.LOST_WEBHOOK, also=MONEY)


def lost_refund(scene: Any) -> Planted:
	order = scene.take("paid")
	line = order.line_items[0]
	scene.in_shop(lambda shop: shop.refunds.create(order.id, [[line.id, 1, "no_restock"]]))
	return _order("an order was refunded", order, Kind.REFUNDED, Cause.LOST_WEBHOOK, also=MONEY)


def lost_parcel(scene: Any) -> Planted:
	order = scene.take("paid")
	scene.in_shop(lambda shop: shop.fulfillments.create(order.id))
	return _order("an order was fulfilled", order, Kind.FULFILLED, Cause.LOST_WEBHOOK)


def lost_cancellation(scene: Any) -> Planted:
	order = scene.take("pending")
	scene.in_shop(lambda shop: shop.orders.cancel(order.id))
	return _order("an order was cancelled", order, Kind.STATE, Cause.LOST_WEBHOOK)


def lost_edit(scene: Any) -> Planted:
	order = scene.take("pending")
	line = order.line_items[0]

	def edit(shop: Any) -> None:
		begun = shop.edits.begin(order.id)
		shop.edits.set_quantity(begun, line.id, line.quantity + 1)
		shop.edits.commit(begun)

	scene.in_shop(edit)
	return _order("an order was edited", order, Kind.TOTAL, Cause.LOST_WEBHOOK, also=MONEY)


def lost_customer(scene: Any) -> Planted:
	customer = scene.customer()
	scene.in_shop(lambda shop: shop.customers.update(customer.id, first_name="Augusta"))
	return Planted("a customer was changed", keys.CUSTOMER, customer.id, Kind.CUSTOMER, Cause.LOST_WEBHOOK)


def lost_new_customer(scene: Any) -> Planted:
	customer = scene.in_shop(lambda shop: shop.customers.create("Grace", "Example", scene.email()))
	return Planted("a new customer", keys.CUSTOMER, customer.id, Kind.MISSING, Cause.LOST_WEBHOOK)


def lost_level(scene: Any) -> Planted:
	item = scene.item()
	scene.tell_level(item, 1)
	scene.in_shop(lambda shop: shop.inventory.adjust("available", item.stock_id, scene.places[1], -3, "shrinkage"))
	return Planted("stock that comes in changed", keys.INVENTORY_LEVEL, scene.level(item, 1), Kind.STOCK, Cause.LOST_WEBHOOK)


# --- what people do in ERPNext -----------------------------------------------------------------------------------------------


def cancelled_sales_order(scene: Any) -> Planted:
	order = scene.take("pending")
	scene.by_hand(lambda: frappe.get_doc("Sales Order", scene.sales_order(order)).cancel())
	return _order("a Sales Order was cancelled", order, Kind.MISSING, Cause.CHANGED_BY_HAND, heals=False)


def deleted_sales_order(scene: Any) -> Planted:
	order = scene.take("pending")
	name = scene.sales_order(order)
	scene.by_hand(lambda: _remove("Sales Order", name))
	return _order("a Sales Order was deleted", order, Kind.MISSING, Cause.CHANGED_BY_HAND, heals=False)


def repriced_sales_order(scene: Any) -> Planted:
	order = scene.take("pending")
	name = scene.sales_order(order)

	def reprice() -> None:
		row = frappe.get_doc("Sales Order", name).items[0]
		rows = [{"docname": row.name, "item_code": row.item_code, "qty": row.qty, "rate": row.rate + 2, "conversion_factor": 1}]
		update_child_qty_rate("Sales Order", frappe.as_json(rows), name)

	scene.by_hand(reprice)
	return _order("an amount was changed", order, Kind.TOTAL, Cause.CHANGED_BY_HAND, heals=False, also=(Kind.TAXES, Kind.LINES))


def amended_twice(scene: Any) -> Planted:
	order = scene.take("pending")
	name = scene.sales_order(order)

	def amend() -> None:
		frappe.get_doc("Sales Order", name).cancel()
		for number in range(1, 3):
			copy = frappe.copy_doc(frappe.get_doc("Sales Order", name))
			copy.update({"amended_from": name, "docstatus": 0, "shopify_key": None})
			copy.insert(set_name=f"{name}-{number}")
			copy.submit()

	scene.by_hand(amend)
	return _order("a Sales Order was amended twice", order, Kind.DUPLICATE, Cause.CHANGED_BY_HAND, heals=False)


def cancelled_payment(scene: Any) -> Planted:
	order = scene.take("paid")
	name = scene.document(order, "Payment Entry")
	scene.by_hand(lambda: frappe.get_doc("Payment Entry", name).cancel())
	return _order("a Payment Entry was cancelled", order, Kind.PAID, Cause.CHANGED_BY_HAND, heals=None)


def deleted_payment(scene: Any) -> Planted:
	order = scene.take("paid")
	name = scene.document(order, "Payment Entry")
	scene.by_hand(lambda: _remove("Payment Entry", name))
	return _order("a Payment Entry was deleted", order, Kind.PAID, Cause.CHANGED_BY_HAND)


def cancelled_note(scene: Any) -> Planted:
	order = scene.take("fulfilled")
	name = scene.document(order, "Delivery Note")
	scene.by_hand(lambda: frappe.get_doc("Delivery Note", name).cancel())
	return _order("a Delivery Note was cancelled", order, Kind.FULFILLED, Cause.CHANGED_BY_HAND, heals=False)


def edited_customer(scene: Any) -> Planted:
	"""ERPNext's own change, newer than what both agreed on, stands by the store's rule: it is no difference."""
	customer = scene.customer()
	name = scene.linked(keys.CUSTOMER, customer.id)

	def edit() -> None:
		doc = frappe.get_doc("Customer", name)
		contact = frappe.get_doc("Contact", doc.customer_primary_contact)
		contact.first_name = "Byron"
		contact.save()

	scene.by_hand(edit)
	return Planted("a customer was changed in ERPNext", keys.CUSTOMER, customer.id, None, heals=None)


def changed_past_everything(scene: Any) -> Planted:
	order = scene.take("pending")
	_shift(scene.sales_order(order), Decimal(5))
	return _order("a sum that nobody changed", order, Kind.TOTAL, Cause.MAPPING, heals=False)


def off_by_a_cent(scene: Any) -> Planted:
	order = scene.take("pending")
	_shift(scene.sales_order(order), Decimal("0.01"))
	return _order("a cent", order, Kind.TOTAL, Cause.ROUNDING, heals=False)


def other_taxes(scene: Any) -> Planted:
	order = scene.take("pending")
	frappe.db.sql(
		"""UPDATE `tabSales Taxes and Charges` SET tax_amount_after_discount_amount = tax_amount_after_discount_amount + 1
		WHERE parent = %s AND parenttype = 'Sales Order' ORDER BY idx LIMIT 1""",
		(scene.sales_order(order),),
	)
	frappe.db.commit()
	return _order("taxes that nobody changed", order, Kind.TAXES, Cause.MAPPING, heals=False)


def other_currency(scene: Any) -> Planted:
	order = scene.take("pending")
	frappe.db.sql("UPDATE `tabSales Order` SET currency = 'CHF' WHERE name = %s", (scene.sales_order(order),))
	frappe.db.commit()
	return _order("another currency", order, Kind.CURRENCY, Cause.MAPPING, heals=False)


def other_item(scene: Any) -> Planted:
	order, other = scene.take("pending"), scene.unsold()
	frappe.db.sql(
		"UPDATE `tabSales Order Item` SET item_code = %s WHERE parent = %s ORDER BY idx LIMIT 1",
		(other, scene.sales_order(order)),
	)
	frappe.db.commit()
	return _order("another Item", order, Kind.ITEM, Cause.MAPPING, heals=False)


def stock_moved_out(scene: Any) -> Planted:
	item = scene.item()
	issue(item.code, scene.warehouses[0], 4)
	frappe.db.commit()
	scene.lose_mark(item, 0)
	return Planted("a push was lost", keys.INVENTORY_LEVEL, scene.level(item, 0), Kind.STOCK, Cause.LOST_WEBHOOK)


def stock_moved_in(scene: Any) -> Planted:
	item = scene.item()
	scene.tell_level(item, 1)
	scene.by_hand(lambda: issue(item.code, scene.warehouses[1], 4))
	return Planted("stock moved that Shopify has", keys.INVENTORY_LEVEL, scene.level(item, 1), Kind.STOCK, Cause.CHANGED_BY_HAND)


# --- links and events --------------------------------------------------------------------------------------------------------


def unlinked_order(scene: Any) -> Planted:
	order = scene.take("pending")
	scene.unlink(keys.ORDER, order.id)
	return _order("a link was deleted", order, Kind.LINK, Cause.BROKEN_LINK)


def unlinked_item(scene: Any) -> Planted:
	item = scene.item()
	scene.unlink(keys.VARIANT, item.variant)
	return Planted("the link of a variant was deleted", keys.VARIANT, item.variant, Kind.LINK, Cause.BROKEN_LINK)


def linked_to_another(scene: Any) -> Planted:
	item, other = scene.item(), scene.item()
	name = keys.key(scene.STORE, keys.INVENTORY_ITEM, item.stock_id)
	frappe.db.set_value("Shopify Link", name, "document_name", other.code, update_modified=False)
	frappe.db.commit()
	return Planted("an inventory item leads elsewhere", keys.VARIANT, item.variant, Kind.LINK, Cause.BROKEN_LINK, None)


def failed_event(scene: Any) -> Planted:
	order = scene.blocked()
	return _order("an event failed", order, Kind.MISSING, Cause.FAILED_EVENT, heals=False)


def discarded_event(scene: Any) -> Planted:
	order = scene.blocked()
	frappe.db.rollback()
	for name in scene.events(order):
		FrappeEventLog().discard(name, "Administrator", "Not wanted.")
	return _order("an event was discarded", order, Kind.MISSING, Cause.DISCARDED, heals=False)


# --- what happens in Shopify -------------------------------------------------------------------------------------------------


def deleted_subscription(scene: Any) -> Planted:
	topic = scene.topics.pop()
	scene.in_shop(lambda shop: [shop.subscriptions.delete(one.id) for one in shop.subscriptions.for_topic(topic)])
	return Planted("a subscription was deleted", SUBSCRIPTIONS, topic, Kind.SUBSCRIPTION, Cause.DELETED_IN_SHOPIFY)


def stock_moved_in_shopify(scene: Any) -> Planted:
	item = scene.item()
	scene.in_shop(lambda shop: shop.inventory.adjust("available", item.stock_id, scene.places[0], -5, "shrinkage"))
	return Planted("stock moved in Shopify", keys.INVENTORY_LEVEL, scene.level(item, 0), Kind.STOCK, Cause.DRIFT)


def deleted_order(scene: Any) -> Planted:
	order = scene.take("pending")
	scene.in_shop(lambda shop: shop.orders.delete(order.id))
	return _order("an order was deleted", order, Kind.NOT_IN_SHOPIFY, Cause.DELETED_IN_SHOPIFY, heals=False)


def changed_sku(scene: Any) -> Planted:
	item, other = scene.item(), scene.unsold()
	scene.in_shop(lambda shop: shop.products.update_variant(item.variant, sku=other))
	return Planted("a SKU was changed", keys.VARIANT, item.variant, Kind.LINK, Cause.MAPPING, False)


PLANTERS: tuple[Planter, ...] = (
	lost_order, lost_payment, lost_refund, lost_parcel, lost_cancellation, lost_edit, lost_customer, lost_new_customer, lost_level,
	cancelled_sales_order, deleted_sales_order, repriced_sales_order, amended_twice, cancelled_payment, deleted_payment,
	cancelled_note, edited_customer, changed_past_everything, off_by_a_cent, other_taxes, other_currency, other_item, stock_moved_out, stock_moved_in,
	unlinked_order, unlinked_item, linked_to_another, failed_event, discarded_event,
	deleted_subscription, stock_moved_in_shopify, deleted_order, changed_sku,
)  # fmt: skip


def _remove(doctype: str, name: str) -> None:
	frappe.get_doc(doctype, name).cancel()
	frappe.delete_doc(doctype, name, force=True)


def _shift(sales_order: str, by: Decimal) -> None:
	"""Change a total past Frappe, as a wrong setting had it booked: nobody is known to have touched it."""
	frappe.db.sql("UPDATE `tabSales Order` SET grand_total = grand_total + %s WHERE name = %s", (by, sales_order))
	frappe.db.commit()
