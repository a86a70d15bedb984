"""Orders that the engine booked agree, whatever became of them; what is changed behind its back is told as what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.core.reconciliation.findings import Kind
from shopify_sync.core.reconciliation.found import FoundDocument, FoundOrder
from shopify_sync.core.reconciliation.orders import BEFORE, BY_RULE, HELD, compare, differences
from shopify_sync.simulator.shop.records import Order
from tests.reconciliation.ground import Agreeing


@pytest.fixture
def store(tmp_path: Path) -> Agreeing:
	return Agreeing(tmp_path)


def kinds(
	store: Agreeing, order: Order, change: Callable[[FoundOrder], FoundOrder] = lambda found: found
) -> list[tuple[str, str]]:
	"""Return (kind, field) of what differs once *change* was done to what ERPNext has; both sides' checksums must say so too."""
	fetched, found = store.both(order)
	comparison = compare(fetched, change(found), store.policy)
	differing = list(differences(comparison))
	assert comparison.agrees == (not differing)
	return [(str(one.kind), one.field) for one in differing]


def with_documents(doctype: str, **values: Any) -> Callable[[FoundOrder], FoundOrder]:
	"""Return a change of every document of a doctype."""

	def change(found: FoundOrder) -> FoundOrder:
		documents = tuple(replace(one, **values) if one.doctype == doctype else one for one in found.documents)
		assert documents != found.documents, f"there is no {doctype}"
		return replace(found, documents=documents)

	return change


def without(doctype: str) -> Callable[[FoundOrder], FoundOrder]:
	"""Return a change that deletes documents."""
	return lambda found: replace(found, documents=tuple(one for one in found.documents if one.doctype != doctype))


def line_of(order: Order) -> str:
	return order.line_items[0].id


def sent(store: Agreeing, order: Order, pieces: int) -> None:
	store.by_hand(order, **{order.line_items[0].sku: pieces})
	store.tell(order)


# --- what the engine booked agrees -----------------------------------------------------------------------------------------


def refunded(store: Agreeing, order: Order, restock: str = "return") -> None:
	store.shop.refunds.create(order.id, [(line_of(order), 1, restock)])
	store.tell_all(order)


LIVES: dict[str, Callable[[Agreeing], Order]] = {
	"paid": lambda store: store.sold(),
	"pending": lambda store: store.sold(financial="pending"),
	"authorized": lambda store: store.sold(financial="authorized"),
	"with shipping and a discount": lambda store: store.sold(shipping={"price": "5.00"}, order_discount="3.00"),
	"with a tip": lambda store: store.sold(tip="2.50"),
	"a gateway with fees": lambda store: store.sold(gateway="shopify_payments"),
}


@pytest.mark.parametrize("life", LIVES)
def test_what_was_booked_agrees(store: Agreeing, life: str) -> None:
	assert kinds(store, LIVES[life](store)) == []


def test_an_order_agrees_through_its_life(store: Agreeing) -> None:
	order = store.sold(pieces=4, financial="pending", shipping={"price": "5.00"})
	steps: tuple[Callable[[], object], ...] = (
		lambda: store.shop.orders.mark_as_paid(order.id),
		lambda: store.by_hand(order, TEE=3),
		lambda: store.shop.refunds.create(order.id, [(line_of(order), 1, "return")]),
		lambda: store.shop.refunds.create(order.id, [(line_of(order), 1, "cancel")]),
		lambda: store.shop.refunds.create(order.id, adjustment="1.00"),
	)
	for number, step in enumerate(steps):
		store.pass_time(60)
		step()
		store.tell_all(order)
		assert kinds(store, order) == [], number


def test_a_cancelled_order_agrees(store: Agreeing) -> None:
	for financial in ("pending", "paid"):
		order = store.sold(financial=financial)
		store.pass_time(60)
		store.shop.orders.cancel(order.id)
		store.tell_all(order)
		assert kinds(store, order) == []


