"""Stock: nothing is lost or made up, and who listens hears of every change of what is available, and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shopify_sync.simulator.shop.errors import NotFound, UserError
from shopify_sync.simulator.shop.records import ON_HAND_PARTS, Order
from shopify_sync.simulator.shop.shop import Shop

from .shops import cart, stocked_shop, watch


class Stock(RuleBasedStateMachine):
	"""A shop in which anything happens; a book is kept of what must be committed and what must have left."""

	@initialize(products=st.integers(1, 3))
	def open(self, products: int) -> None:
		self.shop = stocked_shop(products=products, available=5)
		self.webhooks = watch(self.shop)
		self.orders: list[Order] = []
		self.on_hand = self._sum("on_hand")
		self.heard = self._available()

	def _do(self, action: Callable[[], Any]) -> bool:
		"""Do something that may be refused; then nothing may have changed."""
		before = self._levels()
		self.webhooks.clear()
		try:
			action()
		except UserError:
			assert self._levels() == before
			assert not self.webhooks
			return False
		return True

	@rule(first=st.integers(1, 4), second=st.integers(0, 3), place=st.sampled_from((None, 0, 1)))
	def buy(self, first: int, second: int, place: int | None) -> None:
		location = None if place is None else list(self.shop.locations.all)[place]

		def act() -> None:
			self.orders.append(self.shop.orders.place(cart(self.shop, first, second), location_id=location, financial="paid"))

		self._do(act)

	@precondition(lambda self: self.orders)
	@rule(data=st.data())
	def send(self, data: st.DataObject) -> None:
		order = data.draw(st.sampled_from(self.orders))
		line = data.draw(st.sampled_from(order.line_items))
		before = line.fulfilled_quantity
		if self._do(lambda: self.shop.fulfillments.create(order.id, {line.id: data.draw(st.integers(1, 3))})):
			self.on_hand -= line.fulfilled_quantity - before

	@precondition(lambda self: any(order.fulfillments for order in self.orders))
	@rule(data=st.data())
	def take_parcel_back(self, data: st.DataObject) -> None:
		order = data.draw(st.sampled_from([order for order in self.orders if order.fulfillments]))
		parcel = data.draw(st.sampled_from(order.fulfillments))
		if self._do(lambda: self.shop.fulfillments.cancel(parcel.id)):
			self.on_hand += sum(parcel.lines.values())

	@precondition(lambda self: self.orders)
	@rule(data=st.data(), kind=st.sampled_from(("return", "cancel", "no_restock")), pieces=st.integers(1, 3))
	def refund(self, data: st.DataObject, kind: str, pieces: int) -> None:
		order = data.draw(st.sampled_from(self.orders))
		line = data.draw(st.sampled_from(order.line_items))
		if self._do(lambda: self.shop.refunds.create(order.id, [(line.id, pieces, kind)])) and kind == "return":
			self.on_hand += pieces

	@precondition(lambda self: self.orders)
	@rule(data=st.data(), restock=st.booleans())
	def cancel(self, data: st.DataObject, restock: bool) -> None:
		order = data.draw(st.sampled_from(self.orders))
		waiting = self._waiting(order)
		if self._do(lambda: self.shop.orders.cancel(order.id, restock=restock)) and not restock:
			self.on_hand -= waiting

	@precondition(lambda self: self.orders)
	@rule(data=st.data(), pieces=st.integers(0, 5))
	def edit(self, data: st.DataObject, pieces: int) -> None:
		order = data.draw(st.sampled_from(self.orders))
		line = data.draw(st.sampled_from(order.line_items))

		def act() -> None:
			edit = self.shop.edits.begin(order.id)
			self.shop.edits.set_quantity(edit, line.id, pieces)
			self.shop.edits.commit(edit)

		self._do(act)

	@precondition(lambda self: any(order.fulfillment_orders for order in self.orders))
	@rule(data=st.data(), hold=st.booleans())
	def reroute(self, data: st.DataObject, hold: bool) -> None:
		order = data.draw(st.sampled_from([order for order in self.orders if order.fulfillment_orders]))
		waiting = data.draw(st.sampled_from(order.fulfillment_orders))
		other = next(place for place in self.shop.locations.all if place != waiting.location_id)
		if hold:
			self._do(lambda: (self.shop.fulfillments.release if waiting.holds else self.shop.fulfillments.hold)(waiting.id))
		else:
			self._do(lambda: self.shop.fulfillments.move(waiting.id, other))

	@precondition(lambda self: self.orders)
	@rule(data=st.data())
	def delete(self, data: st.DataObject) -> None:
		order = data.draw(st.sampled_from(self.orders))
		if self._do(lambda: self.shop.orders.delete(order.id)):
			self.orders.remove(order)

	@rule(data=st.data(), name=st.sampled_from(("available", "on_hand")), quantity=st.integers(-3, 20))
	def count(self, data: st.DataObject, name: str, quantity: int) -> None:
		key = data.draw(st.sampled_from(list(self.shop.inventory.levels)))
		level = self.shop.inventory.levels[key]
		before = level.quantity(name)
		self._do(lambda: self.shop.inventory.set_quantities(name, [(*key, quantity, before)], "correction"))
		self.on_hand += quantity - before

	@rule(
		data=st.data(), from_name=st.sampled_from(ON_HAND_PARTS), to_name=st.sampled_from(ON_HAND_PARTS), pieces=st.integers(0, 3)
	)
	def sort(self, data: st.DataObject, from_name: str, to_name: str, pieces: int) -> None:
		key = data.draw(st.sampled_from(list(self.shop.inventory.levels)))
		self._do(lambda: self.shop.inventory.move(*key, from_name, to_name, pieces))

	@invariant()
	def pieces_are_conserved(self) -> None:
		if hasattr(self, "shop"):
			assert self._sum("on_hand") == self.on_hand
			for level in self.shop.inventory.levels.values():
				assert level.on_hand == sum(level.quantities[part] for part in ON_HAND_PARTS)

	@invariant()
	def what_waits_is_committed(self) -> None:
		if not hasattr(self, "shop"):
			return
		assert self._sum("committed") == sum(self._waiting(order) for order in self.orders)
		for order in self.orders:
			for line in order.line_items:
				waiting = sum(
					e.remaining_quantity for fo in order.fulfillment_orders for e in fo.lines if e.line_item_id == line.id
				)
				assert waiting == line.fulfillable_quantity

	@invariant()
	def every_change_of_available_is_told(self) -> None:
		if not hasattr(self, "shop"):
			return
		told = {
			(str(found["inventory_item_id"]), str(found["location_id"])): found["available"]
			for found in (json.loads(w.body) for w in self.webhooks if w.topic == "inventory_levels/update")
		}
		now = self._available()
		assert told == {key: value for key, value in now.items() if self.heard.get(key) != value}
		self.heard = now
		self.webhooks.clear()

	@invariant()
	def fulfillment_orders_have_to_send_what_was_sent_and_what_waits(self) -> None:
		for order in getattr(self, "orders", ()):
			done = sum(entry.total_quantity - entry.remaining_quantity for fo in order.fulfillment_orders for entry in fo.lines)
			assert done == sum(line.fulfilled_quantity for line in order.line_items)

	def _levels(self) -> dict[tuple[str, str], dict[str, int]]:
		return {key: dict(level.quantities) for key, level in self.shop.inventory.levels.items()}

	def _available(self) -> dict[tuple[str, str], int]:
		return {key: level.quantity("available") for key, level in self.shop.inventory.levels.items()}

	def _sum(self, name: str) -> int:
		return sum(level.quantity(name) for level in self.shop.inventory.levels.values())

	def _waiting(self, order: Order) -> int:
		return sum(entry.remaining_quantity for fo in order.fulfillment_orders for entry in fo.lines)


TestStock = Stock.TestCase
TestStock.settings = settings(max_examples=150, stateful_step_count=30)


def level_of(shop: Shop, place: int = 0):  # type: ignore[no-untyped-def]
	return list(shop.inventory.levels.values())[place]


def test_an_order_goes_where_all_of_it_is() -> None:
	shop = stocked_shop(products=2, available=5)
	first, second = shop.locations.all
	item = shop.products.variants[next(iter(shop.products.variants))].inventory_item_id
	shop.inventory.set_quantities("available", [(item, first, 0, None)], "correction")
	whole = shop.orders.place(cart(shop, 1, 1))
	assert [fo.location_id for fo in whole.fulfillment_orders] == [second]
	split = shop.orders.place(cart(shop, 1, 5))
	assert [fo.location_id for fo in split.fulfillment_orders] == [second, first]


def test_what_is_sold_out_everywhere_goes_below_zero() -> None:
	shop = stocked_shop(products=1, available=1)
	shop.orders.place(cart(shop, 3))
	assert (level_of(shop).quantity("available"), level_of(shop).quantity("committed"), level_of(shop).on_hand) == (-2, 3, 1)


def test_on_hand_can_be_set_while_pieces_are_committed() -> None:
	shop = stocked_shop(products=1, available=10)
	shop.orders.place(cart(shop, 3))
	level = level_of(shop)
	shop.inventory.set_quantities("on_hand", [(level.inventory_item_id, level.location_id, 8, 10)], "cycle_count_available")
	assert (level.on_hand, level.quantity("available"), level.quantity("committed")) == (8, 5, 3)


def test_all_or_none_of_the_quantities_are_set() -> None:
	shop = stocked_shop(products=2)
	first, second = level_of(shop), level_of(shop, 2)
	entries = [
		(first.inventory_item_id, first.location_id, 3, 10),
		(second.inventory_item_id, second.location_id, 4, 9),
	]
	with pytest.raises(UserError) as refused:
		shop.inventory.set_quantities("available", entries, "correction")
	assert (refused.value.code, refused.value.field) == (
		"CHANGE_FROM_QUANTITY_STALE",
		("input", "quantities", "1", "changeFromQuantity"),
	)
	assert (first.quantity("available"), second.quantity("available")) == (10, 10)


def test_an_untracked_item_is_never_told_of_and_shows_no_number() -> None:
	shop = stocked_shop(products=1)
	level = level_of(shop)
	shop.inventory.update_item(level.inventory_item_id, tracked=False)
	found = watch(shop)
	shop.orders.place(cart(shop, 1))
	assert "inventory_levels/update" not in {webhook.topic for webhook in found}
	shop.inventory.update_item(level.inventory_item_id, tracked=True)
	assert level.quantity("committed") == 1


@pytest.mark.parametrize(
	"act, error",
	[
		(lambda i, level: i.adjust("committed", *level, 1, "correction"), "INVALID_QUANTITY_NAME"),
		(lambda i, level: i.adjust("available", *level, 1, "because"), "INVALID_REASON"),
		(lambda i, level: i.set_quantities("damaged", [(*level, 1, None)], "correction"), "INVALID_NAME"),
		(lambda i, level: i.set_quantities("available", [(*level, 2 * 10**9, None)], "correction"), "INVALID_QUANTITY_TOO_HIGH"),
		(
			lambda i, level: i.set_quantities("available", [(*level, 1, None)] * 2, "correction"),
			"NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
		),
		(lambda i, level: i.move(*level, "available", "available", 1), "SAME_QUANTITY_NAME"),
		(lambda i, level: i.move(*level, "available", "damaged", -1), "INVALID_QUANTITY_NEGATIVE"),
		(lambda i, level: i.connect(*level), "TAKEN"),
	],
)
def test_nonsense_is_refused(act: Callable[[Any, tuple[str, str]], Any], error: str) -> None:
	shop = stocked_shop(products=1)
	level = level_of(shop)
	with pytest.raises(UserError) as refused:
		act(shop.inventory, (level.inventory_item_id, level.location_id))
	assert refused.value.code == error


def test_a_location_in_use_stays() -> None:
	shop = stocked_shop(products=1)
	place = next(iter(shop.locations.all))
	with pytest.raises(UserError) as refused:
		shop.locations.deactivate(place)
	assert refused.value.code == "HAS_ACTIVE_INVENTORY_ERROR"
	shop.orders.place(cart(shop, 1))
	with pytest.raises(UserError) as refused:
		shop.locations.deactivate(place)
	assert refused.value.code == "HAS_FULFILLMENT_ORDERS_ERROR"
	with pytest.raises(UserError, match="while it is active"):
		shop.locations.delete(place)


def test_what_is_not_there_is_not_found() -> None:
	shop = stocked_shop(products=1)
	for desk in (shop.products, shop.locations, shop.customers, shop.orders, shop.fulfillments, shop.refunds, shop.subscriptions):
		with pytest.raises(NotFound):
			desk.get("1")
