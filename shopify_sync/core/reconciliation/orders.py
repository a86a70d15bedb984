"""Orders: what Shopify says of one, beside what its documents in ERPNext come to.

Each side is reduced to the same figures, net of everything that was taken back. The figures are compared as a whole first (their
checksum), and one by one only where that differs. What exactly each document should look like is the engine's to decide; this
asks whether the outcome is right, without trusting what the engine remembers of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from ..contracts.order import Order
from ..contracts.transaction import Transaction
from ..failures import Failure
from ..money import ZERO, plain, quantum
from ..orders.facts import known_transactions
from ..orders.memory import TIP
from ..orders.refunds import is_restocked
from ..orders.states import rule_for, state_of
from ..policy import FulfillmentSide, OrderOutcome, StateRule, StorePolicy
from .findings import Difference, Kind
from .found import FoundDocument, FoundOrder

_SALES_ORDER, _INVOICE = "Sales Order", "Sales Invoice"
_PAYMENT, _NOTE = "Payment Entry", "Delivery Note"
#: Differences of an order with which the stock of what was sent, or came back, differs too.
MOVES_STOCK = (Kind.MISSING, Kind.FULFILLED, Kind.REFUNDED, Kind.LINES)
#: Why an order is not compared.
BY_RULE, HELD, NO_RULE = "Nothing is booked in this state, by the store's rule", "Held for review", "No Order State Rule"
BEFORE = "Placed before the store's orders are taken over"


@dataclass(frozen=True)
class Figures:
	"""What an order comes to.

	:ivar live: whether there is, or has to be, a Sales Order that is neither cancelled nor missing.
	:ivar total: what is billed less what is credited; before there is an invoice, what the Sales Order says.
	:ivar lines: line → pieces that are left of it, likewise. *sent*: line → pieces sent and not brought back.
	:ivar paid: transaction → what was received; *refunded*: transaction → what was given back; in the company's currency.
	:ivar items: line → Item.

	None: not compared, because one side rightly says nothing of it.
	"""

	live: bool
	currency: str = ""
	total: Decimal | None = None
	taxes: Decimal | None = None
	lines: Mapping[str, Decimal] | None = None
	sent: Mapping[str, Decimal] | None = None
	paid: Mapping[str, Decimal] = field(default_factory=dict)
	refunded: Mapping[str, Decimal] = field(default_factory=dict)
	items: Mapping[str, str] = field(default_factory=dict)

	@property
	def checksum(self) -> str:
		"""The same for the same figures, however they came about."""
		parts = [str(self.live), self.currency, _number(self.total), _number(self.taxes)]
		for mapping in (self.lines, self.sent, self.paid, self.refunded, self.items):
			parts.append(
				"" if mapping is None else ",".join(f"{key}={_number(mapping[key])}" for key in sorted(mapping) if mapping[key])
			)
		return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Comparison:
	"""Both sides of an order. :ivar reason: why it is not compared, or empty. *company_currency*: of what was paid and paid back."""

	reason: str
	shopify: Figures
	erpnext: Figures
	documents: tuple[FoundDocument, ...] = ()
	company_currency: str = ""

	@property
	def agrees(self) -> bool:
		"""Whether nothing is to be found by looking closer."""
		if self.reason:
			return True
		# Two Sales Orders of one order may say the same: their figures do not tell.
		return self.shopify.checksum == self.erpnext.checksum and next(_duplicates(self.documents), None) is None


def compare(order: Order, found: FoundOrder, policy: StorePolicy) -> Comparison:
	"""Return both sides of an order.

	:param order: as it was fetched: its transactions are in it.
	"""
	rule = rule_for(order, policy.state_rules)
	reason = _not_compared(rule)
	if reason or isinstance(rule, Failure):
		return Comparison(reason, Figures(False), Figures(False))
	if _is_older(order, policy) and not found.documents:
		return Comparison(BEFORE, Figures(False), Figures(False))
	books = _Books.of(order, found, policy)
	stated = _stated(order, rule, books)
	nothing_billed = not books.invoices and rule.invoice and rule.outcome is not OrderOutcome.CANCELLED
	booked = _booked(books, stated, nothing_billed=nothing_billed)
	if not rule.payment:
		# What an earlier state had booked is left as it is; of this one nothing is.
		booked = replace(booked, paid={}, refunded={})
	return Comparison("", stated, booked, books.live, policy.company_currency)


def differences(comparison: Comparison) -> Iterator[Difference]:
	"""Yield what is not the same, one by one."""
	shopify, erpnext = comparison.shopify, comparison.erpnext
	sales_order = _first(comparison.documents, _SALES_ORDER)
	ref = sales_order.ref if sales_order else None
	if shopify.live != erpnext.live:
		if shopify.live:
			yield Difference(Kind.MISSING, shopify=_total(shopify), erpnext="no Sales Order")
		else:
			yield Difference(Kind.STATE, shopify="cancelled", erpnext="live", document=ref)
		return
	yield from _duplicates(comparison.documents)
	if shopify.currency != erpnext.currency:
		yield Difference(Kind.CURRENCY, shopify=shopify.currency, erpnext=erpnext.currency, document=ref)
	unit, company = shopify.currency, comparison.company_currency
	yield from _amounts(Kind.TOTAL, {"": shopify.total}, {"": erpnext.total}, unit, ref)
	yield from _amounts(Kind.TAXES, {"": shopify.taxes}, {"": erpnext.taxes}, unit, ref)
	yield from _amounts(Kind.LINES, shopify.lines, erpnext.lines, "pieces", ref)
	yield from _amounts(Kind.FULFILLED, shopify.sent, erpnext.sent, "pieces", ref)
	yield from _amounts(Kind.PAID, shopify.paid, erpnext.paid, company, ref)
	yield from _amounts(Kind.REFUNDED, shopify.refunded, erpnext.refunded, company, ref)
	for line in sorted(shopify.items.keys() & erpnext.items.keys()):
		if shopify.items[line] != erpnext.items[line]:
			yield Difference(Kind.ITEM, line, shopify.items[line], erpnext.items[line], document=ref)


def _not_compared(rule: StateRule | Failure) -> str:
	if isinstance(rule, Failure):
		return NO_RULE
	return {OrderOutcome.HOLD: HELD, OrderOutcome.NONE: BY_RULE}.get(rule.outcome, "")


def _is_older(order: Order, policy: StorePolicy) -> bool:
	"""Whether an order was placed before the store's orders were taken over."""
	if policy.orders_from is None:
		return False
	placed: date = order.placed_at.astimezone(ZoneInfo(policy.time_zone)).date()
	return placed < policy.orders_from


