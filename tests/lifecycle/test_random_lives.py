"""Random lives of orders on the embedded host, told in any order and doubled: all figures agree with the shop's own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from shopify_sync.contract_suite.bench import DocumentView
from shopify_sync.contract_suite.lifecycle.check import GOOD
from shopify_sync.contract_suite.lifecycle.payload_ledger import ledger_of
from shopify_sync.contract_suite.lifecycle.random_life import Life, Lives
from shopify_sync.contract_suite.lifecycle.steps import Delivery
from shopify_sync.contract_suite.payloads import new_id
from shopify_sync.simulator.shop.records import Order
from shopify_sync.simulator.shop.totals import financial_status, totals

from .embedded_ground import EmbeddedGround

_SUBMITTED = 1
_LIVES = 60
_SHOPS = [(currency, included) for currency in ("USD", "JPY", "KWD") for included in (False, True)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedGround]:
	ground = EmbeddedGround(tmp_path_factory.mktemp("lives"))
	yield ground
	ground.close()


@pytest.mark.parametrize(("currency", "included"), _SHOPS)
@pytest.mark.parametrize("seed", range(3))
def test_any_life_told_in_any_order(seed: int, currency: str, included: bool, ground: EmbeddedGround) -> None:
	where = Lives(f"any order/{seed}", currency=currency, taxes_included=included)
	ground.open({**where.settings(ground), "company_currency": currency})
	for number in range(_LIVES):
		life = where.live(number)
		told = _shuffled(life, seed)
		for delivery, webhook_id in told:
			_tell(ground, delivery, webhook_id, now=random.Random(webhook_id).random() < 0.5)
		ground.drain()
		_check(ground, life, [webhook_id for _delivery, webhook_id in told])
		before = _standing(ground, life.order)
		ground.replay([webhook_id for _delivery, webhook_id in told])
		assert _standing(ground, life.order) == before, "a replay changed something"


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_ledger_of_a_life_is_what_its_payloads_come_to(seed: int, included: bool, ground: EmbeddedGround) -> None:
	where = Lives(f"ledger/{seed}", taxes_included=included)
	ground.open(where.settings(ground))
	for number in range(_LIVES):
		life = where.live(number)
		for deed in life.told:
			for delivery in deed:
				_tell(ground, delivery, f"life-{new_id()}", now=False)
			ground.drain()
		if not _is_held(life.order):
			assert ground.books(ground.documents(int(life.order.id))) == ledger_of(life.told), life.told


def _tell(ground: EmbeddedGround, delivery: Delivery, webhook_id: str, *, now: bool) -> None:
	ground.deliver(delivery, webhook_id)
	if now:
		ground.drain()


def _shuffled(life: Life, seed: int) -> list[tuple[Delivery, str]]:
	"""Return what was told in a random order, some of it twice."""
	dice = random.Random(f"{life.order.id}/{seed}")
	told = [(delivery, f"life-{new_id()}") for delivery in life.deliveries]
	told += [entry for entry in told if dice.random() < 0.25]
	dice.shuffle(told)
	return told


def _is_held(order: Order) -> bool:
	"""Tell whether a person has to look at it: voided and not cancelled, cancelled with money that was not given back, or
	nothing left of it but charges (ERPNext has no document without an item)."""
	if order.cancelled_at:
		return bool(totals(order).net_payment)
	nothing_left = not any(line.current_quantity for line in order.line_items) and totals(order).current_total > 0
	return nothing_left or financial_status(order) == "voided"


def _check(ground: EmbeddedGround, life: Life, events: Sequence[str]) -> None:
	order = life.order
	bad = [event for event in map(ground.event, events) if event.status not in GOOD]
	if bad and _is_held(order):
		assert {event.category for event in bad} <= {"Held for review", "Unsupported"}
		return
	assert not bad, [(event.category, event.message) for event in bad]
	figures, documents = totals(order), ground.documents(int(order.id))
	billed = sum((_amount(one, "grand_total") for one in documents if one.doctype == "Sales Invoice"), Decimal(0))
	invoiced = any(one.doctype == "Sales Invoice" for one in documents)
	assert billed == (figures.current_total if invoiced else 0), "billed less credited"
	if not (invoiced or order.cancelled_at) and figures.current_total:
		assert financial_status(order) in ("pending", "authorized", "expired", "voided"), "nothing is billed"
	assert _paid(documents, "Receive") - _paid(documents, "Pay") == figures.net_payment, "paid less refunded"
	_check_sales_order(documents, order)
	assert _delivered(documents, order) == _sent(order), "delivered"


def _check_sales_order(documents: Sequence[DocumentView], order: Order) -> None:
	"""A live order is one Sales Order; a cancelled one is none, or one that is closed because something follows it."""
	live = [one for one in documents if one.doctype == "Sales Order" and one.docstatus < 2]
	if not order.cancelled_at:
		assert len(live) <= 1
	elif len(documents) > 1:
		assert [one.values.get("status") for one in live] in ([], ["Closed"]), "a cancelled order has a live Sales Order"
	else:
		assert not live, "a cancelled order has a live Sales Order"


def _paid(documents: Sequence[DocumentView], way: str) -> Decimal:
	return sum(
		(
			_amount(one, "paid_amount")
			for one in documents
			if one.doctype == "Payment Entry" and one.values["payment_type"] == way
		),
		Decimal(0),
	)


def _amount(document: DocumentView, field: str) -> Decimal:
	return Decimal(str(document.values[field])) if document.docstatus == _SUBMITTED else Decimal(0)


def _delivered(documents: Sequence[DocumentView], order: Order) -> dict[str, Decimal]:
	found = {line.id: Decimal(0) for line in order.line_items if not line.is_tip}
	for one in documents:
		for row in one.values["items"] if one.doctype == "Delivery Note" and one.docstatus == _SUBMITTED else ():
			if row["shopify_line_item_id"] in found:
				found[row["shopify_line_item_id"]] += Decimal(str(row["qty"]))
	return {line: pieces for line, pieces in found.items() if pieces}


def _sent(order: Order) -> dict[str, Decimal]:
	"""Return the pieces that were sent and did not come back; a tip goes with the last parcel."""
	found = {line.id: Decimal(line.fulfilled_quantity - line.returned_quantity) for line in order.line_items if not line.is_tip}
	return {line: pieces for line, pieces in found.items() if pieces}


def _standing(ground: EmbeddedGround, order: Order) -> list[tuple[str, str, int, object]]:
	return [(one.doctype, one.name, one.docstatus, one.values) for one in ground.documents(int(order.id))]
