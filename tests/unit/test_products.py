"""Products: whatever comes, in whatever order and how often, the links of what there is say the same."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core import keys
from shopify_sync.core.plan import AddRows, CreateDocument, DocRef, LinkUpdate, Plan, Skip, UpdateDocument
from shopify_sync.core.policy import StorePolicy, VariantsAs
from shopify_sync.core.products import item_deletions
from shopify_sync.core.products import resource as products
from shopify_sync.core.products.item_import import new_values, plain_html
from shopify_sync.core.products.item_marks import DELETED, is_deleted
from shopify_sync.core.signals import Signal, payload_hash, subject_of
from shopify_sync.core.snapshots import (
	AttributeState,
	ItemState,
	LinkState,
	PriceState,
	ProductNeeds,
	ProductSnapshot,
	VariantState,
)

from .strategies import body

POLICY = StorePolicy(store="test", company="Test Ltd", company_currency="USD")
IMPORTING = replace(POLICY, create_items=True, item_group="Products")
ITEMS = {f"SKU-{number}": ItemState(f"SKU-{number}") for number in range(4)}


class World:
	"""Links and Items in memory: what a host does with a plan, without documents.

	:ivar items: by code.
	"""

	def __init__(self, policy: StorePolicy = POLICY, items: dict[str, ItemState] | None = None) -> None:
		self.policy = policy
		self.items = dict(ITEMS if items is None else items)
		self.links: dict[str, LinkState] = {}
		self.barcodes: dict[str, str] = {}
		self.attributes: dict[str, AttributeState] = {}
		self.prices: dict[str, PriceState] = {}

	def link(self, resource: str, id: object) -> LinkState:
		key = keys.key(self.policy.store, resource, str(id))
		return self.links.get(key, LinkState(key))

	def take(self, payload: dict[str, Any]) -> Plan | Skip:
		"""Carry out a product as the engine does. Failures are not expected."""
		subject = subject_of(keys.PRODUCT, payload, payload_hash(body(payload)))
		signal = Signal("event", self.policy.store, keys.PRODUCT, subject.shopify_id, subject.version)
		if (self.links.get(signal.key, LinkState(signal.key)).version or "") > signal.version:
			return Skip("Superseded", "")  # type: ignore[arg-type]
		product = products.parse(payload, self.policy)
		needs = products.needs(product, self.policy)
		assert isinstance(needs, ProductNeeds)
		return self._apply(products.decide(product, self.snapshot(needs), self.policy, signal))

	def delete(self, id: int) -> None:
		"""Carry out the deletion of a product."""
		deleted = item_deletions.PRODUCTS.parse({"id": id}, self.policy)
		needs = item_deletions.PRODUCTS.needs(deleted, self.policy)
		assert isinstance(needs, ProductNeeds)
		signal = Signal("event", self.policy.store, keys.PRODUCT_DELETION, str(id), "9999")
		self._apply(item_deletions.PRODUCTS.decide(deleted, self.snapshot(needs), self.policy, signal))

	def snapshot(self, needs: ProductNeeds) -> ProductSnapshot:
		link = self.links.get(needs.key, LinkState(needs.key))
		named = {query.variant_id for query in needs.variants}
		variants = {}
		for query in needs.variants:
			own, stock = self.link(keys.VARIANT, query.variant_id), self.link(keys.INVENTORY_ITEM, query.inventory_item_id)
			item = self.items.get(own.document_name or stock.document_name or "")
			found = (self.items[query.sku],) if query.sku in self.items else ()
			variants[query.variant_id] = VariantState(own, stock, item, found)
		others = {
			id: VariantState(self.link(keys.VARIANT, id), self.link(keys.INVENTORY_ITEM, stock))
			for id, stock in (link.facts.get("variants") or {}).items()
			if id not in named
		}
		return ProductSnapshot(
			link=link,
			variants=variants,
			others=others,
			barcodes={barcode: self.barcodes[barcode] for barcode in needs.barcodes if barcode in self.barcodes},
			items={code.casefold(): item for code, item in self.items.items()},
			attributes={name: self.attributes[name] for name in needs.attributes if name in self.attributes},
			prices=self.prices,
			price_currency="USD" if needs.price_list else None,
		)

	def _apply(self, decision: Any) -> Plan | Skip:
		assert isinstance(decision, Plan | Skip), decision
		if isinstance(decision, Skip):
			return decision
		made = {}
		for change in decision.changes:
			if isinstance(change, CreateDocument):
				made[change.key] = change.name or change.key
				self._create(change, made)
			elif isinstance(change, AddRows):
				self._add(change)
			elif isinstance(change, UpdateDocument):
				code = next(code for code, price in self.prices.items() if price.name == change.name)
				self.prices[code] = replace(self.prices[code], rate=change.after["price_list_rate"])
		for update in decision.links:
			self._write(update, made)
		return decision

	def _create(self, change: CreateDocument, made: dict[str, str]) -> None:
		if change.doctype == "Item":
			assert change.name and change.name not in self.items, f"{change.name} is made twice"
			self.items[change.name] = ItemState(change.name, has_variants=bool(change.values.get("has_variants")))
		elif change.doctype == "Item Attribute":
			assert change.name and change.name not in self.attributes
			rows = change.values["item_attribute_values"]
			self.attributes[change.name] = AttributeState(tuple((row["attribute_value"], row["abbr"]) for row in rows))
		else:
			item = change.values["item_code"]
			code = made[item.key] if isinstance(item, DocRef) else item
			assert code not in self.prices
			self.prices[code] = PriceState(change.key, change.values["price_list_rate"])

	def _add(self, change: AddRows) -> None:
		assert isinstance(change.name, str)
		if change.table == "barcodes":
			for row in change.rows:
				assert row["barcode"] not in self.barcodes
				self.barcodes[row["barcode"]] = change.name
			return
		known = self.attributes[change.name]
		rows = tuple((row["attribute_value"], row["abbr"]) for row in change.rows)
		self.attributes[change.name] = replace(known, values=(*known.values, *rows))

	def _write(self, update: LinkUpdate, made: dict[str, str]) -> None:
		link = self.links.get(update.key, LinkState(update.key))
		if update.document:
			name = made[update.document.key] if isinstance(update.document, DocRef) else update.document[1]
			link = replace(link, document_type="Item", document_name=name)
		for name in ("agreed", "facts", "version", "factor"):
			if (value := getattr(update, name)) is not None:
				link = replace(link, **{name: value})
		self.links[update.key] = link

	def live(self) -> dict[str, str | None]:
		"""Return which Item the links of variants and inventory items lead to that are not marked."""
		wanted = (keys.VARIANT, keys.INVENTORY_ITEM)
		return {
			key: link.document_name
			for key, link in sorted(self.links.items())
			if key.split("/")[1] in wanted and link.document_name and not is_deleted(link)
		}


def variant(number: int, sku: str, **values: Any) -> dict[str, Any]:
	return {"id": 100 + number, "inventory_item_id": 500 + number, "sku": sku, "title": f"V{number}", "price": "1.00", **values}


def product(*variants: dict[str, Any], minute: int = 0, **values: Any) -> dict[str, Any]:
	at = f"2026-11-20T10:{minute:02d}:00Z"
	return {"id": 7, "title": "Tee", "handle": "tee", "updated_at": at, "variants": list(variants), **values}


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
	"""Draw what becomes of a product: variants come and go, each with the SKU that it has for good."""
	skus = {number: draw(st.sampled_from(("", "SKU-0", "SKU-1", "SKU-2", "NOBODY"))) for number in range(4)}
	states = []
	for minute in range(draw(st.integers(1, 5))):
		there = draw(st.sets(st.sampled_from(range(4)), max_size=4))
		rows = [variant(number, skus[number], barcode=draw(st.sampled_from(("", "B1", "B2")))) for number in sorted(there)]
		states.append(product(*rows, minute=minute, title=draw(st.sampled_from(("Tee", "Shirt")))))
	return states


@given(histories(), st.data())
def test_any_order_and_any_repetition_end_at_the_same_links(states: list[dict[str, Any]], data: st.DataObject) -> None:
	expected = World()
	for state in states:
		expected.take(state)
	other = World()
	sent = data.draw(st.permutations([*states, *data.draw(st.lists(st.sampled_from(states), max_size=4))]))
	for state in sent:
		other.take(state)
	assert other.live() == expected.live()
	last = {str(one["id"]): one["sku"] for one in states[-1]["variants"]}
	stocks = {str(one["inventory_item_id"]): one["sku"] for one in states[-1]["variants"]}
	wanted = {f"test/variant/{id}": sku for id, sku in last.items() if sku in ITEMS}
	assert expected.live() == wanted | {f"test/inventory_item/{id}": sku for id, sku in stocks.items() if sku in ITEMS}


@given(histories(), st.data())
def test_a_product_that_is_deleted_leaves_nothing_live_whenever_that_is_heard(
	states: list[dict[str, Any]], data: st.DataObject
) -> None:
	world = World()
	place = data.draw(st.integers(0, len(states)))
	for number, state in enumerate(data.draw(st.permutations(states))):
		if number == place:
			world.delete(7)
		world.take(state)
	world.delete(7)
	assert world.live() == {}


@given(histories(), st.sampled_from(tuple(VariantsAs)), st.data())
def test_items_are_made_once_in_any_order(states: list[dict[str, Any]], variants_as: VariantsAs, data: st.DataObject) -> None:
	policy = replace(IMPORTING, variants_as=variants_as, sync_prices=True, item_price_list="Selling", sync_barcodes=True)
	states = [
		{**state, "options": [{"name": "Size"}], "variants": [{**one, "option1": one["title"]} for one in state["variants"]]}
		for state in states
	]
	world = World(policy)
	for state in data.draw(st.permutations([*states, *states])):
		# A second Item under one code, a second price or barcode would end the test (World).
		world.take(state)
	for one in states[-1]["variants"]:
		code = one["sku"] or f"tee-{one['id']}"
		assert world.link(keys.VARIANT, one["id"]).document_name == code
		assert code in world.items and code in world.prices
	again = world.take({**states[-1], "updated_at": "2026-11-21T00:00:00Z"})
	assert isinstance(again, Plan) and again.changes == () and again.linked == ()


def test_a_changed_sku_asks_and_carries_the_others_out() -> None:
	world = World()
	world.take(product(variant(0, "SKU-0"), variant(1, "")))
	plan = world.take(product(variant(0, "SKU-1"), variant(1, "SKU-2"), minute=1))
	assert isinstance(plan, Plan) and plan.conflicts
	(row,) = plan.conflicts.rows
	assert (row.field, row.base, row.erpnext, row.shopify) == ("sku/100", "SKU-0", "SKU-0", "SKU-1")
	assert world.link(keys.VARIANT, 100).agreed["sku"] == "SKU-0"
	assert world.link(keys.VARIANT, 101).document_name == "SKU-2"


@pytest.mark.parametrize(("before", "after"), [("SKU-0", "NOBODY"), ("SKU-0", ""), ("SKU-0", "SKU-1"), ("", "SKU-1")])
def test_each_change_of_an_agreed_sku_is_a_question(before: str, after: str) -> None:
	world = World()
	link = world.link(keys.VARIANT, 100)
	world.links[link.key] = replace(link, document_type="Item", document_name="SKU-0")
	world.take(product(variant(0, before)))
	plan = world.take(product(variant(0, after), minute=1))
	assert isinstance(plan, Plan) and plan.conflicts and len(plan.conflicts.rows) == 1


def test_a_first_sku_that_nobody_has_is_no_question() -> None:
	world = World()
	link = world.link(keys.VARIANT, 100)
	world.links[link.key] = replace(link, document_type="Item", document_name="SKU-0")
	world.take(product(variant(0, "")))
	plan = world.take(product(variant(0, "NEW"), minute=1))
	assert isinstance(plan, Plan) and plan.conflicts and plan.conflicts.rows == ()
	assert world.link(keys.VARIANT, 100).agreed["sku"] == "NEW"


def test_the_factor_of_a_variant_is_that_of_its_inventory_item() -> None:
	world = World()
	link = world.link(keys.VARIANT, 100)
	world.links[link.key] = replace(link, document_type="Item", document_name="SKU-0", factor=6)
	world.items["SKU-0"] = replace(world.items["SKU-0"], factor=6)
	world.take(product(variant(0, "SKU-0")))
	assert (world.link(keys.VARIANT, 100).factor, world.link(keys.INVENTORY_ITEM, 500).factor) == (6, 6)


def test_an_inventory_item_that_was_mapped_otherwise_stays() -> None:
	world = World()
	stock = world.link(keys.INVENTORY_ITEM, 500)
	world.links[stock.key] = replace(stock, document_type="Item", document_name="SKU-3")
	own = world.link(keys.VARIANT, 100)
	world.links[own.key] = replace(own, document_type="Item", document_name="SKU-0")
	plan = world.take(product(variant(0, "SKU-0")))
	assert isinstance(plan, Plan) and "SKU-3" in plan.not_applied[0]
	assert world.link(keys.INVENTORY_ITEM, 500).document_name == "SKU-3"


def test_variants_beyond_the_payload_are_still_there() -> None:
	world = World()
	world.take(product(variant(0, "SKU-0"), variant(1, "SKU-1")))
	gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{id}"} for id in (100, 101)]
	plan = world.take(product(variant(0, "SKU-0"), minute=1, variant_gids=gids))
	assert isinstance(plan, Plan) and "1 more variant" in plan.not_applied[0]
	assert DELETED not in world.link(keys.VARIANT, 101).facts
	world.take(product(variant(0, "SKU-0"), minute=2))
	assert world.link(keys.VARIANT, 101).facts[DELETED] == "variant"
	world.take(product(variant(0, "SKU-0"), variant(1, "SKU-1"), minute=3))
	assert DELETED not in world.link(keys.VARIANT, 101).facts


def test_a_payload_without_variants_says_nothing_of_them() -> None:
	world = World()
	world.take(product(variant(0, "SKU-0")))
	payload = product(minute=1)
	del payload["variants"]
	contract = products.parse(payload, POLICY)
	decision = products.decide(contract, world.link(keys.PRODUCT, 7), POLICY, Signal("e", "test", keys.PRODUCT, "7", "9"))
	assert isinstance(decision, Plan) and "no variants" in decision.reason
	assert len(decision.links) == 1


def test_prices_are_shopifys_when_they_change_and_erpnexts_until_then() -> None:
	world = World(replace(POLICY, sync_prices=True, item_price_list="Selling"))
	world.take(product(variant(0, "SKU-0", price="5.00")))
	assert world.prices["SKU-0"].rate == Decimal("5.00")
	world.prices["SKU-0"] = replace(world.prices["SKU-0"], rate=Decimal(6))
	world.take(product(variant(0, "SKU-0", price="5.00"), minute=1))
	assert world.prices["SKU-0"].rate == 6
	world.take(product(variant(0, "SKU-0", price="5.50"), minute=2))
	assert world.prices["SKU-0"].rate == Decimal("5.50")


def test_values_of_attributes_differ_in_more_than_case() -> None:
	known = AttributeState((("Red", "R"), ("Blue", "green")))
	rows = new_values(known, dict.fromkeys(("red", "Green", "GREEN", "Yellow")))
	assert [row["attribute_value"] for row in rows] == ["Green", "Yellow"]
	shorts = [row["abbr"].casefold() for row in rows] + ["r", "green"]
	assert len(set(shorts)) == len(shorts)


@pytest.mark.parametrize(
	("html", "text"),
	[
		("<p>Soft &amp; warm</p><p>Red</p>", "Soft &amp; warm<br>Red"),
		("<script>alert(1)</script><style>p{}</style>Plain", "Plain"),
		("a < b", "a &lt; b"),
		("<b>bold", "bold"),
		("", ""),
	],
)
def test_descriptions_are_text(html: str, text: str) -> None:
	assert plain_html(html) == text


@given(st.text(max_size=4000))
def test_descriptions_hold_no_markup_but_line_breaks(html: str) -> None:
	found = plain_html(html)
	assert "<" not in found.replace("<br>", "")
	assert len(found.replace("<br>", "\n").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) <= 2000


def test_codes_of_template_and_variants_never_meet() -> None:
	rows = [variant(number, sku, option1=sku) for number, sku in enumerate(("tee", "TEE-7", "x"))]
	for skus in itertools.permutations(rows):
		world = World(IMPORTING, items={})
		world.take(product(*skus, options=[{"name": "Size"}]))
		assert world.link(keys.PRODUCT, 7).document_name is None
		assert {"tee", "TEE-7", "x"} <= set(world.items)
