"""Products: what ERPNext knows of their variants, Items, barcodes, attributes and prices; and rows added to Items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

import frappe

from shopify_sync.core import keys
from shopify_sync.core.plan import AddRows, AppliedChange, DocRef
from shopify_sync.core.policy import ItemMatching
from shopify_sync.core.products.item_marks import VARIANTS
from shopify_sync.core.snapshots import (
	AttributeState,
	ItemState,
	LinkState,
	PriceState,
	ProductNeeds,
	ProductSnapshot,
	VariantQuery,
	VariantState,
)

from .. import links, policies
from .items import codes_of_skus, read_items


def read_product(needs: ProductNeeds, locked: Mapping[str, LinkState]) -> ProductSnapshot:
	"""Return what ERPNext knows of a product. Locks the links of variants that only the product's own link remembers."""
	store = needs.key.partition("/")[0]
	link = locked[needs.key]
	remembered = link.facts.get(VARIANTS) or {}
	named = {query.variant_id for query in needs.variants}
	others = _pairs(store, {id: stock for id, stock in remembered.items() if id not in named})
	known = {**locked, **_lock_existing(key for pair in others.values() for key in pair if key)}
	matching = policies.as_of_attempt(store).item_matching
	by_sku = candidates(store, {query.sku for query in needs.variants}, matching)
	found = {query.variant_id: by_sku.get(query.sku, ()) for query in needs.variants}
	items = _items(needs, known, found)
	return ProductSnapshot(
		link=link,
		variants={query.variant_id: _state(store, query, known, items, found[query.variant_id]) for query in needs.variants},
		others={id: _other(pair, known) for id, pair in others.items() if pair[0] in known},
		barcodes=_barcodes(needs.barcodes),
		items=items,
		attributes=_attributes(needs.attributes),
		prices=_prices(items.values(), needs.price_list),
		price_currency=frappe.db.get_value("Price List", needs.price_list, "currency") if needs.price_list else None,
	)


class Candidate(NamedTuple):
	"""An Item that an SKU may stand for: its code, and how many stock units one piece is."""

	code: str
	factor: int = 1


def candidates(store: str, skus: Iterable[str], matching: ItemMatching) -> dict[str, tuple[Candidate, ...]]:
	"""Return SKU → the Items that it stands for, by its Shopify Link or by the store's rule; they may not exist."""
	wanted = {keys.key(store, keys.SKU, sku): sku for sku in skus if sku}
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"""SELECT name, document_name, uom_factor FROM `tabShopify Link`
		WHERE name IN %s AND document_type = 'Item' AND document_name != ''""",
		(tuple(wanted),),
	)
	# The database compares without case.
	linked = {name.casefold(): (Candidate(code, factor or 1),) for name, code, factor in rows}
	by_rule = codes_of_skus(set(wanted.values()), matching)
	return {
		sku: linked.get(key.casefold()) or tuple(Candidate(code) for code in by_rule.get(sku, ())) for key, sku in wanted.items()
	}


def items_of_sku(store: str, sku: str) -> tuple[ItemState, ...]:
	"""Return the Items that exist and that an SKU stands for in a store."""
	found = candidates(store, (sku,), policies.policy(store).item_matching).get(sku, ())
	items = {code.casefold(): item for code, item in read_items(one.code for one in found).items()}
	return _existing(found, items)


def _existing(found: Sequence[Candidate], items: Mapping[str, ItemState]) -> tuple[ItemState, ...]:
	known = ((one, items.get(one.code.casefold())) for one in found)
	return tuple(replace(item, factor=one.factor) for one, item in known if item)


def _pairs(store: str, remembered: Mapping[str, str]) -> dict[str, tuple[str, str | None]]:
	return {
		id: (keys.key(store, keys.VARIANT, id), keys.key(store, keys.INVENTORY_ITEM, stock) if stock else None)
		for id, stock in remembered.items()
	}


def _lock_existing(wanted: Iterable[str]) -> dict[str, LinkState]:
	"""Lock those of the links that are there: one that was deleted by hand is not made again for what is no more."""
	names = tuple(wanted)
	if not names:
		return {}
	rows = frappe.db.sql("SELECT name FROM `tabShopify Link` WHERE name IN %s", (names,))
	return links.lock(sorted(name for (name,) in rows))


