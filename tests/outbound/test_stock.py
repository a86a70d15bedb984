"""Stock on its way to the shop: what ERPNext has ends up there, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.outbound.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
	return Ground(tmp_path)


def test_a_change_is_pushed_with_its_evidence(ground: Ground) -> None:
	ground.book("TEE", 7)
	assert ground.push() == 2  # the other Item was marked when it was linked
	assert ground.on_hand("TEE") == 7
	event = ground.last("TEE")
	assert (event["status"], event["topic"], event["document_name"]) == ("Applied", "inventorySetQuantities", "TEE")
	change = json.loads(ground.attempts(event["name"])[0]["changes"])[0]
	assert change["fields"] == [{"field": "on_hand", "before": 0, "after": 7}]
	assert ground.events("MUG")[-1]["status"] == "No Change"


def test_any_number_of_changes_share_one_open_event(ground: Ground) -> None:
	for quantity in range(1, 10):
		ground.book("TEE", quantity)
	events = ground.events("TEE")
	assert [(event["status"], event["deliveries"]) for event in events] == [("Received", 10)]
	ground.push()
	assert ground.on_hand("TEE") == 9
	assert ground.calls("InventorySetQuantities") == 1


def test_a_known_level_is_not_read_again(ground: Ground) -> None:
	ground.book("TEE", 3)
	ground.push()
	reads = ground.calls("InventoryLevelsAt")
	ground.book("TEE", 5)
	ground.push()
	assert (ground.on_hand("TEE"), ground.calls("InventoryLevelsAt")) == (5, reads)


def test_a_change_during_the_push_is_pushed_too(ground: Ground) -> None:
	ground.book("TEE", 3)

	def meanwhile(step: str) -> None:
		if step == "before_call" and ground.on_hand("TEE") == 0:
			ground.book("TEE", 4)

	ground.push(meanwhile)
	ground.settle()
	assert ground.on_hand("TEE") == 4


def test_what_changed_while_another_pusher_is_at_it_follows_soon(ground: Ground) -> None:
	ground.book("TEE", 3)

	def meanwhile(step: str) -> None:
		if step == "before_call" and ground.on_hand("TEE") == 0:
			ground.book("TEE", 4)
			ground.push(worker="two")

	ground.push(meanwhile)
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (3, "Retrying")
	ground.pass_time(15)
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (4, "Applied")
	assert ground.last("TEE")["attempts"] == 1


def test_what_was_changed_in_the_shop_is_found_and_overwritten(ground: Ground) -> None:
	ground.book("TEE", 3)
	ground.push()
	ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], 10, "correction")
	ground.book("TEE", 5)
	ground.push()
	assert ground.on_hand("TEE") == 5
	event = ground.last("TEE")
	assert event["status"] == "Applied"
	assert json.loads(ground.attempts(event["name"])[-1]["reads"])["drift"] == 10


def test_by_rule_a_change_in_the_shop_is_a_conflict_until_somebody_retries(tmp_path: Path) -> None:
	ground = Ground(tmp_path, on_drift="Conflict")
	ground.book("TEE", 3)
	ground.push()
	ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], 10, "correction")
	ground.book("TEE", 5)
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (13, "Conflict")
	ground.book("TEE", 6)
	ground.push()
	assert [event["status"] for event in ground.events("TEE")[-2:]] == ["Superseded", "Conflict"] or ground.on_hand("TEE") == 13
	ground.instance.events.retry(ground.last("TEE")["name"], "operator")
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (6, "Applied")


def test_a_conflict_outlives_a_return_to_what_was_agreed(tmp_path: Path) -> None:
	ground = Ground(tmp_path, on_drift="Conflict")
	ground.book("TEE", 3)
	ground.push()
	ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], 10, "correction")
	ground.book("TEE", 5)
	ground.push()
	assert ground.last("TEE")["status"] == "Conflict"
	# ERPNext is back at the figure that was last agreed; Shopify is not.
	ground.book("TEE", 3)
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (13, "Conflict")
	ground.instance.events.retry(ground.last("TEE")["name"], "operator")
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (3, "Applied")


def test_levels_that_change_all_the_time_hold_up_no_others(tmp_path: Path) -> None:
	codes = [f"I{number}" for number in range(60)]
	ground = Ground(tmp_path, items=codes)
	ground.push()
	ground.book_all(dict.fromkeys(codes, 7))
	busy = iter(range(1000))

	def sells(step: str) -> None:
		# Whenever something is about to be set, the shop has just sent a piece of one of the ten that sell best.
		if step == "before_call":
			code = codes[next(busy) % 10]
			ground.shop.inventory.adjust("available", ground.inventory_item[code], ground.locations[0], 1, "correction")

	ground.push(sells)
	quiet = [code for code in codes[10:] if ground.on_hand(code) != 7]
	assert quiet == [], "each level ends on its own"
	ground.book_all(dict.fromkeys(codes[:10], 6))
	ground.settle()
	assert [ground.on_hand(code) for code in codes] == [6] * 10 + [7] * 50


def test_levels_that_are_pushed_for_the_first_time_go_together(tmp_path: Path) -> None:
	"""They are read first, and that is no refusal: a mutation for each fifty would cost five times the points."""
	codes = [f"I{number}" for number in range(120)]
	ground = Ground(tmp_path, items=codes)
	ground.book_all(dict.fromkeys(codes, 7))
	calls = []
	ground.push(lambda step: calls.append(step) if step == "after_call" else None)
	assert [ground.on_hand(code) for code in codes] == [7] * 120
	assert len(calls) == 1


def test_committed_pieces_stay_committed(ground: Ground) -> None:
	ground.book("TEE", 10)
	ground.push()
	variant = next(v.id for p in ground.shop.products.all.values() for v in p.variants if v.sku == "TEE")
	ground.shop.orders.place([{"variant_id": variant, "quantity": 4}], financial="paid")
	ground.book("TEE", 12)
	ground.push()
	assert (ground.on_hand("TEE"), ground.available("TEE")) == (12, 8)


@pytest.mark.parametrize(("quantity", "expected"), [("2.9", 2), ("-3", 0), ("0", 0), ("0.5", 0)])
def test_parts_of_pieces_and_what_is_below_zero_cannot_be_sold(ground: Ground, quantity: str, expected: int) -> None:
	ground.book("TEE", 8)
	ground.push()
	ground.book("TEE", quantity)
	ground.push()
	assert ground.on_hand("TEE") == expected


def test_many_warehouses_and_safety_stock(tmp_path: Path) -> None:
	ground = Ground(tmp_path, places=[{"also": ["W7", "W8"], "safety_stock": 2}, {}])
	for warehouse, quantity in (("W0", 3), ("W7", 4), ("W8", 5), ("W1", 6)):
		ground.book("TEE", quantity, warehouse)
	ground.push()
	assert ground.on_hand("TEE") == 10
	# The second place does not stock it: it is stocked there, and then set.
	assert ground.on_hand("TEE", 1) == 6


def test_a_bundle_has_as_many_as_its_scarcest_part(tmp_path: Path) -> None:
	items = ["TEE", "MUG", {"item_code": "SET", "is_stock_item": False, "components": {"TEE": "2", "MUG": "1"}}]
	ground = Ground(tmp_path, items=items)
	ground.push()
	ground.book("TEE", 7)
	ground.book("MUG", 9)
	ground.push()
	assert ground.on_hand("SET") == 3
	ground.book("MUG", 1)
	ground.push()
	assert ground.on_hand("SET") == 1


def test_by_rule_bundles_are_not_pushed(tmp_path: Path) -> None:
	items = ["TEE", {"item_code": "SET", "is_stock_item": False, "components": {"TEE": "1"}}]
	ground = Ground(tmp_path, items=items, bundle_stock="Not pushed")
	ground.book("TEE", 7)
	ground.push()
	assert (ground.on_hand("SET"), ground.last("SET")["status"]) == (0, "Ignored")


def test_what_is_excluded_stays_at_home(tmp_path: Path) -> None:
	items = [{"item_code": "TEE", "item_group": "Samples"}, "MUG", "HAT"]
	exclusions = [{"item_group": "Samples"}, {"item": "MUG"}]
	ground = Ground(tmp_path, items=items, stock_exclusions=exclusions)
	for code in ("TEE", "MUG", "HAT"):
		ground.book(code, 5)
	ground.push()
	assert [ground.on_hand(code) for code in ("TEE", "MUG", "HAT")] == [0, 0, 5]
	assert "excluded" in ground.last("TEE")["message"]


def test_other_directions_are_not_marked(tmp_path: Path) -> None:
	ground = Ground(tmp_path, places=[{"direction": "None"}, {"direction": "Shopify → ERPNext"}])
	ground.book("TEE", 5)
	ground.book("TEE", 5, "W1")
	assert ground.events() == []


def test_one_bad_line_does_not_hold_up_the_others(tmp_path: Path) -> None:
	ground = Ground(tmp_path, items=["TEE", "MUG", "HAT", "CAP"], places=[{}, {}], not_stocked="Fail")
	ground.push()
	ground.shop.products.delete(next(p.id for p in ground.shop.products.all.values() if p.variants[0].sku == "MUG"))
	ground.shop.inventory.update_item(ground.inventory_item["HAT"], tracked=False)
	for code in ("TEE", "MUG", "HAT", "CAP"):
		ground.book(code, 4)
	ground.book("CAP", 3, "W1")
	ground.push()
	assert (ground.on_hand("TEE"), ground.on_hand("CAP")) == (4, 4)
	assert {event["label"]: event["status"] for event in ground.events() if event["shopify_id"].endswith(ground.locations[0])} == {
		"TEE": "Applied", "MUG": "Ignored", "HAT": "Ignored", "CAP": "Applied",
	}  # fmt: skip
	missing = [event for event in ground.events("CAP") if event["category"] == "Not stocked"]
	assert missing and missing[-1]["status"] == "Dead Letter"


def test_in_shadow_mode_nothing_is_said(tmp_path: Path) -> None:
	ground = Ground(tmp_path, mode="Shadow")
	ground.book("TEE", 5)
	ground.push()
	assert (ground.on_hand("TEE"), ground.last("TEE")["status"]) == (0, "Shadowed")
	assert ground.calls("InventorySetQuantities") == 0


def test_a_paused_store_keeps_its_marks(tmp_path: Path) -> None:
	ground = Ground(tmp_path, mode="Paused")
	ground.book("TEE", 5)
	assert ground.push() == 0
	ground.save(mode="Live")
	ground.push()
	assert ground.on_hand("TEE") == 5


def test_an_hour_of_503_burns_no_attempt_and_only_the_newest_value_is_sent(ground: Ground) -> None:
	ground.book("TEE", 1)
	ground.push()
	ground.shops.wire.outage = 503
	for minute in range(60):
		ground.book("TEE", 2 + minute)
		ground.push()
		ground.pass_time(60)
	assert ground.on_hand("TEE") == 1
	assert "Open" in ground.shops.stores["push"].circuits
	assert all(event["attempts"] <= 1 for event in ground.events("TEE"))
	ground.shops.wire.outage = None
	ground.settle()
	assert ground.on_hand("TEE") == 61
	assert ground.shops.stores["push"].circuits[-1] == "Closed"
	assert {event["status"] for event in ground.events("TEE")} <= {"Applied", "Superseded"}
