"""Sales Invoices: the first says what the Sales Order says; later ones, and corrections, what an edit changed after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..contracts.order import Order
from ..failures import Category, Failure
from ..money import ZERO, plain, total
from ..plan import CreateDocument, RowRef
from ..snapshots import ItemState
from .booking import SALES_INVOICE, SALES_ORDER, Booking
from .credit_notes import Back, CreditNote
from .lines import ItemRow, rows_of
from .memory import TIP, Invoiced, Row, Rows, take
from .pricing import Pinned, PricedLine, Pricing
from .tax_sums import TaxKey, added, minus, negated
from .taxes import Charges, plan_charges


@dataclass(frozen=True)
class InvoicePlan:
	"""Invoices and corrections to make, and what is invoiced then."""

	invoices: tuple[CreateDocument, ...]
	corrections: tuple[CreditNote, ...]
	invoiced: Invoiced
	#: Rows and charges that the Sales Order must get first, since an edit added them after it was invoiced.
	added: tuple[ItemRow, ...] = ()
	added_charges: Charges = field(default_factory=Charges)


def charges_of(pricing: Pricing) -> Charges:
	"""Return what a document of the whole order charges besides its rows."""
	return Charges(
		shipping=tuple((row.line.title, row.line.code, row.net) for row in pricing.shipping),
		duties=pricing.duties,
		adjustment=-pricing.adjustment,
		taxes={(tax.title, tax.rate): tax.price for tax in pricing.taxes},
	)


def extras_of(pricing: Pricing) -> dict[str, Decimal]:
	"""Return the amounts that stand in no line, shipping line or tax."""
	return {
		"tip": pricing.tip,
		"discount": pricing.discount,
		"duties": pricing.duties,
		"adjustment": pricing.adjustment,
	}


def plan_invoices(
	booking: Booking,
	pricing: Pricing,
	rows: list[ItemRow],
	order_rows: Rows,
	invoiced: Invoiced,
	items: Mapping[str, ItemState],
	unpaid: Decimal,
) -> InvoicePlan | Failure:
	"""Return what has to be invoiced so that all invoices come to *pricing*.

	:param unpaid: what the customer still owes on the invoices; a correction lowers that as far as it goes.

	:param rows: the rows of the whole order; *order_rows*: those of the Sales Order as it is.
	"""
	if not invoiced.totals:
		return _first(booking, pricing, rows)
	return _difference(booking, pricing, order_rows, invoiced, items, unpaid)


def as_invoiced(pricing: Pricing, number: int, rows: list[ItemRow]) -> Invoiced:
	"""Return what is invoiced once the whole of *pricing* stands in invoice *number*."""
	return Invoiced(
		lines=_pins(pricing),
		shipping=total(row.net for row in pricing.shipping),
		shipping_taxes=added(*(row.taxes for row in pricing.shipping)),
		extras=extras_of(pricing),
		total=pricing.total,
		documents={number: by_line(rows)},
		totals={number: pricing.total},
	)


def by_line(rows: list[ItemRow]) -> dict[str, tuple[Row, ...]]:
	"""Return item rows as they are remembered."""
	found: dict[str, tuple[Row, ...]] = {}
	for row in rows:
		found[row.line] = (*found.get(row.line, ()), Row(row.quantity, row.rate, row.quantity))
	return found


def _pins(pricing: Pricing) -> dict[str, Pinned]:
	return {row.line.id: Pinned(row.quantity, row.net, row.taxes) for row in pricing.lines}


def _first(booking: Booking, pricing: Pricing, rows: list[ItemRow]) -> InvoicePlan | Failure:
	if not rows:
		return InvoicePlan((), (), Invoiced())
	made = _invoice(booking, 1, rows, {}, charges_of(pricing), pricing.discount, pricing.total)
	return made if isinstance(made, Failure) else InvoicePlan((made,), (), as_invoiced(pricing, 1, rows))


def _invoice(
	booking: Booking,
	number: int,
	rows: list[ItemRow],
	places: Mapping[str, int],
	charges: Charges,
	discount: Decimal,
	expected: Decimal,
) -> CreateDocument | Failure:
	"""Return an invoice. :param places: line → at which row of the Sales Order its rows begin."""
	policy, order = booking.policy, booking.order
	taxes = plan_charges(order, charges, policy)
	if isinstance(taxes, Failure):
		return taxes
	day = invoice_day(booking)
	values = {
		**booking.selling_values(),
		"posting_date": day,
		**_due(order, booking, day, expected, number),
		"update_stock": int(policy.invoice_updates_stock),
		**({"apply_discount_on": "Net Total", "discount_amount": discount} if discount else {}),
		# What was paid in advance against the Sales Order is taken by the invoice.
		**({"allocate_advances_automatically": 1, "only_include_allocated_payments": 1} if _has_advances(booking) else {}),
		"items": _invoice_rows(booking, rows, places),
		"taxes": taxes,
	}
	suffix = "" if number == 1 else f"-{number}"
	return CreateDocument(
		SALES_INVOICE,
		booking.under("invoice", str(number)),
		values,
		booking.invoice_name(policy.invoice_prefix, booking.label + suffix),
		submit=True,
		expect_total=expected,
		tolerance=policy.rounding_tolerance,
	)


def _has_advances(booking: Booking) -> bool:
	return any(booking.is_live(booking.under("transaction", transaction.id)) for transaction in booking.transactions)


def _invoice_rows(booking: Booking, rows: list[ItemRow], places: Mapping[str, int]) -> list[dict[str, Any]]:
	found = []
	counts = dict(places)
	for row in rows:
		index = counts.get(row.line, 0)
		counts[row.line] = index + 1
		account = booking.policy.gift_card_account if row.gift_card else None
		found.append(
			{
				**row.values(booking.policy),
				"sales_order": booking.sales_order,
				"so_detail": RowRef(SALES_ORDER, booking.key, row.line, index),
				**({"income_account": account} if account else {}),
			}
		)
	return found


def invoice_day(booking: Booking) -> date:
	"""Return the posting date: the day of the first payment, else on which everything was sent, else of the order itself."""
	paid = next((transaction.at for transaction in booking.transactions if transaction.is_payment), None)
	if paid is None and booking.order.fulfillment_status == "fulfilled":
		sent = [fulfillment.created_at for fulfillment in booking.order.fulfillments if fulfillment.is_sent]
		paid = max((moment for moment in sent if moment), default=None)
	return max(booking.day(paid), booking.day(None))


def _due(order: Order, booking: Booking, day: date, expected: Decimal, number: int) -> dict[str, Any]:
	"""Return when it is to be paid: at once, or as the payment terms say (net 30, instalments)."""
	terms = order.payment_terms
	schedules = [entry for entry in (terms.payment_schedules if terms else ()) if entry.due_at]
	if terms and not schedules and terms.due_in_days:
		return {"due_date": booking.day(None) + timedelta(days=terms.due_in_days)}
	if not schedules:
		return {"due_date": day}
	due = [max(booking.day(entry.due_at), day) for entry in schedules]
	amounts = [entry.amount for entry in schedules]
	if len(schedules) == 1 or number > 1 or total(amounts) != expected:
		return {"due_date": max(due)}
	return {
		"due_date": max(due),
		"payment_schedule": [
			{"due_date": when, "invoice_portion": amount * 100 / expected, "payment_amount": amount}
			for when, amount in zip(due, amounts, strict=True)
		],
	}


# --- after the first -------------------------------------------------------------------------------------------


def _difference(
	booking: Booking,
	pricing: Pricing,
	order_rows: Rows,
	invoiced: Invoiced,
	items: Mapping[str, ItemState],
	unpaid: Decimal,
) -> InvoicePlan | Failure:
	if failure := _unbookable(booking.order, pricing, invoiced):
		return failure
	more, less = _line_differences(pricing, invoiced)
	shipping = total(row.net for row in pricing.shipping) - invoiced.shipping
	shipping_taxes = minus(added(*(row.taxes for row in pricing.shipping)), invoiced.shipping_taxes)
	nothing: tuple[Decimal, Mapping[TaxKey, Decimal]] = (ZERO, {})
	up = (shipping, shipping_taxes) if shipping > 0 else nothing
	down = (shipping, shipping_taxes) if shipping < 0 else nothing
	rows = [row for line in more for row in rows_of(booking.order, line, items[line.line.id])]
	if up[0] and not rows:
		return _review(booking.order, "shipping was added after the invoice")
	invoices: list[CreateDocument] = []
	after = replace(
		invoiced,
		lines=_pins(pricing),
		shipping=total(row.net for row in pricing.shipping),
		shipping_taxes=added(*(row.taxes for row in pricing.shipping)),
		extras=extras_of(pricing),
		total=pricing.total,
	)
	charges = Charges(_shipping(pricing, up[0]), taxes=added(up[1], *(line.taxes for line in more)))
	if rows:
		amount = sum((row.amount for row in rows), ZERO) + charges.total
		number = after.next_number
		places = {line: len(found) for line, found in order_rows.items()}
		made = _invoice(booking, number, rows, places, charges, ZERO, amount)
		if isinstance(made, Failure):
			return made
		invoices.append(made)
		after = replace(
			after,
			documents={**after.documents, number: by_line(rows)},
			totals={**after.totals, number: amount},
		)
	corrected = _corrections(booking, less, Charges(_shipping(pricing, down[0]), taxes=down[1]), after, items, unpaid)
	if isinstance(corrected, Failure):
		return corrected
	corrections, after = corrected
	return InvoicePlan(tuple(invoices), tuple(corrections), after, tuple(rows), charges)


def _unbookable(order: Order, pricing: Pricing, invoiced: Invoiced) -> Failure | None:
	now = extras_of(pricing)
	changed = [name for name in now if now[name] != invoiced.extras.get(name, ZERO)]
	for row in pricing.lines:
		pin = invoiced.lines.get(row.line.id)
		if pin and pin.quantity == row.quantity and pin.net != row.net:
			changed.append(f"the price of line {row.line.id} ({plain(pin.net)} → {plain(row.net)})")
	return _review(order, f"{', '.join(changed)} changed after the invoice") if changed else None


def _review(order: Order, what: str) -> Failure:
	return Failure(
		Category.CONFLICT,
		f"Order {order.label}: {what}. The Sales Invoice forbids to change that in ERPNext. Correct it by hand, then Discard the "
		"event.",
	)


def _line_differences(pricing: Pricing, invoiced: Invoiced) -> tuple[list[PricedLine], list[tuple[str, Pinned]]]:
	"""Return the lines of which more is ordered than invoiced (by how much), and those of which less is."""
	more, less = [], []
	now = {row.line.id: row for row in pricing.lines}
	for line, row in now.items():
		pin = invoiced.lines.get(line, Pinned(0, ZERO))
		if row.quantity > pin.quantity:
			taxes = minus(row.taxes, pin.taxes)
			more.append(replace(row, quantity=row.quantity - pin.quantity, net=row.net - pin.net, taxes=taxes))
		elif row.quantity < pin.quantity:
			less.append((line, Pinned(pin.quantity - row.quantity, pin.net - row.net, minus(pin.taxes, row.taxes))))
	less += [(line, pin) for line, pin in invoiced.lines.items() if line not in now and pin.quantity]
	return more, less


def _corrections(
	booking: Booking,
	less: list[tuple[str, Pinned]],
	charges: Charges,
	invoiced: Invoiced,
	items: Mapping[str, ItemState],
	unpaid: Decimal,
) -> tuple[list[CreditNote], Invoiced] | Failure:
	"""Return the credit notes for what was taken off after it was invoiced; *charges*: shipping and the like, below zero."""
	notes: list[CreditNote] = []
	taken_by: dict[int, list[Any]] = {}
	for line, pin in less:
		factor = items[line].factor
		back = Back(line, pin.quantity * factor, pin.net, pin.taxes)
		for number, rows in sorted(invoiced.documents.items()):
			taken, left = take(rows, line, back.pieces)
			if sum(row.pieces for row in taken) == back.pieces:
				invoiced = replace(invoiced, documents={**invoiced.documents, number: left})
				taken_by.setdefault(number, []).append((back, tuple(taken)))
				break
		else:
			return _review(booking.order, f"pieces of line {line} were taken off that are credited already")
	if (charges.total or any(charges.taxes.values())) and not taken_by:
		taken_by[min(invoiced.documents)] = []
	for place, (number, taken_lines) in enumerate(sorted(taken_by.items())):
		besides = charges if place == 0 else Charges()
		taxes = added(besides.taxes, *(negated(back.taxes) for back, _taken in taken_lines))
		own = invoiced.next_number
		note = CreditNote(
			key=booking.under("invoice", str(own)),
			name=f"{booking.label}-{own}",
			day=max(booking.day(booking.order.updated_at), invoice_day(booking)),
			against=number,
			taken=tuple(taken_lines),
			charges=replace(besides, taxes=taxes),
			own_outstanding=unpaid < _worth(taken_lines, besides, taxes),
		)
		notes.append(note)
		invoiced = replace(invoiced, totals={**invoiced.totals, own: -note.total})
	return notes, invoiced


def plan_cancellation(
	booking: Booking,
	invoiced: Invoiced,
	credited: Mapping[str, Pinned],
	given: Charges,
	items: Mapping[str, ItemState],
	unpaid: Decimal,
) -> tuple[list[CreditNote], Invoiced] | Failure:
	"""Return the credit notes for what is still invoiced of an order that is cancelled and that nobody has paid.

	:param credited: line → what its refunds have taken back; *given*: the charges of their credit notes (below zero).
	"""
	less = []
	for line, pin in invoiced.lines.items():
		gone = credited.get(line, Pinned(0, ZERO))
		if pin.quantity > gone.quantity:
			taxes = minus(pin.taxes, gone.taxes)
			less.append((line, Pinned(pin.quantity - gone.quantity, pin.net - gone.net, taxes)))
	if invoiced.extras.get("tip"):
		less.append((TIP, Pinned(1, invoiced.extras["tip"])))
	if invoiced.extras.get("discount") or invoiced.extras.get("adjustment"):
		return _review(booking.order, "the order was cancelled, and a discount on the whole document stands in its invoice")
	first = next(iter(booking.order.shipping_lines), None)
	left = invoiced.shipping + sum((amount for _title, _code, amount in given.shipping), ZERO)
	charges = Charges(
		shipping=((first.title if first else "Shipping", first.code if first else "", -left),) if left else (),
		duties=-(invoiced.extras.get("duties", ZERO) + given.duties),
		taxes=negated(added(invoiced.shipping_taxes, given.taxes)),
	)
	return _corrections(booking, less, charges, invoiced, items, unpaid)


def _worth(lines: list[Any], charges: Charges, taxes: Mapping[TaxKey, Decimal]) -> Decimal:
	return sum((back.net for back, _taken in lines), ZERO) - replace(charges, taxes=taxes).total


def _shipping(pricing: Pricing, amount: Decimal) -> tuple[tuple[str, str, Decimal], ...]:
	if not amount:
		return ()
	first = next(iter(pricing.shipping), None)
	return ((first.line.title if first else "Shipping", first.line.code if first else "", amount),)
