"""Products: which Item each variant is, what a changed SKU asks, what is deleted, and Items made of products."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from shopify_sync.core.engine import LEASE_SECONDS
from shopify_sync.core.operations import Refused

from .bench import INBOUND_LOCATION, MUG, TEE, UNKNOWN_SKU, Bench
from .checks import holds, raises, same, status
from .crashes import AFTER_COMMIT
from .group import Group
from .payloads import level, line, moment, new_id, order, send

CASES = Group()
UPDATE = "products/update"


def variant(sku: str | None, **values: Any) -> dict[str, Any]:
	"""Return a variant as it stands in a product's payload."""
	found = int(values.pop("id", None) or new_id())
	return {
		"id": found,
		"admin_graphql_api_id": f"gid://shopify/ProductVariant/{found}",
		"title": values.pop("title", "Default Title"),
		"sku": sku,
		"barcode": None,
		"price": "19.90",
		"inventory_item_id": int(values.pop("stock", None) or new_id()),
		**values,
	}


def product(*variants: Mapping[str, Any], minute: int = 0, **values: Any) -> dict[str, Any]:
	"""Return a product."""
	found = int(values.pop("id", None) or new_id())
	return {
		"id": found,
		"admin_graphql_api_id": f"gid://shopify/Product/{found}",
		"title": "Example Tee",
		"handle": f"example-tee-{found}",
		"body_html": "<p>Soft.</p>",
		"vendor": "Example",
		"updated_at": moment(minute),
		"variants": list(variants),
		"options": values.pop("options", [{"name": "Title"}]),
		**values,
	}


def _items(bench: Bench, payload: Mapping[str, Any]) -> list[tuple[str | None, str | None]]:
	"""Return the Items that the links of each variant and of its inventory item lead to."""
	return [
		(bench.link("variant", str(one["id"])).item, bench.link("inventory_item", str(one["inventory_item_id"])).item)
		for one in payload["variants"]
	]


@CASES.case
def variants_are_linked_to_the_items_of_their_skus(bench: Bench) -> None:
	bench.set_up()
	payload = product(variant(TEE), variant(MUG))
	name = send(bench, "products/create", payload)
	bench.drain()
	status(bench, name, "Applied")
	same(_items(bench, payload), [(TEE, TEE), (MUG, MUG)], "links")
	same(bench.link("variant", str(payload["variants"][0]["id"])).agreed["sku"], TEE, "agreed SKU")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "No Change")


@CASES.case
def a_variant_without_an_item_is_noted_and_the_others_are_linked(bench: Bench) -> None:
	bench.set_up()
	payload = product(variant(UNKNOWN_SKU), variant(MUG), variant(None))
	name = send(bench, UPDATE, payload)
	bench.drain()
	event = status(bench, name, "Applied")
	same(_items(bench, payload), [(None, None), (MUG, MUG), (None, None)], "links")
	holds(UNKNOWN_SKU in event.not_applied and "no SKU" in event.not_applied, "what has no Item is named")


@CASES.case
def one_sku_of_two_variants_is_one_item(bench: Bench) -> None:
	bench.set_up()
	payload = product(variant(TEE), variant(TEE))
	send(bench, UPDATE, payload)
	bench.drain()
	same(_items(bench, payload), [(TEE, TEE), (TEE, TEE)], "links")


@CASES.case
def a_stock_level_that_came_before_its_product_goes_on(bench: Bench) -> None:
	bench.set_up()
	bench.set_stock(MUG, INBOUND_LOCATION, Decimal(1))
	one = variant(MUG)
	stock = send(bench, "inventory_levels/update", level(str(one["inventory_item_id"]), 15))
	bench.drain()
	status(bench, stock, "Blocked")
	send(bench, "products/create", product(one))
	bench.sweep()
	status(bench, stock, "Applied")
	same(bench.stock(MUG, INBOUND_LOCATION), Decimal(15), "stock")


