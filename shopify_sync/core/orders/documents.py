"""All documents of an order, in one plan: Sales Order, deliveries, invoices, payments, credit notes, returns.

Each family is planned in a module of its own; here they are put in order. An invoice comes after what does not need it: where a
naming series counts invoices, its row stays locked until commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ..contracts.order import Order, Refund
from ..customers.parties import PartyPlan, person_of_order, plan_party
from ..failures import Category, Failure
from ..money import ZERO, plain, total
from ..plan import CancelDocument, Change, CloseDocument, CreateDocument, Decision, DocRef, LinkUpdate, Plan, ReopenDocument
from ..policy import FulfillmentSide, GuestPolicy, OrderOutcome, StateRule, StorePolicy
from ..signals import Signal
from ..snapshots import DocumentState, OrderSnapshot
from .booking import DELIVERY_NOTE, SALES_INVOICE, SALES_ORDER, Booking, Party
from .credit_notes import backs_of, charges_of, credit_note, credit_refund
from .deliveries import delivers, plan_deliveries, plan_returns, track_own
from .facts import known_transactions
from .invoices import as_invoiced, plan_cancellation, plan_invoices
from .lines import ItemRow, plan_items
from .memory import Memory, Row, Rows, invoiced_before, items_before, reduced_before, remembered
from .payments import Target, net_paid, notes_on_money, plan_payments, received
from .pricing import Pinned, Pricing, price_order
from .refunds import Settlement, is_restocked, settle, stated_total
from .sales_orders import bring_up_to_date, create, ordered_of, revise
from .tax_sums import added
from .taxes import Charges


@dataclass
class _Work:
	"""The plan while it is made: changes in the order in which they are applied."""

	booking: Booking
	settlement: Settlement
	pricing: Pricing
	rows: list[ItemRow]
	memory: Memory
	before: list[Change] = field(default_factory=list)
	deliveries: list[Change] = field(default_factory=list)
	invoices: list[Change] = field(default_factory=list)
	payments: list[Change] = field(default_factory=list)
	credits: list[Change] = field(default_factory=list)
	after: list[Change] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)
	#: refund → its credit notes.
	targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)

	@property
	def changes(self) -> tuple[Change, ...]:
		return (*self.before, *self.deliveries, *self.invoices, *self.payments, *self.credits, *self.after)


def book(order: Order, snapshot: OrderSnapshot, policy: StorePolicy, signal: Signal, rule: StateRule) -> Decision:
	"""Return the plan that brings the documents of *order* to what *rule* asks for."""
	cancelled = rule.outcome is OrderOutcome.CANCELLED
	party = _party(order, snapshot, policy)
	if isinstance(party, Failure):
		return party
	rate = _rate(order, snapshot, policy)
	if isinstance(rate, Failure):
		return rate
	transactions = known_transactions(order, snapshot.link.facts)
	booking = Booking(order, snapshot, policy, signal.key, _refs(party, snapshot), rate, transactions)
	work = _begin(booking, cancelled=cancelled)
	if isinstance(work, Failure):
		return work
	if work is None:
		return Plan(links=(LinkUpdate(signal.key, version=signal.version),), reason="Nothing is left of the order to book.")
	for step in (_sales_order, _invoices, _deliveries, _credits, _returns, _payments, _close):
		if failure := step(work, rule):
			return failure
	return _plan(work, party, signal)


def _party(order: Order, snapshot: OrderSnapshot, policy: StorePolicy) -> PartyPlan | Failure | None:
	"""Return who the order is booked under; None where its Sales Order says that already."""
	if snapshot.sales_order:
		return None
	person = person_of_order(order, policy)
	if person and snapshot.customer:
		return plan_party(person, snapshot.customer, policy)
	if policy.guest_policy is not GuestPolicy.HOLD and policy.guest_customer:
		# No Addresses: they would pile up on one Customer, a stranger's among them.
		return PartyPlan((), (), policy.guest_customer, None)
	why = "the store holds guest orders" if policy.guest_policy is GuestPolicy.HOLD else "the store names no guest Customer"
	return Failure(
		Category.MISSING_CUSTOMER,
		f"Order {order.label} has no customer{'' if order.guest_email else ' and no e-mail'}, and {why}.",
		missing="setting:guest_customer",
	)


def _refs(party: PartyPlan | None, snapshot: OrderSnapshot) -> Party:
	if party is not None:
		return Party(party.customer, party.billing, party.shipping, party.contact)
	values: Mapping[str, Any] = snapshot.sales_order.values if snapshot.sales_order else {}
	return Party(
		customer=str(values.get("customer") or ""),
		billing=values.get("customer_address") or None,
		shipping=values.get("shipping_address_name") or None,
		contact=values.get("contact_person") or None,
	)


def _rate(order: Order, snapshot: OrderSnapshot, policy: StorePolicy) -> Decimal | Failure:
	if snapshot.sales_order and snapshot.sales_order.values.get("conversion_rate"):
		return Decimal(str(snapshot.sales_order.values["conversion_rate"]))
	rate = Decimal(1) if order.currency == policy.company_currency else snapshot.exchange_rate
	if rate is not None:
		return rate
	return Failure(
		Category.MISSING_EXCHANGE_RATE,
		f"Order {order.label} is in {order.currency}; ERPNext has no rate to {policy.company_currency} for its day.",
		missing=f"exchange_rate:{order.currency}-{policy.company_currency}",
	)


def _begin(booking: Booking, *, cancelled: bool) -> _Work | Failure | None:
	"""Return the order priced, with its rows and what is remembered of it; None when nothing is left of it and nothing stands."""
	order, snapshot = booking.order, booking.snapshot
	agreed = snapshot.link.agreed
	invoiced = invoiced_before(agreed)
	is_invoiced = bool(invoiced.totals) or booking.is_live(booking.under("invoice", "1"))
	settlement = settle(order, is_invoiced=is_invoiced, reduced=reduced_before(agreed), credit_all=cancelled)
	pricing = price_order(order, settlement, invoiced.lines)
	if isinstance(pricing, Failure):
		return pricing
	if not pricing.lines and not pricing.tip and not is_invoiced:
		if failure := _without_lines(order, pricing):
			return failure
		if snapshot.sales_order is None:
			return None
	rows = plan_items(order, pricing, snapshot, booking.policy, items_before(agreed))
	if isinstance(rows, Failure):
		return rows
	memory = remembered(agreed, ordered_of(pricing, rows))
	if is_invoiced and not invoiced.totals:
		# The link was deleted: the invoice that stands there is taken for what the order says.
		memory = replace(memory, invoiced=as_invoiced(pricing, 1, rows))
	reduced = tuple(refund.id or "" for refund in settlement.reducing)
	return _Work(booking, settlement, pricing, rows, replace(memory, currency=order.currency, reduced=reduced))


def _without_lines(order: Order, pricing: Pricing) -> Failure | None:
	"""Return the failure of an order without any line left that is not worth nothing."""
	if not order.line_items:
		return Failure(Category.UNSUPPORTED, f"Order {order.label} has no line to book.")
	if pricing.total:
		return Failure(
			Category.UNSUPPORTED,
			f"Every line of order {order.label} was taken off, and {plain(pricing.total)} {order.currency} are still charged: ERPNext has no "
			"document without an item. Book it by hand, or settle it in Shopify; then Discard the event.",
		)
	return None


# --- the steps -----------------------------------------------------------------------------------------------------


def _sales_order(work: _Work, rule: StateRule) -> Failure | None:
	booking, existing = work.booking, work.booking.snapshot.sales_order
	submit = rule.outcome is not OrderOutcome.DRAFT
	if existing is None:
		made = create(booking, work.pricing, work.rows, submit=submit)
		if isinstance(made, Failure):
			return made
		work.before.append(made)
		work.memory = replace(work.memory, ordered=ordered_of(work.pricing, work.rows), draft=not submit)
		return None
	if work.memory.invoiced.totals:
		# What may still be changed of it follows from what is not invoiced yet.
		return None
	if not work.rows:
		# Every line was taken off before it was invoiced: it is closed in the end.
		return None
	found = bring_up_to_date(booking, existing, work.memory, work.pricing, work.rows, submit=submit)
	if isinstance(found, Failure):
		return found
	changes, memory = found
	if changes:
		_reopen(work, existing)
	work.memory = replace(memory, closed=work.memory.closed)
	work.before += changes
	return None


def _reopen(work: _Work, existing: DocumentState) -> None:
	"""Open a Sales Order that we closed: a closed one takes no change."""
	if work.memory.closed and existing.values.get("status") == "Closed":
		work.before.append(ReopenDocument(SALES_ORDER, existing.name))
	work.memory = replace(work.memory, closed=False)


def _is_draft(work: _Work) -> bool:
	existing = work.booking.snapshot.sales_order
	return work.memory.draft or bool(existing and existing.docstatus == 0 and not work.before)


def _invoices(work: _Work, rule: StateRule) -> Failure | None:
	booking, memory = work.booking, work.memory
	if not (rule.invoice or memory.invoiced.totals):
		return None
	if rule.outcome is OrderOutcome.CANCELLED and memory.invoiced.totals and not memory.invoiced.lines:
		# Everything has been credited.
		return None
	if _is_draft(work):
		work.notes.append("The Sales Order is a draft: invoice, payments and deliveries wait until it is submitted.")
		return None
	existing = booking.snapshot.sales_order
	if not memory.invoiced.totals and existing and _is_positive(existing.values.get("per_billed")):
		return _by_hand(booking, existing, "billed")
	items = dict(memory.ordered.items) | {row.line: row.item for row in work.rows}
	plan = plan_invoices(booking, work.pricing, work.rows, memory.ordered.rows, memory.invoiced, items, _unpaid(work))
	if isinstance(plan, Failure):
		return plan
	if existing and plan.added and (failure := _add_to_sales_order(work, existing, list(plan.added), plan.added_charges)):
		return failure
	work.invoices += plan.invoices
	for note in plan.corrections:
		made = credit_note(booking, note, items)
		if isinstance(made, Failure):
			return made
		work.credits.append(made)
	work.memory = replace(work.memory, invoiced=plan.invoiced)
	return None


def _is_positive(value: Any) -> bool:
	return Decimal(str(value or 0)) > 0


def _by_hand(booking: Booking, existing: DocumentState, how: str) -> Failure:
	return Failure(
		Category.CONFLICT,
		f"Sales Order {existing.name} of order {booking.order.label} was {how} in ERPNext by a document that is not the app's. "
		"Cancel that document and press Retry, or go on by hand and Discard the event.",
	)


def _add_to_sales_order(work: _Work, existing: DocumentState, more: list[ItemRow], charges: Charges) -> Failure | None:
	"""Add rows to a Sales Order that is invoiced: what stands in an invoice stays as it is."""
	_reopen(work, existing)
	memory, booking = work.memory, work.booking
	before = memory.ordered
	templates = {row.line: row for row in (*work.rows, *more)}
	standing = [
		replace(templates[line], quantity=row.quantity, rate=row.rate) if line in templates else _plain_row(memory, line, row)
		for line, found in before.rows.items()
		for row in found
	]
	first = next(iter(booking.order.shipping_lines), None)
	shipping = before.shipping + total(amount for _title, _code, amount in charges.shipping)
	taxes = added(before.taxes, charges.taxes)
	all_charges = Charges(
		shipping=((first.title if first else "Shipping", first.code if first else "", shipping),) if shipping else (),
		duties=before.extras.get("duties", ZERO),
		adjustment=-before.extras.get("adjustment", ZERO),
		taxes=taxes,
	)
	expected = before.total + sum((row.amount for row in more), ZERO) + charges.total
	revised = revise(booking, existing, memory, standing + more, all_charges, expected)
	if isinstance(revised, Failure):
		return revised
	work.before.append(revised)
	ordered = replace(
		before,
		lines={line.line.id: (line.quantity, line.net) for line in work.pricing.lines},
		shipping=shipping,
		taxes=taxes,
		total=expected,
		rows=_with_added(before.rows, more),
		items={**before.items, **{row.line: row.item for row in more}},
	)
	work.memory = replace(memory, ordered=ordered, closed=False)
	return None


def _plain_row(memory: Memory, line: str, row: Row) -> ItemRow:
	return ItemRow(line, memory.ordered.items[line], row.quantity, row.rate, None, "")


def _with_added(rows: Rows, more: list[ItemRow]) -> Rows:
	found = dict(rows)
	for row in more:
		found[row.line] = (*found.get(row.line, ()), Row(row.quantity, row.rate, row.quantity))
	return found


def _deliveries(work: _Work, rule: StateRule) -> Failure | None:
	booking, memory = work.booking, work.memory
	order = booking.order
	work.deliveries += track_own(booking)
	_note_cancelled(work)
	if not order.fulfillments or not delivers(booking) or _is_draft(work):
		if not delivers(booking) and any(found.id not in booking.pushed.sent for found in order.fulfillments):
			work.notes.append("Shopify's fulfillments are not carried over: the store does not deliver by them.")
		return None
	existing = booking.snapshot.sales_order
	# Where both sides send, people's own Delivery Notes are what Shopify is told of.
	by_us_alone = booking.policy.fulfillment_by is FulfillmentSide.SHOPIFY
	is_delivered = existing and _is_positive(existing.values.get("per_delivered"))
	if by_us_alone and existing and is_delivered and not memory.sent and not _has_delivery(booking):
		return _by_hand(booking, existing, "delivered")
	templates = {row.line: row for row in work.rows}
	rows = [templates.get(line) or _plain_row(memory, line, found[0]) for line, found in memory.ordered.rows.items() if found]
	make = rule.delivery or rule.outcome is OrderOutcome.CANCELLED
	plan = plan_deliveries(booking, rows, memory.ordered.rows, memory.sent, memory.tracking, make=make)
	if isinstance(plan, Failure):
		return plan
	work.deliveries += plan.changes
	work.memory = replace(memory, ordered=replace(memory.ordered, rows=plan.rows), sent=plan.sent, tracking=plan.tracking)
	return None


def _note_cancelled(work: _Work) -> None:
	"""Say which fulfillments of ours somebody cancelled in Shopify; the message of their own is a conflict."""
	pushed = work.booking.pushed
	for found in work.booking.order.fulfillments:
		sent = pushed.sent.get(found.id or "")
		if sent and found.status == "cancelled" and not sent.cancelled:
			work.notes.append(f"Fulfillment {sent.id} of Delivery Note {sent.note} was cancelled in Shopify.")


def _has_delivery(booking: Booking) -> bool:
	return any(document.doctype == "Delivery Note" for document in booking.snapshot.documents.values())


def _credits(work: _Work, rule: StateRule) -> Failure | None:
	if not work.memory.invoiced.totals:
		if work.settlement.credited:
			work.notes.append(f"{len(work.settlement.credited)} refund(s) become credit notes once the order is invoiced.")
		return None
	for refund in work.settlement.credited:
		is_there = _find_credit_note(work, refund)
		if isinstance(is_there, Failure):
			return is_there
		if not is_there and (failure := _credit(work, refund)):
			return failure
	return _credit_the_rest(work) if rule.outcome is OrderOutcome.CANCELLED else None


def _find_credit_note(work: _Work, refund: Refund) -> bool | Failure:
	booking, id = work.booking, refund.id or ""
	key = booking.under("refund", id)
	work.targets[id] = (Target(SALES_INVOICE, booking.ref(SALES_INVOICE, key), stated_total(booking.order, refund)),)
	return booking.was_cancelled(key) or id in work.memory.credited or booking.is_live(key)


def _returns(work: _Work, rule: StateRule) -> Failure | None:
	"""Bring back the goods of refunds, as far as Delivery Notes sent them and no return did yet, billed or not."""
	booking = work.booking
	if not delivers(booking) or not work.memory.sent:
		return None
	undone = {(change.doctype, change.name) for change in work.deliveries if isinstance(change, CancelDocument)}
	there = [
		key
		for key, document in booking.snapshot.documents.items()
		if document.docstatus < 2 and (document.doctype, document.name) not in undone
	]
	fresh = [
		refund
		for refund in work.settlement.credited
		if not any(key.startswith(f"{booking.under('return', refund.id or '')}/") for key in there)
	]
	found = plan_returns(booking, fresh, work.memory.sent, work.memory.ordered.items)
	if isinstance(found, Failure):
		return found
	returns, sent = found
	work.after += returns
	work.memory = replace(work.memory, sent=sent)
	return None


def _credit(work: _Work, refund: Refund) -> Failure | None:
	booking, memory = work.booking, work.memory
	found = credit_refund(booking, refund, memory.invoiced, memory.ordered.items, unpaid=_unpaid(work))
	if isinstance(found, Failure):
		return found
	notes, invoiced = found
	targets = []
	for note in notes:
		made = credit_note(booking, note, memory.ordered.items)
		if isinstance(made, Failure):
			return made
		work.credits.append(made)
		targets.append(Target(SALES_INVOICE, DocRef(SALES_INVOICE, note.key), note.total))
	work.targets[refund.id or ""] = tuple(targets)
	work.memory = replace(memory, invoiced=invoiced, credited=(*memory.credited, refund.id or ""))
	return None


def _unpaid(work: _Work) -> Decimal:
	"""Return what is still owed on the invoices."""
	lowered = total(
		stated_total(work.booking.order, refund)
		for refund in work.settlement.credited
		if (refund.id or "") in work.memory.credited and not refund.has_money
	)
	return work.memory.invoiced.total - received(work.booking) - lowered


def _credit_the_rest(work: _Work) -> Failure | None:
	"""Credit what is left of the invoices of a cancelled order that nobody has paid: no refund says so."""
	booking, memory = work.booking, work.memory
	order, credited = booking.order, work.settlement.credited
	left = memory.invoiced.total - total(stated_total(order, refund) for refund in credited)
	if net_paid(booking) or left <= ZERO or not memory.invoiced.lines:
		return None
	backs: dict[str, Pinned] = {}
	for back in (back for refund in credited for back in backs_of(order, refund, {})):
		known = backs.get(back.line, Pinned(0, ZERO))
		taxes = added(known.taxes, back.taxes)
		backs[back.line] = Pinned(known.quantity + back.pieces, known.net + back.net, taxes)
	given = [charges_of(order, refund) for refund in credited]
	taxes = added(*(charges.taxes for charges in given))
	shipping = tuple(entry for charges in given for entry in charges.shipping)
	all_given = Charges(shipping, duties=total(charges.duties for charges in given), taxes=taxes)
	found = plan_cancellation(booking, memory.invoiced, backs, all_given, memory.ordered.items, _unpaid(work))
	if isinstance(found, Failure):
		return found
	notes, invoiced = found
	for note in notes:
		made = credit_note(booking, note, memory.ordered.items)
		if isinstance(made, Failure):
			return made
		work.credits.append(made)
	work.memory = replace(memory, invoiced=replace(invoiced, lines={}, total=memory.invoiced.total - left))
	return None


def _payments(work: _Work, rule: StateRule) -> Failure | None:
	booking = work.booking
	if not rule.payment:
		return None
	if _is_draft(work):
		return None
	found = plan_payments(booking, work.memory.invoiced, work.memory.ordered.total, work.targets)
	if isinstance(found, Failure):
		return found
	receive, pay = found
	work.payments += receive
	work.after = [*pay, *work.after]
	work.notes += notes_on_money(booking)
	return None


def _close(work: _Work, rule: StateRule) -> Failure | None:
	"""Close the Sales Order when nothing of it will follow: by the rule, cancelled, or what is left to send was refunded.

	One that we closed is opened again when that is no longer so; one that somebody closed by hand stays as it is.
	"""
	existing = work.booking.snapshot.sales_order
	if work.memory.draft:
		return None
	was_closed = existing is not None and existing.values.get("status") == "Closed"
	reopened = any(isinstance(change, ReopenDocument) for change in work.before)
	wanted = rule.outcome in (OrderOutcome.CLOSED, OrderOutcome.CANCELLED) or not work.rows or _only_refunded_is_left(work)
	if existing and was_closed and not reopened and work.memory.closed and (not wanted or _needs_it_open(work)):
		work.before.insert(0, ReopenDocument(SALES_ORDER, existing.name))
		reopened = True
	if wanted and (not was_closed or reopened):
		work.after.append(CloseDocument(SALES_ORDER, existing.name if existing else DocRef(SALES_ORDER, work.booking.key)))
	by_hand = was_closed and not reopened and not work.memory.closed
	work.memory = replace(work.memory, closed=wanted and not by_hand)
	return None


def _needs_it_open(work: _Work) -> bool:
	"""Whether a change of the plan is one that ERPNext refuses while the Sales Order is closed."""
	made = [change for change in work.changes if isinstance(change, CreateDocument) and not change.values.get("is_return")]
	cancelled = [change for change in work.changes if isinstance(change, CancelDocument)]
	against_it = {change.doctype for change in made} & {SALES_INVOICE, DELIVERY_NOTE}
	return bool(against_it) or any(change.doctype == DELIVERY_NOTE for change in cancelled)


def _only_refunded_is_left(work: _Work) -> bool:
	"""Whether pieces that nobody will send any more are all that is left to send."""
	order, credited = work.booking.order, work.settlement.credited
	unsent = 0
	for line in order.line_items:
		sent = sum(row.quantity for f in order.fulfillments if f.is_sent for row in f.line_items if row.id == line.id)
		booked = next((row.quantity for row in work.pricing.lines if row.line.id == line.id), 0)
		rows = [row for refund in credited for row in refund.refund_line_items if row.line_item_id == line.id]
		kept_back = sum(row.quantity for row in rows if not is_restocked(row))
		open_pieces = max(booked - sent, 0)
		if open_pieces > kept_back:
			return False
		unsent += open_pieces
	return unsent > 0


def _plan(work: _Work, party: PartyPlan | None, signal: Signal) -> Plan:
	booking, existing = work.booking, work.booking.snapshot.sales_order
	document: DocRef | tuple[str, str] = (existing.doctype, existing.name) if existing else DocRef(SALES_ORDER, booking.key)
	if any(isinstance(change, CreateDocument) for change in work.before):
		document = DocRef(SALES_ORDER, booking.key)
	order = booking.order
	return Plan(
		changes=(*(party.changes if party else ()), *work.changes),
		links=(
			*(party.links if party else ()),
			LinkUpdate(signal.key, document=document, agreed=work.memory.dump(), version=signal.version),
		),
		document=document,
		not_applied=(*(party.not_applied if party else ()), *work.notes),
		reason=f"Sales Order {existing.name} already agrees with this state of the order." if existing else "",
		reads={
			"basis": work.pricing.basis,
			"exchange_rate": str(booking.rate),
			"state": f"{order.financial_status or 'pending'}, {order.fulfillment_status or 'unfulfilled'}",
			"transactions": str(len(booking.transactions)),
		},
	)
