"""What was booked of an order, as it is kept on the order's link (`agreed`): read as values, written as plain data.

It tells a later state apart from the one that was booked, and which rows of which document a piece stands in, so that nothing
has to be guessed from documents that people may have touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ..money import ZERO
from ..snapshots import ItemState
from .pricing import Pinned
from .tax_sums import TaxKey

#: The line of rows that belong to no line of Shopify's.
TIP = "tip"


@dataclass(frozen=True)
class Row:
	"""An item row: pieces in stock units, rate in the order's currency. *left* of them are neither credited nor sent yet."""

	quantity: int
	rate: Decimal
	left: int

	def taking(self, pieces: int) -> Row:
		"""Return the row with that many fewer left."""
		return replace(self, left=self.left - pieces)


#: Rows by line, in the order in which they stand in the document.
Rows = Mapping[str, tuple[Row, ...]]


@dataclass(frozen=True)
class Taken:
	"""Pieces out of one row: of a line, in a document, at a place."""

	line: str
	index: int
	pieces: int
	rate: Decimal


@dataclass(frozen=True)
class Ordered:
	"""What the Sales Order says: per line pieces (Shopify's) and net amount, per tax, and its rows."""

	lines: Mapping[str, tuple[int, Decimal]]
	shipping: Decimal
	taxes: Mapping[TaxKey, Decimal]
	total: Decimal
	extras: Mapping[str, Decimal]
	rows: Rows
	#: line → the Item that it was booked with; a mapping that is changed later changes nothing about it.
	items: Mapping[str, ItemState] = field(default_factory=dict)

	def differs(self, other: Ordered) -> list[str]:
		"""Return what is not the same, in words for people."""
		pairs = (
			("lines", self.lines, other.lines),
			("shipping", self.shipping, other.shipping),
			("taxes", _without_zeros(self.taxes), _without_zeros(other.taxes)),
			("duties, discounts or adjustments", _without_zeros(self.extras), _without_zeros(other.extras)),
		)
		return [name for name, before, after in pairs if before != after]


@dataclass(frozen=True)
class Invoiced:
	"""What all Sales Invoices of the order, less their corrections, say.

	:ivar lines: line → pieces (Shopify's), net and taxes.
	:ivar documents: number of the invoice → its rows; a number without rows is a correction.
	"""

	lines: Mapping[str, Pinned] = field(default_factory=dict)
	shipping: Decimal = ZERO
	shipping_taxes: Mapping[TaxKey, Decimal] = field(default_factory=dict)
	extras: Mapping[str, Decimal] = field(default_factory=dict)
	total: Decimal = ZERO
	documents: Mapping[int, Rows] = field(default_factory=dict)
	totals: Mapping[int, Decimal] = field(default_factory=dict)

	@property
	def next_number(self) -> int:
		"""The number of the next invoice or correction."""
		return max(self.totals, default=0) + 1


@dataclass(frozen=True)
class Memory:
	"""Everything that is remembered.

	:ivar reduced: refunds that reduced the order; *credited*: those that have their credit note.
	:ivar sent: fulfillment → the rows of its Delivery Note; *tracking*: fulfillment → the tracking number there.
	:ivar closed: we closed the Sales Order; *draft*: we made it as a draft; *amended*: how often we amended it.
	"""

	currency: str
	ordered: Ordered
	invoiced: Invoiced = field(default_factory=Invoiced)
	reduced: tuple[str, ...] = ()
	credited: tuple[str, ...] = ()
	sent: Mapping[str, Rows] = field(default_factory=dict)
	tracking: Mapping[str, str] = field(default_factory=dict)
	closed: bool = False
	draft: bool = False
	amended: int = 0

	def dump(self) -> dict[str, Any]:
		"""Return it as plain data."""
		return {
			"currency": self.currency,
			"total": _text(self.ordered.total),
			"lines": {line: [pieces, _text(net)] for line, (pieces, net) in self.ordered.lines.items()},
			"shipping": _text(self.ordered.shipping),
			"taxes": _taxes_text(self.ordered.taxes),
			"extras": {name: _text(amount) for name, amount in self.ordered.extras.items()},
			"rows": _rows_text(self.ordered.rows),
			"items": {
				line: [item.code, item.stock_uom, item.factor, int(item.is_stock_item)]
				for line, item in self.ordered.items.items()
			},
			"invoiced": _invoiced_text(self.invoiced),
			"reduced": list(self.reduced),
			"credited": list(self.credited),
			"sent": {fulfillment: _rows_text(rows) for fulfillment, rows in self.sent.items()},
			"tracking": dict(self.tracking),
			**({"closed": True} if self.closed else {}),
			**({"draft": True} if self.draft else {}),
			**({"amended": self.amended} if self.amended else {}),
		}