@CASES.case
def an_order_that_came_before_its_product_goes_on(bench: Bench) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group(), variants_as="Separate Items")
	sku = f"SUITE-{new_id()}"
	one = variant(sku)
	sold = send(bench, "orders/create", order(bench, new_id(), line_items=[line(sku, 1, "7.50", variant=str(one["id"]))]))
	bench.drain()
	same(status(bench, sold, "Blocked").missing, f"item:{sku}", "what is missing")
	send(bench, "products/create", product(one))
	bench.sweep()
	status(bench, sold, "Applied")


@CASES.case
def a_product_that_is_read_while_an_order_begins_to_wait_sets_it_going(bench: Bench) -> None:
	bench.set_up()
	bench.set_stock(MUG, INBOUND_LOCATION, Decimal(1))
	one = variant(MUG)
	stock = send(bench, "inventory_levels/update", level(str(one["inventory_item_id"]), 11))
	told: list[str] = []

	def tell(step: str) -> None:
		if step == "failed" and not told:
			told.append(step)
			send(bench, "products/create", product(one))
			bench.drain()

	bench.drain(tell)
	bench.sweep()
	same(told, ["failed"], "the product came between")
	status(bench, stock, "Applied")


@CASES.case
def states_in_any_order_end_at_the_same_links(bench: Bench) -> None:
	for first in itertools.permutations(range(3)):
		bench.set_up()
		tee, mug = variant(TEE), variant(MUG)
		id = new_id()
		states = (product(tee, id=id), product(tee, mug, id=id, minute=1), product(mug, id=id, minute=2, title="Mug"))
		for number in (*first, first[0]):
			send(bench, UPDATE, states[number])
			bench.drain()
		same(bench.link("variant", str(mug["id"])).item, MUG, f"the variant that is left, after {first}")
		left = bench.link("variant", str(tee["id"]))
		holds(left.item is None or left.facts.get("deleted"), f"the variant that went has no live link, after {first}")


@CASES.case
def a_changed_sku_is_a_question_and_the_link_stays(bench: Bench) -> None:
	bench.set_up()
	tee, mug = variant(TEE), variant(None)
	payload = product(tee, mug)
	send(bench, UPDATE, payload)
	bench.drain()
	changed = product({**tee, "sku": MUG}, {**mug, "sku": MUG}, id=payload["id"], minute=1)
	name = send(bench, UPDATE, changed)
	bench.drain()
	holds("is it still Item" in status(bench, name, "Conflict").message, "the message asks")
	same(_items(bench, changed), [(TEE, TEE), (MUG, MUG)], "links: one as it was, the other variant was carried out")
	(found,) = bench.conflicts()
	same((found.base, found.erpnext, found.shopify, found.status), (TEE, TEE, MUG, "Open"), "the question")
	bench.resolve(found, "Keep ERPNext's", "operator")
	bench.sweep()
	status(bench, name, "No Change")
	same(_items(bench, changed)[0], (TEE, TEE), "links")
	same(bench.link("variant", str(tee["id"])).agreed["sku"], MUG, "agreed SKU")


@CASES.case
def taking_a_changed_sku_points_both_links_at_its_item(bench: Bench) -> None:
	bench.set_up()
	tee = variant(TEE)
	payload = product(tee)
	send(bench, UPDATE, payload)
	bench.drain()
	changed = product({**tee, "sku": MUG}, id=payload["id"], minute=1)
	name = send(bench, UPDATE, changed)
	bench.drain()
	(found,) = bench.conflicts()
	raises(Refused, lambda: bench.resolve(found, "Edit", "operator", "x"), "Shopify Links")
	bench.resolve(found, "Take Shopify's", "operator")
	bench.sweep()
	status(bench, name, "No Change")
	same(_items(bench, changed), [(MUG, MUG)], "links")


@CASES.case
def a_changed_sku_without_an_item_cannot_be_taken(bench: Bench) -> None:
	bench.set_up()
	tee = variant(TEE)
	payload = product(tee)
	send(bench, UPDATE, payload)
	bench.drain()
	send(bench, UPDATE, product({**tee, "sku": UNKNOWN_SKU}, id=payload["id"], minute=1))
	bench.drain()
	(found,) = bench.conflicts()
	raises(Refused, lambda: bench.resolve(found, "Take Shopify's", "operator"), "no Item")
	same([row.status for row in bench.conflicts()], ["Open"], "the question is still open")
	back = send(bench, UPDATE, product(tee, id=payload["id"], minute=2))
	bench.drain()
	status(bench, back, "No Change")
	same([row.status for row in bench.conflicts()], ["Obsolete"], "the SKU went back, so nothing is asked any more")


