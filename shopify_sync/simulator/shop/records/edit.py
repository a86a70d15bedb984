"""Changes to an order that are being collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .order import ZERO


@dataclass
class EditedLine:
	"""What an edit will do to a line: *line_item_id* is that of the order's line, or of the line to be added."""

	line_item_id: str
	quantity: int
	variant_id: str | None = None
	title: str = ""
	price: Decimal | None = None
	discount: Decimal = ZERO
	is_new: bool = False
	taxable: bool = True
	requires_shipping: bool = True


@dataclass
class OrderEdit:
	"""Changes to an order that are being collected, and were committed when *committed_at* is set."""

	id: str
	order_id: str
	lines: dict[str, EditedLine] = field(default_factory=dict)
	notify_customer: bool = False
	staff_note: str = ""
	created_at: datetime | None = None
	committed_at: datetime | None = None
	#: Line item id → pieces; filled by the commit.
	additions: dict[str, int] = field(default_factory=dict)
	removals: dict[str, int] = field(default_factory=dict)
