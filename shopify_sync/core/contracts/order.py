"""An order, payload versions 2023-07 to 2026-07 (https://shopify.dev/docs/api/admin-rest/latest/resources/order).

Money is read from the plain fields. Where a customer saw another currency than the shop's, :func:`in_money_of` puts the amounts
of the `*_set` that the store books into them first.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..money import ZERO, total
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
	exact_id,
	id_from_gid,
	nullable_list,
)
from .customer import Customer
from .transaction import Transaction

_SET = "_set"
SHOP_MONEY, PRESENTMENT_MONEY = "shop_money", "presentment_money"
#: Asked first: of an order's two hundred values most are such, and asking whether one is a Mapping takes ten times as long.
_PLAIN = frozenset({str, int, float, bool, type(None), Decimal})
#: What JSON is read as is asked for by its exact type, likewise.
_NESTED = (list, Mapping)


def in_money_of(payload: Any, money: str) -> Any:
	"""Return *payload* with the amount of each `*_set` in the plain field of that name.

	:param money: :data:`SHOP_MONEY`: only where the plain field is missing or is a JSON float (they are the shop's money
		already); :data:`PRESENTMENT_MONEY`: everywhere.
	"""
	if isinstance(payload, list):
		return [in_money_of(entry, money) for entry in payload]
	if type(payload) is not dict and not isinstance(payload, Mapping):
		return payload
	found: dict[str, Any] = {}
	for name, value in payload.items():
		kind = type(value)
		if kind in _PLAIN or not (kind is dict or isinstance(value, _NESTED)):
			found.setdefault(name, value)
		elif not name.endswith(_SET):
			found[name] = in_money_of(value, money)
		else:
			# Nobody reads the two amounts themselves, so they are not gone through.
			found[name] = value
			side, plain = value.get(money) if isinstance(value, Mapping) else None, name.removesuffix(_SET)
			if not isinstance(side, Mapping) or side.get("amount") is None:
				continue
			if money == PRESENTMENT_MONEY or not isinstance(payload.get(plain), str):
				found[plain] = side["amount"]
	if isinstance(payload.get(money), Mapping):
		# A duty holds its two amounts itself.
		found.setdefault("price", payload[money].get("amount"))
	return found


def in_booked_money(payload: Mapping[str, Any], money: str) -> Any:
	"""Return an order's payload in *money*, with its currency, and what it comes to in the other one.

	The latter tells what a transaction in the other currency is worth: a transaction has one amount only.
	"""
	found = in_money_of(payload, money)
	shop, shown = payload.get("currency"), payload.get("presentment_currency")
	if not isinstance(found, dict) or not shown or shown == shop:
		return found
	other = SHOP_MONEY if money == PRESENTMENT_MONEY else PRESENTMENT_MONEY
	total_set = payload.get("total_price_set")
	other_total = (total_set.get(other) or {}).get("amount") if isinstance(total_set, Mapping) else None
	found["currency"], found["other_currency"] = (shown, shop) if money == PRESENTMENT_MONEY else (shop, shown)
	return {**found, "other_total": other_total}


class TaxLine(ShopifyModel):
	"""One tax on one line: title, rate as a fraction (0.2 is 20 %), amount in the order's currency."""

	title: Text = ""
	rate: AmountOrZero = ZERO
	price: AmountOrZero = ZERO


class DiscountAllocation(ShopifyModel):
	"""The share of a discount that falls on one line, in the order's currency."""

	amount: AmountOrZero = ZERO


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


class Duty(ShopifyModel):
	"""Duty on a line, and the taxes on the duty."""

	price: AmountOrZero = ZERO
	tax_lines: Annotated[tuple[TaxLine, ...], nullable_list] = ()


