"""Rules of the goods that ERPNext sends and takes back: every Delivery Note is fulfilled in Shopify once, every return is made once,
and nothing else is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from shopify_sync.core import keys
from shopify_sync.core.outbound.parcels import ParcelMemory
from shopify_sync.core.outbound.returned import Returned
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.simulator.shop.records import Order

from ..facts import DocumentFact, EventFact
from .agreement import pairs
from .world import Violation, World

_ONCE, _KNOWN = "what ERPNext sends is fulfilled once", "a fulfillment of ours is known"
_BACK, _RETURN = "what ERPNext takes back is returned once", "a return of ours is known"
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


def each_return_is_made_once(world: World) -> Iterator[Violation]:
	"""A person's return is a received return in the shop of exactly its pieces, or a refund that restocked them; a cancelled one is none."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values() if store.sends != "Shopify" and store.tells_returns else ():
			push = keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
			link = world.facts.links.get(push)
			if link is None or _is_left(world, push):
				continue
			for note in returns_of(world, keys.key(store.name, keys.ORDER, order.id)):
				wanted = pieces(note) if note.docstatus == 1 else Counter()
				back = back_in_the_shop(world, push, note.name, order)
				if back != wanted:
					yield Violation(_BACK, note.name, f"takes {dict(wanted)} of {order.name} back, and the shop has {dict(back)}")


def every_return_is_known(world: World) -> Iterator[Violation]:
	"""A return in the shop was asked for by a customer, or is remembered as ours: none was made twice by mistake."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values():
			push = keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
			link = world.facts.links.get(push)
			ours = ParcelMemory.of(link.facts).returned if link else {}
			for found in () if _is_left(world, push) else order.returns:
				if found.status != "canceled" and found.id not in ours and found.id not in world.stage.deeds.announced:
					yield Violation(_RETURN, found.id, f"of {order.name} was made by nobody")


def back_in_the_shop(world: World, link: str, note: str, order: Order, *, known: bool = False) -> Counter[str]:
	"""Return what the shop has back of a return of people's: line → pieces. *link*: of the push of its order.

	:param known: only what is known to be back: the answer to a last call may have been lost.
	"""
	back: Counter[str] = Counter()
	for one in ParcelMemory.of(world.facts.links[link].facts).back(note) if link in world.facts.links else ():
		if one.received or not known:
			back.update(_received(order, one))
	return back


def _received(order: Order, one: Returned) -> Mapping[str, int]:
	"""Return the pieces that the shop has back of what stands for a return: line → pieces."""
	if one.refund:
		taken = next((refund.lines for refund in order.refunds if refund.id == one.refund), [])
		restocked = Counter({line.line_item_id: line.quantity for line in taken if line.restock_type == "return"})
		return restocked & Counter(one.lines)
	found = next((made for made in order.returns if made.id == one.id and made.status != "canceled"), None)
	return {line.line_item_id: line.quantity - line.waiting for line in found.lines} if found else {}


def returns_of(world: World, key: str) -> list[DocumentFact]:
	"""Return the returns that people made of an order."""
	return [one for one in _own(world, key) if one.values.get("is_return")]


def notes_of(world: World, key: str) -> list[DocumentFact]:
	"""Return the Delivery Notes that people made of an order, without those that take goods back."""
	return [one for one in _own(world, key) if not one.values.get("is_return")]


def _own(world: World, key: str) -> list[DocumentFact]:
	names = {one.name for one in world.facts.documents if one.doctype == "Sales Order" and one.key == key}
	return [
		one
		for one in world.facts.documents
		if one.doctype == "Delivery Note" and not one.key and one.values.get("sales_order") in names and one.docstatus
	]


def pieces(note: DocumentFact) -> Counter[str]:
	"""Return what a note sends, or takes back: line → pieces."""
	found: Counter[str] = Counter()
	for row in note.values["items"]:
		found[str(row.get("shopify_line_item_id"))] += abs(int(Decimal(str(row["qty"]))))
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
	events = pushes_of(world, link)
	return any(event.status in NEEDS_ATTENTION for event in events) or bool(events and events[-1].status in LEFT)


def pushes_of(world: World, link: str) -> list[EventFact]:
	"""Return the events on their way out of a link that did not give way to another one, in the order in which they were marked."""
	return [one for one in world.facts.outbound.values() if one.link == link and one.status is not Status.SUPERSEDED]
