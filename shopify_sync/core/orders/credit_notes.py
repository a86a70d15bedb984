"""Credit notes: a Sales Invoice with `is_return` for what a refund, or an edit after the invoice, takes back.

Rows stand against the rows of the invoice, at their rates: ERPNext accepts no higher rate in a return. The cents by which
Shopify's amount differs from them become a row of their own, or lower the rate of a piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ..contracts.order import Order, Refund
from ..failures import Category, Failure
from ..money import ZERO, split_rate
from ..plan import CreateDocument, RowRef
from ..snapshots import ItemState
from .booking import SALES_INVOICE, Booking
from .memory import Invoiced, Taken, take
from .refunds import exact, is_restocked, stated_total, taxes_of
from .tax_sums import TaxKey, added, minus
from .taxes import Charges, missing_account, plan_charges


@dataclass(frozen=True)
class Back:
	"""Pieces of one line that come back. :ivar pieces: in stock units; *net* without tax, in the order's currency.

	:ivar restocked: whether the goods go back into stock; *location_id*: where.
	"""

	line: str
	pieces: int
	net: Decimal
	taxes: Mapping[TaxKey, Decimal]
	restocked: bool = False
	location_id: str | None = None


@dataclass(frozen=True)
class CreditNote:
	"""One credit note to make. :ivar against: number of the invoice it stands against; None: no row of it does."""

	key: str
	name: str
	day: date
	against: int
	taken: tuple[tuple[Back, tuple[Taken, ...]], ...]
	charges: Charges
	own_outstanding: bool
	updates_stock: bool = False

	@property
	def total(self) -> Decimal:
		"""What it takes off, as a positive amount."""
		return sum((back.net for back, _taken in self.taken), ZERO) - self.charges.total


def backs_of(order: Order, refund: Refund, items: Mapping[str, ItemState]) -> list[Back]:
	"""Return what a refund takes back, line by line."""
	found = []
	for row in refund.refund_line_items:
		line = next((line for line in order.line_items if line.id == row.line_item_id), None)
		if line is None or not row.quantity:
			continue
		net = row.subtotal - (row.total_tax if order.taxes_included else ZERO)
		item = items.get(line.id)
		found.append(
			Back(
				line=line.id,
				pieces=row.quantity * (item.factor if item else 1),
				net=exact(net, order.currency),
				taxes=taxes_of(line, row, order.currency),
				restocked=is_restocked(row),
				location_id=row.location_id,
			)
		)
	return found


def charges_of(order: Order, refund: Refund) -> Charges:
	"""Return what a refund gives back besides its lines' prices and taxes, as the negative charges of a credit note."""
	amount, tax = refund.shipping
	net = exact(amount - (tax if order.taxes_included else ZERO), order.currency)
	first = next(iter(order.shipping_lines), None)
	taxes: dict[TaxKey, Decimal] = {}
	if tax:
		keys = [(line.title, line.rate) for shipping in order.shipping_lines for line in shipping.tax_lines]
		keys = keys or [(line.title, line.rate) for line in order.tax_lines]
		taxes[keys[0] if keys else ("Shipping tax", ZERO)] = -exact(tax, order.currency)
	return Charges(
		shipping=((first.title if first else "Shipping", first.code if first else "", -net),) if net else (),
		duties=-exact(refund.duty, order.currency),
		adjustment=-exact(refund.adjustment, order.currency),
		taxes=taxes,
	)


def credit_refund(
	booking: Booking, refund: Refund, invoiced: Invoiced, items: Mapping[str, ItemState], *, unpaid: Decimal
) -> tuple[list[CreditNote], Invoiced] | Failure:
	"""Return the credit notes of a refund: one, or one per invoice (and per way of restocking) that its pieces stand in.

	:param unpaid: what the customer still owes on the invoices; a refund without money lowers that as far as it goes.
	"""
	order = booking.order
	splits = _split(booking, backs_of(order, refund, items), invoiced)
	if isinstance(splits, Failure):
		return splits
	groups, invoiced = splits
	own = refund.has_money or stated_total(order, refund) > unpaid
	first = min(invoiced.documents, default=1)
	charges = charges_of(order, refund)
	notes = []
	for place, ((number, stocked), taken) in enumerate(groups.items() or {(first, False): []}.items()):
		suffix = () if place == 0 else (str(place + 1),)
		notes.append(
			CreditNote(
				key=booking.under("refund", refund.id or "", *suffix),
				name="-".join((booking.label, refund.id or "", *suffix)),
				day=booking.day(refund.at),
				against=number,
				taken=tuple(taken),
				charges=_with_taxes(charges if place == 0 else Charges(), [back for back, _rows in taken]),
				own_outstanding=own,
				updates_stock=stocked and booking.policy.invoice_updates_stock,
			)
		)
	return [note for note in notes if note.total > ZERO or note.taken], invoiced


def _with_taxes(charges: Charges, backs: list[Back]) -> Charges:
	return replace(charges, taxes=minus(charges.taxes, added(*(back.taxes for back in backs))))


Groups = dict[tuple[int, bool], list[tuple[Back, tuple[Taken, ...]]]]


def _split(booking: Booking, backs: list[Back], invoiced: Invoiced) -> tuple[Groups, Invoiced] | Failure:
	"""Return the pieces by invoice and by whether they move stock, and what is left of the invoices' rows."""
	groups: Groups = {}
	for back in backs:
		rest = back
		for number, rows in sorted(invoiced.documents.items()):
			taken, left = take(rows, back.line, rest.pieces)
			if not taken:
				continue
			invoiced = replace(invoiced, documents={**invoiced.documents, number: left})
			share = _share(rest, taken)
			groups.setdefault((number, back.restocked and booking.policy.invoice_updates_stock), []).append((share, tuple(taken)))
			rest = replace(
				rest, pieces=rest.pieces - share.pieces, net=rest.net - share.net, taxes=minus(rest.taxes, share.taxes)
			)
		if rest.pieces:
			return Failure(
				Category.CONFLICT,
				f"Order {booking.order.label}: more pieces of line {back.line} are taken back than its Sales Invoices have left. "
				"Make the credit note by hand, then Discard the event.",
			)
	return groups, invoiced


