"""What customers send back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Disposal:
	"""Where returned pieces went. *kind*: restocked, not_restocked, missing, processing_required."""

	kind: str
	pieces: int
	location_id: str | None = None


@dataclass
class ReturnLine:
	"""Pieces of a line of a parcel that come back.

	:ivar reverse_id: of the line of the reverse fulfillment order. *refunded*: pieces that a refund of the return has taken back.
	"""

	id: str
	reverse_id: str
	fulfillment_id: str
	line_item_id: str
	quantity: int
	reason: str = "unknown"
	note: str = ""
	refunded: int = 0
	disposals: list[Disposal] = field(default_factory=list)

	@property
	def waiting(self) -> int:
		"""Pieces that nobody has received."""
		return self.quantity - sum(found.pieces for found in self.disposals)


@dataclass
class Return:
	"""A return of an order. *status*: open, closed, canceled. *reverse_order_id*: of its reverse fulfillment order."""

	id: str
	order_id: str
	name: str
	lines: list[ReturnLine]
	reverse_order_id: str
	status: str = "open"
	refund_ids: list[str] = field(default_factory=list)
	created_at: datetime | None = None
	closed_at: datetime | None = None
