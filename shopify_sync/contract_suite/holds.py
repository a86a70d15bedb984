"""What somebody holds waits, uses up no attempt and says who holds it; everything else goes on; a release sets it going."""

from __future__ import annotations

from decimal import Decimal

from .bench import OUTBOUND_LOCATION, TEE, Bench
from .checks import holds, only, same, status
from .group import Group
from .payloads import customer, moment, new_id, order, send

CASES = Group()


@CASES.case
def a_flow_that_is_held_waits_and_the_others_go_on(bench: Bench) -> None:
	bench.set_up()
	bench.hold("Flow", "Orders", "Stock take")
	name = send(bench, "orders/create", order(bench, new_id()))
	other = send(bench, "customers/create", customer(new_id()))
	bench.drain()
	event = status(bench, name, "Held")
	same(event.attempts, 0, "attempts")
	holds("Orders" in event.message and "Stock take" in event.message, f"the message says what is held, and why: {event.message}")
	status(bench, other, "Applied")
	same(bench.documents("Sales Order"), [], "documents")
	bench.release("Flow", "Orders")
	bench.sweep()
	status(bench, name, "Applied")
	only(bench)


@CASES.case
def a_topic_that_is_held_waits_and_others_of_its_resource_go_on(bench: Bench) -> None:
	bench.set_up()
	bench.hold("Topic", "orders/create", "A flood")
	created = send(bench, "orders/create", order(bench, new_id()))
	updated = send(bench, "orders/updated", order(bench, new_id()))
	bench.drain()
	status(bench, created, "Held")
	status(bench, updated, "Applied")
	bench.release("Topic", "orders/create")
	bench.sweep()
	status(bench, created, "Applied")


@CASES.case
def a_resource_that_is_held_holds_its_parts_and_the_newest_counts_when_it_is_released(bench: Bench) -> None:
	bench.set_up()
	held, other = new_id(), new_id()
	first = send(bench, "orders/create", order(bench, held))
	bench.drain()
	status(bench, first, "Applied")
	bench.hold("Resource", f"{bench.store}/order/{held}", "Asked the customer")
	updated = send(bench, "orders/updated", order(bench, held, minute=2))
	paid = send(bench, "order_transactions/create", _sale(held))
	cancelled = {**order(bench, held, minute=4), "cancelled_at": moment(4)}
	bench.drain()
	newest = send(bench, "orders/cancelled", cancelled)
	elsewhere = send(bench, "orders/create", order(bench, other))
	bench.drain()
	for name in (updated, paid, newest):
		same(status(bench, name, "Held").attempts, 0, "attempts")
	status(bench, elsewhere, "Applied")
	bench.release("Resource", f"{bench.store}/order/{held}")
	bench.sweep()
	status(bench, updated, "Superseded")
	status(bench, newest, "Applied")
	holds(bench.event(paid).status in ("Applied", "No Change"), "the payment is carried out")


@CASES.case
def what_is_held_twice_goes_on_when_both_are_released(bench: Bench) -> None:
	bench.set_up()
	bench.hold("Flow", "Orders", "Stock take")
	bench.hold("Topic", "orders/create", "A flood")
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	bench.release("Flow", "Orders")
	bench.sweep()
	status(bench, name, "Held")
	bench.release("Topic", "orders/create")
	bench.sweep()
	status(bench, name, "Applied")
	only(bench)


@CASES.case
def stock_on_its_way_out_is_held_too(bench: Bench) -> None:
	bench.set_up()
	with bench.connected() as shop:
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(0))
		bench.map_item("inventory_item", shop.inventory_items[TEE], TEE)
		bench.push()
		before = shop.on_hand(TEE)
		bench.hold("Flow", "Inventory", "Stock take")
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(5))
		bench.push()
		event = bench.outbound()[-1]
		same((event.status, event.attempts), ("Held", 0), "the push")
		same(shop.on_hand(TEE), before, "on hand, while it is held")
		bench.set_stock(TEE, OUTBOUND_LOCATION, Decimal(6))
		bench.push()
		bench.release("Flow", "Inventory")
		bench.push()
		same(shop.on_hand(TEE), 6, "on hand, when it was released")
		holds(all(row.status not in ("Held", "Received", "Processing") for row in bench.outbound()), "nothing is left behind")


def _sale(order_id: str) -> dict[str, object]:
	return {
		"id": int(new_id()),
		"order_id": int(order_id),
		"kind": "sale",
		"status": "pending",
		"amount": "1.00",
		"currency": "USD",
		"gateway": "bogus",
		"created_at": moment(1),
		"processed_at": moment(1),
	}
