"""Items made of variants that belong to none: one Item each, or a template with its variants (store setting).

Once made, an Item is ERPNext's: later changes of title or description in Shopify do not touch it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from html.parser import HTMLParser
from typing import Any

from .. import keys
from ..contracts.product import Product, Variant
from ..plan import AddRows, Change, CreateDocument, DocRef
from ..policy import StorePolicy, VariantsAs
from ..snapshots import AttributeState, ProductSnapshot
from .item_links import ITEM, Linking, name_of
from .item_marks import TRACKED

#: ERPNext's names hold 140 characters.
_LONGEST_NAME = 140
#: Characters of a description that are kept.
_LONGEST_DESCRIPTION = 2000
_UOM_OF_WEIGHT = {"kg": "Kg", "g": "Gram", "lb": "Pound", "oz": "Ounce"}
_ATTRIBUTE = "Item Attribute"


def code_of(product: Product, variant: Variant) -> str:
	"""Return the code of the Item that is made of a variant: its SKU, else the product's handle with the variant's id."""
	return (variant.sku or f"{product.handle[:100] or 'product'}-{variant.id}")[:_LONGEST_NAME]


def template_codes(product: Product) -> tuple[str, ...]:
	"""Return the codes that a template may get, in order: the product's handle; where another Item has it, with the product's id."""
	handle = product.handle[:100] or "product"
	return (handle, f"{handle}-{product.id}")


def attributes_of(product: Product) -> tuple[str, ...]:
	"""Return the Item Attributes that a template of this product has; none where its variants cannot be told apart by them."""
	names = tuple(option.name for option in product.options if option.name)
	variants = product.variants or ()
	complete = all(len(variant.options) == len(names) for variant in variants)
	return names if names and complete and len(set(names)) == len(names) and not product.has_only_default else ()


@dataclass
class Import:
	"""Plans the Items of one product.

	:ivar made: code (case folded) → the Item that this plan makes of it.
	"""

	linking: Linking
	snapshot: ProductSnapshot
	policy: StorePolicy
	changes: list[Change] = field(default_factory=list)
	made: dict[str, DocRef] = field(default_factory=dict)
	template: DocRef | str | None = None

	@property
	def product(self) -> Product:
		"""The product at hand."""
		return self.linking.product

	def make(self, variants: Sequence[Variant]) -> None:
		"""Plan Items for *variants*, which have none."""
		attributes = self._attributes() if variants else ()
		for variant in variants:
			code = code_of(self.product, variant)
			taken = self.snapshot.items.get(code.casefold())
			if code.casefold() in self.made:
				# Two variants with one SKU are one Item.
				self.linking.take(variant, self.made[code.casefold()])
			elif taken is not None:
				note = f"Item {taken.code} exists, and the store's Item Matching does not say that it is this variant."
				self.linking.notes.append(f"{name_of(variant)}: {note}")
			else:
				self._make(variant, code, attributes)

	def _attributes(self) -> tuple[str, ...]:
		"""Return the attributes of the template that the new Items belong to; none where they are Items of their own."""
		names = attributes_of(self.product)
		if self.policy.variants_as is not VariantsAs.TEMPLATE or not names:
			return ()
		numeric = [name for name in names if self.snapshot.attributes.get(name, AttributeState()).is_numeric]
		if numeric:
			self.linking.notes.append(
				f"Item Attribute {numeric[0]} has a range of numbers in ERPNext, so the variants became separate Items."
			)
			return ()
		self.template = self._template(names)
		return names if self.template else ()

	def _template(self, names: tuple[str, ...]) -> DocRef | str | None:
		"""Return the template: the one that the product's link leads to, or a new one."""
		linked = self.snapshot.items.get((self.snapshot.link.document_name or "").casefold())
		if linked is not None and linked.has_variants:
			return linked.code
		free = [code for code in template_codes(self.product) if code.casefold() not in self.snapshot.items]
		skus = {code_of(self.product, variant).casefold() for variant in self.linking.variants}
		code = next((code for code in free if code.casefold() not in skus), None)
		if code is None:
			self.linking.notes.append("No name is free for a template Item, so the variants became separate Items.")
			return None
		ref = DocRef(ITEM, self.snapshot.link.key)
		self._add_values(names)
		values = {
			**self._common(code, self.product.title),
			"is_stock_item": 1,
			"has_variants": 1,
			"variant_based_on": _ATTRIBUTE,
			"attributes": [{"attribute": name} for name in names],
		}
		self.changes.append(CreateDocument(ITEM, ref.key, values, name=code))
		return ref

	def _make(self, variant: Variant, code: str, attributes: tuple[str, ...]) -> None:
		ref = DocRef(ITEM, keys.key(self.policy.store, keys.VARIANT, variant.id))
		values = {
			**self._common(code, self._title(variant)),
			"is_stock_item": int(self._is_tracked(variant)),
			**self._weight(variant),
			"barcodes": [{"barcode": variant.barcode}] if self._may_have_barcode(variant) else [],
		}
		if attributes and self.template:
			if not isinstance(self.template, DocRef):
				self._add_values(attributes)
			spelled = [self._spelled(name, value) for name, value in zip(attributes, variant.options, strict=True)]
			values["variant_of"] = self.template
			values["attributes"] = [
				{"attribute": name, "attribute_value": value} for name, value in zip(attributes, spelled, strict=True)
			]
		self.changes.append(CreateDocument(ITEM, ref.key, values, name=code))
		self.made[code.casefold()] = ref
		self.linking.take(variant, ref)

	def _common(self, code: str, title: str) -> dict[str, Any]:
		return {
			"item_code": code,
			"item_name": title[:_LONGEST_NAME] or code,
			"item_group": self.policy.item_group,
			"stock_uom": self.policy.stock_uom,
			"description": plain_html(self.product.body_html) or escape(title) or code,
		}

	def _title(self, variant: Variant) -> str:
		of_product = self.product.title
		return of_product if self.product.has_only_default else " - ".join(part for part in (of_product, variant.title) if part)

	def _is_tracked(self, variant: Variant) -> bool:
		"""Tell whether Shopify counts the stock; what it does not count is still taken for goods until it says so."""
		stock = self.snapshot.variants[variant.id].stock_link
		said = stock.facts.get(TRACKED) if stock else None
		return said if isinstance(said, bool) else variant.tracked is not False

	def _weight(self, variant: Variant) -> Mapping[str, Any]:
		uom = _UOM_OF_WEIGHT.get(variant.weight_unit)
		return {"weight_per_unit": variant.weight, "weight_uom": uom} if uom and variant.weight > Decimal(0) else {}

	def _may_have_barcode(self, variant: Variant) -> bool:
		"""Tell whether a new Item gets its variant's barcode: ERPNext allows each barcode once."""
		same = [one.id for one in self.linking.variants if one.barcode == variant.barcode]
		return bool(variant.barcode) and variant.barcode not in self.snapshot.barcodes and same[0] == variant.id

	def _add_values(self, names: tuple[str, ...]) -> None:
		"""Plan the values that the Item Attributes lack, once for the product."""
		for place, name in enumerate(names):
			known = self.snapshot.attributes.get(name)
			values = dict.fromkeys(variant.options[place] for variant in self.linking.variants)
			rows = new_values(known or AttributeState(), values)
			change: Change
			if known is None:
				key = keys.key(self.policy.store, keys.PRODUCT, f"{self.product.id}/attribute/{place + 1}")
				change = CreateDocument(
					_ATTRIBUTE, key, {"attribute_name": name, "item_attribute_values": list(rows)}, name=name[:_LONGEST_NAME]
				)
			else:
				change = AddRows(_ATTRIBUTE, name, "item_attribute_values", rows)
			if rows and change not in self.changes:
				self.changes.append(change)

	def _spelled(self, name: str, value: str) -> str:
		"""Return a value as ERPNext spells it: it does not tell Red from red."""
		known = self.snapshot.attributes.get(name, AttributeState())
		fold = {text.casefold(): text for variant in reversed(self.linking.variants) for text in variant.options}
		fold |= {text.casefold(): text for text, _abbreviation in known.values}
		return fold.get(value.casefold(), value)


