"""Live, Shadow, Paused, and what a store does not sync."""

from __future__ import annotations

from .bench import Bench
from .checks import holds, live, only, same, status
from .group import Group
from .payloads import moment, new_id, order, send

CASES = Group()


@CASES.case
def a_paused_store_holds_its_events_until_it_is_resumed(bench: Bench) -> None:
	bench.set_up(mode="Paused")
	names = [send(bench, "orders/create", order(bench, new_id())) for _number in range(2)]
	bench.drain()
	for name in names:
		same(status(bench, name, "Held").attempts, 0, "attempts")
	same(bench.documents("Sales Order"), [], "documents")
	bench.save_settings(mode="Live")
	bench.sweep()
	for name in names:
		status(bench, name, "Applied")
	same(len(live(bench)), 2, "Sales Orders")


@CASES.case
def of_several_held_states_of_one_order_the_newest_is_carried_out(bench: Bench) -> None:
	bench.set_up(mode="Paused")
	payload = order(bench, new_id())
	old = send(bench, "orders/create", payload)
	bench.drain()
	newer = send(bench, "orders/paid", {**payload, "updated_at": moment(4), "financial_status": "paid"})
	bench.drain()
	bench.save_settings(mode="Live")
	bench.sweep()
	status(bench, old, "Superseded")
	status(bench, newer, "Applied")
	only(bench)


@CASES.case
def saving_a_paused_store_leaves_what_is_blocked_alone(bench: Bench) -> None:
	bench.set_up(guest_policy="Hold")
	name = send(bench, "orders/create", order(bench, new_id(), customer=None))
	bench.drain()
	status(bench, name, "Blocked")
	bench.save_settings(mode="Paused")
	bench.sweep()
	same(status(bench, name, "Blocked").category, "Missing customer", "category")


@CASES.case
def shadow_decides_and_changes_nothing_and_can_be_carried_out_later(bench: Bench) -> None:
	bench.set_up(mode="Shadow")
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	status(bench, name, "Shadowed")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], "documents")
	changes = bench.attempts(name)[0].changes
	same([change["doctype"] for change in changes], ["Customer", "Contact", "Address", "Sales Order"], "what would be made")
	bench.save_settings(mode="Live")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "Applied")
	only(bench)


@CASES.case
def what_a_store_does_not_sync_is_ignored_with_the_reason(bench: Bench) -> None:
	bench.set_up(sync_orders=False)
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	holds("switched off" in status(bench, name, "Ignored").message, "the reason says that it is switched off")
	same(bench.documents("Sales Order"), [], "documents")


@CASES.case
def an_event_that_lacks_a_setting_goes_on_when_the_setting_is_saved(bench: Bench) -> None:
	bench.set_up(guest_policy="Hold")
	payload = order(bench, new_id(), customer=None)
	name = send(bench, "orders/create", payload)
	bench.drain()
	same(status(bench, name, "Blocked").category, "Missing customer", "category")
	bench.save_settings(guest_policy="One Customer per e-mail")
	bench.sweep()
	status(bench, name, "Applied")
	only(bench)
