"""Which Item each variant of a product is: links are made and kept, a changed SKU is a person's to decide about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import keys
from ..contracts.product import Product, Variant
from ..plan import AppliedChange, DocRef, FieldConflict, LinkUpdate
from ..policy import StorePolicy
from ..snapshots import LinkState, ProductSnapshot, VariantState
from .item_conflicts import conflict_of
from .item_deletions import marked
from .item_marks import BY_ABSENCE, DELETED, TRACKED

ITEM = "Item"


@dataclass
class Linking:
	"""Gathers what becomes of the links of one product's variants.

	:ivar agreed: variant → what both sides agree on, to be completed (a price) before :meth:`updates` is asked.
	:ivar items: variant → the Item it is, by name, or by key where the same plan makes it.
	"""

	product: Product
	snapshot: ProductSnapshot
	policy: StorePolicy
	items: dict[str, str | DocRef] = field(default_factory=dict)
	factors: dict[str, int] = field(default_factory=dict)
	agreed: dict[str, dict[str, Any]] = field(default_factory=dict)
	conflicts: list[FieldConflict] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)
	linked: list[AppliedChange] = field(default_factory=list)
	found: list[str] = field(default_factory=list)

	@property
	def variants(self) -> tuple[Variant, ...]:
		"""The variants that the payload holds."""
		return self.product.variants or ()

	def look(self) -> list[Variant]:
		"""Settle every variant that has an Item. Return those that have none."""
		return [variant for variant in self.variants if not self._settled(variant)]

	def _settled(self, variant: Variant) -> bool:
		state = self.snapshot.variants[variant.id]
		if state.item is None:
			return self._found(variant, state)
		before = state.link.agreed.get("sku")
		if before is not None and not still_is(state, str(before), variant.sku):
			self.conflicts.append(conflict_of(self.product, variant, str(before), state.item.code))
		else:
			self.take(variant, state.item.code, state.item.factor)
		return True

	def _found(self, variant: Variant, state: VariantState) -> bool:
		"""Link a variant to the Item that its SKU stands for. Tell whether anything is settled about it."""
		if len(state.found) > 1:
			codes = ", ".join(sorted(item.code for item in state.found))
			self.notes.append(f"{name_of(variant)}: several Items have this SKU ({codes}); link one of them by hand.")
			return True
		if not state.found:
			return False
		item = state.found[0]
		if item.has_variants:
			self.notes.append(f"{name_of(variant)}: Item {item.code} is a template; link one of its variants by hand.")
			return True
		self.take(variant, item.code, item.factor)
		return True

	def take(self, variant: Variant, item: str | DocRef, factor: int = 1) -> None:
		"""Agree that a variant is this Item; one piece is *factor* stock units of it."""
		self.items[variant.id] = item
		self.factors[variant.id] = factor
		said = {
			"sku": variant.sku,
			"barcode": variant.barcode,
			"title": variant.title,
			"product_id": self.product.id,
			"inventory_item_id": variant.inventory_item_id or "",
		}
		self.agreed[variant.id] = {**self.snapshot.variants[variant.id].link.agreed, **said}

	def updates(self) -> list[LinkUpdate]:
		"""Return what to write on the links of variants and inventory items; nothing where they say so already."""
		found: list[LinkUpdate] = []
		for variant in self.variants:
			state = self.snapshot.variants[variant.id]
			if variant.id in self.items:
				found += self._of_variant(variant, state)
			found += self._still_there(state)
		for variant_id, state in self.snapshot.others.items():
			if variant_id not in self.product.variant_ids:
				found += self._gone(state)
		return found

	def _of_variant(self, variant: Variant, state: VariantState) -> list[LinkUpdate]:
		item, agreed, factor = self.items[variant.id], self.agreed[variant.id], self.factors[variant.id]
		updates = self._pointed(state.link, item, agreed, factor)
		if state.stock_link is None:
			return updates
		stock, named = state.stock_link, state.stock_link.document_name
		if named and named != item:
			self.notes.append(
				f"{name_of(variant)}: its inventory item is linked to Item {named}, the variant to {text_of(item)}; both links stay."
			)
			return updates
		said = {"sku": variant.sku, "variant_id": variant.id, "product_id": self.product.id}
		facts = self._facts_of_stock(variant, stock)
		return updates + self._pointed(stock, item, {**stock.agreed, **said}, factor, facts)

	def _facts_of_stock(self, variant: Variant, stock: LinkState) -> Mapping[str, Any] | None:
		"""Return what old payloads of products say of the inventory item, until it is spoken of itself."""
		if variant.tracked is None or stock.version or stock.facts.get(TRACKED) == variant.tracked:
			return None
		return {**stock.facts, TRACKED: variant.tracked}

	def _pointed(
		self, link: LinkState, item: str | DocRef, agreed: Mapping[str, Any], factor: int, facts: Mapping[str, Any] | None = None
	) -> list[LinkUpdate]:
		is_new = link.document_name != item
		if not is_new and dict(link.agreed) == dict(agreed) and facts is None and factor == link.factor:
			return []
		if is_new:
			change = ("document_name", link.document_name, text_of(item))
			self.linked.append(AppliedChange("link", "Shopify Link", link.key, link.key, (change,)))
			self._tell(link, agreed)
		document = (item if isinstance(item, DocRef) else (ITEM, item)) if is_new else None
		return [
			LinkUpdate(link.key, document=document, agreed=agreed, facts=facts, factor=factor if factor != link.factor else None)
		]

	def _tell(self, link: LinkState, agreed: Mapping[str, Any]) -> None:
		"""Note what is not missing any more."""
		resource, _slash, shopify_id = link.key.partition("/")[2].partition("/")
		self.found.append(f"{resource}:{shopify_id}")
		if resource == keys.VARIANT and agreed.get("sku"):
			self.found.append(f"item:{agreed['sku']}")

	def _still_there(self, state: VariantState) -> list[LinkUpdate]:
		"""Take the mark off links of a variant that is there again. Other marks are final."""
		sides = (side for side in (state.link, state.stock_link) if side and side.facts.get(DELETED) == BY_ABSENCE)
		return [
			LinkUpdate(side.key, facts={name: fact for name, fact in side.facts.items() if name != DELETED}) for side in sides
		]

	def _gone(self, state: VariantState) -> list[LinkUpdate]:
		sides = [side for side in (state.link, state.stock_link) if side and not side.facts.get(DELETED)]
		self.linked += [marked(side, BY_ABSENCE) for side in sides]
		return [LinkUpdate(side.key, facts={**side.facts, DELETED: BY_ABSENCE}) for side in sides]


def still_is(state: VariantState, before: str, sku: str) -> bool:
	"""Tell whether a variant's SKU says nothing against the Item of its link.

	It is the one that was agreed on; or it stands for the same Item; or it is the first SKU, and stands for none.
	"""
	if sku == before or (not before and not state.found):
		return True
	return state.item is not None and [one.code for one in state.found] == [state.item.code]


def name_of(variant: Variant) -> str:
	"""Return how a note calls a variant."""
	return f"Variant {variant.id}" + (f" (SKU {variant.sku})" if variant.sku else " (no SKU)")


def text_of(item: str | DocRef) -> str:
	"""Return how evidence calls an Item, which may be made in the same plan."""
	return item.key if isinstance(item, DocRef) else item
