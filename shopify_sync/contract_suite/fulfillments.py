"""Deliveries, both ways: Delivery Notes become fulfillments in a simulated shop, over HTTP, and what comes back makes no second note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import partial
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.outbound.pusher import LEASE_SECONDS
from shopify_sync.simulator.rest import fulfillment as rest_fulfillment
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.shop.records import Fulfillment, Order

from .bench import MUG, OUTBOUND_LOCATION, SILENT_LOCATION, TEE, Bench, EventView
from .checks import holds, same, status
from .connected import ConnectedShop
from .group import Group
from .payloads import new_id, send

CASES = Group()
#: Longer than a call without an answer is waited for, and than a lease.
LATER = LEASE_SECONDS + 1


class _Stopped(BaseException):
	"""Stands for a process that is killed: nothing may catch it."""


@dataclass
class SendingShop:
	"""A store, its shop, and one order of three T-shirts and a mug that ERPNext knows of."""

	bench: Bench
	shop: ConnectedShop
	order: Order

	@property
	def lines(self) -> dict[str, str]:
		"""SKU → line item."""
		return {line.sku: line.id for line in self.order.line_items}

	def note(self, location: str = OUTBOUND_LOCATION, amends: str = "", tracking: str = "", **pieces: int) -> str:
		"""Submit a Delivery Note. *pieces*: `tee`, `mug`."""
		rows = {self.lines[{"tee": TEE, "mug": MUG}[name]]: count for name, count in pieces.items()}
		more = {"shopify_tracking_number": tracking, "shopify_tracking_company": "UPS"} if tracking else {}
		return self.bench.note(self.order.id, rows, location, amends, **more)

	def sent(self) -> dict[str, int]:
		"""Return what stands as fulfilled, by SKU."""
		skus = {line: sku for sku, line in self.lines.items()}
		total: dict[str, int] = {}
		with self.shop.served.lock:
			for found in self.order.fulfillments:
				for line, count in found.lines.items() if found.status == "success" else ():
					total[skus[line]] = total.get(skus[line], 0) + count
		return total

	def parcels(self) -> list[Fulfillment]:
		"""Return the fulfillments that stand."""
		with self.shop.served.lock:
			return [found for found in self.order.fulfillments if found.status == "success"]

	def by_hand(self, pieces: int, place: str = OUTBOUND_LOCATION) -> Fulfillment:
		"""Let the shop's staff fulfil T-shirts."""
		with self.shop.served.lock:
			return self.shop.served.shop.fulfillments.create(self.order.id, {self.lines[TEE]: pieces}, self.shop.places[place])

	def tell(self) -> str:
		"""Deliver the order as it is now; return the event's name."""
		with self.shop.served.lock:
			payload = rest_order.payload(self.shop.served.shop, self.order)
		return send(self.bench, "orders/updated", payload, triggered_at=_now())

	def tell_fulfillment(self, found: Fulfillment) -> str:
		"""Deliver a fulfillment as it is now; return the event's name."""
		with self.shop.served.lock:
			payload = rest_fulfillment.payload(self.shop.served.shop, (self.order, found))
		return send(self.bench, "fulfillments/update", payload, triggered_at=_now())

	def event(self) -> EventView:
		"""Return the newest event of the order's deliveries."""
		return self.events()[-1]

	def events(self) -> list[EventView]:
		"""Return the events of the order's deliveries."""
		return [event for event in self.bench.outbound() if event.document is None or event.document[0] == "Delivery Note"]

	def settle(self) -> None:
		"""Push until nothing is on its way."""
		for _try in range(12):
			self.bench.push()
			if not any(event.status in ("Received", "Processing", "Retrying") for event in self.events()):
				return
			self.bench.let_pass(LATER)
		raise AssertionError(f"still on its way: {self.events()}")

	def faults(self, **faults: float) -> None:
		"""Set faults of the shop's Admin API."""
		with self.shop.served.lock:
			self.shop.served.faults.set(**faults)