def new_values(known: AttributeState, wanted: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
	"""Return the rows for values that an Item Attribute does not have; case does not count, abbreviations must differ too."""
	values = {value.casefold() for value, _abbreviation in known.values}
	abbreviations = {abbreviation.casefold() for _value, abbreviation in known.values}
	rows = []
	for value in wanted:
		if value.casefold() in values:
			continue
		short = value if value.casefold() not in abbreviations else f"{value}-{keys.short_hash(value)[:4]}"
		values.add(value.casefold())
		abbreviations.add(short.casefold())
		rows.append({"attribute_value": value, "abbr": short})
	return tuple(rows)


class _Text(HTMLParser):
	"""Reads the text of HTML; what is no text (scripts, styles) is left out, blocks are lines."""

	_SILENT = frozenset(("script", "style", "head", "template"))
	_BLOCKS = frozenset(("p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"))

	def __init__(self) -> None:
		super().__init__(convert_charrefs=True)
		self.parts: list[str] = []
		self._silent = 0

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		"""Begin a line, or what is left out."""
		self._silent += tag in self._SILENT
		if tag in self._BLOCKS:
			self.parts.append("\n")

	def handle_endtag(self, tag: str) -> None:
		"""End what is left out."""
		self._silent -= tag in self._SILENT and self._silent > 0

	def handle_data(self, data: str) -> None:
		"""Take text."""
		if not self._silent:
			self.parts.append(" ".join(data.split()) and data)


def plain_html(html: str) -> str:
	"""Return the text of a description as HTML without any markup but line breaks, cut to a length that lists can show."""
	reader = _Text()
	reader.feed(html)
	reader.close()
	lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
	text = "\n".join(line for line in lines if line)
	if len(text) > _LONGEST_DESCRIPTION:
		text = text[: _LONGEST_DESCRIPTION - 1].rstrip() + "…"
	return escape(text, quote=False).replace("\n", "<br>")