def _share(rest: Back, taken: list[Taken]) -> Back:
	"""Return the part of *rest* that stands in one invoice; the last part takes what is left."""
	count = sum(row.pieces for row in taken)
	if count == rest.pieces:
		return rest
	net = min(sum((row.rate * row.pieces for row in taken), ZERO), rest.net)
	return replace(rest, pieces=count, net=net, taxes={})


def credit_note(booking: Booking, note: CreditNote, items: Mapping[str, ItemState]) -> CreateDocument | Failure:
	"""Return the document of a credit note, or the failure that names the account it lacks."""
	rows = [row for back, taken in note.taken for row in _rows(booking, note, back, taken, items)]
	charges = note.charges
	if not rows:
		row, charges = _row_of_charges(booking, charges)
		if isinstance(row, Failure):
			return row
		rows = [row]
	taxes = plan_charges(booking.order, charges, booking.policy)
	if isinstance(taxes, Failure):
		return taxes
	values = {
		**booking.selling_values(),
		"is_return": 1,
		"return_against": booking.ref(SALES_INVOICE, booking.under("invoice", str(note.against))),
		"update_outstanding_for_self": int(note.own_outstanding),
		"update_stock": int(note.updates_stock),
		"posting_date": note.day,
		"due_date": note.day,
		"items": rows,
		"taxes": taxes,
	}
	policy = booking.policy
	name = booking.invoice_name(policy.credit_note_prefix, note.name)
	return CreateDocument(
		SALES_INVOICE, note.key, values, name, submit=True, expect_total=-note.total, tolerance=policy.rounding_tolerance
	)


def _rows(
	booking: Booking, note: CreditNote, back: Back, taken: tuple[Taken, ...], items: Mapping[str, ItemState]
) -> list[dict[str, Any]]:
	rows: list[dict[str, Any]] = []
	over = back.net - sum((row.rate * row.pieces for row in taken), ZERO)
	for row in reversed(taken):
		amount = row.rate * row.pieces
		off = min(max(-over, ZERO), amount)
		over += off
		for pieces, rate in split_rate(amount - off, row.pieces, booking.order.currency):
			rows.insert(0, _row(booking, note, back, replace(row, pieces=pieces, rate=rate), row.rate, items))
	if over > ZERO:
		rows.append(_bare_row(booking, "Rounding", over, _income_account(booking, back.line)))
	return rows


def _row(
	booking: Booking, note: CreditNote, back: Back, row: Taken, full_rate: Decimal, items: Mapping[str, ItemState]
) -> dict[str, Any]:
	item = items[row.line]
	rule = booking.policy.location(back.location_id) if back.location_id else None
	account = _income_account(booking, row.line)
	return {
		"item_code": item.code,
		"qty": -row.pieces,
		"uom": item.stock_uom,
		"stock_uom": item.stock_uom,
		"conversion_factor": 1,
		"price_list_rate": full_rate,
		"rate": row.rate,
		"discount_percentage": Decimal(100) if row.rate == ZERO and full_rate > ZERO else ZERO,
		"warehouse": rule.warehouse if rule else booking.policy.default_warehouse,
		"cost_center": booking.policy.cost_center,
		"shopify_line_item_id": row.line,
		"sales_order": booking.sales_order,
		"sales_invoice_item": RowRef(SALES_INVOICE, booking.under("invoice", str(note.against)), row.line, row.index),
		**({"income_account": account} if account else {}),
	}


def _income_account(booking: Booking, line_id: str) -> str | None:
	line = next((line for line in booking.order.line_items if line.id == line_id), None)
	return booking.policy.gift_card_account if line and line.gift_card else None


def _bare_row(booking: Booking, words: str, amount: Decimal, account: str | None) -> dict[str, Any]:
	"""Return a row without an Item: an invoice needs at least one row."""
	return {
		"item_name": words,
		"description": words,
		"qty": -1,
		"uom": "Nos",
		"conversion_factor": 1,
		"price_list_rate": amount,
		"rate": amount,
		"cost_center": booking.policy.cost_center,
		**({"income_account": account} if account else {}),
	}


def _row_of_charges(booking: Booking, charges: Charges) -> tuple[dict[str, Any] | Failure, Charges]:
	"""Return a row that stands for the first of the charges, and the charges without it."""
	policy = booking.policy
	if charges.adjustment:
		account = policy.adjustment_account
		failure = None if account else missing_account(booking.order, "adjustment_account", "an adjustment", policy)
		return failure or _bare_row(booking, "Adjustment", -charges.adjustment, account), replace(charges, adjustment=ZERO)
	if charges.shipping:
		(title, code, amount), *rest = charges.shipping
		account = policy.shipping_account_for(title, code)
		missing = Failure(
			Category.MISSING_SHIPPING_ACCOUNT,
			f"Order {booking.order.label}: shipping line {title!r} has no account in store {policy.store}.",
			missing=f"shipping:{title}",
		)
		row = _bare_row(booking, title or "Shipping", -amount, account) if account else missing
		return row, replace(charges, shipping=tuple(rest))
	account = policy.duty_account
	failure = None if account else missing_account(booking.order, "duty_account", "duties", policy)
	return failure or _bare_row(booking, "Duties", -charges.duties, account), replace(charges, duties=ZERO)
