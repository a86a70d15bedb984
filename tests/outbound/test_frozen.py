"""A process that stands still between noting a call and making it does not make it: somebody else may have by then."""

from __future__ import annotations

from pathlib import Path

from shopify_sync.admin_api.ports import CallStarted
from tests.outbound.shipping import Shipping


def test_a_fulfillment_that_began_long_ago_is_not_sent(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=3)
	ground.note(order, ("TEE", 1))
	begin, frozen = ground.shops.calls.begin, []

	def freeze(call: CallStarted) -> str:
		name = begin(call)
		if call.operation == "FulfillmentCreate" and not frozen:
			frozen.append(name)
			ground.pass_time(400)
			ground.push(worker="two")
		return name

	ground.shops.calls.begin = freeze  # type: ignore[method-assign]
	ground.push()
	ground.settle()
	assert frozen
	assert ground.live(order) == [(ground.locations[0], {"TEE": 1})]
	assert ground.calls("FulfillmentCreate") == 2
