"""Delivery Notes: one per fulfillment, as far as Shopify is the side that sends; and the goods that refunds bring back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contracts.order import Fulfillment, Refund
from ..failures import Category, Failure
from ..plan import CancelDocument, Change, CreateDocument, RowRef, UpdateDocument
from ..policy import Direction, FulfillmentSide
from ..snapshots import ItemState
from .booking import DELIVERY_NOTE, SALES_ORDER, STOCK_ENTRY, Booking
from .lines import ItemRow
from .memory import TIP, Row, Rows, Taken, take
from .own_returns import ReturnPool
from .pushed_fulfillments import changed_there, unrecorded
from .refunds import is_restocked

#: The last part of the key of a Stock Entry that goes with a Delivery Note.
_STOCK = "stock"


@dataclass(frozen=True)
class DeliveryPlan:
	"""Delivery Notes to make, change and cancel; what was sent then, and what is left of the Sales Order's rows."""

	changes: tuple[Change, ...]
	sent: Mapping[str, Rows]
	rows: Rows
	tracking: Mapping[str, str] = field(default_factory=dict)


def delivers(booking: Booking) -> bool:
	"""Whether Delivery Notes follow Shopify's fulfillments: not where ERPNext alone sends, nor where invoices move the stock."""
	policy = booking.policy
	return policy.fulfillment_by is not FulfillmentSide.ERPNEXT and not policy.invoice_updates_stock


def plan_deliveries(
	booking: Booking,
	rows: list[ItemRow],
	order_rows: Rows,
	sent: Mapping[str, Rows],
	tracking: Mapping[str, str],
	*,
	make: bool,
) -> DeliveryPlan | Failure:
	"""Return the plan for all fulfillments of the order.

	:param rows: the rows of the Sales Order; *order_rows*: the same as they are remembered, with what is left to send.
	:param sent: fulfillment id → what its Delivery Note sent; *tracking*: fulfillment id → the number that it has.
	:param make: whether the store's rule asks for Delivery Notes; those that exist are kept up to date anyway.
	"""
	work = _Deliveries(booking, {row.line: row for row in rows}, order_rows, dict(sent), dict(tracking))
	fulfillments = sorted(booking.order.fulfillments, key=lambda found: (str(found.created_at or ""), found.id or ""))
	work.cancel(fulfillments)
	going = [fulfillment for fulfillment in fulfillments if fulfillment.is_sent]
	for fulfillment in going:
		if fulfillment.id in booking.pushed.sent:
			work.count(fulfillment)
			continue
		if failure := unrecorded(booking.pushed, fulfillment):
			return failure
		if failure := booking.was_cancelled(booking.under("fulfillment", fulfillment.id or "")):
			return failure
		if booking.is_live(booking.under("fulfillment", fulfillment.id or "")):
			work.track(fulfillment)
		elif make and (failure := work.deliver(fulfillment, is_last=fulfillment is going[-1])):
			return failure
	return DeliveryPlan(tuple(work.changes), work.sent, work.left, work.tracking)