class LineItem(_Priced, WithExactId):
	"""A line of the order. Custom lines and tips have neither product nor variant; a deleted product leaves the SKU."""

	#: Stands in for `name`. A line without a variant that is called "Tip", or costs what `total_tip_received` says, is the tip.
	title: Text = ""
	name: Text = ""
	#: Not needed: `name` has it.
	variant_title: Text = ""
	#: Finds the Item when no Shopify Link names the variant or the SKU, by Item Matching.
	sku: Text = ""
	#: Without a variant and a product that still exists the line is a custom line.
	product_id: OptionalId = None
	#: A Shopify Link of the variant comes before everything else.
	variant_id: OptionalId = None
	product_exists: Flag = True
	#: Found by no Item: Gift Card Item. Booked as owed, on Gift Card Account.
	gift_card: Flag = False
	quantity: Annotated[int, Field(ge=0)]
	#: After edits and refunds; missing before 2024-01.
	current_quantity: int | None = None
	#: What is never sent goes with the fulfillment that completes the order.
	requires_shipping: Flag = True
	#: What is left to send: tells whether a fulfillment that came in a message of its own completes the order.
	fulfillable_quantity: int | None = None
	duties: Annotated[tuple[Duty, ...], nullable_list] = ()
	#: Of a piece, before discounts. The row: price × quantity − discounts − taxes that are inside, as rates that multiply back exactly.
	price: Amount

	@property
	def is_custom(self) -> bool:
		"""Whether the line belongs to no product that still exists: a custom line, a tip, a deleted product."""
		return self.variant_id is None and (self.product_id is None or not self.product_exists)


class ShippingLine(_Priced):
	"""A shipping method and its price."""

	#: Not needed: shipping lines are booked by title, and their amounts compared as a sum.
	id: OptionalId = None
	#: Finds the account in Shipping Mapping; so does `code`.
	title: Text = ""
	code: Text = ""
	price: AmountOrZero = ZERO
	is_removed: Flag = False


class RefundLineItem(ShopifyModel):
	"""What a refund took back of one line. *subtotal* is after discounts, with tax where prices include it; *total_tax* its tax."""

	line_item_id: OptionalId = None
	quantity: Annotated[int, Field(ge=0)] = 0
	#: `return`: the goods come back; `cancel`, `no_restock`: no stock moves.
	restock_type: Text = ""
	#: Where the goods come back to; without one the Default Warehouse.
	location_id: OptionalId = None
	subtotal: AmountOrZero = ZERO
	total_tax: AmountOrZero = ZERO


class OrderAdjustment(ShopifyModel):
	"""What a refund gives back beyond its lines (below zero), or keeps of them (above zero, as a restocking fee)."""

	#: `shipping_refund`: shipping, as older payloads write it; everything else goes to Adjustment Account.
	kind: Text = ""
	amount: AmountOrZero = ZERO
	tax_amount: AmountOrZero = ZERO


class RefundShippingLine(ShopifyModel):
	"""Shipping that a refund gives back; *subtotal_amount* with tax where prices include it."""

	subtotal_amount: AmountOrZero = ZERO
	tax_amount: AmountOrZero = ZERO


class RefundDuty(ShopifyModel):
	"""Duties that a refund gives back."""

	amount: AmountOrZero = ZERO


