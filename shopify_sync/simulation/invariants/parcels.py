"""Rules of the goods that ERPNext sends: every Delivery Note is fulfilled in Shopify once, and nothing else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from shopify_sync.core import keys
from shopify_sync.core.outbound.parcels import ParcelMemory
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.simulator.shop.records import Order

from ..facts import DocumentFact
from .agreement import pairs
from .world import Violation, World

_ONCE, _KNOWN = "what ERPNext sends is fulfilled once", "a fulfillment of ours is known"
#: Decided about, and not carried out.
LEFT = (*NEEDS_ATTENTION, Status.DISCARDED, Status.SHADOWED)


def each_note_is_fulfilled_once(world: World) -> Iterator[Violation]:
	"""A person's Delivery Note is live fulfillments of exactly its pieces; a cancelled one is none."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values() if store.sends != "Shopify" else ():
			link = keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
			if link not in world.facts.links or _is_left(world, link):
				continue
			for note in notes_of(world, keys.key(store.name, keys.ORDER, order.id)):
				live = in_the_shop(world, link, note.name, order)
				wanted = pieces(note) if note.docstatus == 1 else Counter()
				if live != wanted:
					yield Violation(_ONCE, note.name, f"sends {dict(wanted)} of {order.name}, and the shop has {dict(live)}")


def every_fulfillment_is_known(world: World) -> Iterator[Violation]:
	"""What stands in the shop was made by its own staff, or is remembered as ours: nothing was sent twice by mistake."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values():
			push = keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
			link = world.facts.links.get(push)
			if _is_left(world, push):
				continue
			ours = ParcelMemory.of(link.facts).sent if link else {}
			for parcel in order.fulfillments:
				if parcel.status == "success" and parcel.id not in ours and parcel.id not in world.stage.deeds.sent_by_shop:
					yield Violation(_KNOWN, parcel.id, f"of {order.name} was made by nobody")


def notes_of(world: World, key: str) -> list[DocumentFact]:
	"""Return the Delivery Notes that people made of an order."""
	names = {one.name for one in world.facts.documents if one.doctype == "Sales Order" and one.key == key}
	return [
		one
		for one in world.facts.documents
		if one.doctype == "Delivery Note" and not one.key and one.values.get("sales_order") in names and one.docstatus
	]


def pieces(note: DocumentFact) -> Counter[str]:
	"""Return what a note sends: line → pieces."""
	found: Counter[str] = Counter()
	for row in note.values["items"]:
		found[str(row.get("shopify_line_item_id"))] += int(Decimal(str(row["qty"])))
	return found


def in_the_shop(world: World, link: str, note: str, order: Order) -> Counter[str]:
	"""Return what stands in the shop of a note: line → pieces. *link*: of the push of its order."""
	live: Counter[str] = Counter()
	for sent in ParcelMemory.of(world.facts.links[link].facts).live(note) if link in world.facts.links else ():
		live.update(_pieces_in_the_shop(order, sent.id))
	return live


def _pieces_in_the_shop(order: Order, fulfillment: str) -> Mapping[str, int]:
	return next((one.lines for one in order.fulfillments if one.id == fulfillment and one.status == "success"), {})


def _is_left(world: World, link: str) -> bool:
	"""Whether a push of the order waits for a person, or was put away by one: then he sees to it."""
	events = [event for event in world.facts.outbound.values() if event.link == link]
	return any(event.status in NEEDS_ATTENTION for event in events) or bool(events and events[-1].status in LEFT)