def _now() -> str:
	"""Return the time as Shopify's header says it: of two states within a second it tells the later one."""
	return datetime.now(timezone.utc).isoformat()


@contextmanager
def sending(
	bench: Bench, place: str = OUTBOUND_LOCATION, fulfillment_by: str = "ERPNext", **settings: Any
) -> Iterator[SendingShop]:
	"""Set up a store that sends from ERPNext, with its shop and an order of nine T-shirts and three mugs."""
	bench.set_up(fulfillment_by=fulfillment_by, **settings)
	for item in (TEE, MUG):
		bench.set_stock(item, OUTBOUND_LOCATION, Decimal(500))
		bench.set_stock(item, SILENT_LOCATION, Decimal(500))
	with bench.connected() as shop:
		served = shop.served
		with served.lock, served.shop.silently():
			# Documents are named after orders, and a site keeps them.
			served.shop.next_order_number = int(new_id()[-9:])
			variants = {found.sku: id for id, found in served.shop.products.variants.items()}
			lines = [{"variant_id": variants[TEE], "quantity": 9}, {"variant_id": variants[MUG], "quantity": 3}]
			email, location = f"ada.{new_id()}@example.com", shop.places[place]
			order = served.shop.orders.place(lines, email=email, location_id=location)
		world = SendingShop(bench, shop, order)
		name = world.tell()
		bench.drain()
		status(bench, name, "Applied")
		yield world


@CASES.case
def a_note_its_tracking_and_its_cancellation_reach_the_shop(bench: Bench) -> None:
	with sending(bench) as world:
		note = world.note(tee=2, tracking="1Z")
		bench.push()
		same(world.sent(), {TEE: 2}, "fulfilled")
		(parcel,) = world.parcels()
		same((parcel.tracking_numbers, parcel.tracking_company), (["1Z"], "UPS"), "tracking")
		same((world.event().status, world.event().document), ("Applied", ("Delivery Note", note)), "the event")
		same(bench.link(keys.FULFILLMENT, parcel.id).item, note, "the link of the fulfillment")
		calls = [call.operation for call in bench.calls(world.event().name)]
		same(sorted(calls), ["FulfillmentCreate", "FulfillmentOrders"], "calls")
		bench.edit("Delivery Note", note, shopify_tracking_number="2Z")
		bench.push()
		same(world.parcels()[0].tracking_numbers, ["2Z"], "the later number")
		bench.cancel_note(note)
		bench.push()
		same(world.sent(), {}, "fulfilled after the note was cancelled")


@CASES.case
def an_amended_note_ends_with_one_fulfillment_of_its_lines(bench: Bench) -> None:
	with sending(bench) as world:
		for pieces in (2, 1):
			note = world.note(tee=2)
			bench.push()
			before = sum(world.sent().values())
			bench.cancel_note(note)
			world.note(tee=pieces, amends=note)
			world.settle()
			same(sum(world.sent().values()), before - 2 + pieces, "fulfilled")
		same(sorted(sum(found.lines.values()) for found in world.parcels()), [1, 2], "fulfillments")


@CASES.case
def a_lost_answer_is_waited_for_and_its_fulfillment_is_ours(bench: Bench) -> None:
	with sending(bench) as world:
		note = world.note(tee=2)
		bench.push(lambda step: world.faults(timeout_after=1.0) if step == "before_call" else None)
		world.faults(timeout_after=0.0)
		same(world.sent(), {TEE: 2}, "fulfilled")
		same((world.event().status, world.event().attempts), ("Retrying", 0), "an attempt is not burnt")
		bench.push()
		same(len(world.parcels()), 1, "fulfillments while it is waited for")
		world.settle()
		same((world.sent(), world.event().status), ({TEE: 2}, "Applied"), "in the end")
		same(bench.link(keys.FULFILLMENT, world.parcels()[0].id).item, note, "the link of the fulfillment")


