"""Parts of an order together with the order: what resolvers below it need to know."""

from __future__ import annotations

from dataclasses import dataclass

from ...shop.records import (
	Fulfillment,
	FulfillmentOrder,
	FulfillmentOrderLine,
	LineItem,
	Order,
	Refund,
	RefundLine,
	Return,
	ReturnLine,
	ShippingLine,
	Transaction,
)  # fmt: skip


@dataclass(frozen=True)
class LineView:
	"""A line of an order."""

	order: Order
	line: LineItem


@dataclass(frozen=True)
class ShippingView:
	"""A shipping line of an order."""

	order: Order
	line: ShippingLine


@dataclass(frozen=True)
class TransactionView:
	"""A transaction of an order."""

	order: Order
	transaction: Transaction


@dataclass(frozen=True)
class RefundView:
	"""A refund of an order."""

	order: Order
	refund: Refund


@dataclass(frozen=True)
class RefundLineView:
	"""A line of a refund."""

	order: Order
	refund: Refund
	entry: RefundLine


@dataclass(frozen=True)
class FulfillmentView:
	"""A parcel of an order."""

	order: Order
	fulfillment: Fulfillment


@dataclass(frozen=True)
class FulfillmentLineView:
	"""Pieces of a line in a parcel."""

	order: Order
	fulfillment: Fulfillment
	line_item_id: str
	quantity: int


@dataclass(frozen=True)
class FulfillmentOrderView:
	"""A fulfillment order of an order."""

	order: Order
	fulfillment_order: FulfillmentOrder

	@property
	def id(self) -> str:
		"""The fulfillment order's id, by which lists are sorted."""
		return self.fulfillment_order.id


@dataclass(frozen=True)
class FulfillmentOrderLineView:
	"""A line of a fulfillment order."""

	order: Order
	fulfillment_order: FulfillmentOrder
	entry: FulfillmentOrderLine


@dataclass(frozen=True)
class ReturnView:
	"""A return of an order."""

	order: Order
	found: Return


@dataclass(frozen=True)
class ReturnLineView:
	"""A line of a return, and of its reverse fulfillment order."""

	order: Order
	line: ReturnLine


def parcel_line(view: ReturnLineView) -> FulfillmentLineView:
	"""Return the line of the parcel that a line of a return takes pieces back of."""
	parcel = next(found for found in view.order.fulfillments if found.id == view.line.fulfillment_id)
	return FulfillmentLineView(view.order, parcel, view.line.line_item_id, parcel.lines[view.line.line_item_id])


def line_of(order: Order, line_item_id: str) -> LineView:
	"""Return a line of an order by its id."""
	return LineView(order, next(line for line in order.line_items if line.id == line_item_id))
