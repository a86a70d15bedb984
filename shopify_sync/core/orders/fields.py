"""What else of an order goes to fields of the Sales Order: notes, tags, PO number, channel, risk, as the store's Field Mapping says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..contracts.order import Order
from ..masking import Personal
from ..policy import StorePolicy

#: What people write: it may say anything about anybody.
_WRITTEN_BY_PEOPLE = frozenset(("note",))
#: The sources that can be mapped; `note_attribute:NAME` is one for each attribute of the cart.
SOURCES: dict[str, Callable[[Order], str]] = {
	"note": lambda order: order.note,
	"tags": lambda order: order.tags,
	"po_number": lambda order: order.po_number,
	"source_name": lambda order: order.source_name,
	"risk_level": lambda order: order.risk_level,
	"location_id": lambda order: order.location_id or "",
	"payment_terms": lambda order: order.payment_terms.payment_terms_name if order.payment_terms else "",
	"company_location": lambda order: (order.company.location_id or "") if order.company else "",
}
NOTE_ATTRIBUTE = "note_attribute:"


def field_values(order: Order, policy: StorePolicy) -> dict[str, Any]:
	"""Return Sales Order field → value, for what the order has and the store maps.

	Nothing is mapped by itself: ERPNext's `po_no`, for one, is refused when a customer uses a number twice.
	"""
	return {
		field: Personal(value) if source in _WRITTEN_BY_PEOPLE or source.startswith(NOTE_ATTRIBUTE) else value
		for source, field in policy.field_rules
		if (value := value_of(order, source))
	}


def value_of(order: Order, source: str) -> str:
	"""Return what *order* says of a source, as text; empty when it says nothing, or the source is unknown."""
	if source.startswith(NOTE_ATTRIBUTE):
		wanted = source.removeprefix(NOTE_ATTRIBUTE).strip().casefold()
		return next((entry.value for entry in order.note_attributes if entry.name.strip().casefold() == wanted), "")
	read = SOURCES.get(source)
	return read(order) if read else ""