@CASES.case
def an_item_that_is_renamed_is_no_question(bench: Bench) -> None:
	bench.set_up()
	code = f"SUITE-{new_id()}"
	bench.make_item(code)
	one = variant(code)
	payload = product(one)
	send(bench, UPDATE, payload)
	bench.drain()
	bench.rename_item(code, f"{code}-NEW")
	name = send(bench, UPDATE, product(one, id=payload["id"], minute=1, title="Renamed"))
	bench.drain()
	status(bench, name, "No Change")
	same(_items(bench, payload), [(f"{code}-NEW", f"{code}-NEW")], "links")
	both = send(bench, UPDATE, product({**one, "sku": f"{code}-NEW"}, id=payload["id"], minute=2))
	bench.drain()
	status(bench, both, "No Change")
	same(bench.conflicts(), [], "questions")


@CASES.case
def what_is_deleted_keeps_its_links_with_a_mark(bench: Bench) -> None:
	bench.set_up()
	payload = product(variant(TEE), variant(MUG))
	send(bench, UPDATE, payload)
	bench.drain()
	without = product(payload["variants"][0], id=payload["id"], minute=1)
	name = send(bench, UPDATE, without)
	bench.drain()
	status(bench, name, "Applied")
	same(_items(bench, payload), [(TEE, TEE), (MUG, MUG)], "links")
	same(_marks(bench, payload), [(None, None), ("variant", "variant")], "marks")
	gone = send(bench, "products/delete", {"id": payload["id"]}, triggered_at="2026-11-20T11:00:00Z")
	bench.drain()
	status(bench, gone, "Applied")
	same(_marks(bench, payload)[0], ("product", "product"), "marks")
	holds(bench.item(TEE), "the Item stays")
	late = send(bench, UPDATE, product(*payload["variants"], id=payload["id"], minute=2))
	bench.drain()
	status(bench, late, "Superseded")


def _marks(bench: Bench, payload: Mapping[str, Any]) -> list[tuple[str | None, str | None]]:
	links = [
		(bench.link("variant", str(one["id"])), bench.link("inventory_item", str(one["inventory_item_id"])))
		for one in payload["variants"]
	]
	return [(own.facts.get("deleted"), stock.facts.get("deleted")) for own, stock in links]


@CASES.case
def a_deletion_that_comes_first_wins(bench: Bench) -> None:
	bench.set_up()
	payload = product(variant(TEE))
	send(bench, "products/delete", {"id": payload["id"]}, triggered_at="2026-11-20T11:00:00Z")
	bench.drain()
	name = send(bench, "products/create", payload)
	bench.drain()
	status(bench, name, "Superseded")
	same(_items(bench, payload), [(None, None)], "links")


@CASES.case
def an_inventory_item_says_whether_it_is_tracked(bench: Bench) -> None:
	bench.set_up()
	one = variant(TEE)
	stock = str(one["inventory_item_id"])
	for minute, tracked in ((1, False), (0, True)):
		said = {"id": int(stock), "sku": TEE, "tracked": tracked, "updated_at": moment(minute)}
		send(bench, "inventory_items/update", said)
		bench.drain()
	send(bench, UPDATE, product(one))
	bench.drain()
	found = bench.link("inventory_item", stock)
	same((found.item, found.facts["tracked"], found.facts["sku"]), (TEE, False, TEE), "the link of the inventory item")
	name = send(bench, "inventory_items/delete", {"id": int(stock)}, triggered_at="2026-11-20T11:00:00Z")
	bench.drain()
	status(bench, name, "Applied")
	found = bench.link("inventory_item", stock)
	same((found.item, found.facts["deleted"], found.facts["tracked"]), (TEE, "inventory item", False), "the link")


