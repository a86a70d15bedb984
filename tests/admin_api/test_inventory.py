"""Stock in the Admin API, against a shop on 127.0.0.1: what it has, what it takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopify_sync.admin_api.inventory import NODES, ShopifyStock
from shopify_sync.core.outbound.stock import Level, Line, Pair
from shopify_sync.simulator.shop.records import Address

from .world import World, world

HOME = Address(
	first_name="Ada", last_name="Example", address1="1 Example Road", city="London", zip="N1 1AA", country="United Kingdom",
	country_code="GB", province="England", province_code="ENG",
)  # fmt: skip
REFERENCE = "gid://erpnext/ShopifyAPICall/key"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
	with world(tmp_path) as found:
		yield found


@pytest.fixture
def places(shop: World) -> list[str]:
	with shop.site.lock, shop.site.shop.silently():
		return [shop.site.shop.locations.create(title, address=HOME).id for title in ("Shop", "Warehouse")]


def sold(shop: World, places: list[str], count: int = 1, available: int = 5) -> list[str]:
	"""Return the inventory items of new products, stocked at *places*."""
	with shop.site.lock, shop.site.shop.silently():
		stocked = {place: available for place in places}
		made = [
			shop.site.shop.products.create(f"P{number}", [{"sku": f"P{number}", "price": "1.00", "quantities": stocked}])
			for number in range(count)
		]
	return [product.variants[0].inventory_item_id for product in made]


def on_hand(shop: World, pair: Pair) -> int:
	with shop.site.lock:
		level = shop.site.shop.inventory.level(*pair)
		assert level
		return level.on_hand


def stock(shop: World) -> ShopifyStock:
	return ShopifyStock(shop.client)


def test_levels_of_every_kind(shop: World, places: list[str]) -> None:
	(there,) = sold(shop, places)
	(elsewhere,) = sold(shop, places[1:])
	(free,) = sold(shop, places)
	with shop.site.lock, shop.site.shop.silently():
		shop.site.shop.inventory.update_item(free, tracked=False)
		shop.site.shop.inventory.commit(there, places[0], 2)
	wanted = [(there, places[0]), (there, places[1]), (elsewhere, places[0]), (free, places[0]), ("404", places[0])]
	found = stock(shop).levels(wanted, ["an-event"])
	assert found == {
		wanted[0]: Level(True, True, True, 5, 3),
		wanted[1]: Level(True, True, True, 5, 5),
		wanted[2]: Level(True, False, True),
		wanted[3]: Level(True, True, False, 5, 5),
		wanted[4]: Level(False),
	}
	assert [call["operation"] for call in shop.calls()] == ["InventoryLevelsAt"] * 2, "one for each location"


def test_as_many_levels_as_a_batch_are_one_query_below_the_limit_of_a_query(shop: World, places: list[str]) -> None:
	items = sold(shop, places[:1], NODES)
	assert len(stock(shop).levels([(item, places[0]) for item in items], [])) == NODES
	(call,) = shop.calls()
	assert call["requested_cost"] <= 1000


def test_what_is_set_is_told_with_shopifys_time_and_what_is_available_then(shop: World, places: list[str]) -> None:
	items = sold(shop, places, 2)
	with shop.site.lock, shop.site.shop.silently():
		shop.site.shop.inventory.commit(items[0], places[0], 2)
	pairs = [(items[1], places[1]), (items[0], places[0])]
	result = stock(shop).set_on_hand([Line(pair, 9, 5) for pair in pairs], "a-key", REFERENCE, ["an-event"])
	assert not result.refusals
	assert result.at == shop.clock.now().replace(microsecond=result.at.microsecond) if result.at else False
	assert result.available == {pairs[0]: 9, pairs[1]: 7}
	assert [on_hand(shop, pair) for pair in pairs] == [9, 9]


def test_one_key_sets_once_whatever_order_the_lines_come_in(shop: World, places: list[str]) -> None:
	items = sold(shop, places[:1], 3)
	lines = [Line((item, places[0]), 8, 5) for item in items]
	stock(shop).set_on_hand(lines, "a-key", REFERENCE, [])
	with shop.site.lock, shop.site.shop.silently():
		shop.site.shop.inventory.adjust("available", items[0], places[0], -1, "correction")
	again = stock(shop).set_on_hand(lines[::-1], "a-key", REFERENCE, [])
	assert not again.refusals
	assert on_hand(shop, (items[0], places[0])) == 7, "not set again"


@pytest.mark.parametrize(
	("line", "code"),
	[(0, "CHANGE_FROM_QUANTITY_STALE"), (1, ""), (2, "INVALID_INVENTORY_ITEM"), (3, "INVALID_QUANTITY_TOO_HIGH")],
)  # fmt: skip
def test_a_refusal_names_its_line_and_nothing_is_set(shop: World, places: list[str], line: int, code: str) -> None:
	(good,), (bad,), (elsewhere,) = sold(shop, places[:1]), sold(shop, places[:1]), sold(shop, places[1:])
	wrong = [
		Line((bad, places[0]), 9, 4),
		Line((elsewhere, places[0]), 9, 0),
		Line(("404", places[0]), 9, 0),
		Line((bad, places[0]), 2_000_000_000, 5),
	][line]
	result = stock(shop).set_on_hand([Line((good, places[0]), 9, 5), wrong], f"key-{line}", REFERENCE, [])
	assert [(refusal.code, refusal.pair) for refusal in result.refusals] == [(code, wrong.pair)]
	assert on_hand(shop, (good, places[0])) == 5


def test_a_key_that_was_refused_before_is_refused_with_its_code(shop: World, places: list[str]) -> None:
	(item,) = sold(shop, places[:1])
	lines = [Line((item, places[0]), 9, 4)]
	stock(shop).set_on_hand(lines, "a-key", REFERENCE, [])
	(refusal,) = stock(shop).set_on_hand(lines, "a-key", REFERENCE, []).refusals
	assert (refusal.code, refusal.pair) == ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)


def test_activating_stocks_an_item_with_nothing_there_and_leaves_what_is_there(shop: World, places: list[str]) -> None:
	(item,) = sold(shop, places[:1])
	assert stock(shop).activate((item, places[1]), "key-1", []) is None
	assert on_hand(shop, (item, places[1])) == 0
	assert stock(shop).activate((item, places[0]), "key-2", []) is None
	assert on_hand(shop, (item, places[0])) == 5
	refusal = stock(shop).activate(("404", places[0]), "key-3", [])
	assert refusal and refusal.pair == ("404", places[0]) and refusal.message