def test_what_is_never_sent_goes_with_the_last_parcel_and_agrees(tmp_path: Path) -> None:
	"""A tip, and an engraving that needs no shipping: on the Delivery Note, in no parcel of Shopify's."""
	store = Agreeing(tmp_path, custom_line_item="MUG")
	order = store.sold(pieces=2, tip="2.50")
	store.pass_time(60)
	engraved = store.shop.edits.begin(order.id)
	store.shop.edits.add_custom_item(engraved, "Engraving", "3.00", 1, requires_shipping=False)
	store.shop.edits.commit(engraved)
	store.tell_all(order)
	assert kinds(store, order) == []
	store.pass_time(60)
	store.shop.fulfillments.create(order.id)
	store.tell_all(order)
	_fetched, found = store.both(order)
	(note,) = (one for one in found.documents if one.doctype == "Delivery Note")
	assert len(note.lines) == 3, "or nothing is tested here"
	assert kinds(store, order) == []
	store.pass_time(60)
	added = store.shop.edits.begin(order.id)
	store.shop.edits.add_variant(added, order.line_items[0].variant_id or "", 1)
	store.shop.edits.commit(added)
	store.tell_all(order)
	assert kinds(store, order) == [], "something waits to be sent again, and what went is not taken back"


def test_an_edited_order_agrees(store: Agreeing) -> None:
	order = store.sold(pieces=3, financial="pending")
	edit = store.shop.edits.begin(order.id)
	store.shop.edits.set_quantity(edit, line_of(order), 1)
	store.pass_time(60)
	store.shop.edits.commit(edit)
	store.tell(order)
	assert kinds(store, order) == []


#: Company's currency → rate of the order's, and by how much a payment may be off: one of the smallest coins.
COMPANIES = {"EUR": ("0.8733", "0.01"), "JPY": ("150.1237", "1"), "KWD": ("0.30731", "0.001")}


@pytest.mark.parametrize("currency", COMPANIES)
def test_a_payment_in_another_currency_than_the_company_s_agrees(currency: str, tmp_path: Path) -> None:
	store = Agreeing(tmp_path, company_currency=currency)
	order = store.sold(told=False)
	fetched, _found = store.both(order)
	rate, coin = (Decimal(text) for text in COMPANIES[currency])
	(payment,) = [one for one in fetched.transactions if one.is_payment]
	own = FoundDocument("Sales Order", "SO", "push/order/1", 1, "To Deliver", "USD", fetched.total_price, rate)
	bill = replace(
		own, doctype="Sales Invoice", name="SINV", taxes={"VAT": fetched.total_tax or Decimal(0)}, lines=_pieces(fetched)
	)
	exact = (payment.amount * rate).quantize(coin)
	for off, differs in ((Decimal(0), False), (coin, False), (-coin, False), (2 * coin, True)):
		entry = FoundDocument(
			"Payment Entry",
			"PAY",
			"push/order/1/transaction/1",
			1,
			reference=payment.id,
			payment_type="Receive",
			settled=exact + off,
		)
		comparison = compare(fetched, FoundOrder(documents=(own, bill, entry)), store.policy)
		found = [str(one.kind) for one in differences(comparison)]
		assert found == (["Paid"] if differs else [])
		assert comparison.agrees != differs


def _pieces(fetched: Any) -> dict[str, Decimal]:
	return {line.id: Decimal(line.quantity) for line in fetched.line_items}


# --- what is changed is told -----------------------------------------------------------------------------------------------


def test_a_missing_order(store: Agreeing) -> None:
	order = store.sold(told=False)
	assert kinds(store, order) == [("Missing in ERPNext", "")]
	booked = store.sold()
	assert kinds(store, booked, with_documents("Sales Order", docstatus=2)) == [("Missing in ERPNext", "")]


def test_cancelled_in_shopify_and_live_in_erpnext(store: Agreeing) -> None:
	order = store.sold(financial="pending")
	store.later(lambda: store.shop.orders.cancel(order.id))
	assert kinds(store, order) == [("State", "")]


def test_amounts(store: Agreeing) -> None:
	order = store.sold()
	payment = next(one for one in order.transactions if one.kind == "sale")
	assert kinds(store, order, with_documents("Sales Invoice", total=Decimal("25.00"))) == [("Total", "")]
	assert kinds(store, order, with_documents("Sales Invoice", taxes={"VAT": Decimal("1.99")})) == [("Taxes", "")]
	assert kinds(store, order, with_documents("Sales Invoice", lines={line_of(order): Decimal(1)})) == [("Lines", line_of(order))]
	assert kinds(store, order, with_documents("Payment Entry", settled=Decimal("21.99"))) == [("Paid", payment.id)]
	assert kinds(store, order, without("Payment Entry")) == [("Paid", payment.id)]
	assert kinds(store, order, with_documents("Payment Entry", docstatus=2)) == [("Paid", payment.id)]
	assert ("Total", "") in kinds(store, order, without("Sales Invoice"))


