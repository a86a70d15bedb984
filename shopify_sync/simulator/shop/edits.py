"""Order editing: changes are collected, and take effect with the commit (https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps/edit-orders)."""

from __future__ import annotations

from decimal import Decimal

from . import pricing, routing
from .desk import Desk, operation
from .errors import UserError
from .placing import make_line, retax
from .records import Allocation, DiscountApplication, EditedLine, LineItem, Order, OrderEdit


class Edits(Desk[OrderEdit]):
	"""The order edits of a shop, begun and committed."""

	kind = "Calculated order"

	@operation
	def begin(self, order_id: str) -> str:
		"""Begin to edit an order and return the edit's id. :raises UserError: for a cancelled order."""
		order = self.shop.orders.get(order_id)
		if order.cancelled_at:
			raise UserError(("id",), "The order cannot be edited.", "INVALID")
		made = OrderEdit(self.shop.new_id("CalculatedOrder"), order.id, created_at=self.shop.now())
		self.all[made.id] = made
		return made.id

	@operation
	def add_variant(self, edit_id: str, variant_id: str, quantity: int) -> str:
		"""Add pieces of a variant as a line of their own, and return the new line's id."""
		edit = self._open(edit_id)
		variant = self.shop.products.variant(variant_id)
		return self._add(edit, EditedLine(self.shop.new_id("LineItem"), _pieces(quantity), variant_id=variant.id, is_new=True))

	@operation
	def add_custom_item(
		self,
		edit_id: str,
		title: str,
		price: Decimal | int | str,
		quantity: int,
		*,
		taxable: bool = True,
		requires_shipping: bool = True,
	) -> str:
		"""Add a line without a product, and return its id. *price* of one piece in the shop's currency."""
		edit = self._open(edit_id)
		if not title.strip():
			raise UserError(("title",), "Title can't be blank", "BLANK")
		line = EditedLine(
			self.shop.new_id("LineItem"),
			_pieces(quantity),
			title=title,
			price=self.shop.amount(price, "price"),
			is_new=True,
			taxable=taxable,
			requires_shipping=requires_shipping,
		)
		return self._add(edit, line)

	@operation
	def set_quantity(self, edit_id: str, line_item_id: str, quantity: int) -> None:
		"""Set how many pieces of a line there shall be. :raises UserError: below what was fulfilled, or for a line that is not there."""
		edit = self._open(edit_id)
		if quantity < 0:
			raise UserError(("quantity",), "Quantity must be greater than or equal to 0", "INVALID")
		staged = edit.lines.get(str(line_item_id))
		if staged is not None and staged.is_new:
			staged.quantity = quantity
			return
		line = self._line(edit, line_item_id)
		if quantity < line.current_quantity - line.fulfillable_quantity:
			raise UserError(("quantity",), "Quantity can't be less than the fulfilled quantity", "INVALID")
		edit.lines[line.id] = EditedLine(line.id, quantity)

	@operation
	def add_discount(self, edit_id: str, line: str, amount: Decimal | int | str) -> None:
		"""Take *amount* (shop's currency) off a line that this edit adds. Whether Shopify means the piece or the line is not
		documented; here it is the line. :raises UserError: for another line, or more than it costs."""
		edit = self._open(edit_id)
		staged = edit.lines.get(str(line))
		if staged is None or not staged.is_new:
			raise UserError(("lineItemId",), "Discounts can only be added to lines that this edit adds", "INVALID")
		off = self.shop.amount(amount, "discount")
		price = staged.price if staged.price is not None else self.shop.products.variant(str(staged.variant_id)).price
		if off + staged.discount > price * staged.quantity:
			raise UserError(("discount",), "Discount can't be greater than the price", "INVALID")
		staged.discount += off

	@operation
	def commit(self, edit_id: str, notify: bool = False, staff_note: str = "") -> Order:
		"""Carry the changes out. Added pieces raise `quantity` and `current_quantity`; removed ones lower `current_quantity` only.

		:raises UserError: when there is nothing to change, the edit is committed, or the order changed so that it does not fit.
		"""
		edit = self._open(edit_id)
		order = self.shop.orders.get(edit.order_id)
		changes = self._checked(edit, order)
		edit.committed_at, edit.notify_customer, edit.staff_note = self.shop.now(), notify, staff_note
		added = []
		for staged, line, delta in changes:
			if delta < 0:
				self._remove(order, line, -delta)
				edit.removals[line.id] = -delta
			else:
				self._raise(order, staged, line, delta)
				edit.additions[line.id] = delta
				added.append((line, delta))
		routing.open_fulfillment_orders(self.shop, order, added, order.location_id)
		self.shop.emitter.note("orders/edited", order.id, edit)
		return self.shop.orders.changed(order)

	def _checked(self, edit: OrderEdit, order: Order) -> list[tuple[EditedLine, LineItem, int]]:
		"""Return what changes by how many pieces, with lines that are not in the order yet."""
		if order.cancelled_at:
			raise UserError(("id",), "The order cannot be edited.", "INVALID")
		known = {line.id: line for line in order.line_items}
		changes = []
		for staged in edit.lines.values():
			line = self._new_line(staged) if staged.is_new else known[staged.line_item_id]
			delta = staged.quantity if staged.is_new else staged.quantity - line.current_quantity
			if -delta > line.fulfillable_quantity:
				raise UserError(("id",), "The order was fulfilled or refunded in the meantime.", "INVALID")
			if staged.discount > line.price * delta and staged.is_new:
				raise UserError(("id",), "Discount can't be greater than the price", "INVALID")
			if delta:
				changes.append((staged, line, delta))
		if not changes:
			raise UserError(("id",), "There are no changes to commit.", "INVALID")
		return changes

	def _new_line(self, staged: EditedLine) -> LineItem:
		given = {
			"variant_id": staged.variant_id, "title": staged.title, "price": staged.price, "quantity": max(staged.quantity, 1),
		}  # fmt: skip
		if not staged.variant_id:
			given.update(taxable=staged.taxable, requires_shipping=staged.requires_shipping)
		line = make_line(self.shop, given, ("lineItem",))
		line.id, line.quantity, line.current_quantity = staged.line_item_id, 0, 0
		return line

	def _raise(self, order: Order, staged: EditedLine, line: LineItem, pieces: int) -> None:
		line.quantity += pieces
		line.current_quantity += pieces
		if staged.is_new:
			order.line_items.append(line)
			if staged.discount:
				order.discount_applications.append(DiscountApplication("Order edit", staged.discount))
				line.allocations.append(Allocation(len(order.discount_applications) - 1, staged.discount))
				line.discount += staged.discount
		if line.tax_lines or staged.is_new:
			customer = self.shop.customers.all.get(order.customer_id or "")
			retax(self.shop, line, order.taxes_included, bool(customer and customer.tax_exempt))

	def _remove(self, order: Order, line: LineItem, pieces: int) -> None:
		routing.release(self.shop, order, line, pieces)
		pricing.take(line, pieces, self.shop.quantum)
		line.removed_quantity += pieces

	def _add(self, edit: OrderEdit, line: EditedLine) -> str:
		edit.lines[line.line_item_id] = line
		return line.line_item_id

	def _open(self, edit_id: str) -> OrderEdit:
		edit = self.get(edit_id)
		if edit.committed_at:
			raise UserError(("id",), "The edit has already been committed.", "INVALID")
		return edit

	def _line(self, edit: OrderEdit, line_item_id: str) -> LineItem:
		order = self.shop.orders.get(edit.order_id)
		found = next((line for line in order.line_items if line.id == str(line_item_id)), None)
		if found is None or found.is_tip:
			raise UserError(("lineItemId",), "The line item does not exist or can't be edited.", "INVALID")
		return found


def _pieces(quantity: int) -> int:
	if quantity < 1:
		raise UserError(("quantity",), "Quantity must be greater than 0", "INVALID")
	return quantity