class Refund(ShopifyModel):
	"""A refund: pieces that are taken back, and money that is given back. An edit that removes pieces may leave one without money."""

	id: OptionalId = None
	created_at: UtcTime | None = None
	processed_at: UtcTime | None = None
	refund_line_items: Annotated[tuple[RefundLineItem, ...], nullable_list] = ()
	order_adjustments: Annotated[tuple[OrderAdjustment, ...], nullable_list] = ()
	refund_shipping_lines: Annotated[tuple[RefundShippingLine, ...], nullable_list] = ()
	duties: Annotated[tuple[RefundDuty, ...], nullable_list] = ()
	transactions: Annotated[tuple[Transaction, ...], nullable_list] = ()

	@property
	def at(self) -> Any:
		"""When it was made, UTC, or None."""
		return self.processed_at or self.created_at

	@property
	def has_money(self) -> bool:
		"""Whether money was given back with it."""
		return any(transaction.is_repayment for transaction in self.transactions)

	@property
	def shipping(self) -> tuple[Decimal, Decimal]:
		"""Shipping given back, as stated, and the tax on it. Older payloads write it as an adjustment below zero."""
		if self.refund_shipping_lines:
			rows = [(row.subtotal_amount, row.tax_amount) for row in self.refund_shipping_lines]
		else:
			rows = [(-row.amount, -row.tax_amount) for row in self.order_adjustments if row.kind == "shipping_refund"]
		return total(amount for amount, _tax in rows), total(tax for _amount, tax in rows)

	@property
	def adjustment(self) -> Decimal:
		"""What it gives beyond lines and shipping, tax included; below zero when it keeps something back."""
		rows = (row for row in self.order_adjustments if row.kind != "shipping_refund")
		return -total(row.amount + row.tax_amount for row in rows)

	@property
	def duty(self) -> Decimal:
		"""Duties given back."""
		return total(duty.amount for duty in self.duties)


class FulfilledLine(ShopifyModel):
	"""Pieces of a line that a fulfillment sent."""

	id: OptionalId = None
	quantity: Annotated[int, Field(ge=0)] = 0


class Fulfillment(ShopifyModel):
	"""A fulfillment: what was sent, from where, with whom."""

	id: OptionalId = None
	#: Not needed: Delivery Notes are named after the order and the fulfillment's id.
	name: Text = ""
	#: `success`: sent. `cancelled`: its Delivery Note is cancelled. Others have not left.
	status: Text = ""
	created_at: UtcTime | None = None
	#: Which of two states is the newer one, where a message of its own and the order's both tell of it.
	updated_at: UtcTime | None = None
	location_id: OptionalId = None
	tracking_company: Text = ""
	tracking_number: Text = ""
	tracking_numbers: Annotated[tuple[str, ...], nullable_list] = ()
	tracking_url: Text = ""
	line_items: Annotated[tuple[FulfilledLine, ...], nullable_list] = ()

	@property
	def is_sent(self) -> bool:
		"""Whether the goods have left; cancelled, failed and pending ones have not."""
		return self.status in ("success", "")

	@property
	def pieces(self) -> dict[str, int]:
		"""The pieces sent, by line."""
		found: dict[str, int] = {}
		for line in self.line_items:
			found[line.id or ""] = found.get(line.id or "", 0) + line.quantity
		return found

	@property
	def numbers(self) -> tuple[str, ...]:
		"""The tracking numbers."""
		return self.tracking_numbers or ((self.tracking_number,) if self.tracking_number else ())


class PaymentSchedule(ShopifyModel):
	"""One instalment of the payment terms."""

	#: Makes instalments, where those of all schedules add up to the invoice.
	amount: AmountOrZero = ZERO
	due_at: UtcTime | None = None
	#: Not needed: ERPNext asks when an instalment is due.


class PaymentTerms(ShopifyModel):
	"""When the order is to be paid: net 30, fixed date, on receipt (https://shopify.dev/docs/api/admin-rest/latest/resources/payment-terms)."""

	payment_terms_name: Text = ""
	due_in_days: int | None = None
	payment_schedules: Annotated[tuple[PaymentSchedule, ...], nullable_list] = ()


class NoteAttribute(ShopifyModel):
	"""What the shop's cart asked the customer for."""

	name: Text = ""
	value: Text = ""


class OrderCompany(WithExactId):
	"""The company of a B2B order, and which of its locations it is for. Names stand in the addresses only."""

	location_id: OptionalId = None