@CASES.case
def barcodes_are_added_where_the_store_says_so(bench: Bench) -> None:
	bench.set_up()
	first, second = f"SUITE-{new_id()}", f"SUITE-{new_id()}"
	bench.make_item(first)
	bench.make_item(second, barcode=f"B{new_id()}")
	taken = (bench.item(second) or {})["barcodes"][0]["barcode"]
	own = f"B{new_id()}"
	payload = product(variant(first, barcode=own), variant(second, barcode=own))
	send(bench, UPDATE, payload)
	bench.drain()
	same(_barcodes(bench, first), [], "barcodes while the store does not take them")
	bench.save_settings(sync_barcodes=True)
	name = send(bench, UPDATE, {**payload, "updated_at": moment(1)})
	bench.drain()
	holds(own in status(bench, name, "Applied").not_applied or first in bench.event(name).not_applied, "who has it is named")
	same((_barcodes(bench, first), _barcodes(bench, second)), ([own], [taken]), "barcodes")
	again = send(bench, UPDATE, {**payload, "updated_at": moment(2)})
	bench.drain()
	status(bench, again, "No Change")


def _barcodes(bench: Bench, code: str) -> list[str]:
	return [row["barcode"] for row in (bench.item(code) or {}).get("barcodes") or ()]


@CASES.case
def items_are_made_of_a_product_with_one_variant(bench: Bench) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group())
	sku = f"SUITE-{new_id()}"
	payload = product(variant(sku, barcode=f"B{sku}"), body_html="<p>Soft &amp; warm.</p><script>x()</script>")
	name = send(bench, "products/create", payload)
	bench.drain()
	event = status(bench, name, "Applied")
	same(event.document, ("Item", sku), "document")
	same(_items(bench, payload), [(sku, sku)], "links")
	made = bench.item(sku) or {}
	same((made["item_name"], made["is_stock_item"]), ("Example Tee", 1), "name and stock")
	holds("Soft &amp; warm." in made["description"] and "x()" not in made["description"], "the description is text")
	same(_barcodes(bench, sku), [f"B{sku}"], "barcodes")
	for minute, topic in ((0, "products/create"), (1, UPDATE)):
		again = send(bench, topic, {**payload, "updated_at": moment(minute), "title": "Another"})
		bench.drain()
		holds(bench.event(again).status in ("No Change", "Superseded"), "the Item is made once, and ERPNext's from then on")
	same((bench.item(sku) or {})["item_name"], "Example Tee", "name")


@CASES.case
def a_product_with_options_becomes_a_template_with_variants(bench: Bench) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group())
	number = new_id()
	attribute, sizes = f"Size {number}", ("S", "M")
	skus = [f"SUITE-{size}-{number}" for size in sizes]
	rows = [variant(sku, title=size, option1=size) for sku, size in zip(skus, sizes, strict=True)]
	payload = product(*rows, options=[{"name": attribute}], title=f"Shirt {number}")
	send(bench, "products/create", payload)
	bench.drain()
	same(_items(bench, payload), [(sku, sku) for sku in skus], "links")
	template = bench.item(payload["handle"]) or {}
	same(bool(template["has_variants"]), True, "the template")
	same([(bench.item(sku) or {})["variant_of"] for sku in skus], [payload["handle"]] * 2, "variants of")
	said = [[(row["attribute"], row["attribute_value"]) for row in (bench.item(sku) or {})["attributes"]] for sku in skus]
	same(said, [[(attribute, size)] for size in sizes], "attributes")
	more = variant(f"SUITE-L-{number}", title="l", option1="l")
	name = send(bench, UPDATE, {**payload, "variants": [*rows, more], "updated_at": moment(1)})
	bench.drain()
	status(bench, name, "Applied")
	same((bench.item(more["sku"]) or {})["variant_of"], payload["handle"], "the one that came later is of the same template")


@CASES.case
def variants_become_separate_items_where_the_store_says_so(bench: Bench) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group(), variants_as="Separate Items")
	number = new_id()
	rows = [variant(f"SUITE-{size}-{number}", title=size, option1=size) for size in ("S", "M")]
	no_sku = variant(None, title="L", option1="L")
	payload = product(*rows, no_sku, options=[{"name": "Size"}])
	send(bench, "products/create", payload)
	bench.drain()
	codes = [*(str(row["sku"]) for row in rows), f"{payload['handle']}-{no_sku['id']}"]
	same(_items(bench, payload), [(code, code) for code in codes], "links")
	holds(bench.item(payload["handle"]) is None, "no template")


