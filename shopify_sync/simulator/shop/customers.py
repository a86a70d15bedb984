"""Customers (https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .desk import Desk, operation
from .errors import UserError
from .records import Address, Customer, Merge, Order

if TYPE_CHECKING:
	from .shop import Shop

_FIELDS = ("first_name", "last_name", "email", "phone", "note", "tags", "default_address", "tax_exempt")


class Customers(Desk[Customer]):
	"""The customers of a shop. *merged* leads from customers that were merged away to those that were kept."""

	kind = "Customer"

	def __init__(self, shop: Shop) -> None:
		super().__init__(shop)
		self.merged: dict[str, str] = {}

	def orders_of(self, id: str) -> list[Order]:
		"""Return the orders of a customer, oldest first."""
		return [order for order in self.shop.orders.all.values() if order.customer_id == id]

	@operation
	def create(
		self,
		first_name: str = "",
		last_name: str = "",
		email: str = "",
		phone: str = "",
		default_address: Address | None = None,
		*,
		note: str = "",
		tags: Iterable[str] = (),
		tax_exempt: bool = False,
	) -> Customer:
		"""Create a customer, whose account is `disabled` until it is enabled.

		:raises UserError: without name, e-mail and phone, or when another customer has the e-mail or the phone.
		"""
		if not (first_name or last_name or email or phone):
			raise UserError((), "A name, phone number, or email address must be present", "INVALID")
		self._check_unique(None, email, phone)
		now = self.shop.now()
		made = Customer(
			id=self.shop.new_id("Customer"),
			first_name=first_name,
			last_name=last_name,
			email=email,
			phone=phone,
			state="disabled",
			note=note,
			tags=list(tags),
			default_address=default_address,
			tax_exempt=tax_exempt,
			created_at=now,
			updated_at=now,
			address_id=self.shop.new_id("MailingAddress") if default_address else "",
		)
		self.all[made.id] = made
		self.shop.emitter.note("customers/create", made.id, made)
		return made

	@operation
	def update(self, id: str, **fields: Any) -> Customer:
		"""Change what is given: the fields of create. :raises UserError: as create does."""
		customer = self.get(id)
		for name in fields:
			if name not in _FIELDS:
				raise UserError(("input", name), f"{name} cannot be changed", "INVALID")
		self._check_unique(customer, fields.get("email", ""), fields.get("phone", ""))
		for name, value in fields.items():
			setattr(customer, name, list(value) if name == "tags" else value)
		if customer.default_address and not customer.address_id:
			customer.address_id = self.shop.new_id("MailingAddress")
		return self._changed(customer)

	@operation
	def enable(self, id: str) -> Customer:
		"""The customer activates the account."""
		return self._switch(id, "enabled", "customers/enable")

	@operation
	def disable(self, id: str) -> Customer:
		"""The merchant disables the customer's account."""
		return self._switch(id, "disabled", "customers/disable")

	@operation
	def delete(self, id: str) -> None:
		"""Delete a customer. :raises UserError: when the customer has orders."""
		customer = self.get(id)
		if self.orders_of(customer.id):
			raise UserError(("id",), "Customer can’t be deleted because they have associated orders", "INVALID")
		del self.all[customer.id]
		self.shop.emitter.note("customers/delete", customer.id, customer)

	@operation
	def merge(self, keep_id: str, remove_id: str) -> Customer:
		"""Merge a customer into another, who gets the orders, and what is missing of e-mail, phone and address.

		Shopify does it in a job and tells of its end; here it is done at once. Whether orders/updated follows for the moved
		orders is not documented: it does not here, so that nobody relies on it.
		"""
		kept, removed = self.get(keep_id), self.get(remove_id)
		if kept is removed:
			raise UserError(("customerTwoId",), "Customers must be different", "INVALID_CUSTOMER_ID")
		for order in self.orders_of(removed.id):
			order.customer_id = kept.id
		kept.email, kept.phone = kept.email or removed.email, kept.phone or removed.phone
		if not kept.default_address:
			kept.default_address, kept.address_id = removed.default_address, removed.address_id
		kept.tags += [tag for tag in removed.tags if tag not in kept.tags]
		removed.merged_into = kept.id
		del self.all[removed.id]
		self.merged[removed.id] = kept.id
		merge = Merge(kept.id, removed.id, self.shop.dice.uuid("merge", self.shop.domain, kept.id, removed.id))
		self.shop.emitter.note("customers/merge", kept.id, merge)
		return self._changed(kept)

	@operation
	def request_data(self, id: str) -> None:
		"""The customer asks what is known of them (customers/data_request)."""
		customer = self.get(id)
		self.shop.emitter.note("customers/data_request", customer.id, (customer, self.orders_of(customer.id)))

	@operation
	def redact(self, id: str) -> None:
		"""The customer asks to be forgotten (customers/redact)."""
		customer = self.get(id)
		self.shop.emitter.note("customers/redact", customer.id, (customer, self.orders_of(customer.id)))

	def _switch(self, id: str, state: str, topic: str) -> Customer:
		customer = self.get(id)
		if customer.state == state:
			raise UserError(("id",), f"Account already {state}", "INVALID")
		customer.state = state
		self.shop.emitter.note(topic, customer.id, customer)
		return self._changed(customer)

	def _changed(self, customer: Customer) -> Customer:
		customer.updated_at = self.shop.now()
		self.shop.emitter.note("customers/update", customer.id, customer)
		return customer

	def _check_unique(self, own: Customer | None, email: str, phone: str) -> None:
		for other in self.all.values():
			if other is own:
				continue
			if email and other.email.casefold() == email.casefold():
				raise UserError(("email",), "Email has already been taken", "TAKEN")
			if phone and other.phone == phone:
				raise UserError(("phone",), "Phone has already been taken", "TAKEN")
