"""What a hold keeps from being carried out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core import keys
from shopify_sync.core.flows import RESOURCES_OF_FLOW, Flow, flow_of
from shopify_sync.core.holds import Hold, Scope, covering, covers, keys_of
from shopify_sync.core.outbound.pusher import BATCH
from shopify_sync.core.resources import RESOURCES
from shopify_sync.core.topics import RESOURCE_OF_TOPIC, TOPICS_OF_FLOW

ORDER = "my-store/order/1"
EVERY_RESOURCE = sorted({*RESOURCES, *BATCH})
_STORES = st.sampled_from(["my-store", "other"])


def test_every_resource_of_an_event_is_in_exactly_one_flow() -> None:
	listed = [resource for resources in RESOURCES_OF_FLOW.values() for resource in resources]
	assert len(listed) == len(set(listed))
	assert set(listed) >= set(EVERY_RESOURCE)
	assert flow_of("no resource") is None


def test_the_flows_agree_with_the_settings_that_switch_them_off() -> None:
	in_orders = {flow_of(RESOURCE_OF_TOPIC[topic]) for topic in TOPICS_OF_FLOW["sync_orders"]}
	assert in_orders == {Flow.ORDERS, Flow.FULFILLMENTS}
	for setting, flow in (
		("sync_customers", Flow.CUSTOMERS),
		("sync_inventory", Flow.INVENTORY),
		("sync_products", Flow.PRODUCTS),
	):
		assert {flow_of(RESOURCE_OF_TOPIC[topic]) for topic in TOPICS_OF_FLOW[setting]} == {flow}


@pytest.mark.parametrize(
	("hold", "event", "held"),
	[
		(Hold(Scope.FLOW, "Orders"), {"resource": keys.ORDER}, True),
		(Hold(Scope.FLOW, "Orders"), {"resource": keys.FULFILLMENT}, False),
		(Hold(Scope.FLOW, "Inventory"), {"resource": keys.INVENTORY_PUSH}, True),
		(Hold(Scope.FLOW, "no flow"), {"resource": keys.ORDER}, False),
		(Hold(Scope.TOPIC, "orders/create"), {"topic": "Orders/Create "}, True),
		(Hold(Scope.TOPIC, "orders/create"), {"topic": "orders/updated"}, False),
		(Hold(Scope.RESOURCE, ORDER), {"key": ORDER}, True),
		(Hold(Scope.RESOURCE, ORDER), {"key": "my-store/order/12"}, False),
		(Hold(Scope.RESOURCE, ORDER), {"key": "my-store/order_transaction/7", "part_of": ORDER}, True),
		(Hold(Scope.RESOURCE, ORDER), {"key": "my-store/fulfillment_push/1"}, True),
		(Hold(Scope.RESOURCE, ORDER), {"key": "other/order/1"}, False),
		(Hold(Scope.RESOURCE, "my-store/inventory_level/5-6"), {"key": "my-store/inventory_push/5-6"}, True),
		(Hold(Scope.RESOURCE, "not a key"), {"key": ORDER}, False),
	],
)
def test_what_is_covered(hold: Hold, event: dict[str, str], held: bool) -> None:
	event = {"resource": keys.ORDER, "topic": "orders/updated", "key": "my-store/order/99", **event}
	assert covers(hold, **event) is held


_HOLDS = st.one_of(
	st.builds(Hold, st.just(Scope.FLOW), st.sampled_from([str(flow) for flow in Flow])),
	st.builds(Hold, st.just(Scope.TOPIC), st.sampled_from(sorted(RESOURCE_OF_TOPIC))),
	st.builds(
		lambda store, resource, number: Hold(Scope.RESOURCE, keys.key(store, resource, str(number))),
		_STORES,
		st.sampled_from(EVERY_RESOURCE),
		st.integers(1, 3),
	),
)


@st.composite
def _events(draw: st.DrawFn) -> dict[str, str]:
	topic = draw(st.sampled_from(sorted(RESOURCE_OF_TOPIC)))
	resource, store = RESOURCE_OF_TOPIC[topic], draw(_STORES)
	key = keys.key(store, resource, str(draw(st.integers(1, 3))))
	part_of = keys.key(store, keys.ORDER, str(draw(st.integers(1, 3)))) if resource == keys.ORDER_TRANSACTION else None
	return {"resource": resource, "topic": topic, "key": key, "part_of": part_of}  # type: ignore[dict-item]


@given(st.lists(_HOLDS, max_size=4), _HOLDS, _events())
def test_one_hold_more_never_sets_anything_going_and_only_its_own_release_does(
	holds: list[Hold], another: Hold, event: dict[str, str]
) -> None:
	before, after = covering(holds, **event), covering([*holds, another], **event)
	assert after is not None or before is None
	assert (after is not None) == (before is not None or covers(another, **event))
	if before is not None:
		assert before in holds


@given(_STORES, st.integers(1, 99))
def test_what_a_hold_on_an_order_keeps_is_of_its_store_alone(store: str, number: int) -> None:
	link = keys.key(store, keys.ORDER, str(number))
	assert all(key.startswith(f"{store}/") and key.endswith(f"/{number}") for key in keys_of(link))


@given(_HOLDS, st.text(max_size=20), st.text(max_size=40))
def test_the_message_says_who_and_why(hold: Hold, user: str, reason: str) -> None:
	said = Hold(hold.scope, hold.what, user, reason).message
	assert user in said
	assert reason.rstrip(".") in said or not reason.strip()
	assert said.endswith("It goes on when it is released.")
