"""Stock on its way out: through the real client, over HTTP, to a simulated shop, and what comes back of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import partial

from shopify_sync.core.outbound.pusher import LEASE_SECONDS

from .bench import INBOUND_LOCATION, MUG, OUTBOUND_LOCATION, TEE, Bench, EventView
from .checks import DIED, PUSH, actions, holds, same, status
from .connected import ConnectedShop
from .group import Group
from .payloads import send

CASES = Group()
TOPIC = "inventory_levels/update"
#: Longer than a call without an answer is waited for, and than a retry.
LATER = LEASE_SECONDS + 1


def _connected(bench: Bench, **settings: object) -> AbstractContextManager[ConnectedShop]:
	bench.set_up(**settings)
	return bench.connected()


def _linked(bench: Bench, shop: ConnectedShop, *items: str) -> None:
	for item in items or (TEE,):
		bench.set_stock(item, OUTBOUND_LOCATION, Decimal(0))
		bench.map_item("inventory_item", shop.inventory_items[item], item)


def _settle(bench: Bench) -> None:
	for _try in range(12):
		bench.push()
		if not any(event.status in ("Received", "Processing", "Retrying") for event in bench.outbound()):
			return
		bench.let_pass(LATER)
	raise AssertionError(f"still on its way: {bench.outbound()}")


def _in_an_hour() -> str:
	return (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(timespec="seconds")


def _newest(bench: Bench) -> EventView:
	return bench.outbound()[-1]


@CASES.case
def what_is_booked_is_pushed_with_its_evidence(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.push()
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(7))
		bench.push()
		same(shop.on_hand(TEE), 7, "on hand")
		event = _newest(bench)
		same((event.status, event.document), ("Applied", ("Item", TEE)), "the event")
		(change,) = bench.attempts(event.name)[-1].changes
		same(change["fields"], [{"field": "on_hand", "before": 0, "after": 7}], "evidence")
		(call,) = [call for call in bench.calls(event.name) if call.operation == "InventorySetQuantities"]
		holds(
			call.outcome == "Answered" and bool(call.key) and bool(call.request_id),
			"the call is evidence, with key and request id",
		)


@CASES.case
def any_number_of_changes_share_one_open_event(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.push()
		for quantity in (3, 9, 4):
			bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(quantity))
		same([event.status for event in bench.outbound()[1:]], ["Received"], "events")
		bench.push()
		same(shop.on_hand(TEE), 4, "on hand")


@CASES.case
def nothing_is_marked_when_nobody_has_to_hear_of_it(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop, TEE)
		before = len(bench.outbound())
		bench.set_stock(MUG, OUTBOUND_LOCATION, Decimal(5))
		bench.set_stock(TEE, INBOUND_LOCATION, Decimal(6))
		same(len(bench.outbound()), before, "events")


@CASES.case
def our_own_push_comes_back_as_an_echo(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(8))
		bench.push()
		pushed, ours = _newest(bench), shop.payload(TEE)
		shop.adjust(TEE, -3)
		name = send(bench, TOPIC, ours)
		again = send(bench, TOPIC, ours)
		bench.drain()
		same(bench.event(name).echo_of or bench.event(again).echo_of, pushed.name, "the event that pushed")
		holds("Echo" in (bench.event(name).status, bench.event(again).status), "one is an Echo")
		theirs = send(bench, TOPIC, {**shop.payload(TEE), "updated_at": _in_an_hour()})
		bench.drain()
		same(status(bench, theirs, "Ignored").echo_of, None, "another quantity is no echo")
		same([event.name for event in bench.outbound() if event.status == "Received"], [], "marks that answer a push")


@CASES.case
def a_location_that_turned_around_does_not_take_its_own_push(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(8))
		bench.push()
		ours = shop.payload(TEE)
		bench.set_direction(OUTBOUND_LOCATION, "Shopify → ERPNext")
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		name = send(bench, TOPIC, ours)
		bench.drain()
		status(bench, name, "Echo")
		same(bench.stock(TEE, OUTBOUND_LOCATION), Decimal(5), "stock")


@CASES.case
def what_changed_in_the_shop_meanwhile_is_recorded_and_overwritten(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(8))
		bench.push()
		shop.adjust(TEE, -3)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(12))
		bench.push()
		same((shop.on_hand(TEE), _newest(bench).status), (12, "Applied"), "on hand")


def _answer_is_lost(bench: Bench, fault: str) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop, TEE, MUG)
		bench.push()
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		shop.served.faults.set(**{fault: 1.0})
		bench.push()
		bench.set_stock(MUG, OUTBOUND_LOCATION, Decimal(6))
		bench.push()
		holds(all(event.attempts == 0 for event in bench.outbound() if event.status == "Retrying"), "no attempt is used up")
		shop.served.faults.set(**{fault: 0.0})
		bench.let_pass(3600)
		_settle(bench)
		same((shop.on_hand(TEE), shop.on_hand(MUG)), (5, 6), "on hand")
		holds(all(event.status in ("Applied", "No Change", "Superseded") for event in bench.outbound()), "every push ended well")


for _fault in ("server_error_before", "server_error_after", "reset_after", "timeout_after", "garble_answer"):
	CASES[f"nothing_is_lost_by_{_fault}"] = partial(_answer_is_lost, fault=_fault)


def _killed(bench: Bench, step: str) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.push()
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		bench.crash_push_at(step)
		same(bench.push(), 0, "events claimed while the dead worker's lease lasts")
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(6))
		bench.let_pass(LATER)
		_settle(bench)
		same(shop.on_hand(TEE), 6, "on hand")
		died = [event for event in bench.outbound() if DIED in actions(bench, event.name)]
		same(len(died), 1 if step != "recorded" else 0, "events whose worker died, as the evidence says")


for _step in ("claimed", "noted", "before_call", "after_call", "recorded"):
	CASES[f"a_push_killed_at_{_step}_ends_right"] = partial(_killed, step=_step)


@CASES.case
def two_pushers_do_not_push_one_level_at_once(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop, TEE, MUG)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		bench.set_stock(MUG, OUTBOUND_LOCATION, Decimal(6))
		pushes: list[Callable[[], int]] = [bench.push] * 4
		claimed = bench.run_concurrently(pushes, 4)
		_settle(bench)
		same((shop.on_hand(TEE), shop.on_hand(MUG)), (5, 6), "on hand")
		holds(sum(claimed) >= 2, "somebody claimed")
		holds(all(actions(bench, event.name).count(PUSH) == 1 for event in bench.outbound()), "each is carried out once")


@CASES.case
def a_rejected_token_closes_the_gate_and_costs_nothing(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		with shop.served.lock:
			shop.served.tokens.revoke_all()
		bench.push()
		bench.let_pass(LATER)
		same(bench.push(), 0, "claimed while the gate is closed")
		event = _newest(bench)
		same((event.status, event.category, event.attempts), ("Retrying", "Authentication", 0), "the event")
		with shop.served.lock:
			shop.served.tokens.add_static("shpat_another")
		bench.sign_in("shpat_another")
		bench.let_pass(LATER)
		_settle(bench)
		same(shop.on_hand(TEE), 5, "on hand")


@CASES.case
def what_is_tracked_again_is_looked_at_though_its_bin_did_not_change(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		bench.push()
		same(shop.on_hand(TEE), 5, "on hand")
		for tracked in (False, True):
			now = datetime.now(timezone.utc).isoformat()
			said = {"id": int(shop.inventory_items[TEE]), "sku": TEE, "tracked": tracked, "updated_at": now}
			send(bench, "inventory_items/update", said, triggered_at=now)
			bench.drain()
			if not tracked:
				# As long as nobody counts, anybody may do anything to its figure.
				shop.adjust(TEE, 10)
		_settle(bench)
		same(shop.on_hand(TEE), 5, "on hand, tracked again")


@CASES.case
def a_paused_store_pushes_what_changed_when_it_is_live_again(bench: Bench) -> None:
	with _connected(bench) as shop:
		_linked(bench, shop)
		bench.push()
		bench.save_settings(mode="Paused")
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		same((bench.push(), shop.on_hand(TEE)), (0, 0), "claimed, and on hand")
		bench.save_settings(mode="Live")
		bench.push()
		same(shop.on_hand(TEE), 5, "on hand")