@dataclass(frozen=True)
class _Books:
	"""The documents of an order that count.

	:ivar factors: line → stock units of one piece. *never_sent*: lines that no parcel will hold.
	"""

	policy: StorePolicy
	found: FoundOrder
	live: tuple[FoundDocument, ...]
	factors: Mapping[str, int]
	transactions: tuple[Transaction, ...]
	never_sent: frozenset[str]

	@classmethod
	def of(cls, order: Order, found: FoundOrder, policy: StorePolicy) -> _Books:
		agreed = found.link.agreed if found.link else {}
		factors = {line: int(item[2]) for line, item in (agreed.get("items") or {}).items()}
		live = tuple(document for document in found.documents if document.docstatus < 2)
		facts = found.link.facts if found.link else {}
		return cls(policy, found, live, factors, known_transactions(order, facts), _never_sent(order))

	@property
	def sales_order(self) -> FoundDocument | None:
		"""The Sales Order, if it is not cancelled."""
		return _first(self.live, _SALES_ORDER)

	def submitted(self, doctype: str) -> list[FoundDocument]:
		"""Return the submitted documents of a doctype."""
		return [one for one in self.live if one.doctype == doctype and one.docstatus == 1]

	@property
	def invoices(self) -> list[FoundDocument]:
		"""Sales Invoices and credit notes."""
		return self.submitted(_INVOICE)

	@property
	def is_draft(self) -> bool:
		"""Whether the Sales Order waits for a person."""
		return self.sales_order is not None and self.sales_order.docstatus == 0

	@property
	def is_closed(self) -> bool:
		"""Whether nothing more is to come of the Sales Order."""
		return self.sales_order is not None and self.sales_order.status == "Closed"

	def pieces(self, documents: list[FoundDocument]) -> dict[str, Decimal]:
		"""Return line → pieces, in Shopify's count."""
		found: Counter[str] = Counter()
		for document in documents:
			for line, quantity in document.lines.items():
				found[line] += quantity / self.factors.get(line, 1)  # type: ignore[assignment]
		return {line: Decimal(pieces) for line, pieces in found.items() if pieces}


