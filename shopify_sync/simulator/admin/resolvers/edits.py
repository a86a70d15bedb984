"""Order editing: begin, change, commit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...rest.values import gid
from ...shop.records import EditedLine, LineItem, Order, OrderEdit
from ..call import Call, Resolver, mutation, register
from ..errors import NotImplementedHere
from ..gids import number
from .common import amount, bag, connection, only


@dataclass(frozen=True)
class EditView:
	"""An edit and its order."""

	order: Order
	edit: OrderEdit


@dataclass(frozen=True)
class EditLineView:
	"""A line as it will be after the commit."""

	order: Order
	edit: OrderEdit
	line: LineItem | None
	staged: EditedLine | None

	@property
	def id(self) -> str:
		"""The line item's id."""
		return self.line.id if self.line is not None else self.staged.line_item_id  # type: ignore[union-attr]

	@property
	def quantity(self) -> int:
		"""Pieces after the commit."""
		return self.staged.quantity if self.staged is not None else self.line.current_quantity  # type: ignore[union-attr]


def _lines(view: EditView) -> list[EditLineView]:
	found = [
		EditLineView(view.order, view.edit, line, view.edit.lines.get(line.id)) for line in view.order.line_items if not line.is_tip
	]  # fmt: skip
	return found + _added(view)


def _added(view: EditView) -> list[EditLineView]:
	return [EditLineView(view.order, view.edit, None, staged) for staged in view.edit.lines.values() if staged.is_new]


register(
	"CalculatedOrder",
	{
		"id": lambda _c, view: gid("CalculatedOrder", view.edit.id),
		"originalOrder": lambda _c, view: view.order,
		"committed": lambda _c, view: view.edit.committed_at is not None,
		"lineItems": connection(lambda _c, view: _lines(view)),
		"addedLineItems": connection(lambda _c, view: _added(view)),
		"subtotalLineItemsQuantity": lambda _c, view: sum(line.quantity for line in _lines(view)),
	},
	value=EditView,
)


def _unit_price(call: Call, view: EditLineView) -> Decimal:
	if view.line is not None:
		return view.line.price
	staged = view.staged
	assert staged is not None
	return staged.price if staged.price is not None else call.shop.products.variants[str(staged.variant_id)].price


def _title(call: Call, view: EditLineView) -> str:
	if view.line is not None:
		return view.line.title
	assert view.staged is not None
	if not view.staged.variant_id:
		return view.staged.title
	return call.shop.products.all[call.shop.products.variants[view.staged.variant_id].product_id].title


def _variant(call: Call, view: EditLineView) -> Any:
	source: Any = view.line if view.line is not None else view.staged
	return call.shop.products.variants.get(source.variant_id or "")


register(
	"CalculatedLineItem",
	{
		"id": lambda _c, view: gid("CalculatedLineItem", view.id),
		"title": _title,
		"quantity": lambda _c, view: view.quantity,
		"editableQuantity": lambda _c, view: view.quantity - (view.line.fulfilled_quantity if view.line else 0),
		"sku": lambda call, view: (getattr(_variant(call, view), "sku", "") or (view.line.sku if view.line else "")) or None,
		"variant": _variant,
		"originalUnitPriceSet": lambda call, view: bag(call, _unit_price(call, view)),
		"hasStagedLineItemDiscount": lambda _c, view: bool(view.staged and view.staged.discount),
	},
	value=EditLineView,
)
register("OrderEditSession", {"id": lambda _c, view: gid("OrderEditSession", view.edit.id)})


def _view(call: Call, edit_id: str) -> EditView:
	edit = call.shop.edits.get(edit_id)
	return EditView(call.shop.orders.get(edit.order_id), edit)


def _edit_id(value: str) -> str:
	return number(value, "CalculatedOrder", "OrderEditSession")


def _answer(call: Call, edit_id: str, line: str | None = None) -> dict[str, Any]:
	view = _view(call, edit_id)
	found = next((entry for entry in _lines(view) if entry.id == line), None)
	return {"calculatedOrder": view, "orderEditSession": view, "calculatedLineItem": found}


def _begin(call: Call, _root: Any, id: str) -> dict[str, Any]:
	return _answer(call, call.shop.edits.begin(number(id, "Order")))


def _add_variant(call: Call, _root: Any, id: str, variantId: str, quantity: int, allowDuplicates: bool = False) -> dict[str, Any]:
	line = call.shop.edits.add_variant(_edit_id(id), number(variantId, "ProductVariant"), quantity)
	return _answer(call, _edit_id(id), line)


def _add_custom(
	call: Call, _root: Any, id: str, title: str, price: dict[str, Any], quantity: int,
	taxable: bool | None = None, requiresShipping: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
	each = amount(price["amount"], "price")
	line = call.shop.edits.add_custom_item(
		_edit_id(id), title, each, quantity, taxable=taxable is not False, requires_shipping=requiresShipping is not False
	)
	return _answer(call, _edit_id(id), line)


def _set_quantity(call: Call, _root: Any, id: str, lineItemId: str, quantity: int, restock: bool | None = None) -> dict[str, Any]:
	if restock is False:
		raise NotImplementedHere("orderEditSetQuantity(restock: false)")
	line = number(lineItemId, "CalculatedLineItem", "LineItem")
	call.shop.edits.set_quantity(_edit_id(id), line, quantity)
	return _answer(call, _edit_id(id), line)


def _add_discount(call: Call, _root: Any, id: str, lineItemId: str, discount: dict[str, Any]) -> dict[str, Any]:
	only(discount, "OrderEditAppliedDiscountInput", "fixedValue", "description")
	line = number(lineItemId, "CalculatedLineItem", "LineItem")
	call.shop.edits.add_discount(_edit_id(id), line, amount(discount["fixedValue"]["amount"], "discount"))
	return _answer(call, _edit_id(id), line)


def _commit(call: Call, _root: Any, id: str, notifyCustomer: bool | None = None, staffNote: str | None = None) -> dict[str, Any]:
	order = call.shop.edits.commit(_edit_id(id), bool(notifyCustomer), staffNote or "")
	return {"order": order, "successMessages": ["Order updated"]}


_CHANGE = ("calculatedOrder", "orderEditSession", "calculatedLineItem")
_CHANGES: dict[str, Resolver] = {
	"orderEditAddVariant": _add_variant,
	"orderEditAddCustomItem": _add_custom,
	"orderEditSetQuantity": _set_quantity,
	"orderEditAddLineItemDiscount": _add_discount,
}
mutation("orderEditBegin", _begin, *_CHANGE[:2])
for _name, _change in _CHANGES.items():
	mutation(_name, _change, *_CHANGE)
mutation("orderEditCommit", _commit, "order", "successMessages")
