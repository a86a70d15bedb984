"""Rules of the documents that follow a Sales Order: billed, paid, refunded and sent are what the shop says, to the cent.

The shop's figures are its own (simulator/shop/totals.py); nothing here asks the product what it thinks they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from shopify_sync.core import keys
from shopify_sync.core.money import quantum
from shopify_sync.simulator.shop import totals
from shopify_sync.simulator.shop.records import LineItem, Order, Transaction

from ..facts import DocumentFact
from .agreement import can_be_compared, pairs, says_why_not
from .parcels import LEFT, notes_of, pieces, returns_of
from .world import Moment, Violation, World

_BOOKS = "billed, paid and sent are what the shop says"
#: What takes money and what gives it back, by Payment Entry's own words.
_TYPES = {"sale": "Receive", "capture": "Receive", "refund": "Pay"}


def books_agree(world: World) -> Iterator[Violation]:
	"""Every order that is booked is billed, paid, refunded and sent as the shop says."""
	for store, shop in pairs(world):
		for order in shop.orders.all.values():
			key = keys.key(store.name, keys.ORDER, order.id)
			own = [keys.key(store.name, keys.ORDER_TRANSACTION, entry.id) for entry in order.transactions]
			told = can_be_compared(world, shop, keys.ORDER, order.id, key) and all(
				can_be_compared(world, shop, keys.ORDER_TRANSACTION, entry.id, link)
				for entry, link in zip(order.transactions, own, strict=True)
			)
			if not told or any(says_why_not(world, link) for link in (key, *own)) or key in world.stage.deeds.cancelled:
				continue
			# Where ERPNext sends, what the shop sends by itself has no Delivery Note.
			both_know = store.sends != "ERPNext" and not _has_open_push(
				world, keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
			)
			for why in _differences(world, order, key, sent=both_know):
				yield Violation(_BOOKS, key, why)


def _has_open_push(world: World, link: str) -> bool:
	"""Whether what people send of an order did not get to the shop, and an event says why."""
	return any(event.link == link and event.status in LEFT for event in world.facts.outbound.values())


def _differences(world: World, order: Order, key: str, *, sent: bool) -> Iterator[str]:
	booked = [one for one in world.facts.documents if one.key == key and one.doctype == "Sales Order" and one.docstatus == 1]
	following = [one for one in world.facts.documents if one.docstatus == 1 and (one.key or "").startswith(f"{key}/")]
	if not booked:
		if following:
			yield f"{following[0].doctype} {following[0].name} follows no Sales Order"
		return
	yield from _billed(order, booked[0], following)
	yield from _paid(order, booked[0], following)
	if sent:
		own = returns_of(world, key)
		if any(note.docstatus == 2 for note in own) and world.moment is Moment.AT_REST:
			# Nobody tells us that a return was cancelled whose goods a refund spoke of too, until the order changes or is reconciled.
			return
		back: Counter[str] = Counter()
		for note in own:
			back.update(pieces(note) if note.docstatus == 1 else {})
		yield from _sent(order, [*following, *(note for note in notes_of(world, key) if note.docstatus == 1)], back)


def _of(documents: Sequence[DocumentFact], doctype: str) -> list[DocumentFact]:
	return [one for one in documents if one.doctype == doctype]


def _sum(documents: Sequence[DocumentFact], field: str) -> Decimal:
	return sum((Decimal(str(one.values.get(field) or 0)) for one in documents), Decimal(0))


def _billed(order: Order, sales_order: DocumentFact, following: Sequence[DocumentFact]) -> Iterator[str]:
	invoices, stated = _of(following, "Sales Invoice"), totals.totals(order).current_total
	if not invoices:
		found = Decimal(str(sales_order.values["grand_total"]))
		if totals.amount_received(order):
			yield "money was received, and there is no Sales Invoice"
		elif found != stated and sales_order.values.get("status") != "Closed" and not _owes_credit(order):
			yield f"comes to {stated} now, and Sales Order {sales_order.name}, which is not invoiced, to {found}"
		return
	found = _sum(invoices, "grand_total").quantize(quantum(order.currency))
	if found != stated:
		yield f"comes to {stated} now, and its invoices less its credit notes to {found}"


def _owes_credit(order: Order) -> bool:
	"""Whether pieces that were sent were taken back before anything was billed: billed and credited later."""
	return any(not refund.transactions for refund in order.refunds) and any(line.fulfilled_quantity for line in order.line_items)


def _paid(order: Order, sales_order: DocumentFact, following: Sequence[DocumentFact]) -> Iterator[str]:
	entries = {str(one.values.get("reference_no")): one for one in _of(following, "Payment Entry")}
	wanted = {one.id: one for one in order.transactions if one.status == "success" and one.kind in _TYPES and one.amount}
	for id in wanted.keys() - entries.keys():
		yield f"{wanted[id].kind} {id} of {wanted[id].amount} has no Payment Entry"
	for id in entries.keys() - wanted.keys():
		yield f"Payment Entry {entries[id].name} is of no successful transaction"
	for id in entries.keys() & wanted.keys():
		yield from _amount_differs(sales_order, entries[id], wanted[id], order)


def _amount_differs(sales_order: DocumentFact, entry: DocumentFact, wanted: Transaction, order: Order) -> Iterator[str]:
	if entry.values["payment_type"] != _TYPES[wanted.kind]:
		yield f"Payment Entry {entry.name} of a {wanted.kind} is of the type {entry.values['payment_type']}"
	rate = Decimal(str(sales_order.values.get("conversion_rate") or 1))
	found = Decimal(str(entry.values["paid_amount"]))
	# In the company's currency, where each is the difference of two rounded sums.
	if abs(found - wanted.amount * rate) > (Decimal("0.011") if rate != 1 else 0):
		yield f"{wanted.kind} of {wanted.amount} {order.currency} at {rate} is Payment Entry {entry.name} of {found}"


def _sent(order: Order, following: Sequence[DocumentFact], back: Counter[str]) -> Iterator[str]:
	"""Yield the lines of which Delivery Notes have other pieces with the customer than the shop has, and people took back.

	:param back: what people took back in ERPNext, which the shop tells of when it is refunded, or never. Of a refund without a
		return nobody can say whether it is of the same pieces: that depends on what came first.
	"""
	sent: Counter[str] = Counter()
	for note in _of(following, "Delivery Note"):
		for row in note.values["items"]:
			sent[str(row.get("shopify_line_item_id"))] += int(Decimal(str(row["qty"])))
	for line in order.line_items:
		own, told = back[line.id], line.returned_quantity
		found = line.fulfilled_quantity + own - sent[line.id]
		if not max(own, told) <= found <= own + _unaccounted(order, line):
			stated = f"{line.fulfilled_quantity} of line {line.id} were sent, {told} returned"
			yield f"{stated} and {own} taken back in ERPNext, and the Delivery Notes say {sent[line.id] - own} are with the customer"


def _unaccounted(order: Order, line: LineItem) -> int:
	"""Return the pieces that refunds restocked without being made of a return."""
	taken = (row for refund in order.refunds if not refund.return_id for row in refund.lines)
	return sum(row.quantity for row in taken if row.line_item_id == line.id and row.restock_type == "return")