def _stated(order: Order, rule: StateRule, books: _Books) -> Figures:
	"""Return what Shopify says, as far as ERPNext should say it too."""
	cancelled = rule.outcome is OrderOutcome.CANCELLED
	wanted = not cancelled and any(order.current_quantity(line) for line in order.line_items)
	# What nothing is left of, or what is cancelled with money on it, is closed or credited: then its figures count, not its state.
	followed = books.is_closed or books.invoices or (books.submitted(_NOTE) and not cancelled)
	live = wanted or (books.sales_order is not None and bool(followed))
	if not live:
		return Figures(False)
	if books.sales_order is None or books.is_draft:
		return Figures(True, order.currency, total=None if books.is_draft else _current_total(order))
	billed = bool(books.invoices) or (rule.invoice and not cancelled)
	comparable = billed or not (books.is_closed or _owes_credit(order))
	return Figures(
		live=True,
		currency=order.currency,
		total=_current_total(order) if comparable else None,
		taxes=_taxes(order) if comparable and _tells_taxes(books) else None,
		lines=_current_lines(order) if comparable and not order.total_tip_received else None,
		sent=_sent(order, books) if _compares_deliveries(books, rule) else None,
		paid=_money(books, receives=True) if rule.payment else {},
		refunded=_money(books, receives=False) if rule.payment else {},
		items=dict(_items_now(order, books)),
	)


def _booked(books: _Books, stated: Figures, *, nothing_billed: bool) -> Figures:
	"""Return what the documents come to.

	:param nothing_billed: an invoice is missing: the Sales Order does not stand in for it.
	"""
	existing = books.sales_order
	if existing is None:
		return Figures(False)
	if books.is_draft:
		return Figures(True, existing.currency)
	bills = books.invoices or [existing]
	unit = quantum(existing.currency)
	total = ZERO if nothing_billed else sum((bill.total for bill in bills), ZERO).quantize(unit)
	accounts = _tax_accounts(books.policy)
	taxes = sum((amount for bill in bills for account, amount in bill.taxes.items() if account in accounts), ZERO)
	return Figures(
		live=True,
		currency=existing.currency,
		total=total if stated.total is not None else None,
		taxes=(ZERO if nothing_billed else taxes.quantize(unit)) if stated.taxes is not None else None,
		lines=({} if nothing_billed else books.pieces(bills)) if stated.lines is not None else None,
		sent=_delivered(books) if stated.sent is not None else None,
		paid=_entries(books, "Receive", stated.paid),
		refunded=_entries(books, "Pay", stated.refunded),
		items={line: item for line, item in existing.items.items() if line in stated.items},
	)


def _current_total(order: Order) -> Decimal:
	found = order.total_price if order.current_total_price is None else order.current_total_price
	return found.quantize(quantum(order.currency))


def _taxes(order: Order) -> Decimal | None:
	found = order.current_total_tax if order.current_total_tax is not None else order.total_tax
	return None if found is None else found.quantize(quantum(order.currency))


def _current_lines(order: Order) -> dict[str, Decimal]:
	found = {line.id: Decimal(order.current_quantity(line)) for line in order.line_items}
	return {line: pieces for line, pieces in found.items() if pieces}


