"""Customers and their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Address:
	"""A postal address."""

	first_name: str = ""
	last_name: str = ""
	address1: str = ""
	address2: str = ""
	city: str = ""
	province: str = ""
	zip: str = ""
	country: str = ""
	country_code: str = ""
	company: str = ""
	phone: str = ""
	province_code: str = ""


@dataclass
class Customer:
	"""A customer of the shop."""

	id: str
	first_name: str
	last_name: str
	email: str
	phone: str = ""
	state: str = "enabled"
	note: str = ""
	tags: list[str] = field(default_factory=list)
	default_address: Address | None = None
	tax_exempt: bool = False
	merged_into: str | None = None
	#: The id of `default_address`.
	address_id: str = ""
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass(frozen=True)
class Merge:
	"""What customers/merge tells: who stayed, who went, and the job that did it."""

	kept_id: str
	deleted_id: str
	job_id: str
