"""Rules of the two sides: they agree, or an event says where not and why.

At rest a resource is compared when everything that the shop said of it has arrived; after reconciliation always.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import Proposal
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.simulator.shop import totals
from shopify_sync.simulator.shop.records import Customer, Order
from shopify_sync.simulator.shop.shop import Shop

from ..facts import DocumentFact
from ..shops import inbound_location, new_item, warehouse
from ..story import StoreFacts
from .world import Moment, Violation, World

_ORDERS, _CUSTOMERS, _STOCK = "orders agree", "customers agree", "stock agrees"


def orders_agree(world: World) -> Iterator[Violation]:
	"""Every live order is one submitted Sales Order, of the total as placed while nothing was taken off; a cancelled one is none."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values():
			key = keys.key(store.name, keys.ORDER, order.id)
			if can_be_compared(world, shop, keys.ORDER, order.id, key) and (why := _order_differs(world, order, key)):
				yield Violation(_ORDERS, key, why)


def _order_differs(world: World, order: Order, key: str) -> str | None:
	live = [one for one in world.facts.live("Sales Order", key) if one.values.get("status") != "Closed" or not order.cancelled_at]
	if says_why_not(world, key):
		return None
	if order.cancelled_at:
		return f"is cancelled, and {live[0].name} is live" if live else None
	if not live:
		# Nobody tells us that somebody cancelled it by hand, until the order changes or is reconciled.
		by_hand = key in world.stage.deeds.cancelled and world.moment is Moment.AT_REST
		# Nothing is left of it, and nothing was booked before.
		emptied = not any(line.current_quantity for line in order.line_items)
		return None if by_hand or emptied else "is live, and there is no Sales Order"
	found, stated = Decimal(str(live[0].values["grand_total"])), totals.total_price(order)
	if found != stated and not any(line.removed_quantity for line in order.line_items) and not _is_reduced(order):
		return f"comes to {stated} {order.currency}, and Sales Order {live[0].name} to {found}"
	if live[0].values["currency"] != order.currency:
		return f"is in {order.currency}, and Sales Order {live[0].name} in {live[0].values['currency']}"
	return None


def _is_reduced(order: Order) -> bool:
	"""Whether a refund without money may have reduced the Sales Order itself."""
	return any(not refund.transactions for refund in order.refunds)


def customers_agree(world: World) -> Iterator[Violation]:
	"""Every customer is one Customer with the same names and phone number, or with what ERPNext's user wrote."""
	for store, shop in pairs(world):
		for customer in shop.customers.all.values():
			key = keys.key(store.name, keys.CUSTOMER, customer.id)
			if can_be_compared(world, shop, keys.CUSTOMER, customer.id, key):
				for why in _customer_differs(world, store, customer, key):
					yield Violation(_CUSTOMERS, key, why)


def _customer_differs(world: World, store: StoreFacts, customer: Customer, key: str) -> Iterator[str]:
	if says_why_not(world, key):
		return
	documents = {
		"Customer": world.facts.live("Customer", key),
		"Contact": world.facts.live("Contact", keys.key(store.name, keys.CONTACT, customer.id)),
	}
	shown = {
		("Customer", "customer_name"): f"{customer.first_name} {customer.last_name}",
		("Contact", "first_name"): customer.first_name,
		("Contact", "last_name"): customer.last_name,
		("Contact", "email_id"): customer.email,
		("Contact", "mobile_no"): customer.phone,
	}
	for (doctype, field), stated in shown.items():
		if not documents[doctype]:
			yield f"there is no {doctype}"
			return
		document = documents[doctype][0]
		written = world.stage.deeds.edits.get((doctype, str(document.key), field))
		if str(document.values.get(field) or "") != (stated if written is None else written):
			yield f"{doctype}.{field} {_is_wrong(document, field, written)}"


def _is_wrong(document: DocumentFact, field: str, written: str | None) -> str:
	if written is None:
		return "is not what the shop says, and nobody touched it"
	return "is not what ERPNext's user wrote: it was overwritten"


def stock_agrees(world: World) -> Iterator[Violation]:
	"""A Bin holds what the shop says is available at the location that stands for its warehouse."""
	for store, shop in pairs(world):
		location, place = inbound_location(shop), warehouse(store)
		for variant in shop.products.variants.values():
			level = shop.inventory.level(variant.inventory_item_id, location)
			level_id = f"{variant.inventory_item_id}-{location}"
			key = keys.key(store.name, keys.INVENTORY_LEVEL, level_id)
			if level is None or not can_be_compared(world, shop, keys.INVENTORY_LEVEL, level_id, key):
				continue
			counted = (variant.sku, place) in world.stage.deeds.counted and world.moment is Moment.AT_REST
			is_left_out = world.moment is Moment.RECONCILED and not _is_linked(world, store, variant.inventory_item_id)
			if counted or is_left_out or says_why_not(world, key) or _was_never_said(world, variant.sku, store, key):
				continue
			found, stated = world.facts.stock.get((variant.sku, place), Decimal(0)), level.quantity("available")
			if found != stated:
				yield Violation(_STOCK, key, f"the shop has {stated}, the Bin holds {found}")


def _is_linked(world: World, store: StoreFacts, inventory_item: str) -> bool:
	"""Whether reconciliation can tell which Item and warehouse a level is of: levels without are counted as left out."""
	if not world.stage.target.settings(store.name).get("locations"):
		return False
	link = world.facts.links.get(keys.key(store.name, keys.INVENTORY_ITEM, inventory_item))
	return link is not None and link.document is not None


def _was_never_said(world: World, sku: str, store: StoreFacts, key: str) -> bool:
	"""Tell whether nothing was ever heard of a level. A new Item has no opening stock in ERPNext until something is."""
	return sku == new_item(store) and not world.facts.of_link(key)


def pairs(world: World) -> Iterator[tuple[StoreFacts, Shop]]:
	"""Return each store with its shop."""
	return zip(world.stage.story.stores, world.shops, strict=True)


def can_be_compared(world: World, shop: Shop, resource: str, resource_id: str, key: str) -> bool:
	"""Tell whether everything that the shop said of a resource has come, and nobody put it away on purpose."""
	if world.moment is Moment.RECONCILED:
		return True
	if any(webhook not in world.facts.events for webhook in world.said_of(shop, resource, resource_id)):
		return False
	# What was put away by a person, or came while the store only watched, was not carried over on purpose.
	on_purpose = (Status.DISCARDED, Status.SHADOWED, Status.IGNORED)
	newest = max(world.facts.of_link(key), key=lambda event: str(event.version), default=None)
	return (newest is None or newest.status not in on_purpose) and not world.has_lost_a_subscription(shop)


def says_why_not(world: World, key: str) -> bool:
	"""Tell whether an event of the resource waits visibly, with a state that is newer than the one that was applied.

	After reconciliation a discrepancy that waits for a person says it too.
	"""
	if any(one.finding.proposal is Proposal.REVIEW for one in world.facts.differing.get(key, ())):
		return True
	link = world.facts.links.get(key)
	applied = str(link.version or "") if link else ""
	return any(
		event.status in (*NEEDS_ATTENTION, Status.HELD) and str(event.version) > applied for event in world.facts.of_link(key)
	)
