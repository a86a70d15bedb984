"""Runs on the embedded host against a simulated shop: found, healed, limited, gone on with after a crash, and never healed twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json, parse_json
from shopify_sync.core.reconciliation.findings import LEFT_OVER, ORDER_DAYS, PAYOUTS, SUBSCRIPTIONS, Kind
from shopify_sync.core.reconciliation.ports import Page, Window
from shopify_sync.core.reconciliation.run import PHASES, Run, phases_of
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.core.reconciliation.settings import HealingRule
from shopify_sync.simulation.shop_reader import ShopReader
from tests.outbound.ground import Stopped
from tests.reconciliation.ground import DRY, HEAL, Agreeing

APPLY, REVIEW = "Apply Shopify's state", "Review"


@pytest.fixture
def store(tmp_path: Path) -> Agreeing:
	return Agreeing(tmp_path)


def test_both_sides_agree_and_a_run_says_how_much_it_compared(store: Agreeing) -> None:
	for pieces in (1, 2, 3):
		store.sold(pieces=pieces)
	run = store.reconcile()
	assert (run.found, store.open()) == ({}, [])
	assert {name: (tally.compared, tally.agreed) for name, tally in run.tallies.items()} == {
		SUBSCRIPTIONS: (21, 21),
		keys.PRODUCT: (3, 3),
		keys.CUSTOMER: (0, 0),
		keys.ORDER: (3, 3),
		keys.INVENTORY_LEVEL: (3, 3),
		LEFT_OVER: (0, 0),
	}
	sums = run.tallies[keys.ORDER].sums
	assert [
		(day_status, one.shopify, one.erpnext, one.shopify_total == one.erpnext_total) for day_status, one in sums.items()
	] == [(("2026-11-20", "paid, unfulfilled"), 3, 3, True)]


def test_what_was_lost_is_found_healed_and_gone(store: Agreeing) -> None:
	lost = store.sold(told=False)
	paid = store.sold(financial="pending")
	store.later(lambda: store.shop.orders.mark_as_paid(paid.id))
	dry = store.reconcile(DRY)
	assert dry.healed == {} and store.signals() == []
	assert ("Missing in ERPNext", "", "Lost webhook", APPLY) in store.open()
	assert {cause for _kind, _field, cause, _proposal in store.open()} == {"Lost webhook"}
	healed = store.reconcile(HEAL)
	assert len(store.signals()) == 2, "one signal of an order, however much of it differs"
	assert healed.healed == healed.found
	clean = store.reconcile(DRY)
	assert (clean.found, store.open()) == ({}, [])
	assert {str(one.state) for one in store.discrepancies()} == {"Healed"}
	assert store.names(lost, "Sales Invoice") and store.names(paid, "Payment Entry")


def test_a_deleted_order_and_deleted_documents(store: Agreeing) -> None:
	gone, unpaid = store.sold(financial="pending"), store.sold()
	with store.shop.silently():
		store.shop.orders.delete(gone.id)
	store.remove("Payment Entry", store.names(unpaid, "Payment Entry")[0])
	store.reconcile(HEAL)
	assert ("Not in Shopify", "", "Deleted in Shopify", REVIEW) in store.open()
	assert {kind for kind, *_rest in store.open()} == {"Not in Shopify", "Paid"}


def test_subscriptions_are_made_again(store: Agreeing) -> None:
	for one in list(store.shop.subscriptions.all.values())[:2]:
		store.shop.subscriptions.delete(one.id)
	run = store.reconcile(HEAL)
	assert run.healed == {"Webhook Subscription": 2}
	assert store.reconcile(HEAL).found == {}


def test_stock_that_moved_in_shopify_is_pushed_again(store: Agreeing) -> None:
	with store.shop.silently():
		store.shop.inventory.adjust("available", store.inventory_item["TEE"], store.locations[0], -7, "shrinkage")
	run = store.reconcile(HEAL)
	assert run.healed == {"Stock": 1}
	assert [cause for _kind, _field, cause, _proposal in store.open()] == ["Changed in Shopify"]
	store.settle()
	assert store.on_hand("TEE") == 100
	assert store.reconcile(HEAL).found == {}


class Restarting(ShopReader):
	"""Its second page of orders is that reading begins from the beginning: the result of a bulk operation is gone."""

	restarted = False

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		if resource == keys.ORDER and cursor and not self.restarted:
			self.restarted = True
			return Page((), "0", anew=True)
		return super().page(resource, window, cursor)


def test_what_is_read_twice_is_counted_once(store: Agreeing, monkeypatch: pytest.MonkeyPatch) -> None:
	for _order in range(5):
		store.sold()
	monkeypatch.setattr(Agreeing, "reader", lambda self: Restarting(self.shop, page=2))
	orders = store.reconcile().tally(keys.ORDER)
	assert (orders.compared, orders.agreed) == (5, 5)
	assert sum(one.shopify for one in orders.sums.values()) == 5


# --- limits ----------------------------------------------------------------------------------------------------------------


def test_a_limit_that_is_hit_stops_healing_and_finding_goes_on(store: Agreeing) -> None:
	for _order in range(4):
		store.sold(told=False)
	run = store.reconcile(replace(HEAL, limit=2))
	assert (run.healed, run.found) == ({"Missing in ERPNext": 2}, {"Missing in ERPNext": 4})
	assert "2 differences" in run.stopped
	assert len(store.signals()) == 2


def test_a_kind_may_be_left_to_a_person(store: Agreeing) -> None:
	store.sold(told=False)
	run = store.reconcile(replace(HEAL, rules=(HealingRule(Kind.MISSING, heals=False),)))
	assert (run.healed, run.stopped, store.signals()) == ({}, "", [])


# --- what a run looks at ---------------------------------------------------------------------------------------------------


def test_the_phases_of_a_store(store: Agreeing) -> None:
	policy = store.policy
	usual = tuple(one for one in PHASES if one not in (PAYOUTS, ORDER_DAYS))
	light = tuple(one for one in PHASES if one != PAYOUTS)
	assert phases_of(policy, Depth.FULL) == (*usual, LEFT_OVER)
	assert phases_of(policy, Depth.RANGE) == usual
	assert phases_of(policy, Depth.LIGHT) == light
	assert phases_of(replace(policy, reconcile_payouts=True), Depth.LIGHT) == PHASES
	assert keys.INVENTORY_LEVEL not in phases_of(replace(policy, sync_inventory=False), Depth.FULL), "nothing would come of it"
	assert phases_of(replace(policy, sync_customers=False), Depth.LIGHT) == tuple(one for one in light if one != keys.CUSTOMER)
	assert phases_of(replace(policy, sync_orders=False), Depth.FULL)[-1] == keys.INVENTORY_LEVEL
	assert phases_of(policy, Depth.RECORDS, {keys.ORDER: ("1",)}) == (keys.ORDER,)


def test_one_order_by_its_id(store: Agreeing) -> None:
	wanted, _other = store.sold(told=False), store.sold(told=False)
	run = store.reconcile(HEAL, store.begin(Depth.RECORDS, {keys.ORDER: (wanted.id,)}))
	assert (run.compared, run.healed) == (1, {"Missing in ERPNext": 1})


# --- crashes ---------------------------------------------------------------------------------------------------------------


def planted(folder: Path) -> Agreeing:
	"""Return a store with differences on several pages: lost orders, a changed customer, a deleted subscription, stock that moved."""
	folder.mkdir(parents=True)
	store = Agreeing(folder)
	customer = store.shop.customers.create(first_name="Ada", last_name="Example", email="a@example.com")
	store.tell_customer(customer)
	for number in range(5):
		store.sold(told=number % 2 == 0)
	with store.shop.silently():
		store.later(lambda: store.shop.customers.update(customer.id, first_name="Augusta"))
		store.shop.subscriptions.delete(next(iter(store.shop.subscriptions.all)))
		store.shop.inventory.adjust("available", store.inventory_item["MUG"], store.locations[0], -3, "shrinkage")
	return store


def result(store: Agreeing, run: Run) -> tuple[object, ...]:
	"""Return what came of a run once what it set going is done, and a second run has found nothing any more."""
	signals = len(store.signals())
	store.drain()
	store.settle()
	assert store.reconcile(HEAL).found == {}
	found = sorted(
		(one.finding.key.replace(one.finding.shopify_id, "…"), str(one.state), one.times_seen) for one in store.discrepancies()
	)
	# Not how many agreed: a page that is looked at again after it was healed agrees, or is under way.
	looked_at = {name: tally.compared + sum(tally.left_out.values()) for name, tally in run.tallies.items()}
	return found, looked_at, signals, len(store.signals()), len(store.shop.subscriptions.all)


def small_pages(store: Agreeing, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(Agreeing, "reader", lambda self: ShopReader(self.shop, page=2))


def dying(step: str, at: int) -> Callable[[str], None]:
	left = [at]

	def probe(reached: str) -> None:
		if reached == step:
			left[0] -= 1
			if left[0] == 0:
				raise Stopped

	return probe


@pytest.mark.parametrize("step", ["compared", "noted", "healed", "kept"])
def test_a_run_whose_worker_dies_finds_and_heals_the_same(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
	small_pages(planted(tmp_path / "pages"), monkeypatch)
	whole = planted(tmp_path / "whole")
	expected = result(whole, whole.reconcile(HEAL))
	crashed_once = False
	for at in range(1, 12):
		store = planted(tmp_path / f"{step}-{at}")
		run = store.begin()
		try:
			store.reconcile(HEAL, run, dying(step, at))
		except Stopped:
			crashed_once = True
			run = store.reconcile(HEAL, store.resumed(run))
		assert run.ended is not None
		assert result(store, run) == expected, (step, at)
	assert crashed_once


def test_a_run_that_dies_at_every_page_ends_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
	small_pages(planted(tmp_path / "pages"), monkeypatch)
	whole = planted(tmp_path / "whole")
	expected = result(whole, whole.reconcile(HEAL))
	store = planted(tmp_path / "crashing")
	run, pages = store.begin(), 0
	while run.ended is None:
		pages += 1
		try:
			run = store.reconcile(HEAL, run, dying("kept", 1))
		except Stopped:
			run = store.resumed(run)
	assert pages > len(PHASES)
	assert result(store, run) == expected


def dying_among_orders(step: str, run: Run) -> Callable[[str], None]:
	def probe(reached: str) -> None:
		if reached == step and run.resource == keys.ORDER:
			raise Stopped

	return probe


@pytest.mark.parametrize("step", ["noted", "healed"])
def test_a_run_whose_workers_die_heals_no_more_than_its_limit(step: str, store: Agreeing) -> None:
	lost = [store.sold(told=False) for _order in range(6)]
	settings, run = replace(HEAL, limit=2), store.begin()
	for _death in range(3):
		with pytest.raises(Stopped):
			store.reconcile(settings, run, dying_among_orders(step, run))
		store.instance.engine("inbound").drain()
		run = store.resumed(run)
	run = store.reconcile(settings, run)
	assert run.ended is not None and "2 differences" in run.stopped
	assert len(store.signals()) == 2 == sum(run.healed.values())
	assert sum(bool(store.names(order, "Sales Order")) for order in lost) == 2


def test_how_far_a_run_is_survives_its_spelling_out(store: Agreeing) -> None:
	store.sold()
	store.sold(told=False)
	run = store.reconcile(DRY)
	fresh = Run(run.name, run.store, run.depth, run.since, run.until, run.phases)
	fresh.resume(parse_json(dump_json(run.dump())))
	assert fresh.dump() == run.dump()
	assert fresh.tallies == run.tallies and fresh.phase == run.phase == len(run.phases)
