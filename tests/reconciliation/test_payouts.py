"""Payouts of Shopify Payments beside the Payment Entries on the clearing account: through the run, on the embedded host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.admin_api.reading.store import ReadingStore
from shopify_sync.core.calls import scopes
from shopify_sync.core.contracts.payout import Payout
from shopify_sync.core.policy import GatewayRule, StorePolicy
from shopify_sync.core.reconciliation import payouts
from shopify_sync.core.reconciliation.comparing import IN_FLIGHT
from shopify_sync.core.reconciliation.findings import PAYOUTS, Cause, OpenEvent, Proposal
from shopify_sync.core.reconciliation.found import Found
from shopify_sync.core.reconciliation.payouts import FoundPayment, FoundPayments
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.core.snapshots import LinkState
from shopify_sync.core.statuses import Status
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.shop.records import Order
from tests.admin_api.world import World, world
from tests.reconciliation.ground import DRY, HEAL, SETTINGS, Agreeing

GATEWAYS: list[dict[str, str]] = SETTINGS["gateway_rules"]


@pytest.fixture
def store(tmp_path: Path) -> Agreeing:
	"""Return a store that books fees in some other way: no webhook tells of them."""
	gateways = [{name: value for name, value in row.items() if name != "fee_account"} for row in GATEWAYS]
	return Agreeing(tmp_path, reconcile_payouts=True, gateway_rules=gateways)


def sold(store: Agreeing, **values: Any) -> Order:
	return store.sold(gateway="shopify_payments", **values)


def payment(order: Order, kind: str = "sale") -> str:
	return next(one.id for one in order.transactions if one.kind == kind)


def of_payouts(store: Agreeing, run: Run) -> list[tuple[str, str, str, str, str]]:
	"""Return (field, Shopify, ERPNext, cause, proposal) of what a run found of payouts."""
	return sorted(
		(one.difference.field, one.difference.shopify, one.difference.erpnext, str(one.explanation.cause), str(one.proposal))
		for one in (kept.finding for kept in store.discrepancies() if kept.state == "Open" and kept.last_run == run.name)
		if one.difference.kind == "Payout"
	)


# --- through a run ---------------------------------------------------------------------------------------------------------


def test_a_payout_whose_payments_are_booked_agrees(store: Agreeing) -> None:
	order, other = sold(store, pieces=2), sold(store, pieces=1)
	store.by_hand(order, TEE=2)
	store.tell(order)
	store.shop.refunds.create(order.id, [(order.line_items[0].id, 1, "return")])
	store.tell_all(order)
	store.shop.payouts.adjust("-3.00", fee="0.50")
	store.shop.payouts.issue()
	run = store.reconcile(DRY)
	assert run.found == {}
	tally = run.tallies[PAYOUTS]
	assert (tally.compared, tally.agreed) == (1, 1)
	((day_status, sums),) = tally.sums.items()
	# 22.00 and 11.00 paid, 11.00 given back; the adjustment is no payment.
	assert (day_status, sums.shopify, sums.erpnext) == (("2026-11-20", "paid"), 3, 3)
	assert sums.shopify_total == sums.erpnext_total == Decimal("22.00")
	assert other.id != order.id


def test_what_is_not_booked_or_booked_otherwise(store: Agreeing) -> None:
	missing, less, elsewhere, fine = (sold(store) for _order in range(4))
	store.shop.payouts.issue()
	store.remove("Payment Entry", store.names(missing, "Payment Entry")[0])
	store.edit("Payment Entry", store.names(less, "Payment Entry")[0], received_amount="21.00")
	store.edit("Payment Entry", store.names(elsewhere, "Payment Entry")[0], paid_to="Bank")
	run = store.reconcile(DRY)
	assert of_payouts(store, run) == sorted(
		[
			(payment(missing), "22.00 USD", "no Payment Entry", "Mapping", "Review"),
			(payment(less), "22.00", "21.00", "Mapping", "Review"),
			(payment(elsewhere), "22.00 USD on Clearing", "22.00 USD on Bank", "Mapping", "Review"),
		]
	)
	assert payment(fine) not in str(of_payouts(store, run))
	assert run.tallies[PAYOUTS].agreed == 0


def test_a_lost_payment_is_found_with_its_order_healed_and_gone(store: Agreeing) -> None:
	order = sold(store, financial="authorized")
	store.later(lambda: store.shop.orders.capture(order.id))
	store.shop.payouts.issue()
	run = store.reconcile(DRY)
	assert of_payouts(store, run) == [(payment(order, "capture"), "22.00 USD", "no Payment Entry", "Lost webhook", "Review")]
	healing = store.reconcile(HEAL)
	assert healing.tallies[PAYOUTS].left_out == {IN_FLIGHT: 1}, "what its order's comparison has just set going"
	assert store.reconcile(DRY).found == {}
	assert {str(one.state) for one in store.discrepancies() if one.finding.resource == PAYOUTS} == {"Resolved"}


def test_what_is_not_paid_out_yet_or_not_in_erpnext_is_left_out(store: Agreeing) -> None:
	sold(store, told=False)
	scheduled = store.shop.payouts.issue("scheduled")
	run = store.begin()
	store.reconcile(DRY, run)
	assert run.tallies[PAYOUTS].left_out == {payouts.NOT_YET: 1}
	store.shop.payouts.mark(scheduled.id, "canceled")
	assert store.reconcile(DRY).tallies[PAYOUTS].left_out == {payouts.CANCELED: 1}
	store.shop.payouts.mark(scheduled.id, "paid")
	run = store.reconcile(DRY)
	# The order is missing as a whole, and told as that.
	assert run.found == {"Missing in ERPNext": 1}
	assert (run.tallies[PAYOUTS].compared, run.tallies[PAYOUTS].agreed) == (1, 1)


def test_a_discrepancy_of_a_payout_ends_when_it_agrees(store: Agreeing) -> None:
	order = sold(store)
	issued = store.shop.payouts.issue()
	name = store.names(order, "Payment Entry")[0]
	store.edit("Payment Entry", name, received_amount="20.00")
	store.reconcile(DRY)
	store.edit("Payment Entry", name, received_amount="22.00")
	run = store.reconcile(DRY, store.begin(Depth.RECORDS, {PAYOUTS: (issued.id,)}))
	assert run.compared == 1
	assert {str(one.state) for one in store.discrepancies() if one.finding.resource == PAYOUTS} == {"Resolved"}


def test_nothing_is_read_of_payouts_unless_the_store_says_so(tmp_path: Path) -> None:
	quiet = Agreeing(tmp_path)
	sold(quiet)
	quiet.shop.payouts.issue()
	assert PAYOUTS not in quiet.reconcile(DRY).tallies
	wanted = {"read_shopify_payments_accounts", "read_shopify_payments_payouts"}
	assert not wanted & scopes.needed(quiet.policy)
	assert wanted <= scopes.needed(replace(quiet.policy, reconcile_payouts=True))


# --- rules -----------------------------------------------------------------------------------------------------------------

POLICY = StorePolicy(
	"shop", "Example", "USD", gateway_rules=(GatewayRule("shopify_payments", clearing_account="Clearing", fee_account="Fees"),)
)
BOOKED = Found(link=LinkState("shop/order/1", "Sales Order", "SO-1", "v", facts={"transactions": {"9": {"status": "success"}}}))


def payout(*movements: tuple[str, str, str], amount: str | None = None, **values: Any) -> Payout:
	"""Return a payout of movements of order 1: (transaction, amount, fee)."""
	rows = [
		{
			"type": "charge" if Decimal(gross) > 0 else "refund",
			"amount": gross,
			"fee": fee,
			"net": str(Decimal(gross) - Decimal(fee)),
			"source_order_id": 1,
			"source_order_transaction_id": int(id),
		}
		for id, gross, fee in movements
	]
	net = str(sum((Decimal(row["net"]) for row in rows), Decimal(0))) if amount is None else amount  # type: ignore[arg-type]
	return Payout.model_validate(
		{"id": 7, "status": "paid", "date": "2026-11-20", "currency": "USD", "amount": net, "transactions": rows, **values}
	)


def entry(moved: str, fee: str = "0", **values: Any) -> FoundPayment:
	deductions = {"Fees": Decimal(fee)} if Decimal(fee) else {}
	return FoundPayment(
		"PAY-9", **{"account": "Clearing", "currency": "USD", "moved": Decimal(moved), "deductions": deductions, **values}
	)


def told(
	of: Payout, entries: dict[str, FoundPayment], order: Found = BOOKED, policy: StorePolicy = POLICY
) -> list[tuple[Any, ...]]:
	found = FoundPayments(entries, {"1": order})
	return [(one.field, one.amount, why.cause, what) for one, why, what in payouts.differences(of, found, policy)]


def test_fees_are_told_of_a_payout_as_a_whole() -> None:
	of = payout(("8", "10.00", "0.59"), ("9", "22.00", "0.94"))
	assert told(of, {"8": entry("9.41", "0.59"), "9": entry("21.06", "0.94")}) == []
	unbooked = {"8": entry("10.00"), "9": entry("22.00")}
	assert told(of, unbooked) == [("fees", Decimal("-1.53"), Cause.MAPPING, Proposal.REVIEW)]
	no_account = replace(POLICY, gateway_rules=(GatewayRule("shopify_payments", clearing_account="Clearing"),))
	assert told(of, unbooked, policy=no_account) == [], "the store books fees in some other way"


def test_a_payout_that_is_not_what_it_is_made_of() -> None:
	of = payout(("9", "22.00", "0"), amount="20.00")
	assert told(of, {"9": entry("22.00")}) == [("total", Decimal("2.00"), Cause.UNKNOWN, Proposal.REVIEW)]


def test_what_was_paid_back() -> None:
	of = payout(("9", "-22.00", "0"))
	assert told(of, {"9": entry("-22.00")}) == []
	assert told(of, {"9": entry("22.00")}) == [("9", Decimal("44.00"), Cause.MAPPING, Proposal.REVIEW)]
	assert told(of, {}) == [("9", Decimal("22.00"), Cause.MAPPING, Proposal.REVIEW)]


def test_an_account_in_another_currency_is_only_looked_for() -> None:
	of = payout(("9", "22.00", "0"))
	assert told(of, {"9": entry("19.21", currency="EUR")}) == []
	assert [field for field, *_rest in told(of, {"9": entry("19.21", currency="EUR", account="Bank")})] == ["9"]


def test_deductions_that_were_converted_are_off_by_rounding() -> None:
	of = payout(("9", "22.00", "0.94"))
	assert told(of, {"9": entry("21.06", "0.936", rate=Decimal("0.87"))}) == []
	assert told(of, {"9": entry("21.06", "0.90", rate=Decimal("0.87"))}) != []


def test_a_fee_in_yen_that_was_rounded_to_cents() -> None:
	"""12 JPY are 0.08 USD, which are 11.94 JPY."""
	of = payout(("9", "1000", "12"), currency="JPY")
	fee = str(Decimal("0.08") / Decimal("0.0067"))
	assert told(of, {"9": entry("988", fee, currency="JPY", rate=Decimal("0.0067"))}) == []
	assert told(of, {"9": entry("986", fee, currency="JPY", rate=Decimal("0.0067"))}) != []


def test_an_event_that_failed_is_to_be_mended() -> None:
	waiting = replace(BOOKED, events=(OpenEvent("E", Status.BLOCKED, "w", "order_transaction"),))
	assert told(payout(("9", "22.00", "0")), {}, waiting) == [("9", Decimal("-22.00"), Cause.FAILED_EVENT, Proposal.MEND_EVENT)]


def test_a_payment_that_a_worker_is_about_to_book_is_waited_for() -> None:
	coming = replace(BOOKED, events=(OpenEvent("E", Status.RECEIVED, "w", "order_transaction"),))
	of = payout(("9", "22.00", "0"))
	assert payouts.is_on_its_way(of, FoundPayments({}, {"1": coming}))
	assert not payouts.is_on_its_way(of, FoundPayments({}, {"1": BOOKED}))


CENTS = st.integers(-100_000, 100_000).filter(bool)


@given(st.dictionaries(st.integers(1, 99), CENTS, max_size=8), st.data())
def test_what_is_booked_as_it_was_paid_agrees_and_a_cent_is_found(amounts: dict[int, int], data: st.DataObject) -> None:
	movements = [(str(id), str(Decimal(cents) / 100), "0") for id, cents in amounts.items()]
	entries = {id: entry(amount) for id, amount, _fee in movements}
	of = payout(*movements)
	assert told(of, entries) == []
	if entries:
		id = data.draw(st.sampled_from(sorted(entries)))
		off = {**entries, id: entry(str(entries[id].moved + Decimal("0.01")))}
		assert [(field, amount) for field, amount, *_rest in told(of, off)] == [(id, Decimal("0.01"))]


def test_a_run_looks_back_as_far_as_payouts_take(store: Agreeing) -> None:
	now = store.clock.now()
	assert payouts.begins(None, now) == now - timedelta(days=60)
	assert payouts.begins(now - timedelta(hours=1), now) == now - timedelta(days=7, hours=1)


# --- read over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
	with world(tmp_path) as found:
		yield found


def test_payouts_come_over_http_as_the_shop_has_them(shop: World) -> None:
	with shop.site.lock:
		(variant,) = stock_up(shop.site.shop, ["TEE"])
		lines = [{"variant_id": variant, "quantity": 1}]
		issued = []
		for _day in range(7):
			for _order in range(2):
				order = shop.site.shop.orders.place(lines, financial="paid", gateway="shopify_payments")
			issued.append(shop.site.shop.payouts.issue().id)
			shop.clock.advance(86_400)
		shop.site.shop.refunds.create(order.id, adjustment="5.00")
		issued.append(shop.site.shop.payouts.issue().id)
	now = shop.clock.now()
	whole = Window(None, now + timedelta(days=1), full=True)
	found: list[Any] = []
	cursor, pages = None, 0
	while pages == 0 or cursor:
		page = ReadingStore(shop.client, now=shop.clock.now).page(PAYOUTS, whole, cursor)
		found += page.payloads
		cursor, pages = page.cursor, pages + 1
	assert pages == 2, "a few at a time"
	told = ShopReader(shop.site.shop, page=50).page(PAYOUTS, whole, None).payloads
	assert [Payout.model_validate(one) for one in found] == [Payout.model_validate(one) for one in told]
	assert Decimal(found[-1]["amount"]) == -5, "the bank was debited"
	named = ReadingStore(shop.client, now=shop.clock.now).page(PAYOUTS, Window(None, now, (issued[0], issued[3])), None)
	assert [str(one["id"]) for one in named.payloads] == [issued[0], issued[3]]
	late = ReadingStore(shop.client, now=shop.clock.now).page(PAYOUTS, Window(now - timedelta(days=2, hours=1), now), None)
	assert [str(one["id"]) for one in late.payloads] == issued[-3:-1]


def test_a_shop_without_shopify_payments_has_none(shop: World) -> None:
	page = ReadingStore(shop.client, now=shop.clock.now).page(PAYOUTS, Window(None, shop.clock.now()), None)
	assert (list(page.payloads), page.cursor) == ([], None)
