"""What differs because something else does: stock of parcels that are not booked yet, and links that no run may lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.ports import Page, Window
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.core.reconciliation.stock import UNBOOKED
from shopify_sync.embedded_host import links
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.rest import inventory as rest_inventory
from shopify_sync.simulator.shop.shop import Shop
from tests.outbound.ground import STORE
from tests.reconciliation.ground import DRY, HEAL, Agreeing


@pytest.fixture
def store(tmp_path: Path) -> Agreeing:
	made = Agreeing(tmp_path)
	assert made.reconcile(DRY).found == {}
	return made


def _left_out(run: Run) -> dict[str, int]:
	return run.tallies[keys.INVENTORY_LEVEL].left_out


def test_the_stock_of_a_parcel_that_erpnext_does_not_know_is_not_put_back_on_sale(store: Agreeing) -> None:
	order = store.sold()
	store.later(lambda: store.shop.fulfillments.create(order.id))
	pushed = len(store.signals())
	run = store.reconcile(HEAL)
	assert run.found == {"Fulfilled": 1}, store.open()
	assert _left_out(run) == {UNBOOKED: 1}
	assert len(store.signals()) == pushed + 1, "the order, and no push"
	store.settle()
	assert store.reconcile(HEAL).found == {}


def test_nor_that_of_an_order_of_which_nothing_is_known(store: Agreeing) -> None:
	order = store.sold(told=False)
	store.later(lambda: store.shop.fulfillments.create(order.id))
	run = store.reconcile(DRY)
	assert (run.found, _left_out(run)) == ({"Missing in ERPNext": 1}, {UNBOOKED: 1})


def test_nor_that_of_goods_that_came_back(store: Agreeing) -> None:
	order = store.sold()
	store.later(lambda: store.shop.fulfillments.create(order.id))
	store.tell_all(order)
	store.settle()
	store.later(lambda: store.shop.refunds.create(order.id, [[order.line_items[0].id, 1, "return"]]))
	run = store.reconcile(DRY)
	assert run.found["Refunded"] == 1 and "Stock" not in run.found, store.open()
	assert _left_out(run) == {UNBOOKED: 1}


def test_a_parcel_that_was_cancelled_is_taken_back_where_both_sides_send(tmp_path: Path) -> None:
	store = Agreeing(tmp_path, fulfillment_by="Both")
	order = store.sold()
	parcel = store.later(lambda: store.shop.fulfillments.create(order.id))
	store.tell_all(order)
	assert len(store.names(order, "Delivery Note")) == 1
	store.later(lambda: store.shop.fulfillments.cancel(parcel.id))
	store.pass_time(60)
	assert store.reconcile(HEAL).healed == {"Fulfilled": 1}, store.open()
	store.settle()
	assert store.names(order, "Delivery Note") == []
	assert store.reconcile(HEAL).found == {}


def test_where_erpnext_alone_sends_its_stock_counts_whatever_the_shop_sent(tmp_path: Path) -> None:
	"""Such a parcel is never booked: its stock would be left alone for ever."""
	store = Agreeing(tmp_path, fulfillment_by="ERPNext")
	order = store.sold()
	store.later(lambda: store.shop.fulfillments.create(order.id))
	run = store.reconcile(DRY)
	assert run.found == {"Fulfilled": 1, "Stock": 1}, store.open()
	assert UNBOOKED not in _left_out(run)


def test_a_run_that_goes_on_elsewhere_knows_it_still(store: Agreeing) -> None:
	run = Run("r", STORE, store.begin().depth, None, store.clock.now(), unbooked={("TEE", "1"), ("MUG", "2")})
	fresh = Run("r", STORE, run.depth, None, run.until)
	fresh.resume(run.dump())
	assert fresh.unbooked == {("TEE", "1"), ("MUG", "2")}


def test_an_inventory_item_that_leads_elsewhere_is_a_person_s(store: Agreeing) -> None:
	key = keys.key(STORE, keys.INVENTORY_ITEM, store.inventory_item["TEE"])
	with store.instance.database.write() as connection:
		connection.execute("UPDATE shopify_link SET document_name = 'MUG' WHERE key = ?", (key,))
	assert links.read(store.instance.database.connection(), key).document_name == "MUG"
	for _night in range(2):
		run = store.reconcile(HEAL)
		assert (run.found.get("Link"), run.healed.get("Link")) == (1, None)
	assert ("Link", "inventory_item", "Broken link", "Review") in store.open()


def test_stock_that_changed_since_the_run_began_is_left_to_the_next_one(store: Agreeing) -> None:
	run = store.begin()
	store.pass_time(60)
	store.shop.inventory.adjust("available", store.inventory_item["TEE"], store.locations[0], -7, "shrinkage")
	store.reconcile(DRY, run)
	assert (run.found, _left_out(run)) == ({}, {"Still under way": 1})
	assert store.reconcile(DRY).found == {"Stock": 1}


class Lagging(ShopReader):
	"""Its pages of stock were read before *levels* moved, as the result of a bulk operation is; what is asked for by id is as it is."""

	def __init__(self, shop: Shop, old: Mapping[str, Any]) -> None:
		super().__init__(shop)
		self._old = old

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		page = super().page(resource, window, cursor)
		if resource != keys.INVENTORY_LEVEL or window.ids:
			return page
		return replace(page, payloads=[self._old.get(str(one["inventory_item_id"]), one) for one in page.payloads])


@pytest.mark.parametrize("direction", ["ERPNext → Shopify", "Shopify → ERPNext"])
def test_stock_that_moved_since_it_was_read_is_looked_at_as_it_is(
	direction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
	rate = {"valuation_rule": "Fixed rate", "fixed_rate": "5"}
	store = Agreeing(tmp_path, places=[{"direction": direction, **rate}])
	item, place = store.inventory_item["TEE"], store.locations[0]

	def tell_level() -> None:
		level = store.shop.inventory.level(item, place)
		assert level is not None
		store._deliver("inventory_levels/update", rest_inventory.level(store.shop, level))

	if direction == "Shopify → ERPNext":
		tell_level()
	payloads = store.reader().page(keys.INVENTORY_LEVEL, Window(None, None), None).payloads
	old = {str(one["inventory_item_id"]): one for one in payloads}
	store.pass_time(60)
	if direction == "Shopify → ERPNext":
		with store.shop.silently():
			store.shop.inventory.adjust("available", item, place, -3, "shrinkage")
		tell_level()
	else:
		store.book("TEE", 97)
		store.settle()
	monkeypatch.setattr(Agreeing, "reader", lambda self: Lagging(self.shop, old))
	store.pass_time(600)
	run = store.reconcile(HEAL, store.begin(Depth.FULL))
	assert (run.found.get("Stock"), store.discrepancies()) == (None, [])
	with store.shop.silently():
		store.shop.inventory.adjust("available", item, place, -1, "shrinkage")
	assert store.reconcile(DRY).found == {"Stock": 1}, "what does differ is found all the same"