@CASES.case
def outages_before_and_after_the_call_end_in_one_fulfillment(bench: Bench) -> None:
	with sending(bench) as world:
		for wanted, fault in enumerate(("server_error_before", "server_error_after", "timeout_before", "reset_after"), start=1):

			def break_down(step: str, fault: str = fault) -> None:
				if step == "before_call":
					world.faults(**{fault: 1.0})

			world.note(tee=1)
			bench.push(break_down)
			world.faults(**{fault: 0.0})
			world.settle()
			same(world.sent(), {TEE: wanted}, f"fulfilled after {fault}")
			same(world.event().attempts <= 1, True, "attempts")


@CASES.case
def killed_around_the_call_nothing_is_fulfilled_twice(bench: Bench) -> None:
	with sending(bench) as world:
		for wanted, step in enumerate(("noted", "before_call", "after_call"), start=1):
			world.note(tee=1)
			bench.crash_push_at(step)
			bench.let_pass(LATER)
			world.settle()
			same(world.sent(), {TEE: wanted}, f"fulfilled after a kill at {step}")
			same(world.event().status, "Applied", f"event after a kill at {step}")


@CASES.case
def two_notes_at_once_and_two_pushers(bench: Bench) -> None:
	with sending(bench) as world:
		world.note(tee=2)
		world.note(tee=1, mug=1)
		bench.run_concurrently([bench.push, bench.push], 2)
		world.settle()
		same((world.sent(), len(world.parcels())), ({TEE: 3, MUG: 1}, 2), "fulfilled")


@CASES.case
def holds_and_other_services_are_respected(bench: Bench) -> None:
	with sending(bench) as world:
		fulfillments, waiting = world.shop.served.shop.fulfillments, world.order.fulfillment_orders[0]
		with world.shop.served.lock:
			fulfillments.hold(waiting.id, "high_risk_of_fraud")
		world.note(tee=1)
		bench.push()
		same(world.event().category, "Fulfillment refused", "category")
		holds("on hold (high risk of fraud)" in world.event().message, world.event().message)
		with world.shop.served.lock:
			fulfillments.release(waiting.id)
			fulfillments.request(waiting.id)
		bench.retry(world.event().name, "Administrator")
		bench.push()
		holds("with a fulfillment service" in world.event().message, world.event().message)
		same(world.sent(), {}, "fulfilled")


@CASES.case
def what_is_assigned_elsewhere_is_fulfilled_there_or_moved_by_rule(bench: Bench) -> None:
	with sending(bench, place=SILENT_LOCATION) as world:
		world.note(tee=1)
		bench.push()
		same([found.location_id for found in world.parcels()], [world.shop.places[SILENT_LOCATION]], "locations")
		bench.save_settings(fulfillment_location="Move it")
		world.note(tee=2)
		bench.push()
		same([found.location_id for found in world.parcels()][1:], [world.shop.places[OUTBOUND_LOCATION]], "locations, moved")
		same(world.sent(), {TEE: 3}, "fulfilled")


@CASES.case
def what_shopify_takes_from_another_location_is_set_right_there(bench: Bench) -> None:
	with sending(bench) as world:
		bench.map_item("inventory_item", world.shop.inventory_items[TEE], TEE)
		world.settle()
		same(world.shop.on_hand(TEE), 500, "on hand before")
		# The goods leave a warehouse that stands for another location than the one that Shopify assigned them to.
		note = world.note(SILENT_LOCATION, tee=2)
		world.settle()
		same([found.location_id for found in world.parcels()], [world.shop.places[OUTBOUND_LOCATION]], "locations")
		same(world.shop.on_hand(TEE), 500, "on hand where nothing left the Bin")
		bench.cancel_note(note)
		world.settle()
		same((world.sent(), world.shop.on_hand(TEE)), ({}, 500), "fulfilled and on hand after the cancellation")


@CASES.case
def an_order_that_was_cancelled_meanwhile_is_not_fulfilled(bench: Bench) -> None:
	with sending(bench) as world:
		world.note(tee=1)
		with world.shop.served.lock:
			world.shop.served.shop.orders.cancel(world.order.id)
		bench.push()
		holds("was cancelled in Shopify" in world.event().message, world.event().message)
		same(world.sent(), {}, "fulfilled")