def test_an_amount_says_by_how_much(store: Agreeing) -> None:
	order = store.sold()
	fetched, found = store.both(order)
	comparison = compare(fetched, with_documents("Sales Invoice", total=Decimal("25.00"))(found), store.policy)
	(one,) = differences(comparison)
	assert (one.kind, one.shopify, one.erpnext, one.amount, one.unit) == (Kind.TOTAL, "22.00", "25.00", Decimal("3.00"), "USD")


def test_what_was_given_back(store: Agreeing) -> None:
	order = store.sold(pieces=3)
	sent(store, order, 3)
	store.pass_time(60)
	refunded(store, order)
	assert kinds(store, order) == []
	back = next(one for one in order.transactions if one.kind == "refund")
	fetched, found = store.both(order)
	entries = [one for one in found.documents if one.doctype == "Payment Entry" and one.payment_type == "Pay"]
	assert len(entries) == 1
	lacking = replace(found, documents=tuple(one for one in found.documents if one not in entries))
	assert [(one.kind, one.field) for one in differences(compare(fetched, lacking, store.policy))] == [("Refunded", back.id)]
	credit = next(one for one in found.documents if one.is_return and one.doctype == "Sales Invoice")
	uncredited = replace(found, documents=tuple(one for one in found.documents if one is not credit))
	differing = {str(one.kind) for one in differences(compare(fetched, uncredited, store.policy))}
	assert differing == {"Total", "Taxes", "Lines"}


def test_what_was_sent(store: Agreeing) -> None:
	order = store.sold(pieces=3)
	sent(store, order, 2)
	assert kinds(store, order) == []
	assert kinds(store, order, without("Delivery Note")) == [("Fulfilled", line_of(order))]
	assert kinds(store, order, with_documents("Delivery Note", lines={line_of(order): Decimal(3)})) == [
		("Fulfilled", line_of(order))
	]
	store.later(lambda: store.by_hand(order, TEE=1))
	assert kinds(store, order) == [("Fulfilled", line_of(order))]


def test_a_currency_and_an_item(store: Agreeing) -> None:
	order = store.sold()
	assert ("Currency", "") in kinds(store, order, with_documents("Sales Order", currency="CAD"))
	variant = order.line_items[0].variant_id
	assert kinds(store, order, lambda found: replace(found, variants={variant: "MUG"})) == [("Item", line_of(order))]


def test_two_live_documents_of_a_key(store: Agreeing) -> None:
	"""Even where the figures of both are the same: an amendment beside the document that it was to stand for."""
	for doctype in ("Sales Order", "Payment Entry"):
		order = store.sold()

		def twice(found: FoundOrder, doctype: str = doctype) -> FoundOrder:
			one = next(one for one in found.documents if one.doctype == doctype)
			return replace(found, documents=(*found.documents, replace(one, name=f"{one.name}-1")))

		assert "Two Documents" in [kind for kind, _field in kinds(store, order, twice)]


# --- what is left alone ----------------------------------------------------------------------------------------------------


def test_a_draft_waits_for_a_person(tmp_path: Path) -> None:
	store = Agreeing(tmp_path, state_rules=[{"outcome": "Draft", "financial_status": "paid", "invoice": True, "payment": True}])
	order = store.sold()
	assert kinds(store, order) == []
	_fetched, found = store.both(order)
	assert [one.docstatus for one in found.documents if one.doctype == "Sales Order"] == [0]
	assert kinds(store, order, with_documents("Sales Order", currency="CAD")) == [("Currency", "")]


def test_money_is_not_compared_in_a_state_that_books_none(tmp_path: Path) -> None:
	"""The payment came while the order was paid; now it is partially refunded, and people book that."""
	paid = {"outcome": "Submitted", "financial_status": "paid", "invoice": True, "payment": True}
	refunded_by_people = {"outcome": "Submitted", "financial_status": "partially_refunded", "invoice": True}
	store = Agreeing(tmp_path, state_rules=[paid, refunded_by_people])
	order = store.sold()
	assert kinds(store, order) == [] and store.names(order, "Payment Entry")
	store.pass_time(60)
	refunded(store, order, "cancel")
	assert kinds(store, order) == []


