"""An order, payload versions 2023-07 to 2026-07 (https://shopify.dev/docs/api/admin-rest/latest/resources/order)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..money import total
from .address import Address
from .base import (
	Amount,
	AmountOrZero,
	Flag,
	OptionalId,
	ShopifyModel,
	Text,
	UtcTime,
	WithExactId,
	id_from_gid,
	nullable_list,
)
from .customer import Customer


class TaxLine(ShopifyModel):
	"""One tax on one line: title, rate as a fraction (0.2 is 20 %), amount in the order's currency."""

	title: Text = ""
	rate: AmountOrZero = Decimal(0)
	price: AmountOrZero = Decimal(0)


class DiscountAllocation(ShopifyModel):
	"""The share of a discount that falls on one line, in the order's currency."""

	amount: AmountOrZero = Decimal(0)


class _Priced(ShopifyModel):
	"""What lines and shipping lines share: their taxes, and what is taken off."""

	tax_lines: Annotated[tuple[TaxLine, ...], nullable_list] = ()
	discount_allocations: Annotated[tuple[DiscountAllocation, ...], nullable_list] = ()

	@property
	def discount(self) -> Decimal:
		"""Everything taken off, shares of order discounts included."""
		return total(share.amount for share in self.discount_allocations)

	@property
	def tax(self) -> Decimal:
		"""All taxes."""
		return total(tax.price for tax in self.tax_lines)


class LineItem(_Priced, WithExactId):
	"""A line of the order. Custom lines and tips have neither product nor variant; a deleted product leaves the SKU."""

	title: Text = ""
	name: Text = ""
	variant_title: Text = ""
	sku: Text = ""
	product_id: OptionalId = None
	variant_id: OptionalId = None
	product_exists: Flag = True
	gift_card: Flag = False
	quantity: Annotated[int, Field(ge=0)]
	#: After edits and refunds; missing before 2024-01.
	current_quantity: int | None = None
	price: Amount

	@property
	def is_custom(self) -> bool:
		"""Whether the line belongs to no product that still exists: a custom line, a tip, a deleted product."""
		return self.variant_id is None and (self.product_id is None or not self.product_exists)


class ShippingLine(_Priced):
	"""A shipping method and its price."""

	id: OptionalId = None
	title: Text = ""
	code: Text = ""
	price: AmountOrZero = Decimal(0)
	is_removed: Flag = False


class RefundLineItem(ShopifyModel):
	"""What a refund, or the removal of a line by an edit, took back."""

	line_item_id: OptionalId = None
	quantity: int = 0


class Refund(ShopifyModel):
	"""A refund. Kept here to know that there is one, and how many pieces it took back."""

	id: OptionalId = None
	refund_line_items: Annotated[tuple[RefundLineItem, ...], nullable_list] = ()


class Fulfillment(ShopifyModel):
	"""A fulfillment. Kept here to know that there is one."""

	id: OptionalId = None
	status: Text = ""


class Order(WithExactId):
	"""An order as it stood at `updated_at`. Money is in the shop's currency (`currency`)."""

	name: Text = ""
	created_at: UtcTime | None = None
	processed_at: UtcTime | None = None
	updated_at: UtcTime
	cancelled_at: UtcTime | None = None
	currency: Annotated[str, Field(min_length=3, max_length=3)]
	taxes_included: Flag = False
	total_price: Amount
	current_total_price: Amount | None = None
	subtotal_price: Amount | None = None
	total_tax: Amount | None = None
	total_discounts: AmountOrZero = Decimal(0)
	total_tip_received: AmountOrZero = Decimal(0)
	financial_status: Text = ""
	fulfillment_status: Text = ""
	email: Text = ""
	contact_email: Text = ""
	phone: Text = ""
	customer: Customer | None = None
	billing_address: Address | None = None
	shipping_address: Address | None = None
	line_items: Annotated[tuple[LineItem, ...], nullable_list] = ()
	shipping_lines: Annotated[tuple[ShippingLine, ...], nullable_list] = ()
	tax_lines: Annotated[tuple[TaxLine, ...], nullable_list] = ()
	refunds: Annotated[tuple[Refund, ...], nullable_list] = ()
	fulfillments: Annotated[tuple[Fulfillment, ...], nullable_list] = ()

	@model_validator(mode="before")
	@classmethod
	def _forgive(cls, data: Any) -> Any:
		"""Take an empty section for a missing one: draft and POS orders send `{}` where others send null."""
		if not isinstance(data, dict):
			return data
		empty = {name: None for name in ("customer", "billing_address", "shipping_address") if not data.get(name)}
		customer = data.get("customer")
		if isinstance(customer, dict) and not (customer.get("id") or id_from_gid(customer.get("admin_graphql_api_id"))):
			empty["customer"] = None
		return {**data, **empty}

	@property
	def label(self) -> str:
		"""What people call the order: `#1001`, else its id."""
		return self.name or self.id

	@property
	def guest_email(self) -> str:
		"""The e-mail of an order without a customer."""
		return self.email or self.contact_email

	@property
	def placed_at(self) -> Any:
		"""When the order was placed, UTC."""
		return self.processed_at or self.created_at or self.updated_at

	def current_quantity(self, line: LineItem) -> int:
		"""Return the pieces of *line* that are left after edits and refunds, in every payload version."""
		if line.current_quantity is not None:
			return max(line.current_quantity, 0)
		taken = sum(r.quantity for refund in self.refunds for r in refund.refund_line_items if r.line_item_id == line.id)
		return max(line.quantity - taken, 0)