@dataclass
class _Deliveries:
	"""The deliveries of one order while they are planned. :ivar left: what is left to send of the Sales Order's rows."""

	booking: Booking
	rows: Mapping[str, ItemRow]
	left: Rows
	sent: dict[str, Rows]
	tracking: dict[str, str]
	changes: list[Change] = field(default_factory=list)

	def cancel(self, fulfillments: list[Fulfillment]) -> None:
		"""Cancel the Delivery Notes of fulfillments that Shopify cancelled; what they sent is left to send again."""
		for fulfillment in fulfillments:
			if fulfillment.status == "cancelled" and fulfillment.id in self.booking.pushed.sent:
				# Its note is people's own: they cancel it, or did.
				self._forget(fulfillment.id or "")
				continue
			found = self.booking.document(self.booking.under("fulfillment", fulfillment.id or ""))
			if fulfillment.status != "cancelled" or found is None or found.docstatus != 1:
				continue
			self._cancel_returns(fulfillment.id or "")
			self.changes.append(CancelDocument(found.doctype, found.name))
			if moved := self.booking.document(f"{self.booking.under('fulfillment', fulfillment.id or '')}/{_STOCK}"):
				self.changes.append(CancelDocument(moved.doctype, moved.name))
			self._forget(fulfillment.id or "")

	def _forget(self, fulfillment: str) -> None:
		"""Take what a fulfillment sent for not sent."""
		for line, rows in self.sent.pop(fulfillment, {}).items():
			for row in rows:
				self.left = _put_back(self.left, line, row)

	def count(self, fulfillment: Fulfillment) -> None:
		"""Count what a fulfillment of our own sent: its Delivery Note is people's own, and no second one is made."""
		if fulfillment.id in self.sent:
			return
		taken = self._take(fulfillment, everything=False)
		self.sent[fulfillment.id or ""], self.tracking[fulfillment.id or ""] = _sent_rows(taken), tracking_number(fulfillment)

	def _cancel_returns(self, fulfillment: str) -> None:
		"""Cancel what came back against a parcel that is cancelled; it is brought back against another one."""
		prefix = f"{self.booking.under('return')}/"
		keys = [key for key in self.booking.snapshot.documents if key.startswith(prefix)]
		mine = [key for key in keys if key.removeprefix(prefix).split("/")[1:2] == [fulfillment]]
		# The longer key first: the Stock Entry that went with the return.
		for key in sorted(mine, key=len, reverse=True):
			found = self.booking.snapshot.documents[key]
			if found.docstatus == 1:
				self.changes.append(CancelDocument(found.doctype, found.name))

	def track(self, fulfillment: Fulfillment) -> None:
		"""Carry a new tracking number to the Delivery Note that is there."""
		id, number = fulfillment.id or "", tracking_number(fulfillment)
		found = self.booking.document(self.booking.under("fulfillment", id))
		before = self.tracking.get(id)
		if found is not None and before is not None and before != number:
			change = {"shopify_tracking_number": before}
			self.changes.append(UpdateDocument(DELIVERY_NOTE, found.name, change, _tracking(fulfillment)))
		self.tracking[id] = number

	def deliver(self, fulfillment: Fulfillment, *, is_last: bool) -> Failure | None:
		"""Make the Delivery Note of a fulfillment; nothing when none of its lines is left to send."""
		everything = is_last and self.booking.order.fulfillment_status.casefold() == "fulfilled"
		taken = self._take(fulfillment, everything=everything)
		if not taken:
			return None
		made = _delivery_note(self.booking, fulfillment, taken, self.rows)
		if isinstance(made, Failure):
			return made
		# What Shopify's level has left out since it was ordered comes back into the Bin, for the Delivery Note to take.
		back = _stock_entry(self.booking, f"{made.key}/{_STOCK}", "Material Receipt", made.values, self._items())
		self.changes += [back, made] if back else [made]
		self.sent[fulfillment.id or ""], self.tracking[fulfillment.id or ""] = _sent_rows(taken), tracking_number(fulfillment)
		return None

	def _take(self, fulfillment: Fulfillment, *, everything: bool) -> list[Taken]:
		"""Take the pieces that a fulfillment sends.

		:param everything: it completes the order: what is never sent (a tip) goes with it, so that the Sales Order is complete.
		"""
		order = self.booking.order
		wanted = {line.id or "": line.quantity * self._factor(line.id or "") for line in fulfillment.line_items}
		if everything:
			in_any = {line.id for found in order.fulfillments for line in found.line_items}
			unsent = [line.id for line in order.line_items if not line.requires_shipping and line.id not in in_any]
			left = {line: sum(row.left for row in self.left.get(line, ())) for line in (*unsent, TIP)}
			wanted |= {line: pieces - self._with_own_notes(line) for line, pieces in left.items()}
		taken: list[Taken] = []
		for line, pieces in wanted.items():
			found, self.left = take(self.left, line, pieces)
			taken += found
		return taken

	def _with_own_notes(self, line: str) -> int:
		"""Return what people's own Delivery Notes sent of a line that is in no fulfillment."""
		notes = (note for note in self.booking.snapshot.pushed_notes.values() if note.docstatus == 1)
		return sum(int(note.values.get("lines", {}).get(line, 0)) for note in notes)

	def _items(self) -> dict[str, ItemState]:
		return {line: row.item for line, row in self.rows.items()}

	def _factor(self, line: str) -> int:
		return self.rows[line].item.factor if line in self.rows else 1


