"""A customer, from `customers/*` and from inside an order (https://shopify.dev/docs/api/admin-rest/latest/resources/customer)."""

from __future__ import annotations

from .address import Address
from .base import Text, UtcTime, WithExactId


class Customer(WithExactId):
	"""A Shopify customer. `tags` and consent left the payload in 2025-01; Of its addresses the default one counts."""

	updated_at: UtcTime | None = None
	first_name: Text = ""
	last_name: Text = ""
	email: Text = ""
	phone: Text = ""
	default_address: Address | None = None

	@property
	def full_name(self) -> str:
		"""The name to book under: person, company, the local part of the e-mail, or the id: never empty."""
		person = " ".join(part for part in (self.first_name, self.last_name) if part)
		address = self.default_address or Address()
		return person or address.company or address.full_name or self.email.partition("@")[0] or f"Shopify customer {self.id}"