def test_an_order_of_which_nothing_is_left_stays_when_it_was_sent(store: Agreeing) -> None:
	"""Everything was taken back on paper (`no_restock`), and sent all the same, before anything was paid."""
	order = store.sold(pieces=1, financial="authorized")
	for step in (lambda: refunded(store, order, "no_restock"), lambda: store.shop.fulfillments.create(order.id)):
		store.pass_time(60)
		step()
	store.tell_all(order)
	assert store.names(order, "Delivery Note")
	assert kinds(store, order) == []


def test_a_closed_order_is_taken_as_it_was_left(store: Agreeing) -> None:
	"""What nobody was billed for, and is closed, says nothing of what is left of it."""
	order = store.sold(pieces=2, financial="pending")
	closed = with_documents("Sales Order", status="Closed", total=Decimal("1.00"))
	assert kinds(store, order, closed) == []


@pytest.mark.parametrize(("outcome", "reason"), [("No document", BY_RULE), ("Hold for review", HELD)])
def test_what_the_rules_keep_out_is_not_compared(tmp_path: Path, outcome: str, reason: str) -> None:
	store = Agreeing(tmp_path, state_rules=[{"outcome": outcome, "financial_status": "paid"}])
	fetched, found = store.both(store.sold(told=False))
	comparison = compare(fetched, found, store.policy)
	assert (comparison.reason, comparison.agrees) == (reason, True)


def test_what_was_placed_before_the_store_was_taken_over_is_not_missed(tmp_path: Path) -> None:
	store = Agreeing(tmp_path)
	unknown, booked = store.sold(told=False), store.sold()
	later = replace(store.policy, orders_from=date(2100, 1, 1))
	assert compare(*store.both(unknown), later).reason == BEFORE
	assert compare(*store.both(booked), later).reason == ""
	assert compare(*store.both(unknown), replace(store.policy, orders_from=date(2000, 1, 1))).reason == ""


def test_what_a_difference_is_counted_in(tmp_path: Path) -> None:
	"""Reports add up what is open by its unit: money that was paid is in the company's currency, as its Payment Entry is."""
	store = Agreeing(tmp_path, company_currency="EUR")
	order = store.sold(told=False)
	fetched, _found = store.both(order)
	own = FoundDocument("Sales Order", "SO", "push/order/1", 1, "To Deliver", "USD", Decimal(1), Decimal("0.8"))
	comparison = compare(fetched, FoundOrder(documents=(own, replace(own, doctype="Sales Invoice", name="SI"))), store.policy)
	units = {str(one.kind): one.unit for one in differences(comparison)}
	assert units == {"Total": "USD", "Taxes": "USD", "Lines": "pieces", "Paid": "EUR"}


def test_cash_rounding_is_no_difference(store: Agreeing) -> None:
	order = store.sold()
	rounded = with_documents("Payment Entry", settled=Decimal("21.98"), deductions={"Rounding": Decimal("0.02")})
	assert kinds(store, order, rounded) == []
	other = with_documents("Payment Entry", settled=Decimal("21.98"), deductions={"Fees": Decimal("0.02")})
	assert kinds(store, order, other) == [], "a fee is part of what was received"
	lost = with_documents("Payment Entry", settled=Decimal("21.90"), deductions={"Rounding": Decimal("0.02")})
	assert [kind for kind, _field in kinds(store, order, lost)] == ["Paid"]


def test_taxes_that_share_an_account_are_not_told_apart(tmp_path: Path) -> None:
	store = Agreeing(tmp_path, shipping_account="VAT")
	order = store.sold(shipping={"price": "5.00"})
	assert kinds(store, order) == []
	assert kinds(store, order, with_documents("Sales Invoice", taxes={"VAT": Decimal("99")})) == []


def test_the_pieces_of_an_item_that_is_sold_in_packs(store: Agreeing) -> None:
	order = store.sold(pieces=2)
	fetched, found = store.both(order)
	assert found.link is not None
	agreed = {**found.link.agreed, "items": {line_of(order): ["TEE", "Nos", 6]}}
	packs = replace(found, link=replace(found.link, agreed=agreed))
	packs = with_documents("Sales Invoice", lines={line_of(order): Decimal(12)})(packs)
	assert list(differences(compare(fetched, packs, store.policy))) == []
