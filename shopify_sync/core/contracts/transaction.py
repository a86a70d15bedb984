"""A transaction: money authorized, taken or given back (https://shopify.dev/docs/api/admin-rest/latest/resources/transaction)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import model_validator

from ..money import ZERO, total
from .base import Amount, AmountOrZero, OptionalId, ShopifyModel, Text, UtcTime, WithExactId, nullable_list

#: What takes money from the customer, and what gives it back. Everything else is evidence only.
RECEIVES = frozenset(("sale", "capture"))
GIVES_BACK = frozenset(("refund", "change"))


class Fee(ShopifyModel):
	"""What the gateway keeps of a payment (GraphQL `OrderTransaction.fees`), tax on it included."""

	amount: AmountOrZero = ZERO

	@model_validator(mode="before")
	@classmethod
	def _unwrap(cls, data: Any) -> Any:
		"""Take GraphQL's `{"amount": {"amount": "1.20"}}` for REST's plain amount."""
		if isinstance(data, dict) and isinstance(data.get("amount"), dict):
			return {"amount": data["amount"].get("amount")}
		return data


class Transaction(WithExactId):
	"""One transaction of an order. *amount* is in *currency*; the receipt and the card's details are not read."""

	order_id: OptionalId = None
	#: Kept as evidence only.
	parent_id: OptionalId = None
	#: `sale` and `capture` receive, `refund` and `change` give back; the rest is evidence only.
	kind: Text = ""
	#: Only `success` moves money; once seen it stays.
	status: Text = ""
	#: Finds the row in Payment Gateway Mapping.
	gateway: Text = ""
	amount: Amount
	#: The order's, or the other one that its total is stated in: then the amount is converted by the two totals.
	currency: Text = ""
	processed_at: UtcTime | None = None
	created_at: UtcTime | None = None
	fees: Annotated[tuple[Fee, ...], nullable_list] = ()

	@property
	def is_payment(self) -> bool:
		"""Whether money came in."""
		return self.status == "success" and self.kind in RECEIVES and self.amount > 0

	@property
	def is_repayment(self) -> bool:
		"""Whether money went out."""
		return self.status == "success" and self.kind in GIVES_BACK and self.amount > 0

	@property
	def fee(self) -> Decimal:
		"""All fees that the transaction states, in its currency."""
		return total(fee.amount for fee in self.fees)

	@property
	def at(self) -> Any:
		"""When it happened, UTC, or None."""
		return self.processed_at or self.created_at

	def as_fact(self) -> dict[str, Any]:
		"""Return what has to be remembered of it: no card, no receipt, no person."""
		return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
