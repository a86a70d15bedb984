"""Returns as values: what Shopify has of an order's returns, and what is remembered of those that stand for people's own.

A return in ERPNext is a Delivery Note that *Is Return*. The memory stands beside that of the parcels (parcels.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

#: Line item id → pieces.
Pieces = Mapping[str, int]
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/ReturnStatus
OPEN = "OPEN"
_UNDONE = ("CANCELED", "DECLINED")


def added_up(parts: Iterable[Pieces]) -> dict[str, int]:
	"""Return the pieces of several of them, by line."""
	found: dict[str, int] = {}
	for part in parts:
		for line, pieces in part.items():
			found[line] = found.get(line, 0) + pieces
	return found


@dataclass(frozen=True)
class Returned:
	"""What stands in Shopify for a return of people's own: a return, or a refund that has brought the pieces back already.

	:ivar id: of the return; of a refund `<refund>/<Delivery Note>`. *note*: the Delivery Note that is the return in ERPNext.
	:ivar places: the location that the rows' warehouse stands for (empty: it stands for none) → line → pieces.
	:ivar received: nothing of it is left to be received; *cancelled*: it does not stand any more.
	"""

	id: str
	note: str
	places: Mapping[str, Pieces]
	received: bool = False
	cancelled: bool = False
	refund: str = ""

	@property
	def lines(self) -> dict[str, int]:
		"""Its pieces by line."""
		return added_up(self.places.values())


# --- what Shopify has ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReturnableLine:
	"""Pieces of a fulfillment that can be returned. *id*: of the fulfillment's line item; *line*: of the order's."""

	id: str
	fulfillment: str
	line: str
	pieces: int


@dataclass(frozen=True)
class WaitingLine:
	"""Pieces of a return that nobody has received. *id*: of the reverse fulfillment order's line item; *line*: of the order's."""

	id: str
	line: str
	pieces: int


@dataclass(frozen=True)
class ShopifyReturn:
	"""A return in Shopify.

	:ivar lines: pieces by the order's lines. *waiting*: what is to be received. *refunded*: a refund was made of it.
	"""

	id: str
	name: str
	status: str
	lines: Pieces
	waiting: tuple[WaitingLine, ...] = ()
	refunded: bool = False

	@property
	def is_undone(self) -> bool:
		"""Whether it was cancelled or declined."""
		return self.status in _UNDONE


@dataclass(frozen=True)
class ShopifyReturns:
	"""What Shopify has of an order that bears on its returns.

	:ivar refunded: refund → the pieces that it restocked without being made of a return.
	"""

	label: str
	returnable: tuple[ReturnableLine, ...] = ()
	returns: tuple[ShopifyReturn, ...] = ()
	refunded: Mapping[str, Pieces] = field(default_factory=dict)

	def find(self, id: str) -> ShopifyReturn | None:
		"""Return a return by its id, or None."""
		return next((found for found in self.returns if found.id == id), None)