def remembered(agreed: Mapping[str, Any], ordered: Ordered) -> Memory:
	"""Return what *agreed* holds; what it lacks (a link made by hand, or by an earlier version) is as in *ordered*."""
	if "lines" not in agreed:
		return Memory(str(agreed.get("currency") or ""), ordered)
	lines = {line: (int(pieces), Decimal(net)) for line, (pieces, net) in agreed["lines"].items()}
	before = Ordered(
		lines=lines,
		shipping=Decimal(agreed["shipping"]),
		taxes=_taxes(agreed["taxes"]),
		total=Decimal(agreed["total"]),
		extras={name: Decimal(amount) for name, amount in (agreed.get("extras") or {}).items()},
		rows=_rows(agreed["rows"]) if "rows" in agreed else ordered.rows,
		items=items_before(agreed) or ordered.items,
	)
	return Memory(
		currency=agreed["currency"],
		ordered=before,
		invoiced=_invoiced(agreed.get("invoiced") or {}),
		reduced=tuple(agreed.get("reduced") or ()),
		credited=tuple(agreed.get("credited") or ()),
		sent={fulfillment: _rows(rows) for fulfillment, rows in (agreed.get("sent") or {}).items()},
		tracking=dict(agreed.get("tracking") or {}),
		closed=bool(agreed.get("closed")),
		draft=bool(agreed.get("draft")),
		amended=int(agreed.get("amended") or 0),
	)


def reduced_before(agreed: Mapping[str, Any]) -> tuple[str, ...]:
	"""Return the refunds that reduced the order so far; needed before it can be priced."""
	return tuple(agreed.get("reduced") or ())


def invoiced_before(agreed: Mapping[str, Any]) -> Invoiced:
	"""Return what is invoiced so far; needed before the order can be priced."""
	return _invoiced(agreed.get("invoiced") or {})


def items_before(agreed: Mapping[str, Any]) -> dict[str, ItemState]:
	"""Return line → Item of what is booked so far."""
	return {
		line: ItemState(code, stock_uom=uom, factor=int(factor), is_stock_item=bool(stock))
		for line, (code, uom, factor, stock) in (agreed.get("items") or {}).items()
	}


def take(rows: Rows, line: str, pieces: int) -> tuple[list[Taken], Rows]:
	"""Take *pieces* of a line out of what is left of *rows*, first rows first. Return what was taken, and what is left then.

	Less comes out than was asked for when the rows do not hold as many.
	"""
	taken: list[Taken] = []
	left = list(rows.get(line, ()))
	for index, row in enumerate(left):
		count = min(pieces, row.left)
		if count > 0:
			taken.append(Taken(line, index, count, row.rate))
			left[index] = row.taking(count)
			pieces -= count
	return taken, {**rows, line: tuple(left)}


def _without_zeros(amounts: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
	return {key: amount for key, amount in amounts.items() if amount}


def _text(amount: Decimal) -> str:
	return format(amount.normalize(), "f")


def tax_name(key: TaxKey) -> str:
	"""Return how a tax is spelled in the memory: `VAT@0.2`."""
	return f"{key[0]}@{format(key[1].normalize(), 'f')}"


def _taxes_text(taxes: Mapping[TaxKey, Decimal]) -> dict[str, str]:
	return {tax_name(key): _text(amount) for key, amount in taxes.items() if amount}


def _taxes(data: Mapping[str, str]) -> dict[TaxKey, Decimal]:
	found = {}
	for name, amount in data.items():
		title, _at, rate = name.rpartition("@")
		found[(title, Decimal(rate))] = Decimal(amount)
	return found


def _rows_text(rows: Rows) -> dict[str, list[list[Any]]]:
	return {line: [[row.quantity, _text(row.rate), row.left] for row in found] for line, found in rows.items() if found}


def _rows(data: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, tuple[Row, ...]]:
	return {
		line: tuple(Row(int(quantity), Decimal(rate), int(left)) for quantity, rate, left in found)
		for line, found in data.items()
	}


def _invoiced_text(invoiced: Invoiced) -> dict[str, Any]:
	if not invoiced.totals:
		return {}
	return {
		"lines": {line: [pin.quantity, _text(pin.net), _taxes_text(pin.taxes)] for line, pin in invoiced.lines.items()},
		"shipping": _text(invoiced.shipping),
		"shipping_taxes": _taxes_text(invoiced.shipping_taxes),
		"extras": {name: _text(amount) for name, amount in invoiced.extras.items()},
		"total": _text(invoiced.total),
		"documents": {str(number): _rows_text(rows) for number, rows in invoiced.documents.items()},
		"totals": {str(number): _text(amount) for number, amount in invoiced.totals.items()},
	}


def _invoiced(data: Mapping[str, Any]) -> Invoiced:
	if not data:
		return Invoiced()
	return Invoiced(
		lines={line: Pinned(int(count), Decimal(net), _taxes(taxes)) for line, (count, net, taxes) in data["lines"].items()},
		shipping=Decimal(data["shipping"]),
		shipping_taxes=_taxes(data["shipping_taxes"]),
		extras={name: Decimal(amount) for name, amount in data["extras"].items()},
		total=Decimal(data["total"]),
		documents={int(number): _rows(rows) for number, rows in data["documents"].items()},
		totals={int(number): Decimal(amount) for number, amount in data["totals"].items()},
	)