def _owes_credit(order: Order) -> bool:
	"""Whether something is taken off that the Sales Order still says: it is credited once it is billed."""
	return bool(order.refunds)


def _tells_taxes(books: _Books) -> bool:
	"""Whether the taxes can be told from shipping and the like by their accounts."""
	policy = books.policy
	others = [account for _title, account in policy.shipping_rules]
	others += [account for account in (policy.shipping_account, policy.duty_account, policy.adjustment_account) if account]
	return not _tax_accounts(policy).intersection(others)


def _tax_accounts(policy: StorePolicy) -> set[str]:
	return {account for account in (*(rule.account for rule in policy.tax_rules), policy.default_tax_account) if account}


def _compares_deliveries(books: _Books, rule: StateRule) -> bool:
	"""Whether Delivery Notes and fulfillments have to be the same by now."""
	policy = books.policy
	if policy.invoice_updates_stock:
		return False
	if policy.fulfillment_by is FulfillmentSide.ERPNEXT:
		return True
	return rule.delivery or bool(books.submitted(_NOTE))


def moved(order: Order, found: FoundOrder) -> set[tuple[str, str]]:
	"""Return (Item, location) of what was sent from, or came back to, a location: its stock is what the order's documents make it."""
	booked = {line: item for one in found.documents for line, item in one.items.items()}
	variants = {line.id: found.variants.get(line.variant_id or "") for line in order.line_items}
	places = [(line, parcel.location_id) for parcel in order.fulfillments for line in parcel.pieces]
	places += [
		(row.line_item_id or "", row.location_id)
		for refund in order.refunds
		for row in refund.refund_line_items
		if is_restocked(row)
	]
	return {(item, place) for line, place in places if place and (item := booked.get(line) or variants.get(line))}


def _counts_returns(books: _Books) -> bool:
	"""Whether goods that come back are booked on both sides; where ERPNext alone sends, each side minds its own."""
	return books.policy.fulfillment_by is not FulfillmentSide.ERPNEXT


def _notes(books: _Books) -> list[FoundDocument]:
	return [note for note in books.submitted(_NOTE) if not note.is_return or _counts_returns(books)]


def _delivered(books: _Books) -> dict[str, Decimal]:
	"""Return line → pieces that are delivered; what is never sent goes with the last parcel (core/orders/deliveries.py)."""
	return {line: pieces for line, pieces in books.pieces(_notes(books)).items() if line not in books.never_sent}


def _never_sent(order: Order) -> frozenset[str]:
	"""Return the lines that no parcel holds and none will: tips, and what needs no shipping and does not wait to be sent."""
	in_any = {line.id for parcel in order.fulfillments for line in parcel.line_items}
	is_complete = order.fulfillment_status.casefold() == "fulfilled"
	lines = (line for line in order.line_items if not line.requires_shipping and line.id not in in_any)
	return frozenset((TIP, *(line.id for line in lines if is_complete or not line.fulfillable_quantity)))


def _sent(order: Order, books: _Books) -> dict[str, Decimal]:
	found: Counter[str] = Counter()
	for fulfillment in order.fulfillments:
		if fulfillment.is_sent:
			found.update(fulfillment.pieces)
	left = {line: Decimal(pieces) for line, pieces in found.items()}
	for line, pieces in _back(order, books).items() if _counts_returns(books) else ():
		left[line] = left.get(line, ZERO) - pieces
	return {line: pieces for line, pieces in left.items() if pieces}


def _back(order: Order, books: _Books) -> dict[str, Decimal]:
	"""Return line → pieces that have to be back: those that refunds restocked, and those that people took back themselves.

	Both may speak of the same pieces, or not: that depends on which came first (core/orders/own_returns.py). So whatever lies between
	the larger one and the sum of both is right, and people's return is no difference before its refund is made, if it ever is.
	"""
	refunded: Counter[str] = Counter()
	for refund in order.refunds:
		for row in refund.refund_line_items:
			if is_restocked(row):
				refunded[row.line_item_id or ""] += row.quantity
	returns = [note for note in books.submitted(_NOTE) if note.is_return]
	own, every = books.pieces([note for note in returns if not note.key]), books.pieces(returns)
	found = {}
	for line in sorted({*refunded, *own}):
		theirs, ours = Decimal(refunded[line]), -own.get(line, ZERO)
		found[line] = min(max(-every.get(line, ZERO), theirs, ours), theirs + ours)
	return found