@CASES.case
def somebody_fulfils_by_hand_at_the_same_moment(bench: Bench) -> None:
	with sending(bench) as world:
		world.note(tee=8)
		left = [True]

		def meanwhile(step: str) -> None:
			if step == "before_call" and left:
				left.pop()
				world.by_hand(8)

		bench.push(meanwhile)
		same(world.sent(), {TEE: 8}, "fulfilled")
		holds("Shopify lets 1 be fulfilled" in world.event().message, world.event().message)


@CASES.case
def our_own_fulfillment_comes_back_as_an_echo_and_other_tracking_does_not(bench: Bench) -> None:
	with sending(bench) as world:
		note = world.note(tee=2, tracking="1Z")
		bench.push()
		(parcel,) = world.parcels()
		name = world.tell_fulfillment(parcel)
		bench.drain()
		same(status(bench, name, "Echo").echo_of, world.event().name, "the event that pushed")
		with world.shop.served.lock:
			world.shop.served.shop.fulfillments.update_tracking(parcel.id, "DHL Express", ["9Z"])
		name = world.tell_fulfillment(parcel)
		bench.drain()
		status(bench, name, "Applied")
		bench.push()
		same(world.parcels()[0].tracking_numbers, ["9Z"], "the shop's tracking")
		holds(note, "the note stands")


@CASES.case
def where_both_send_a_webhook_before_the_push_is_recorded_makes_no_second_note(bench: Bench) -> None:
	for tell in (SendingShop.tell, lambda world: world.tell_fulfillment(world.parcels()[0])):
		with sending(bench, fulfillment_by="Both") as world:
			names: list[str] = []
			world.note(tee=2)
			with suppress(_Stopped):
				bench.push(partial(_stop_after_the_call, lambda: names.append(tell(world))))  # noqa: B023 -- called at once
			bench.drain()
			same(bench.event(names[0]).status, "Retrying", "status while nobody knows whose it is")
			bench.let_pass(LATER)
			world.settle()
			bench.let_pass(LATER)
			bench.drain()
			holds(bench.event(names[0]).status in ("No Change", "Echo", "Applied"), bench.event(names[0]).status)
			same([document.name for document in bench.documents("Delivery Note")], [], "notes of the app")
			same(world.sent(), {TEE: 2}, "fulfilled")


def _stop_after_the_call(action: Callable[[], object], step: str) -> None:
	if step == "after_call":
		action()
		raise _Stopped


@CASES.case
def where_both_send_theirs_becomes_a_note_and_ours_does_not(bench: Bench) -> None:
	with sending(bench, fulfillment_by="Both") as world:
		world.note(tee=2)
		bench.push()
		theirs = world.by_hand(3)
		name = world.tell_fulfillment(theirs)
		again = world.tell()
		bench.drain()
		bench.let_pass(LATER)
		bench.drain()
		status(bench, name, "Applied")
		holds(bench.event(again).status in ("Applied", "No Change"), bench.event(again).message)
		(made,) = bench.documents("Delivery Note")
		holds(made.key.endswith(f"/fulfillment/{theirs.id}"), made.key)
		same(world.sent(), {TEE: 5}, "fulfilled")


@CASES.case
def a_fulfillment_in_a_message_of_its_own_makes_the_note_once(bench: Bench) -> None:
	with sending(bench, fulfillment_by="Shopify") as world:
		theirs = world.by_hand(3)
		name = world.tell_fulfillment(theirs)
		bench.drain()
		status(bench, name, "Applied")
		order = world.tell()
		bench.drain()
		status(bench, order, "No Change")
		(made,) = bench.documents("Delivery Note")
		with world.shop.served.lock:
			world.shop.served.shop.fulfillments.cancel(theirs.id)
		status_of = world.tell_fulfillment(theirs)
		bench.drain()
		status(bench, status_of, "Applied")
		same([document.docstatus for document in bench.documents("Delivery Note")], [2], f"docstatus of {made.name}")
