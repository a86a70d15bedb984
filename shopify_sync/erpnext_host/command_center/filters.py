"""Which events are meant: one description for what is shown and for what is acted on, checked before anything is asked.

A filter is data. Its keys are named here, its values become parameters of the query and never a part of its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import frappe
from frappe.utils import now_datetime
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pypika.functions import Coalesce
from pypika.terms import Criterion

from shopify_sync.core.events import Way
from shopify_sync.core.failures import Category
from shopify_sync.core.flows import RESOURCES_OF_FLOW, Flow
from shopify_sync.core.statuses import NEEDS_ATTENTION, OPEN, Status

from . import people

#: Text in payloads is looked for in events of so many days, where nothing else bounds the search.
TEXT_DAYS = 30
#: A filter names at most so many events, orders of a customer, or statuses at once.
MOST_NAMES = 1000
LONGEST_NAME = 140

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class BadFilter(ValueError):
	"""Raised for a filter that says something else than a filter can say. The message says what, for the person who made it."""


def _as_list(value: Any) -> Any:
	return [value] if isinstance(value, str) else value


def _as_time(value: Any) -> Any:
	"""Take a time as the Desk writes it (`2026-11-22`, `2026-11-22 10:00:00`); numbers are no times here."""
	if value is None or isinstance(value, datetime):
		return value
	if not isinstance(value, str):
		raise ValueError("Enter a time like 2026-11-22 10:00:00")
	return datetime.fromisoformat(value.strip())


_Time = Annotated[datetime, BeforeValidator(_as_time)]
_Statuses = Annotated[list[Status], BeforeValidator(_as_list), Field(min_length=1, max_length=len(Status))]


class Filter(BaseModel):
	"""Which events. What is not given does not count; all that is given must hold.

	:ivar category: `""`: of no category. *cause*: with it and without a status, what needs attention is meant, as the groups show it.
	:ivar order: the name of an order (`#1001`), its id, or a Sales Order: it, its payments, its fulfillments, both ways.
	:ivar customer: a Customer, or the id of one in Shopify: it, and its orders.
	:ivar text: somewhere in the payload; see :func:`notes`.
	:ivar received_from: in the site's time, as *received_to*, which is included.
	"""

	model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

	store: _Name | None = None
	direction: Way | None = None
	category: Category | Annotated[str, Field(max_length=0)] | None = None
	cause: _Name | None = None
	status: _Statuses | None = None
	topic: _Name | None = None
	flow: Flow | None = None
	resource_type: _Name | None = None
	link: Annotated[str, Field(min_length=1, max_length=180)] | None = None
	order: _Name | None = None
	customer: _Name | None = None
	text: Annotated[str, Field(min_length=3, max_length=140)] | None = None
	received_from: _Time | None = None
	received_to: _Time | None = None
	attempts_min: Annotated[int, Field(ge=0, le=100_000)] | None = None
	events: Annotated[list[_Name], BeforeValidator(_as_list), Field(min_length=1, max_length=MOST_NAMES)] | None = None

	@field_validator("received_from", "received_to")
	@classmethod
	def _in_site_time(cls, value: datetime | None) -> datetime | None:
		if value is not None and value.tzinfo:
			raise ValueError("Enter the time as it is on the site, without a zone")
		return value

	@property
	def statuses(self) -> tuple[Status, ...] | None:
		"""The statuses that are meant; None: all."""
		if self.status is not None:
			return tuple(dict.fromkeys(self.status))
		return NEEDS_ATTENTION if self.cause is not None else None

	@property
	def is_bounded(self) -> bool:
		"""Whether few enough events are meant to look into their payloads."""
		within_open = self.statuses is not None and set(self.statuses) <= {*OPEN, Status.PROCESSING}
		return bool(within_open or self.received_from or self.order or self.link or self.events)

	def with_statuses(self, statuses: tuple[Status, ...]) -> Filter:
		"""Return the same filter with these statuses, where it names none."""
		return self if self.status is not None else self.model_copy(update={"status": list(statuses)})


def parse(given: Filter | Mapping[str, Any] | str | None) -> Filter:
	"""Return what a browser sent as a filter: a dict, or the JSON of one. Nothing: all events.

	:raises BadFilter: for an unknown key, a value of another kind, or one that is too long.
	"""
	if isinstance(given, Filter):
		return given
	if isinstance(given, str):
		try:
			given = json.loads(given) if given.strip() else {}
		except ValueError as error:
			raise BadFilter("The filter is not JSON.") from error
	if given is None:
		given = {}
	if not isinstance(given, Mapping):
		raise BadFilter("A filter is a dict of what to look for.")
	try:
		return Filter.model_validate(dict(given))
	except ValidationError as error:
		raise BadFilter(_what_is_wrong(error)) from None


def _what_is_wrong(error: ValidationError) -> str:
	problems = []
	for problem in error.errors(include_url=False, include_context=False, include_input=False)[:3]:
		field = str(problem["loc"][0]) if problem["loc"] else "filter"
		text = "there is no such filter" if problem["type"] == "extra_forbidden" else problem["msg"]
		problems.append(f"{field[:60]}: {text}")
	return "; ".join(problems)


@dataclass(frozen=True)
class Condition:
	"""A condition of a query on Sync Event, and what a person must know of it.

	:ivar notes: sentences, translated; that a search was limited, or found nobody.
	"""

	where: Criterion
	notes: tuple[str, ...] = ()


def where(given: Filter | Mapping[str, Any] | str | None) -> Criterion:
	"""Return the condition of a filter, for a query on `frappe.qb.DocType("Sync Event")`.

	:raises BadFilter: see :func:`parse`.
	"""
	return condition(parse(given)).where


def condition(wanted: Filter) -> Condition:
	"""Return the condition of a filter and what a person must know of it."""
	event = frappe.qb.DocType("Sync Event")
	parts, notes = [_stores(event, wanted)], []
	parts += [getattr(event, name) == str(value) for name, value in _equal(wanted) if value is not None]
	if wanted.category is not None:
		parts.append(event.category == str(wanted.category) if wanted.category else Coalesce(event.category, "") == "")
	if wanted.statuses is not None:
		parts.append(event.status.isin([str(status) for status in wanted.statuses]))
	if wanted.flow is not None:
		parts.append(event.resource_type.isin(list(RESOURCES_OF_FLOW[wanted.flow])))
	if wanted.attempts_min is not None:
		parts.append(event.attempts >= wanted.attempts_min)
	if wanted.events is not None:
		parts.append(event.name.isin(list(wanted.events)))
	parts += _times(event, wanted, notes)
	if wanted.order is not None:
		parts.append(people.of_order(event, wanted.order, wanted.store))
	if wanted.customer is not None:
		parts.append(people.of_customer(event, wanted.customer, wanted.store))
	if wanted.text is not None:
		parts.append(event.payload.like(f"%{escaped(wanted.text)}%"))
	return Condition(Criterion.all(parts), tuple(notes))


def _equal(wanted: Filter) -> tuple[tuple[str, object], ...]:
	names = ("direction", "cause", "topic", "resource_type", "link")
	return tuple((name, getattr(wanted, name)) for name in names)


def _stores(event: Any, wanted: Filter) -> Criterion:
	"""Return the condition on the store. All are named: every index that counts begins with the store."""
	if wanted.store is not None:
		return event.store == wanted.store
	return event.store.isin(stores() or [""])


def stores() -> list[str]:
	"""Return the names of all stores."""
	return frappe.get_all("Shopify Store", pluck="name", order_by="name", limit_page_length=0)


def _times(event: Any, wanted: Filter, notes: list[str]) -> list[Criterion]:
	begins, ends, parts = wanted.received_from, wanted.received_to, []
	if wanted.text is not None and not wanted.is_bounded:
		begins = (ends or now_datetime()) - timedelta(days=TEXT_DAYS)
		notes.append(
			frappe._("Only the newest {0} days are searched for this text. Choose a status or a time to search others.").format(
				TEXT_DAYS
			)
		)
	if begins is not None:
		parts.append(event.received_at >= str(begins))
	if ends is not None:
		parts.append(event.received_at <= str(ends))
	return parts


def escaped(text: str) -> str:
	"""Return *text* as it stands for itself in a LIKE."""
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
