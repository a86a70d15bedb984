"""What the modules that plan an order's documents share: the order, what ERPNext knows, and how its documents are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from ..contracts.order import Order
from ..contracts.transaction import Transaction
from ..failures import Category, Failure
from ..money import quantum
from ..outbound.parcels import ParcelMemory
from ..plan import DocRef
from ..policy import InvoiceNaming, StorePolicy
from ..snapshots import DocumentState, OrderSnapshot
from .pushed_fulfillments import memory_of

SALES_ORDER, SALES_INVOICE, PAYMENT_ENTRY = "Sales Order", "Sales Invoice", "Payment Entry"
DELIVERY_NOTE, STOCK_ENTRY = "Delivery Note", "Stock Entry"


@dataclass(frozen=True)
class Party:
	"""How the documents of an order refer to the customer: names, or documents that the plan makes."""

	customer: DocRef | str
	billing: DocRef | str | None = None
	shipping: DocRef | str | None = None
	contact: DocRef | str | None = None


@dataclass(frozen=True)
class Booking:
	"""One order that is being decided about.

	:ivar key: of the order; the keys of all its documents begin with it.
	:ivar rate: the order's currency → the company's, as on the Sales Order.
	:ivar transactions: all that are known, in the order in which they happened.
	"""

	order: Order
	snapshot: OrderSnapshot
	policy: StorePolicy
	key: str
	party: Party
	rate: Decimal
	transactions: tuple[Transaction, ...] = field(default=())

	@cached_property
	def pushed(self) -> ParcelMemory:
		"""The fulfillments that we made of people's Delivery Notes."""
		return memory_of(self.snapshot)

	def delivery(self, fulfillment: str) -> DocumentState | None:
		"""Return the Delivery Note of a fulfillment: that which was made of it, or that which it was made of; None: neither."""
		sent = self.pushed.sent.get(fulfillment)
		return self.snapshot.pushed_notes.get(sent.note) if sent else self.document(self.under("fulfillment", fulfillment))

	@property
	def label(self) -> str:
		"""What people call the order, without the sign: `1001`."""
		return self.order.label.lstrip("#")

	@property
	def sales_order(self) -> DocRef | str:
		"""How a document refers to the Sales Order."""
		existing = self.snapshot.sales_order
		return existing.name if existing and existing.docstatus < 2 else DocRef(SALES_ORDER, self.key)

	def under(self, *parts: str) -> str:
		"""Return the key of one of the order's documents."""
		return "/".join((self.key, *parts))

	def document(self, key: str) -> DocumentState | None:
		"""Return the document that has *key*, cancelled or not, or None."""
		return self.snapshot.documents.get(key)

	def is_live(self, key: str) -> bool:
		"""Tell whether a document with *key* exists and is not cancelled."""
		found = self.document(key)
		return found is not None and found.docstatus < 2

	def was_cancelled(self, key: str) -> Failure | None:
		"""Return the failure when a document that should exist was cancelled by somebody in ERPNext."""
		found = self.document(key)
		if found is None or found.docstatus < 2:
			return None
		return Failure(
			Category.CONFLICT,
			f"{found.doctype} {found.name} was cancelled in ERPNext, but order {self.order.label} still has what it stands for. "
			"Amend it, or settle the order in Shopify; then press Retry, or Discard the event.",
		)

	def day(self, moment: datetime | None) -> date:
		"""Return the day of a moment in the site's zone; without one, the day on which the order was placed."""
		found: date = (moment or self.order.placed_at).astimezone(ZoneInfo(self.policy.time_zone)).date()
		return found

	def ref(self, doctype: str, key: str) -> DocRef | str:
		"""Return how to refer to the document with *key*: by its name where it exists, else as one that the plan makes."""
		found = self.document(key)
		return found.name if found and found.docstatus < 2 else DocRef(doctype, key)

	def in_company_currency(self, amount: Decimal) -> Decimal:
		"""Return *amount* of the order's currency in the company's, in whole minor units."""
		if self.order.currency == self.policy.company_currency:
			return amount
		return (amount * self.rate).quantize(quantum(self.policy.company_currency), ROUND_HALF_UP)

	def invoice_name(self, prefix: str, name: str) -> str | None:
		"""Return the name of an invoice or credit note; None where ERPNext's naming series counts them."""
		return None if self.policy.invoice_naming is InvoiceNaming.SERIES else f"{prefix}{name}"

	def selling_values(self) -> dict[str, Any]:
		"""Return the fields that Sales Order, Sales Invoice and Delivery Note have in common."""
		policy, order = self.policy, self.order
		return {
			"customer": self.party.customer,
			"company": policy.company,
			"currency": order.currency,
			"conversion_rate": self.rate,
			"selling_price_list": policy.price_list,
			# Shopify has priced and taxed the order: ERPNext must neither reprice it nor add taxes of its own.
			"ignore_pricing_rule": 1,
			"disable_rounded_total": 1,
			"tax_category": policy.tax_category,
			"customer_address": self.party.billing,
			"shipping_address_name": self.party.shipping,
			"contact_person": self.party.contact,
			"cost_center": policy.cost_center,
			"shopify_order_name": order.name,
		}
