"""The Sales Order: made, changed as ERPNext's "Update Items" does, amended, or put to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..failures import Category, Failure
from ..money import ZERO, plain, total
from ..plan import CancelDocument, Change, CreateDocument, ReviseDocument, SubmitDocument, UpdateDocument
from ..snapshots import DocumentState
from .booking import SALES_ORDER, Booking
from .fields import field_values
from .invoices import by_line, charges_of, extras_of
from .lines import ItemRow
from .memory import Memory, Ordered, Rows, take
from .pricing import Pricing
from .taxes import Charges, plan_charges


def ordered_of(pricing: Pricing, rows: list[ItemRow]) -> Ordered:
	"""Return what a Sales Order of *pricing* says."""
	return Ordered(
		lines={row.line.id: (row.quantity, row.net) for row in pricing.lines},
		shipping=total(row.net for row in pricing.shipping),
		taxes={(tax.title, tax.rate): tax.price for tax in pricing.taxes},
		total=pricing.total,
		extras=extras_of(pricing),
		rows=by_line(rows),
		items={row.line: row.item for row in rows},
	)


def create(booking: Booking, pricing: Pricing, rows: list[ItemRow], *, submit: bool) -> CreateDocument | Failure:
	"""Return the Sales Order to make, or the failure that names what it lacks."""
	values = _values(booking, pricing, rows)
	if isinstance(values, Failure):
		return values
	policy = booking.policy
	name = f"{policy.order_prefix}{booking.label}"
	return CreateDocument(
		SALES_ORDER,
		booking.key,
		values,
		# Two stores with one prefix, or a hand-made document: the id makes the name unique.
		name=f"{name}-{booking.order.id}" if booking.snapshot.name_taken else name,
		submit=submit,
		expect_total=pricing.total,
		tolerance=policy.rounding_tolerance,
	)


def _values(booking: Booking, pricing: Pricing, rows: list[ItemRow]) -> dict[str, Any] | Failure:
	order, policy = booking.order, booking.policy
	taxes = plan_charges(order, charges_of(pricing), policy)
	if isinstance(taxes, Failure):
		return taxes
	discount = {"apply_discount_on": "Net Total", "discount_amount": pricing.discount} if pricing.discount else {}
	return {
		**booking.selling_values(),
		"order_type": "Sales",
		"transaction_date": booking.day(None),
		"delivery_date": _delivery_date(booking),
		**field_values(order, policy),
		**discount,
		"items": _item_rows(booking, rows),
		"taxes": taxes,
	}


def _delivery_date(booking: Booking) -> Any:
	return booking.day(None) + timedelta(days=max(booking.policy.delivery_days, 0))


def _item_rows(booking: Booking, rows: list[ItemRow]) -> list[dict[str, Any]]:
	return [{**row.values(booking.policy), "delivery_date": _delivery_date(booking)} for row in rows]


def bring_up_to_date(
	booking: Booking, existing: DocumentState, memory: Memory, pricing: Pricing, rows: list[ItemRow], *, submit: bool
) -> tuple[list[Change], Memory] | Failure:
	"""Return what changes of a Sales Order that is not invoiced yet, so that it says what the order says now.

	:param submit: whether it is to be submitted, where we made it as a draft.
	"""
	now = ordered_of(pricing, rows)
	changed = memory.ordered.differs(now)
	changes: list[Change] = []
	if changed and existing.docstatus == 0 and not memory.draft:
		return _review(booking, existing, changed, "is a draft that somebody works on")
	if changed:
		found = _change(booking, existing, memory, pricing, rows, changed)
		if isinstance(found, Failure):
			return found
		made, memory = found
		changes += made
		memory = replace(memory, ordered=replace(now, rows=left_of(now.rows, memory.sent)))
	if submit and memory.draft and existing.docstatus == 0:
		changes.append(SubmitDocument(SALES_ORDER, existing.name, pricing.total, booking.policy.rounding_tolerance))
		memory = replace(memory, draft=False)
	return changes, memory


def _change(
	booking: Booking, existing: DocumentState, memory: Memory, pricing: Pricing, rows: list[ItemRow], changed: list[str]
) -> tuple[list[Change], Memory] | Failure:
	if existing.docstatus == 0:
		values = _values(booking, pricing, rows)
		if isinstance(values, Failure):
			return values
		after: dict[str, Any] = {name: values[name] for name in ("items", "taxes", "discount_amount") if name in values}
		return [UpdateDocument(SALES_ORDER, existing.name, {"grand_total": plain(memory.ordered.total)}, after)], memory
	if memory.ordered.extras.get("discount", ZERO) == pricing.discount:
		revised = revise(booking, existing, memory, rows, charges_of(pricing), pricing.total)
		return revised if isinstance(revised, Failure) else ([revised], memory)
	if any(document.docstatus == 1 for document in booking.snapshot.documents.values()):
		return _review(booking, existing, changed, "has documents that follow it")
	return _amend(booking, existing, memory, pricing, rows)


def revise(
	booking: Booking, existing: DocumentState, memory: Memory, rows: list[ItemRow], charges: Charges, expected: Decimal
) -> ReviseDocument | Failure:
	"""Return the change of a submitted Sales Order to *rows* and *charges*; ERPNext has the last word on it."""
	taxes = plan_charges(booking.order, charges, booking.policy)
	if isinstance(taxes, Failure):
		return taxes
	return ReviseDocument(
		SALES_ORDER,
		existing.name,
		tuple(_item_rows(booking, rows)),
		tuple(taxes),
		before={"grand_total": plain(memory.ordered.total), "pieces": _pieces(memory.ordered.rows)},
		after={"grand_total": plain(expected), "pieces": _pieces(by_line(rows))},
		expect_total=expected,
		tolerance=booking.policy.rounding_tolerance,
	)


def _pieces(rows: Rows) -> dict[str, int]:
	return {line: sum(row.quantity for row in found) for line, found in rows.items()}


def _amend(
	booking: Booking, existing: DocumentState, memory: Memory, pricing: Pricing, rows: list[ItemRow]
) -> tuple[list[Change], Memory] | Failure:
	"""Return the amendment: a discount on the whole document cannot be changed by Update Items."""
	made = create(booking, pricing, rows, submit=True)
	if isinstance(made, Failure):
		return made
	count = memory.amended + 1
	name = f"{booking.policy.order_prefix}{booking.label}-{count}"
	amendment = replace(made, name=name, values={**made.values, "amended_from": existing.name})
	return [CancelDocument(SALES_ORDER, existing.name), amendment], replace(memory, amended=count)


def _review(booking: Booking, existing: DocumentState, changed: list[str], why: str) -> Failure:
	return Failure(
		Category.CONFLICT,
		f"Order {booking.order.label} was edited: {', '.join(changed)} changed. Sales Order {existing.name} {why}, so it was left as "
		"it is. Correct it by hand, then Discard the event.",
	)


def left_of(rows: Rows, sent: Mapping[str, Rows]) -> Rows:
	"""Return *rows* with what Delivery Notes have sent of them taken out."""
	for by_fulfillment in sent.values():
		for line, found in by_fulfillment.items():
			_taken, rows = take(rows, line, sum(row.quantity for row in found))
	return rows
