"""Orders: placed, paid, cancelled, closed (https://shopify.dev/docs/api/admin-graphql/latest/objects/Order)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from . import payments
from .desk import Desk, operation
from .errors import UserError
from .placing import Cart, fill
from .records import Address, Order
from .routing import open_fulfillment_orders
from .totals import amount_authorized, outstanding, total_price, totals

#: https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderCancelReason
CANCEL_REASONS = ("customer", "declined", "fraud", "inventory", "other", "staff")
_FIELDS = ("note", "tags", "email", "phone", "shipping_address")


class Orders(Desk[Order]):
	"""The orders of a shop."""

	kind = "Order"

	@operation
	def place(
		self,
		lines: Sequence[Mapping[str, Any]],
		*,
		customer_id: str | None = None,
		email: str = "",
		phone: str = "",
		billing_address: Address | None = None,
		shipping_address: Address | None = None,
		shipping: Mapping[str, Any] | None = None,
		order_discount: Decimal | int | str | None = None,
		tip: Decimal | int | str | None = None,
		financial: str = "pending",
		gateway: str = "manual",
		source_name: str = "web",
		note: str = "",
		tags: Iterable[str] = (),
		test: bool = False,
		location_id: str | None = None,
	) -> Order:
		"""Place an order: price it, commit the stock, write its payment down.

		:param lines: each with `variant_id` (None: a custom line), `title`, `sku`, `quantity`, `price` (default: the variant's),
			`discount` (on the whole line), `gift_card`, `taxable`, `requires_shipping`. Amounts in the shop's currency.
		:param shipping: `title`, `code`, `price`, `discount`; None: nothing is shipped.
		:param order_discount: spread over the lines, to the cent.
		:param financial: pending, authorized or paid.
		:param location_id: where it is fulfilled (a POS sale); default: routed by stock. Stock may go below zero: oversold.
		:raises UserError: for anything that Shopify would refuse; nothing has happened then.
		"""
		shop = self.shop
		if financial not in ("pending", "authorized", "paid"):
			raise UserError(("financialStatus",), f"Financial status {financial!r} is not valid", "INVALID")
		customer = shop.customers.get(customer_id) if customer_id else None
		if location_id and not shop.locations.get(location_id).is_active:
			raise UserError(("locationId",), "Location is not active", "INVALID")
		now, number = shop.now(), shop.next_order_number
		order = Order(
			id=shop.new_id("Order"),
			number=number,
			name=f"#{number}",
			currency=shop.currency,
			taxes_included=shop.taxes_included,
			line_items=[],
			shipping_lines=[],
			customer_id=customer.id if customer else None,
			email=email or (customer.email if customer else ""),
			phone=phone,
			billing_address=billing_address,
			shipping_address=shipping_address,
			note=note,
			tags=list(tags),
			source_name=source_name,
			gateway=gateway,
			test=test,
			location_id=str(location_id) if location_id else None,
			created_at=now,
			updated_at=now,
		)
		fill(shop, order, Cart(lines, shipping, order_discount, tip, bool(customer and customer.tax_exempt)))
		order.token = f"{shop.dice.bits('token', order.id):016x}{shop.dice.bits('token 2', order.id):016x}"
		order.confirmation_number = f"{shop.dice.bits('confirmation', order.id):016X}"[:9]
		to_send = [(line, line.quantity) for line in order.line_items if not line.is_tip]
		self.shop.emitter.note("orders/create", order.id, order)
		open_fulfillment_orders(shop, order, to_send, order.location_id)
		shop.next_order_number += 1
		self.all[order.id] = order
		payments.begin(shop, order, financial, total_price(order))
		if outstanding(order) <= 0:
			self.shop.emitter.note("orders/paid", order.id, order)
		return order

	@operation
	def mark_as_paid(self, id: str) -> Order:
		"""Write down that what is outstanding was paid, taking what is authorized first.

		:raises UserError: when nothing is outstanding, or the order is cancelled.
		"""
		order = self.get(id)
		due = outstanding(order)
		if due <= 0 or order.cancelled_at:
			raise UserError(("id",), "Order cannot be marked as paid.", "INVALID")
		held = min(amount_authorized(order), due)
		if held > 0:
			payments.capture(self.shop, order, held)
		if due > held:
			payments.receive(self.shop, order, due - held, "manual")
		return self.paid(order)

	@operation
	def pay(self, id: str, amount: Decimal | int | str, gateway: str | None = None) -> Order:
		"""Write down a payment of a part (or all) of what is outstanding. *amount* in the shop's currency."""
		order, paid = self.get(id), self.shop.amount(amount, "amount")
		payments.check_payable(order, paid)
		payments.receive(self.shop, order, paid, gateway)
		return self.paid(order)

	@operation
	def capture(self, id: str, amount: Decimal | int | str | None = None) -> Order:
		"""Take authorized money, all that is left when no amount (shop's currency) is given."""
		order = self.get(id)
		payments.capture(self.shop, order, None if amount is None else self.shop.amount(amount, "amount"))
		return self.paid(order)

	@operation
	def void(self, id: str) -> Order:
		"""Release the authorization. :raises UserError: when none is left."""
		order = self.get(id)
		if amount_authorized(order) <= 0:
			raise UserError(("parentTransactionId",), "No authorized payment is available to void", "INVALID")
		payments.void(self.shop, order)
		return self.changed(order)

	@operation
	def expire(self, id: str) -> Order:
		"""The bank's authorization runs out. :raises UserError: when none is left."""
		order = self.get(id)
		if amount_authorized(order) <= 0:
			raise UserError(("id",), "Order has no open authorization", "INVALID")
		order.expired_at = self.shop.now()
		return self.changed(order)

	@operation
	def cancel(self, id: str, reason: str = "customer", refund: bool = True, restock: bool = True) -> Order:
		"""Cancel an order: what is left of it is taken back, its stock freed, its authorization released.

		:param refund: whether what was paid is paid back.
		:param restock: whether the pieces are available again; otherwise they are written off.
		:raises UserError: when it is cancelled already, or something was fulfilled. (Shopify's REST reference: "Orders that are
			paid and have fulfillments can't be canceled"; for unpaid ones it says nothing, so they are refused as well.)
		"""
		order = self.get(id)
		if reason not in CANCEL_REASONS:
			raise UserError(("reason",), f"Reason {reason!r} is not valid", "INVALID")
		if order.cancelled_at:
			raise UserError(("orderId",), "Cannot cancel an order that has already been canceled", "INVALID")
		if any(line.fulfilled_quantity for line in order.line_items):
			raise UserError(("orderId",), "Cannot cancel an order that has been fulfilled", "INVALID")
		payments.void(self.shop, order)
		self.shop.refunds.take_all(order, pay_back=refund, restock=restock)
		for fulfillment_order in order.fulfillment_orders:
			fulfillment_order.status = "cancelled" if fulfillment_order.status == "closed" else fulfillment_order.status
		order.cancelled_at = order.closed_at = self.shop.now()
		order.cancel_reason = reason
		self.shop.emitter.note("orders/cancelled", order.id, order)
		return self.changed(order)

	@operation
	def close(self, id: str) -> Order:
		"""Archive an order. :raises UserError: when it is archived."""
		order = self.get(id)
		if order.closed_at:
			raise UserError(("id",), "Order is already closed", "INVALID")
		order.closed_at = self.shop.now()
		return self.changed(order)

	@operation
	def open(self, id: str) -> Order:
		"""Take an order out of the archive. :raises UserError: when it is open, or cancelled."""
		order = self.get(id)
		if not order.closed_at or order.cancelled_at:
			raise UserError(("id",), "Order cannot be opened", "INVALID")
		order.closed_at = None
		return self.changed(order)

	@operation
	def update(self, id: str, **fields: Any) -> Order:
		"""Change `note`, `tags`, `email`, `phone` or `shipping_address`. :raises UserError: for any other field."""
		order = self.get(id)
		for name in fields:
			if name not in _FIELDS:
				raise UserError(("input", name), f"{name} cannot be changed", "INVALID")
		for name, value in fields.items():
			setattr(order, name, list(value) if name == "tags" else value)
		return self.changed(order)

	@operation
	def delete(self, id: str) -> None:
		"""Delete an order for good; stock that was committed to it is free again.

		:raises UserError: when money was moved by a bank and the order is not cancelled. Which orders can be deleted:
			https://help.shopify.com/en/manual/orders/cancel-delete-order (cancelled, archived or manually paid ones).
		"""
		order = self.get(id)
		by_bank = order.gateway not in payments.MANUAL_GATEWAYS and totals(order).received > 0
		if by_bank and not (order.cancelled_at or order.test):
			raise UserError(("orderId",), "Order can't be deleted", "INVALID")
		self.shop.refunds.release_all(order)
		del self.all[order.id]
		self.shop.emitter.note("orders/delete", order.id, order)

	def paid(self, order: Order) -> Order:
		"""Note that money came: orders/paid when nothing is outstanding any more."""
		if outstanding(order) <= 0:
			self.shop.emitter.note("orders/paid", order.id, order)
		return self.changed(order)

	def changed(self, order: Order) -> Order:
		"""Note that an order changed; within an operation."""
		order.updated_at = self.shop.now()
		self.shop.emitter.note("orders/updated", order.id, order)
		return order