def _items(needs: ProductNeeds, known: Mapping[str, LinkState], found: Mapping[str, Sequence[Candidate]]) -> dict[str, ItemState]:
	linked = (link.document_name for link in known.values() if link.document_type == "Item" and link.document_name)
	by_rule = (one.code for several in found.values() for one in several)
	made = (query.code for query in needs.variants if query.code)
	items = read_items((*linked, *by_rule, *made, *needs.codes))
	return {code.casefold(): item for code, item in items.items()}


def _state(
	store: str, query: VariantQuery, known: Mapping[str, LinkState], items: Mapping[str, ItemState], found: Sequence[Candidate]
) -> VariantState:
	link = _leading_to(known[keys.key(store, keys.VARIANT, query.variant_id)], items)
	stock = None
	if query.inventory_item_id:
		stock = _leading_to(known[keys.key(store, keys.INVENTORY_ITEM, query.inventory_item_id)], items)
	side = next((one for one in (link, stock) if one and one.document_name), None)
	item = items.get((side.document_name or "").casefold()) if side else None
	return VariantState(link, stock, replace(item, factor=side.factor) if side and item else None, _existing(found, items))


def _leading_to(link: LinkState, items: Mapping[str, ItemState]) -> LinkState:
	"""Return a link as if it led nowhere where its Item was deleted."""
	name = (link.document_name or "").casefold()
	return link if not name or name in items else replace(link, document_type=None, document_name=None)


def _other(pair: tuple[str, str | None], known: Mapping[str, LinkState]) -> VariantState:
	return VariantState(known[pair[0]], known.get(pair[1]) if pair[1] else None)


def _barcodes(barcodes: tuple[str, ...]) -> dict[str, str]:
	if not barcodes:
		return {}
	return dict(frappe.db.sql("SELECT barcode, parent FROM `tabItem Barcode` WHERE barcode IN %s", (barcodes,)))


def _attributes(names: tuple[str, ...]) -> dict[str, AttributeState]:
	if not names:
		return {}
	found = dict(frappe.db.sql("SELECT name, numeric_values FROM `tabItem Attribute` WHERE name IN %s", (names,)))
	rows = frappe.db.sql(
		"SELECT parent, attribute_value, abbr FROM `tabItem Attribute Value` WHERE parent IN %s ORDER BY idx", (names,)
	)
	values: dict[str, list[tuple[str, str]]] = {}
	for parent, value, abbreviation in rows:
		values.setdefault(parent.casefold(), []).append((value, abbreviation))
	by_fold = {name.casefold(): bool(numeric) for name, numeric in found.items()}
	return {
		name: AttributeState(tuple(values.get(name.casefold(), ())), by_fold[name.casefold()])
		for name in names
		if name.casefold() in by_fold
	}


def _prices(items: Iterable[ItemState], price_list: str | None) -> dict[str, PriceState]:
	"""Return the price of each Item that counts for everybody: without customer, batch or unit of its own; the latest one."""
	codes = tuple(item.code for item in items)
	if not price_list or not codes:
		return {}
	rows = frappe.db.sql(
		"""SELECT item_code, name, price_list_rate FROM `tabItem Price`
		WHERE price_list = %s AND item_code IN %s AND COALESCE(customer, '') = '' AND COALESCE(batch_no, '') = ''
		ORDER BY valid_from, creation""",
		(price_list, codes),
	)
	return {code: PriceState(name, Decimal(str(rate))) for code, name, rate in rows}


def add_rows(change: AddRows, created: Mapping[str, str]) -> AppliedChange:
	"""Add rows to a child table; those whose first column is there already (in any case) are left out."""
	name = created[change.name.key] if isinstance(change.name, DocRef) else change.name
	doc = frappe.get_doc(change.doctype, name, for_update=True)
	doc.flags.ignore_permissions = True
	added: list[Mapping[str, Any]] = []
	for row in change.rows:
		column, value = next(iter(row.items()))
		if str(value).casefold() not in {str(known.get(column)).casefold() for known in doc.get(change.table)}:
			doc.append(change.table, dict(row))
			added.append(row)
	if added:
		doc.save()
	return AppliedChange("update", change.doctype, doc.name, None, ((change.table, None, added),))
