"""What Shopify tells of a customer besides how it looks: merged, deleted, to be forgotten, consent given or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from .base import OptionalId, ShopifyId, ShopifyModel, Text, WithExactId, as_id, nullable_list
from .customer import Consent


class MergeOfCustomers(ShopifyModel):
	"""`customers/merge`: it is done only when the status is `success`; other states of the same job come before, or instead."""

	kept_id: Annotated[ShopifyId, Field(validation_alias="admin_graphql_api_customer_kept_id")]
	deleted_id: Annotated[ShopifyId, Field(validation_alias="admin_graphql_api_customer_deleted_id")]
	status: Text = ""


class DeletedCustomer(WithExactId):
	"""`customers/delete`: the id, and nothing of what the customer was."""


class ForgottenPerson(ShopifyModel):
	"""Who a request to redact is about. A guest has an e-mail and no account."""

	id: OptionalId = None
	email: Text = ""


class Redaction(ShopifyModel):
	"""`customers/redact`: forget this customer, and what is personal in these orders."""

	customer: ForgottenPerson
	orders_to_redact: Annotated[tuple[ShopifyId, ...], nullable_list] = ()


class ConsentOfCustomer(ShopifyModel):
	"""`customers_email_marketing_consent/update`: since 2025-01 the customer's own payload does not say it."""

	customer_id: ShopifyId
	email_marketing_consent: Consent


def merge_id(payload: Mapping[str, Any]) -> str | None:
	"""Return the id of the customer that is no more, or None."""
	return as_id(payload.get("admin_graphql_api_customer_deleted_id"))


def person_id(payload: Mapping[str, Any]) -> str | None:
	"""Return the id of the customer that a request is about, or None."""
	person = payload.get("customer")
	return as_id(person.get("id")) if isinstance(person, Mapping) else None


def consent_id(payload: Mapping[str, Any]) -> str | None:
	"""Return the id of the customer whose consent it is, or None."""
	return as_id(payload.get("customer_id"))
