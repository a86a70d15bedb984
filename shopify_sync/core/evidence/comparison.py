"""Both sides of a record as a table: what the payload says, what ERPNext has now, and whether that is the same. Pure.

Both sides are reduced by reconciliation's own rules (core/reconciliation/), so the page says what a run would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..contracts.customer import Customer
from ..contracts.inventory_level import InventoryLevel
from ..contracts.order import Order
from ..customers.fields import FIELDS, as_text
from ..masking import mask
from ..money import ZERO, plain
from ..policy import Direction, StorePolicy
from ..reconciliation import orders as order_comparison
from ..reconciliation.findings import Kind
from ..reconciliation.found import FoundCustomer, FoundLevel, FoundOrder, FoundVariant
from .words import NOTHING, Words, _, said


@dataclass(frozen=True)
class Side:
	"""One line of the table. :ivar same: None: not compared, because one side rightly says nothing of it."""

	label: Words
	shopify: Any
	erpnext: Any
	same: bool | None
	is_personal: bool = False


@dataclass(frozen=True)
class Table:
	"""Both sides of a record. :ivar note: why there is nothing to compare, or what to know; empty: nothing."""

	sides: tuple[Side, ...] = ()
	note: Words = NOTHING
	documents: tuple[tuple[str, str], ...] = ()

	@property
	def differs(self) -> int:
		"""How many lines are not the same."""
		return sum(side.same is False for side in self.sides)


def of_order(order: Order, found: FoundOrder, policy: StorePolicy) -> Table:
	"""Return both sides of an order: state, totals, lines, what was sent, paid and given back."""
	compared = order_comparison.compare(order, found, policy)
	documents = tuple(one.ref for one in found.documents)
	if compared.reason:
		note = _("This order is not compared: {0}.", _(compared.reason))
		return Table(note=note, documents=documents)
	shopify, erpnext = compared.shopify, compared.erpnext
	live = {True: _("live"), False: _("none, or cancelled")}
	sides = [Side(_("Order"), live[shopify.live], live[erpnext.live], shopify.live == erpnext.live)]
	if shopify.live and erpnext.live:
		sides += _figures(order, shopify, erpnext)
		# Two Sales Orders of one order may say the same: their figures do not tell.
		doubles = (one for one in order_comparison.differences(compared) if one.kind is Kind.DUPLICATE)
		sides += [Side(_("Documents of {0}", one.field), one.shopify, one.erpnext, False) for one in doubles]
	elif shopify.live:
		sides.append(Side(_("Total"), _money(shopify.total, shopify.currency), "", None))
	return Table(tuple(sides), documents=documents)


def _figures(order: Order, shopify: order_comparison.Figures, erpnext: order_comparison.Figures) -> Iterator[Side]:
	yield Side(_("Currency"), shopify.currency, erpnext.currency, shopify.currency == erpnext.currency)
	for label, ours, theirs in (
		(_("Total"), shopify.total, erpnext.total),
		(_("Taxes"), shopify.taxes, erpnext.taxes),
	):
		if ours is None and theirs is None:
			continue
		if ours is None or theirs is None:
			yield Side(label, _money(ours, ""), _money(theirs, ""), None)
		else:
			yield Side(label, plain(ours), plain(theirs), ours == theirs)
	names = {line.id: line.sku or line.name or line.title or line.id for line in order.line_items}
	yield from _pieces(_("Pieces of {0}"), shopify.lines, erpnext.lines, names)
	yield from _items(shopify.items, erpnext.items, names)
	yield from _pieces(_("Sent of {0}"), shopify.sent, erpnext.sent, names)
	yield from _pieces(_("Paid by transaction {0}"), shopify.paid, erpnext.paid, {})
	yield from _pieces(_("Given back by transaction {0}"), shopify.refunded, erpnext.refunded, {})


def _pieces(
	label: Words, shopify: Mapping[str, Decimal] | None, erpnext: Mapping[str, Decimal] | None, names: Mapping[str, str]
) -> Iterator[Side]:
	for id in sorted({*(shopify or {}), *(erpnext or {})}):
		ours, theirs = (shopify or {}).get(id, ZERO), (erpnext or {}).get(id, ZERO)
		yield Side(Words(label.text, (names.get(id, id),)), _figure(ours), _figure(theirs), ours == theirs)


def _items(shopify: Mapping[str, str], erpnext: Mapping[str, str], names: Mapping[str, str]) -> Iterator[Side]:
	for line in sorted(shopify.keys() & erpnext.keys()):
		label = _("Item of {0}", names.get(line, line))
		yield Side(label, shopify[line], erpnext[line], shopify[line] == erpnext[line])


def of_customer(customer: Customer, found: FoundCustomer, policy: StorePolicy) -> Table:
	"""Return both sides of a customer: the fields that are kept in agreement and that the payload states."""
	if found.values is None:
		note = _("ERPNext has no Customer of it. One is made where an order needs it, or where the store syncs customers.")
		return Table(note=note)
	sides = []
	for field in FIELDS:
		stated = _STATED[field.name](customer) if field.name in _STATED else None
		if stated is None:
			continue
		written = as_text(field, found.values.get(field.name))
		same = (
			stated.strip().casefold() == written.strip().casefold()
			if field.name == "email_id"
			else stated.strip() == written.strip()
		)
		sides.append(Side(_(_LABELS[field.name].text), stated, written, same, is_personal=True))
	waits = [name for name in sorted(found.conflicts)]
	note = _("A person has to decide about: {0}.", ", ".join(waits)) if waits else NOTHING
	return Table(tuple(sides), note, tuple(found.documents.items()))


#: What is Shopify's own, and not looked up or translated on the way.
_STATED: Mapping[str, Callable[[Customer], str | None]] = {
	"customer_name": lambda customer: customer.full_name,
	"first_name": lambda customer: customer.first_name,
	"last_name": lambda customer: customer.last_name,
	"email_id": lambda customer: customer.email,
	"mobile_no": lambda customer: customer.phone,
	"tax_id": lambda customer: customer.tax_id or None,
}
_LABELS = {
	"customer_name": _("Customer Name"),
	"first_name": _("First Name"),
	"last_name": _("Last Name"),
	"email_id": _("Email"),
	"mobile_no": _("Mobile No"),
	"tax_id": _("Tax ID"),
}


def of_level(level: InventoryLevel, found: FoundLevel, policy: StorePolicy) -> Table:
	"""Return both sides of a stock level."""
	rule = policy.location(level.location_id)
	if rule is None:
		return Table(note=_("Location {0} is in no row of the store's Location Mapping.", level.location_id))
	if found.item is None:
		return Table(note=_("No Item is linked to inventory item {0}.", level.inventory_item_id))
	there = found.quantity / (found.factor or 1)
	is_inbound = rule.direction is Direction.INBOUND and level.available is not None
	same = Decimal(level.available) == there if is_inbound and level.available is not None else None
	sides = (
		Side(_("Direction"), "", said(str(rule.direction)), None),
		Side(_("Available at the location"), level.available, _figure(there), same),
	)
	note = NOTHING
	if rule.direction is Direction.OUTBOUND:
		note = _("ERPNext says what stock is there: what Shopify says of it is not taken over.")
	return Table(sides, note, (("Item", found.item), ("Warehouse", rule.warehouse)))


def of_variants(variants: Sequence[Mapping[str, Any]], found: Mapping[str, FoundVariant]) -> Table:
	"""Return both sides of a product: of each variant the SKU and the Item that it is linked to."""
	sides = []
	for variant in variants:
		there = found[str(variant["id"])]
		sku = str(variant.get("sku") or "")
		same = there.item_exists if there.item else False
		label = _("Variant {0}", sku or str(variant["id"]))
		sides.append(Side(label, sku or _("no SKU"), there.item or _("no Item"), same))
		if there.stock_link is not None and there.stock_item != there.item:
			label = _("Inventory item of {0}", sku or str(variant["id"]))
			sides.append(Side(label, there.item or "", there.stock_item or _("no Item"), False))
	return Table(tuple(sides))


def masked(table: Table) -> Table:
	"""Return a table without personal values, as evidence masks them: whether they are the same still shows."""
	sides = tuple(
		Side(side.label, mask("email", side.shopify), mask("email", side.erpnext), side.same, True) if side.is_personal else side
		for side in table.sides
	)
	return Table(
		sides, table.note, tuple(("Customer", "") if kind in _PEOPLE else (kind, name) for kind, name in table.documents)
	)


_PEOPLE = ("Customer", "Contact", "Address")


def as_data(table: Table) -> Mapping[str, Any]:
	"""Return a table as plain data, its sentences still to be put into words."""
	return {
		"rows": [
			{"label": side.label, "shopify": side.shopify, "erpnext": side.erpnext, "same": side.same} for side in table.sides
		],
		"note": table.note,
		"differs": table.differs,
		"documents": [{"doctype": doctype, "name": name} for doctype, name in table.documents if name],
	}


def _figure(value: Decimal) -> str:
	return plain(value.normalize()) if value else "0"


def _money(value: Decimal | None, currency: str) -> str:
	return f"{plain(value)} {currency}".strip() if value is not None else ""