def _money(books: _Books, *, receives: bool) -> dict[str, Decimal]:
	"""Return transaction → amount in the company's currency."""
	rate = books.sales_order.rate if books.sales_order else Decimal(1)
	unit = quantum(books.policy.company_currency)
	return {
		one.id: (one.amount * rate).quantize(unit)
		for one in books.transactions
		if (one.is_payment if receives else one.is_repayment)
	}


def _entries(books: _Books, payment_type: str, stated: Mapping[str, Decimal]) -> dict[str, Decimal]:
	"""Return transaction → what its Payment Entry moved; what differs by no more than rounding is as stated."""
	found: dict[str, Decimal] = {}
	unit, rounding = quantum(books.policy.company_currency), books.policy.rounding_account
	for entry in books.submitted(_PAYMENT):
		if entry.payment_type == payment_type:
			kept = sum((amount for account, amount in entry.deductions.items() if account != rounding), ZERO)
			found[entry.reference] = found.get(entry.reference, ZERO) + (entry.settled + kept).quantize(unit)
	foreign = books.sales_order is not None and books.sales_order.rate != 1
	# The difference of two rounded sums (core/orders/payments.py), beside one that is rounded on its own.
	slack = unit if foreign else ZERO
	slack += max(
		(abs(amount) for one in books.live for account, amount in one.deductions.items() if account == rounding), default=ZERO
	)
	near = {id: stated[id] for id, amount in found.items() if id in stated and abs(amount - stated[id]) <= slack}
	return {**found, **near}


def _items_now(order: Order, books: _Books) -> Iterator[tuple[str, str]]:
	"""Yield line → the Item that its variant is linked to now, of lines that are booked."""
	booked = books.sales_order.items if books.sales_order else {}
	for line in order.line_items:
		item = books.found.variants.get(line.variant_id or "")
		if item and line.id in booked:
			yield line.id, item


def _duplicates(documents: tuple[FoundDocument, ...]) -> Iterator[Difference]:
	"""Yield the keys that two live documents stand for: an amendment by hand beside one of ours."""
	keys = Counter((one.doctype, one.key) for one in documents if one.key)
	for (doctype, key), count in sorted(keys.items()):
		if count > 1:
			names = sorted(one.name for one in documents if (one.doctype, one.key) == (doctype, key))
			yield Difference(Kind.DUPLICATE, key.split("/", 3)[-1], "1", ", ".join(names), document=(doctype, names[-1]))


def _amounts(
	kind: Kind,
	shopify: Mapping[str, Decimal | None] | None,
	erpnext: Mapping[str, Decimal | None] | None,
	unit: str,
	document: tuple[str, str] | None,
) -> Iterator[Difference]:
	for name in sorted({*(shopify or {}), *(erpnext or {})}):
		stated, found = (shopify or {}).get(name) or ZERO, (erpnext or {}).get(name) or ZERO
		if stated != found:
			yield Difference(kind, name, plain(stated), plain(found), found - stated, unit, document)


def _first(documents: tuple[FoundDocument, ...], doctype: str) -> FoundDocument | None:
	return next((one for one in documents if one.doctype == doctype), None)


def _total(figures: Figures) -> str:
	return f"{plain(figures.total)} {figures.currency}" if figures.total is not None else figures.currency


def _number(value: object) -> str:
	return plain(value.normalize()) if isinstance(value, Decimal) else str(value)


def status_of(order: Order) -> str:
	"""Return the status that counts and sums are kept by."""
	return str(state_of(order))
