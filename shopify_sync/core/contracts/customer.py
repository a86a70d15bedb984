"""A customer, from `customers/*` and from inside an order (https://shopify.dev/docs/api/admin-rest/latest/resources/customer)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from .address import Address
from .base import Flag, ShopifyModel, Text, UtcTime, WithExactId, nullable_list


class Consent(ShopifyModel):
	"""Whether somebody wants to hear of offers. States: subscribed, not_subscribed, unsubscribed, pending, invalid, redacted."""

	state: Text = ""
	#: Not needed: of yes and no, one side always stands where both last agreed.
	consent_updated_at: UtcTime | None = None

	@property
	def unsubscribed(self) -> bool | None:
		"""Whether ERPNext must not write to them; None when the state does not say."""
		return {"subscribed": False, "not_subscribed": True, "unsubscribed": True}.get(self.state.lower())


class Customer(WithExactId):
	"""A Shopify customer. `tags` and consent left the payload in 2025-01; consent has topics of its own since."""

	#: Which of two states is the newer one; whose change counts where the Field Authority is *Newest*.
	updated_at: UtcTime | None = None
	first_name: Text = ""
	last_name: Text = ""
	email: Text = ""
	#: Only a verified e-mail finds an existing Customer (Matching Rules).
	verified_email: Flag = False
	phone: Text = ""
	currency: Text = ""
	locale: Text = ""
	#: None: the payload does not say.
	tax_exempt: bool | None = None
	tax_id: Annotated[Text, Field(validation_alias=AliasChoices("tax_id", "tax_registration_id"))] = ""
	default_address: Address | None = None
	addresses: Annotated[tuple[Address, ...], nullable_list] = ()
	email_marketing_consent: Consent | None = None
	sms_marketing_consent: Consent | None = None

	@property
	def full_name(self) -> str:
		"""The name to book under: person, company, the local part of the e-mail, or the id: never empty."""
		person = " ".join(part for part in (self.first_name, self.last_name) if part)
		address = self.default_address or Address()
		return person or address.company or address.full_name or self.email.partition("@")[0] or f"Shopify customer {self.id}"

	@property
	def all_addresses(self) -> tuple[Address, ...]:
		"""Every address that the payload states, the default one first, each once."""
		first = (self.default_address,) if self.default_address else ()
		known = {address.id for address in first}
		return (*first, *(address for address in self.addresses if address.id not in known and not address.default))

	@property
	def unsubscribed(self) -> bool | None:
		"""Whether ERPNext must not write to them: by the consent to e-mails, for who has no e-mail by that to text messages."""
		consent = self.email_marketing_consent if self.email else self.sms_marketing_consent
		return consent.unsubscribed if consent else None
