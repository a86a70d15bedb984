"""Stock levels, inbound: only where the location's direction says so, and only to the quantity that Shopify states."""

from __future__ import annotations

from decimal import Decimal

from .bench import INBOUND_LOCATION, MUG, OUTBOUND_LOCATION, SILENT_LOCATION, TEE, UNMAPPED_LOCATION, UNVALUED, Bench
from .checks import holds, same, status
from .group import Group
from .payloads import level, new_id, send

CASES = Group()
TOPIC = "inventory_levels/update"


def _mapped(bench: Bench, item: str = TEE) -> str:
	"""Return the id of an inventory item that is mapped to *item*."""
	inventory_item = new_id()
	bench.map_item("inventory_item", inventory_item, item)
	return inventory_item


@CASES.case
def the_bin_ends_at_the_stated_quantity(bench: Bench) -> None:
	bench.set_up()
	item = _mapped(bench)
	bench.set_stock(TEE, INBOUND_LOCATION, Decimal(1))
	for minute, quantity in enumerate((7, 3, 0, 12)):
		name = send(bench, TOPIC, level(item, quantity, minute))
		bench.drain()
		event = status(bench, name, "Applied")
		same(event.document and event.document[0], "Stock Reconciliation", "document")
		same(bench.stock(TEE, INBOUND_LOCATION), Decimal(quantity), "stock")


@CASES.case
def a_quantity_that_is_there_already_makes_no_document(bench: Bench) -> None:
	bench.set_up()
	item = _mapped(bench)
	bench.set_stock(TEE, INBOUND_LOCATION, Decimal(5))
	name = send(bench, TOPIC, level(item, 5))
	bench.drain()
	status(bench, name, "No Change")
	same(bench.documents("Stock Reconciliation"), [], "documents")


@CASES.case
def levels_in_any_order_end_at_the_newest(bench: Bench) -> None:
	bench.set_up()
	for minutes in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
		item = _mapped(bench)
		for minute in minutes:
			send(bench, TOPIC, level(item, 20 + minute, minute))
			bench.drain()
		same(bench.stock(TEE, INBOUND_LOCATION), Decimal(22), f"stock after {minutes}")


@CASES.case
def replaying_an_applied_level_does_not_undo_later_stock_moves(bench: Bench) -> None:
	bench.set_up()
	item = _mapped(bench)
	name = send(bench, TOPIC, level(item, 8))
	bench.drain()
	bench.set_stock(TEE, INBOUND_LOCATION, Decimal(6))
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "No Change")
	same(bench.stock(TEE, INBOUND_LOCATION), Decimal(6), "stock")


@CASES.case
def other_directions_are_ignored_with_the_reason(bench: Bench) -> None:
	bench.set_up()
	item = _mapped(bench)
	for location in (OUTBOUND_LOCATION, SILENT_LOCATION):
		before = bench.stock(TEE, location)
		name = send(bench, TOPIC, level(item, 41, location=location))
		bench.drain()
		holds(location in status(bench, name, "Ignored").message, "the reason names the location")
		same(bench.stock(TEE, location), before, "stock")


@CASES.case
def an_unknown_quantity_is_ignored(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, TOPIC, level(_mapped(bench), None))
	bench.drain()
	holds("null" in status(bench, name, "Ignored").message, "the reason says that no quantity is stated")


@CASES.case
def an_unmapped_location_blocks(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, TOPIC, level(_mapped(bench), 4, location=UNMAPPED_LOCATION))
	bench.drain()
	event = status(bench, name, "Blocked")
	same((event.category, event.missing), ("Missing warehouse", f"location:{UNMAPPED_LOCATION}"), "what is missing")


@CASES.case
def an_unmapped_item_blocks_until_it_is_mapped(bench: Bench) -> None:
	bench.set_up()
	bench.set_stock(MUG, INBOUND_LOCATION, Decimal(1))
	inventory_item = new_id()
	name = send(bench, TOPIC, level(inventory_item, 15))
	bench.drain()
	same(status(bench, name, "Blocked").missing, f"inventory_item:{inventory_item}", "what is missing")
	bench.map_item("inventory_item", inventory_item, MUG)
	bench.sweep()
	status(bench, name, "Applied")
	same(bench.stock(MUG, INBOUND_LOCATION), Decimal(15), "stock")


@CASES.case
def stock_without_a_valuation_is_not_booked(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, TOPIC, level(_mapped(bench, UNVALUED), 9))
	bench.drain()
	same(status(bench, name, "Blocked").category, "Valuation required", "category")
	same(bench.stock(UNVALUED, INBOUND_LOCATION), Decimal(0), "stock")
	same(bench.documents("Stock Reconciliation"), [], "documents")


@CASES.case
def an_oversold_level_is_refused(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, TOPIC, level(_mapped(bench), -2))
	bench.drain()
	same(status(bench, name, "Dead Letter").category, "Stock unavailable", "category")


def _with_batches(bench: Bench, **values: bool) -> tuple[str, str]:
	"""Make an Item with batches. Return its code, and an inventory item that is mapped to it."""
	code = f"SUITE-{new_id()}"
	bench.make_item(code, valuation_rate=10, has_batch=True, **values)
	return code, _mapped(bench, code)


@CASES.case
def an_item_with_batches_is_refused_unless_the_location_says_otherwise(bench: Bench) -> None:
	bench.set_up()
	code, inventory_item = _with_batches(bench)
	name = send(bench, TOPIC, level(inventory_item, 4))
	bench.drain()
	event = status(bench, name, "Dead Letter")
	same(event.category, "Serial or batch required", "category")
	holds("One batch per location" in event.message, "the message says which setting helps")
	bench.set_batch_rule(INBOUND_LOCATION, "One batch per location")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "Applied")
	same(bench.stock(code, INBOUND_LOCATION), Decimal(4), "stock")


@CASES.case
def one_batch_per_location_takes_the_differences(bench: Bench) -> None:
	bench.set_up()
	bench.set_batch_rule(INBOUND_LOCATION, "One batch per location")
	code, inventory_item = _with_batches(bench)
	for minute, quantity in enumerate((7, 3, 0, 12)):
		name = send(bench, TOPIC, level(inventory_item, quantity, minute))
		bench.drain()
		status(bench, name, "Applied")
		same(bench.stock(code, INBOUND_LOCATION), Decimal(quantity), "stock")


@CASES.case
def serial_numbers_are_always_refused(bench: Bench) -> None:
	bench.set_up()
	bench.set_batch_rule(INBOUND_LOCATION, "One batch per location")
	_code, inventory_item = _with_batches(bench, has_serial=True)
	name = send(bench, TOPIC, level(inventory_item, 4))
	bench.drain()
	same(status(bench, name, "Dead Letter").category, "Serial or batch required", "category")