class Order(WithExactId):
	"""An order as it stood at `updated_at`. Money is in `currency`."""

	#: Names every document; without it the id does.
	name: Text = ""
	#: Stands in for `processed_at`.
	created_at: UtcTime | None = None
	#: The day of the Sales Order, in the site's time zone, and of the exchange rate.
	processed_at: UtcTime | None = None
	#: Which of two states is the newer one; the day of a correction.
	updated_at: UtcTime
	#: Picks the Order State Rule, with the two statuses.
	cancelled_at: UtcTime | None = None
	#: Not needed: what is left to do follows from the statuses.
	currency: Annotated[str, Field(min_length=3, max_length=3)]
	#: The currency that is not booked, where the customer saw another one than the shop's, and the order's total in it.
	other_currency: Text = ""
	other_total: AmountOrZero = ZERO
	#: Amounts have their taxes inside: they are booked net, with the tax beside them.
	taxes_included: Flag = False
	#: What the order as placed must come to, to the cent.
	total_price: Amount
	#: What the order must come to where pieces were taken off it before it was invoiced.
	current_total_price: Amount | None = None
	#: Confirms a discount that no line carries.
	subtotal_price: Amount | None = None
	#: What the taxes of the lines must add up to.
	total_tax: Amount | None = None
	#: Settles by a cent how the tax of pieces that were taken off was rounded.
	current_total_tax: Amount | None = None
	#: Not needed: the lines state their duties.
	#: A discount that no line carries is booked on the net total, where `subtotal_price` confirms it.
	total_discounts: AmountOrZero = ZERO
	#: A tip that stands in no line becomes a row.
	total_tip_received: AmountOrZero = ZERO
	#: Compared with the transactions that are known.
	total_outstanding: Amount | None = None
	#: On the last payment; the difference goes to Rounding Account.
	total_cash_rounding_payment_adjustment: AmountOrZero = ZERO
	#: Picks the Order State Rule.
	financial_status: Text = ""
	#: Picks the Order State Rule; `fulfilled`: what is never sent is delivered too.
	fulfillment_status: Text = ""
	#: Without a customer it finds or makes the Customer (Guest Policy).
	email: Text = ""
	#: Stands in for `email`, and is added to the Contact.
	contact_email: Text = ""
	phone: Text = ""
	customer_locale: Text = ""
	#: To a field of the Sales Order by Field Mapping, as are tags, PO number, channel, risk, location and attributes.
	note: Text = ""
	tags: Text = ""
	po_number: Text = ""
	source_name: Text = ""
	risk_level: Text = ""
	location_id: OptionalId = None
	note_attributes: Annotated[tuple[NoteAttribute, ...], nullable_list] = ()
	company: OrderCompany | None = None
	customer: Customer | None = None
	billing_address: Address | None = None
	shipping_address: Address | None = None
	payment_terms: PaymentTerms | None = None
	line_items: Annotated[tuple[LineItem, ...], nullable_list] = ()
	shipping_lines: Annotated[tuple[ShippingLine, ...], nullable_list] = ()
	tax_lines: Annotated[tuple[TaxLine, ...], nullable_list] = ()
	refunds: Annotated[tuple[Refund, ...], nullable_list] = ()
	fulfillments: Annotated[tuple[Fulfillment, ...], nullable_list] = ()
	#: Webhooks leave them out: they come as order_transactions/create. A snapshot that was fetched has them.
	transactions: Annotated[tuple[Transaction, ...], nullable_list] = ()

	@model_validator(mode="before")
	@classmethod
	def _forgive(cls, data: Any) -> Any:
		"""Take an empty section for a missing one: draft and POS orders send `{}` where others send null."""
		if not isinstance(data, dict):
			return data
		sections = ("customer", "billing_address", "shipping_address", "company", "payment_terms")
		empty = {name: None for name in sections if not data.get(name)}
		customer = data.get("customer")
		if isinstance(customer, dict) and not (customer.get("id") or id_from_gid(customer.get("admin_graphql_api_id"))):
			empty["customer"] = None
		if not isinstance(data.get("company"), dict) or not exact_id(data["company"]):
			empty["company"] = None
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
