"""Returns, both ways: what people take back becomes returns in a simulated shop, over HTTP; its refund brings nothing back twice."""

from __future__ import annotations

from shopify_sync.simulator.shop.records import Return

from .bench import MUG, OUTBOUND_LOCATION, SILENT_LOCATION, TEE, Bench
from .checks import holds, same
from .fulfillments import LATER, SendingShop, sending
from .group import Group

CASES = Group()
RULE = "Return in Shopify"


def _returns(world: SendingShop) -> list[Return]:
	with world.shop.served.lock:
		return [found for found in world.order.returns if found.status != "canceled"]


def _back(world: SendingShop) -> dict[str, int]:
	"""Return what was received of returns, by SKU."""
	skus = {line: sku for sku, line in world.lines.items()}
	total: dict[str, int] = {}
	for line in (line for found in _returns(world) for line in found.lines):
		count = line.quantity - line.waiting
		total[skus[line.line_item_id]] = total.get(skus[line.line_item_id], 0) + count
	return total


@CASES.case
def a_return_is_made_and_received_where_its_warehouse_stands_for_a_location(bench: Bench) -> None:
	with sending(bench, push_returns=RULE) as world:
		note = world.note(tee=3, mug=1)
		bench.push()
		back = bench.take_back(note, {world.lines[TEE]: 2})
		there = bench.take_back(note, {world.lines[MUG]: 1}, SILENT_LOCATION)
		bench.push()
		same(_back(world), {TEE: 2, MUG: 1}, "returned")
		places = {part.location_id for found in _returns(world) for line in found.lines for part in line.disposals}
		same(places, {world.shop.places[place] for place in (OUTBOUND_LOCATION, SILENT_LOCATION)}, "restocked at")
		same({line.note for found in _returns(world) for line in found.lines}, {back, there}, "what the returns name")
		same((world.event().status, world.event().document), ("Applied", ("Delivery Note", there)), "the event")
		calls = {call.operation for call in bench.calls(world.event().name)}
		same(calls, {"OrderReturns", "OrderReturnable", "ReturnCreate", "ReverseFulfillmentOrderDispose"}, "calls")
		same((world.sent(), len(world.order.refunds)), ({TEE: 3, MUG: 1}, 0), "fulfilled, and refunds")


@CASES.case
def a_store_that_does_not_tell_of_returns_says_nothing(bench: Bench) -> None:
	with sending(bench) as world:
		note = world.note(tee=3)
		bench.push()
		events = len(world.events())
		bench.take_back(note, {world.lines[TEE]: 2})
		bench.push()
		same((_back(world), len(world.events())), ({}, events), "returns and events")


@CASES.case
def killed_around_the_call_nothing_comes_back_twice(bench: Bench) -> None:
	with sending(bench, push_returns=RULE) as world:
		note = world.note(tee=8)
		bench.push()
		for wanted, step in enumerate(("noted", "before_call", "after_call", "recorded"), start=1):
			bench.take_back(note, {world.lines[TEE]: 1})
			bench.crash_push_at(step)
			bench.let_pass(LATER)
			world.settle()
			same((_back(world), len(_returns(world))), ({TEE: wanted}, wanted), f"returned after a kill at {step}")
			same(world.event().status, "Applied", f"event after a kill at {step}")


@CASES.case
def a_lost_answer_is_waited_for_and_its_return_is_ours(bench: Bench) -> None:
	with sending(bench, push_returns=RULE) as world:
		note = world.note(tee=3)
		bench.push()
		bench.take_back(note, {world.lines[TEE]: 2})
		bench.push(lambda step: world.faults(timeout_after=1.0) if step == "before_call" else None)
		world.faults(timeout_after=0.0)
		same((len(_returns(world)), world.event().status, world.event().attempts), (1, "Retrying", 0), "while it is waited for")
		world.settle()
		same((_back(world), len(_returns(world)), world.event().status), ({TEE: 2}, 1, "Applied"), "in the end")


@CASES.case
def a_return_that_the_customer_announced_in_shopify_is_received(bench: Bench) -> None:
	with sending(bench, push_returns=RULE) as world:
		note = world.note(tee=3)
		bench.push()
		with world.shop.served.lock:
			wanted = [(world.order.fulfillments[0].id, world.lines[TEE], 2)]
			there = world.shop.served.shop.returns.create(world.order.id, wanted)
		bench.take_back(note, {world.lines[TEE]: 2})
		bench.push()
		same((_back(world), [found.id for found in _returns(world)]), ({TEE: 2}, [there.id]), "returned")


@CASES.case
def a_return_that_was_received_cannot_be_cancelled_and_holds_up_no_other(bench: Bench) -> None:
	with sending(bench, push_returns=RULE) as world:
		note = world.note(tee=3)
		bench.push()
		back = bench.take_back(note, {world.lines[TEE]: 1})
		bench.push()
		bench.cancel_note(back)
		bench.take_back(note, {world.lines[TEE]: 2})
		bench.push()
		same(world.event().category, "Fulfillment refused", "category")
		holds(f"Delivery Note {back} was cancelled" in world.event().message, world.event().message)
		same(_back(world), {TEE: 3}, "returned")


@CASES.case
def the_refund_that_follows_brings_nothing_back_twice(bench: Bench) -> None:
	with sending(bench, push_returns=RULE, fulfillment_by="Both") as world:
		note = world.note(tee=5)
		bench.push()
		bench.take_back(note, {world.lines[TEE]: 2})
		bench.push()
		with world.shop.served.lock:
			world.shop.served.shop.returns.refund(_first(world).id)
		_tell(bench, world)
		same([document.name for document in bench.documents("Delivery Note")], [], "returns of the app")
		with world.shop.served.lock:
			world.shop.served.shop.refunds.create(world.order.id, [(world.lines[TEE], 1, "return")])
		before = bench.stock(TEE, _place(world))
		_tell(bench, world)
		_tell(bench, world)
		same(bench.stock(TEE, _place(world)) - before, 1, "what another refund brings back")


@CASES.case
def what_people_take_back_of_a_note_of_the_app_is_told_too(bench: Bench) -> None:
	with sending(bench, push_returns=RULE, fulfillment_by="Both") as world:
		parcel = world.by_hand(3)
		_tell(bench, world)
		(made,) = bench.documents("Delivery Note")
		bench.take_back(made.name, {world.lines[TEE]: 2})
		bench.push()
		same({line.fulfillment_id for found in _returns(world) for line in found.lines}, {parcel.id}, "parcels")
		same(_back(world), {TEE: 2}, "returned")
		with world.shop.served.lock:
			world.shop.served.shop.returns.refund(_first(world).id)
		_tell(bench, world)
		same([document.name for document in bench.documents("Delivery Note")], [made.name], "notes of the app")


def _first(world: SendingShop) -> Return:
	return world.order.returns[0]


def _place(world: SendingShop) -> str:
	"""Return the location, as the bench names it, that the order was sent from."""
	with world.shop.served.lock:
		id = world.order.fulfillments[0].location_id
	return next(place for place, known in world.shop.places.items() if known == id)


def _tell(bench: Bench, world: SendingShop) -> None:
	"""Deliver the order as it is now, and let it be applied."""
	name = world.tell()
	bench.drain()
	event = bench.event(name)
	holds(event.status in ("Applied", "No Change"), f"{event.status}: {event.message}")
