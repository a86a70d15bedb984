"""decide() for products: which Item each variant is (products/item_links.py), and what the store wants made of it besides.

A variant without an Item is no failure: a shop may sell what ERPNext does not know. It is noted, or imported (products/item_import.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import keys
from ..contracts.product import Product, Variant
from ..failures import Category, Failure
from ..plan import AddRows, Change, Conflicts, Decision, DocRef, LinkUpdate, Plan, Skip
from ..policy import StorePolicy, VariantsAs
from ..signals import Signal
from ..snapshots import LinkOnlyNeeds, LinkState, ProductNeeds, ProductSnapshot, VariantQuery
from ..statuses import Status
from .item_import import Import, attributes_of, code_of, template_codes
from .item_links import ITEM, Linking, name_of
from .item_marks import DELETED, VARIANTS
from .item_prices import plan_prices


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> Product:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not a product."""
	return Product.model_validate(payload)


def locks(product: Product, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: the product's, then those of its variants and their inventory items."""
	found = [keys.key(policy.store, keys.PRODUCT, product.id)]
	for variant in sorted(product.variants or (), key=lambda one: one.id):
		found.append(keys.key(policy.store, keys.VARIANT, variant.id))
		if variant.inventory_item_id:
			found.append(keys.key(policy.store, keys.INVENTORY_ITEM, variant.inventory_item_id))
	return tuple(dict.fromkeys(found))


def needs(product: Product, policy: StorePolicy) -> ProductNeeds | LinkOnlyNeeds:
	"""Return what has to be read before deciding."""
	key = keys.key(policy.store, keys.PRODUCT, product.id)
	if product.variants is None:
		return LinkOnlyNeeds(key)
	queries = (_query(product, variant, policy) for variant in product.variants)
	with_template = policy.create_items and policy.variants_as is VariantsAs.TEMPLATE
	with_barcodes = policy.sync_barcodes or policy.create_items
	barcodes = (variant.barcode for variant in product.variants if variant.barcode)
	return ProductNeeds(
		key=key,
		variants=tuple(queries),
		barcodes=tuple(dict.fromkeys(barcodes)) if with_barcodes else (),
		codes=template_codes(product) if with_template else (),
		attributes=attributes_of(product) if with_template else (),
		price_list=policy.item_price_list if policy.sync_prices else None,
	)


def _query(product: Product, variant: Variant, policy: StorePolicy) -> VariantQuery:
	code = code_of(product, variant) if policy.create_items else ""
	return VariantQuery(variant.id, variant.inventory_item_id, variant.sku, variant.barcode, code)


def decide(product: Product, snapshot: ProductSnapshot | LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for a product as it stands in Shopify."""
	link = snapshot if isinstance(snapshot, LinkState) else snapshot.link
	if link.facts.get(DELETED):
		return Skip(Status.SUPERSEDED, "Shopify has deleted this product.", superseded_by=link.last_event)
	if isinstance(snapshot, LinkState) or product.variants is None:
		said = "The payload holds no variants; let the subscription include them."
		return Plan(links=(LinkUpdate(link.key, version=signal.version),), reason=said)
	linking = Linking(product, snapshot, policy)
	without = linking.look()
	importing = Import(linking, snapshot, policy)
	if policy.create_items:
		if not policy.item_group:
			return Failure(Category.ERPNEXT_VALIDATION, f"Store {policy.store} makes Items, and names no Item Group for them.")
		importing.make(without)
	else:
		linking.notes += [f"{name_of(variant)} belongs to no Item in ERPNext." for variant in without]
	prices = plan_prices(linking, snapshot, policy)
	if isinstance(prices, Failure):
		return prices
	changes = (*importing.changes, *_barcodes(linking, snapshot, policy), *prices)
	return _plan(linking, importing, changes, signal)


def _plan(linking: Linking, importing: Import, changes: tuple[Change, ...], signal: Signal) -> Plan:
	product, link = linking.product, linking.snapshot.link
	own = LinkUpdate(
		link.key,
		document=importing.template if isinstance(importing.template, DocRef) else None,
		agreed={"title": product.title, "handle": product.handle},
		facts={**link.facts, VARIANTS: _remembered(product, link)},
		version=signal.version,
	)
	links = (own, *linking.updates())
	beyond = len(product.variant_ids) - len(linking.variants)
	if beyond > 0:
		linking.notes.append(f"{beyond} more variant(s) are not in the payload, which holds the first 100. Import the product.")
	return Plan(
		changes=changes,
		links=links,
		document=_document(linking, importing),
		not_applied=tuple(linking.notes),
		reason="Every variant's link says so already." if linking.items else "No variant of the product is an Item in ERPNext.",
		conflicts=Conflicts(link.key, tuple(linking.conflicts)),
		linked=tuple(linking.linked),
		found=tuple(dict.fromkeys(linking.found)),
	)


def _document(linking: Linking, importing: Import) -> DocRef | tuple[str, str] | None:
	"""Return the Item that the event is about: the template, or the one Item that all variants are."""
	items = set(linking.items.values())
	found = importing.template or (next(iter(items)) if len(items) == 1 else None)
	return (ITEM, found) if isinstance(found, str) else found


def _remembered(product: Product, link: LinkState) -> dict[str, str]:
	"""Return variant → inventory item of every variant there is, so that one that goes is missed."""
	before = link.facts.get(VARIANTS) or {}
	kept = {id: stock for id, stock in before.items() if id in product.variant_ids}
	return {**kept, **{variant.id: variant.inventory_item_id or "" for variant in product.variants or ()}}


def _barcodes(linking: Linking, snapshot: ProductSnapshot, policy: StorePolicy) -> list[Change]:
	"""Return the barcodes that Items get; one that another Item has is noted, and none is ever taken away."""
	if not policy.sync_barcodes:
		return []
	taken = dict(snapshot.barcodes)
	changes: list[Change] = []
	for variant in linking.variants:
		item = linking.items.get(variant.id)
		if not isinstance(item, str) or not variant.barcode or taken.get(variant.barcode) == item:
			continue
		if variant.barcode in taken:
			linking.notes.append(f"{name_of(variant)}: its barcode is that of Item {taken[variant.barcode]} already.")
			continue
		taken[variant.barcode] = item
		changes.append(AddRows(ITEM, item, "barcodes", ({"barcode": variant.barcode},)))
	return changes