@CASES.case
def prices_follow_shopify_until_erpnext_changes_them(bench: Bench) -> None:
	bench.set_up(sync_prices=True, item_price_list=bench.price_list())
	code = f"SUITE-{new_id()}"
	bench.make_item(code)
	one = variant(code, price="12.50")
	payload = product(one)
	send(bench, UPDATE, payload)
	bench.drain()
	same(bench.price(code), Decimal("12.5"), "price")
	same_again = send(bench, UPDATE, {**payload, "updated_at": moment(1)})
	bench.drain()
	status(bench, same_again, "No Change")
	dearer = {**payload, "variants": [{**one, "price": "13.00"}], "updated_at": moment(2)}
	status_name = send(bench, UPDATE, dearer)
	bench.drain()
	status(bench, status_name, "Applied")
	same(bench.price(code), Decimal(13), "price")


@CASES.case
def a_store_that_does_not_sync_products_ignores_them(bench: Bench) -> None:
	bench.set_up(sync_products=False)
	payload = product(variant(TEE))
	name = send(bench, UPDATE, payload)
	bench.drain()
	status(bench, name, "Ignored")
	same(_items(bench, payload), [(None, None)], "links")


@CASES.case
def shadow_mode_links_nothing_and_says_what_it_would_do(bench: Bench) -> None:
	bench.set_up(mode="Shadow")
	payload = product(variant(TEE))
	name = send(bench, UPDATE, payload)
	bench.drain()
	status(bench, name, "Shadowed")
	same(_items(bench, payload), [(None, None)], "links")
	(attempt,) = bench.attempts(name)
	same([change["action"] for change in attempt.changes], ["link", "link"], "evidence")


@CASES.case
def products_at_once_make_each_item_and_each_value_once(bench: Bench) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group())
	number = new_id()
	shared, attribute = f"SUITE-SHARED-{number}", f"Color {number}"
	payloads = []
	for place in range(6):
		rows = [
			variant(f"SUITE-{place}-{color}-{number}", title=color, option1=color) for color in ("Red", "Blue", f"Shade {place}")
		]
		payloads.append(product(*rows, options=[{"name": attribute}]))
	payloads += [product(variant(shared)) for _time in range(3)]
	names = [send(bench, "products/create", payload) for payload in payloads]
	bench.run_concurrently([bench.drain] * 3, 3)
	bench.let_pass(3600)
	bench.sweep()
	for name, payload in zip(names, payloads, strict=True):
		holds(bench.event(name).status in ("Applied", "No Change"), f"{name} is done ({bench.event(name).message})")
		same(_items(bench, payload), [(one["sku"], one["sku"]) for one in payload["variants"]], "links")
	for payload in payloads[:6]:
		same((bench.item(payload["variants"][0]["sku"]) or {})["variant_of"], payload["handle"], "variant of")


def _killed(bench: Bench, step: str) -> None:
	bench.set_up(create_items=True, item_group=bench.item_group())
	number = new_id()
	rows = [variant(f"SUITE-{size}-{number}", title=size, option1=size) for size in ("S", "M")]
	payload = product(*rows, options=[{"name": f"Size {number}"}])
	name = send(bench, "products/create", payload)
	bench.crash_at(step)
	is_done = step == AFTER_COMMIT
	same(bench.item(rows[0]["sku"]) is not None, is_done, f"the Item is there after a crash at {step}")
	bench.let_pass(LEASE_SECONDS + 1)
	bench.sweep()
	status(bench, name, "Applied")
	same(_items(bench, payload), [(row["sku"], row["sku"]) for row in rows], "links")


for _step in ("applied Item Attribute", "applied Item", "linked", "before_commit", AFTER_COMMIT):
	CASES[f"killed_at_{_step.replace(' ', '_')}"] = partial(_killed, step=_step)
