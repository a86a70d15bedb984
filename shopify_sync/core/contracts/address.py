"""An address, as it stands in orders and customers (https://shopify.dev/docs/api/admin-rest/latest/resources/order)."""

from __future__ import annotations

from ..keys import short_hash
from .base import Flag, OptionalId, ShopifyModel, Text


class Address(ShopifyModel):
	"""A postal address. Every part may be missing: POS, guests and draft orders send what they have."""

	#: The Address is kept by it; an address of an order has none and is found by its content.
	id: OptionalId = None
	first_name: Text = ""
	last_name: Text = ""
	company: Text = ""
	#: Without it, or a country, no Address is made.
	address1: Text = ""
	address2: Text = ""
	#: ERPNext demands one: else the province, else "-".
	city: Text = ""
	zip: Text = ""
	province: Text = ""
	#: Tells addresses apart; the words go to `state`.
	province_code: Text = ""
	country: Text = ""
	#: Finds the Country; one that ERPNext does not have is noted, and no Address is made.
	country_code: Text = ""
	phone: Text = ""
	name: Text = ""
	#: Of the addresses of a customer one is the default.
	default: Flag = False

	@property
	def full_name(self) -> str:
		"""The person: first and last name, else the name Shopify composed."""
		return " ".join(part for part in (self.first_name, self.last_name) if part) or self.name

	@property
	def is_usable(self) -> bool:
		"""ERPNext's Address requires a first line and a country; anything less is not booked as an Address."""
		return bool(self.address1 and (self.country_code or self.country))

	def fingerprint(self) -> str:
		"""Return a hash of everything that makes this a different address; case and spacing do not."""
		parts = (
			self.full_name, self.company, self.address1, self.address2, self.city, self.zip,
			self.province_code or self.province, self.country_code or self.country, self.phone,
		)  # fmt: skip
		return short_hash(*(" ".join(part.casefold().split()) for part in parts))