def tracking_number(fulfillment: Fulfillment) -> str:
	"""Return the tracking numbers of a fulfillment, as one text."""
	return ", ".join(fulfillment.tracking_numbers) or fulfillment.tracking_number


def track_own(booking: Booking) -> list[Change]:
	"""Return the changes that carry tracking which somebody changed in Shopify to the Delivery Notes that people made."""
	changes: list[Change] = []
	for fulfillment in booking.order.fulfillments:
		note = booking.delivery(fulfillment.id or "") if fulfillment.id in booking.pushed.sent else None
		if note is None or note.docstatus != 1 or not changed_there(booking.pushed, fulfillment, note.values):
			continue
		after = _tracking(fulfillment)
		before = {name: note.values.get(name) or "" for name in after}
		if any(before[name] != after[name] for name in ("shopify_tracking_number", "shopify_tracking_company")):
			changes.append(UpdateDocument(DELIVERY_NOTE, note.name, before, after))
	return changes


def _tracking(fulfillment: Fulfillment) -> dict[str, Any]:
	return {
		"shopify_tracking_number": tracking_number(fulfillment),
		"shopify_tracking_company": fulfillment.tracking_company,
		"shopify_tracking_url": fulfillment.tracking_url,
	}


def _put_back(rows: Rows, line: str, sent: Row) -> Rows:
	"""Put what a Delivery Note sent back into the rows that it came from: those of its rate, then any."""
	found, pieces = list(rows.get(line, ())), sent.quantity
	for same_rate in (True, False):
		for index, row in enumerate(found):
			if (row.rate == sent.rate) is same_rate:
				count = min(pieces, row.quantity - row.left)
				found[index] = row.taking(-count)
				pieces -= count
	return {**rows, line: tuple(found)}


def _delivery_note(
	booking: Booking, fulfillment: Fulfillment, taken: list[Taken], rows: Mapping[str, ItemRow]
) -> CreateDocument | Failure:
	warehouse = _warehouse(booking, fulfillment.location_id)
	if isinstance(warehouse, Failure):
		return warehouse
	day = booking.day(fulfillment.created_at)
	values = {
		**booking.selling_values(),
		"posting_date": day,
		**_tracking(fulfillment),
		"items": [
			{
				**rows[row.line].values(booking.policy),
				"qty": row.pieces,
				"rate": row.rate,
				"warehouse": warehouse,
				"against_sales_order": booking.sales_order,
				"so_detail": RowRef(SALES_ORDER, booking.key, row.line, row.index),
			}
			for row in taken
		],
	}
	name = f"{booking.policy.delivery_prefix}{booking.label}-{fulfillment.id}"
	key = booking.under("fulfillment", fulfillment.id or "")
	return CreateDocument(DELIVERY_NOTE, key, values, name, submit=True)


def _warehouse(booking: Booking, location_id: str | None) -> str | None | Failure:
	if not location_id:
		return booking.policy.default_warehouse
	rule = booking.policy.location(location_id)
	if rule:
		return rule.warehouse
	return Failure(
		Category.MISSING_WAREHOUSE,
		f"Location {location_id} of order {booking.order.label} is not in the Location Mapping of store {booking.policy.store}.",
		missing=f"location:{location_id}",
	)


