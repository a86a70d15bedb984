"""Goods that people take back in ERPNext: no difference before the refund comes, nor after it; what no return explains is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopify_sync.core.reconciliation.orders import compare, differences
from shopify_sync.simulator.shop.records import Order
from tests.reconciliation.ground import Agreeing


@pytest.fixture(params=["Return in Shopify", "Nothing"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Agreeing:
	return Agreeing(tmp_path, fulfillment_by="Both", push_returns=request.param)


def sent(store: Agreeing) -> tuple[Order, str]:
	"""Return an order of three pieces, which a Delivery Note of people's has sent."""
	order = store.sold(pieces=3)
	note = store.note(order, ("TEE", 3))
	store.settle()
	store.tell_all(order)
	return order, note


def take_back(store: Agreeing, order: Order, note: str, pieces: int) -> str:
	name = store.note(order, ("TEE", -pieces), name=f"RETURN-{pieces}", is_return=1, return_against=note)
	store.settle()
	store.tell_all(order)
	return name


def refund(store: Agreeing, order: Order, pieces: int) -> None:
	store.pass_time(60)
	store.shop.refunds.create(order.id, [(order.line_items[0].id, pieces, "return")])
	store.tell_all(order)


def differing(store: Agreeing, order: Order) -> list[tuple[str, str, str]]:
	"""Return (kind, Shopify's, ERPNext's figure) of what differs."""
	fetched, found = store.both(order)
	return [(str(one.kind), one.shopify, one.erpnext) for one in differences(compare(fetched, found, store.policy))]


def test_what_people_took_back_is_no_difference_before_its_refund_and_after_it(store: Agreeing) -> None:
	order, note = sent(store)
	take_back(store, order, note, 2)
	assert differing(store, order) == []
	refund(store, order, 1)
	assert differing(store, order) == []
	refund(store, order, 1)
	assert differing(store, order) == []
	_fetched, found = store.both(order)
	assert len([one for one in found.documents if one.is_return and one.doctype == "Delivery Note"]) == 1
	refund(store, order, 1)
	assert differing(store, order) == [], "the third piece was brought back by the app"


def test_a_refund_that_came_before_people_took_back_more(store: Agreeing) -> None:
	order, note = sent(store)
	refund(store, order, 1)
	assert differing(store, order) == []
	take_back(store, order, note, 2)
	assert differing(store, order) == []


def test_a_return_that_is_cancelled_leaves_its_refund_to_be_booked(store: Agreeing) -> None:
	order, note = sent(store)
	name = take_back(store, order, note, 2)
	refund(store, order, 2)
	assert differing(store, order) == []
	store.cancel_note(name)
	assert differing(store, order) == [("Fulfilled", "1", "3")]