def _stock_entry(
	booking: Booking, key: str, purpose: str, note: Mapping[str, Any], items: Mapping[str, ItemState]
) -> CreateDocument | None:
	"""Return the Stock Entry that keeps a Bin at what Shopify says is available, or None when no row needs it.

	Where a location's stock is taken from Shopify, the Bin holds `available`: that lacks the pieces from the moment they are
	ordered, and has those that come back. A Delivery Note alone would take, or bring, them a second time.
	"""
	inbound = {rule.warehouse for rule in booking.policy.locations if rule.direction is Direction.INBOUND}
	side = "t_warehouse" if purpose == "Material Receipt" else "s_warehouse"
	rows = [
		{
			"item_code": row["item_code"],
			"qty": abs(row["qty"]),
			"uom": row["uom"],
			"stock_uom": row["stock_uom"],
			"conversion_factor": 1,
			side: row["warehouse"],
			"cost_center": row["cost_center"],
		}
		for row in note["items"]
		if row["warehouse"] in inbound and items[row["shopify_line_item_id"]].is_stock_item
	]
	if not rows:
		return None
	values = {
		"stock_entry_type": purpose,
		"purpose": purpose,
		"company": booking.policy.company,
		"posting_date": note["posting_date"],
		"remarks": f"Shopify order {booking.order.label}: the location's stock is taken from Shopify, which counted these before.",
		"items": rows,
	}
	name = f"{booking.policy.delivery_prefix}{booking.label}-{'-'.join(key.removeprefix(booking.key).split('/')[2:])}"
	return CreateDocument(STOCK_ENTRY, key, values, name, submit=True)


def _sent_rows(taken: list[Taken]) -> dict[str, tuple[Row, ...]]:
	found: dict[str, tuple[Row, ...]] = {}
	for row in taken:
		found[row.line] = (*found.get(row.line, ()), Row(row.pieces, row.rate, row.pieces))
	return found


def plan_returns(
	booking: Booking, refunds: list[Refund], sent: Mapping[str, Rows], items: Mapping[str, ItemState]
) -> tuple[list[CreateDocument], dict[str, Rows]] | Failure:
	"""Return the Delivery Notes that bring back what *refunds* restocked, against those that sent it.

	Goods that people took back themselves are back already: their returns count for the refunds that follow.
	"""
	pool = ReturnPool(booking, sent, items)
	made: list[CreateDocument] = []
	for refund in refunds:
		groups: dict[str, list[tuple[Taken, str | None]]] = {}
		for row in refund.refund_line_items:
			item = items.get(row.line_item_id or "")
			if not is_restocked(row) or item is None:
				continue
			for fulfillment, taken in pool.take(row.line_item_id or "", row.quantity * item.factor):
				groups.setdefault(fulfillment, []).append((taken, row.location_id))
		for fulfillment, found in groups.items():
			if not found:
				continue
			document = _return(booking, refund, fulfillment, found, items)
			if isinstance(document, Failure):
				return document
			made.append(document)
			away = _stock_entry(booking, f"{document.key}/{_STOCK}", "Material Issue", document.values, items)
			made += [away] if away else []
	return made, pool.sent


def _return(
	booking: Booking, refund: Refund, fulfillment: str, taken: list[tuple[Taken, str | None]], items: Mapping[str, ItemState]
) -> CreateDocument | Failure:
	key, sent_key = booking.under("return", refund.id or "", fulfillment), booking.under("fulfillment", fulfillment)
	own = booking.delivery(fulfillment) if fulfillment in booking.pushed.sent else None
	rows = []
	for row, location in taken:
		warehouse = _warehouse(booking, location)
		if isinstance(warehouse, Failure):
			return warehouse
		item = items[row.line]
		rows.append(
			{
				"item_code": item.code,
				"qty": -row.pieces,
				"uom": item.stock_uom,
				"stock_uom": item.stock_uom,
				"conversion_factor": 1,
				"price_list_rate": row.rate,
				"rate": row.rate,
				"warehouse": warehouse,
				"cost_center": booking.policy.cost_center,
				"shopify_line_item_id": row.line,
				"dn_detail": RowRef(DELIVERY_NOTE, "" if own else sent_key, row.line, row.index, own.name if own else ""),
			}
		)
	values = {
		**booking.selling_values(),
		"is_return": 1,
		"return_against": own.name if own else booking.ref(DELIVERY_NOTE, sent_key),
		"posting_date": booking.day(refund.at),
		"items": rows,
	}
	name = f"{booking.policy.delivery_prefix}{booking.label}-R{refund.id}-{fulfillment}"
	return CreateDocument(DELIVERY_NOTE, key, values, name, submit=True)
