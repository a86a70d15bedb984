"""Which events are meant: one description for what is shown and for what is acted on, checked before anything is asked.

A filter is data. Its keys are named here, its values become parameters of the query and never a part of its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import frappe
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pypika import Order
from pypika.terms import Criterion

from shopify_sync.core.event_causes import UNKNOWN
from shopify_sync.core.events import Way
from shopify_sync.core.failures import Category
from shopify_sync.core.flows import RESOURCES_OF_FLOW, Flow
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status

from . import asking, people

#: Text is looked for in the payloads of so many events, the newest of those that everything else of the filter leaves.
MOST_PAYLOADS = 10_000
#: So many events, the newest, are looked through for what stands in no index.
MOST_ROWS = 100_000
#: A filter names at most so many events, orders of a customer, or statuses at once.
MOST_NAMES = 1000
LONGEST_NAME = 140
#: So many causes may be chosen at once: what a page shows.
MOST_GROUPS = 200

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


class Cause(BaseModel):
	"""One group of failures, as the command center lists it."""

	model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

	store: _Name
	category: Category | Annotated[str, Field(max_length=0)] = ""
	cause: _Name


class Filter(BaseModel):
	"""Which events. What is not given does not count; all that is given must hold.

	:ivar category: `""`: of no category. *cause*: with it and without a status, what needs attention is meant, as the groups show it.
	:ivar groups: any of these causes; without a status, as with *cause*.
	:ivar order: the name of an order (`#1001`), its id, or a Sales Order: it, its payments, its fulfillments, both ways.
	:ivar customer: a Customer, or the id of one in Shopify: it, and its orders.
	:ivar text: somewhere in the payload, upper and lower case alike; of many events only the newest are searched.
	:ivar received_from: in the site's time, as *received_to*, which is included.
	"""

	model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

	store: _Name | None = None
	direction: Way | None = None
	category: Category | Annotated[str, Field(max_length=0)] | None = None
	cause: _Name | None = None
	groups: Annotated[list[Cause], Field(min_length=1, max_length=MOST_GROUPS)] | None = None
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
		return NEEDS_ATTENTION if self.cause is not None or self.groups is not None else None

	@property
	def is_loose(self) -> bool:
		"""Whether it asks for what stands in no index, and for nothing that stands in one and leaves few events."""
		asks = (self.direction, self.topic, self.flow, self.resource_type, self.attempts_min)
		narrow = (self.cause, self.groups, self.link, self.order, self.customer, self.events)
		return any(value is not None for value in asks) and all(value is None for value in narrow)

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


def where(given: Filter | Mapping[str, Any] | str | None, user: str | None = None) -> Criterion:
	"""Return the condition of a filter, for a query on `frappe.qb.DocType("Sync Event")`.

	:param user: whose stores are meant; None: the user who asks. Work in the background asks for the user who began it.
	:raises BadFilter: see :func:`parse`.
	"""
	return condition(parse(given), user).where


def condition(wanted: Filter, user: str | None = None, *, looking: bool = False) -> Condition:
	"""Return the condition of a filter and what a person must know of it. *user*: see :func:`where`.

	:param looking: somebody waits for a page: where no index helps, only the newest events are looked through, and that is said.
		What is acted on is never cut short like this.
	"""
	event = frappe.qb.DocType("Sync Event")
	visible = stores(user)
	if wanted.store is not None:
		visible = [store for store in visible if store == wanted.store]
	parts = [event.store.isin(visible or [""]), *_plain(event, wanted)]
	if wanted.order is not None:
		parts.append(people.of_order(event, wanted.order, visible))
	if wanted.customer is not None:
		parts.append(people.of_customer(event, wanted.customer, visible))
	notes: list[str] = []
	if looking and wanted.is_loose:
		parts += _newest_only(event, wanted, notes)
	if wanted.text is not None:
		parts.append(_with_text(event, wanted.text, Criterion.all(parts), notes))
	return Condition(Criterion.all(parts), tuple(notes))


def _plain(event: Any, wanted: Filter) -> list[Criterion]:
	"""Return what compares a column with a value that is in the filter."""
	equal = ("direction", "topic", "resource_type", "link")
	parts = [getattr(event, name) == str(value) for name in equal if (value := getattr(wanted, name)) is not None]
	if wanted.category is not None:
		parts.append(_of_category(event, wanted.category))
	if wanted.cause is not None:
		parts.append(_of_cause(event, wanted.cause))
	if wanted.groups is not None:
		parts.append(Criterion.any(of_group(event, one.store, one.category, one.cause) for one in wanted.groups))
	one_of = {
		"status": wanted.statuses,
		"resource_type": RESOURCES_OF_FLOW[wanted.flow] if wanted.flow is not None else None,
		"name": wanted.events,
	}
	parts += [
		getattr(event, name).isin([str(value) for value in values]) for name, values in one_of.items() if values is not None
	]
	if wanted.attempts_min is not None:
		parts.append(event.attempts >= wanted.attempts_min)
	if wanted.received_from is not None:
		parts.append(event.received_at >= str(wanted.received_from))
	if wanted.received_to is not None:
		parts.append(event.received_at <= str(wanted.received_to))
	return parts


def of_group(event: Any, store: str, category: str, cause: str) -> Criterion:
	"""Return the condition of the events of one cause, in any status."""
	return (event.store == store) & _of_category(event, category) & _of_cause(event, cause)


def _of_category(event: Any, category: str) -> Criterion:
	# Never COALESCE where it can be left out: an index finds a column, not what is made of it.
	return event.category == str(category) if category else event.category.isnull() | (event.category == "")


def _of_cause(event: Any, cause: str) -> Criterion:
	if cause == UNKNOWN:
		# What was written without a cause stands in the group of those that say nothing.
		return event.cause.isnull() | event.cause.isin(["", cause])
	return event.cause == cause


def stores(user: str | None = None) -> list[str]:
	"""Return the stores that a user may see, by name: all, unless User Permissions name some.

	Every condition names its stores: the indexes that count begin with the store.
	"""
	return frappe.get_list("Shopify Store", pluck="name", order_by="name", limit_page_length=0, user=user or frappe.session.user)


def _with_text(event: Any, text: str, others: Criterion, notes: list[str]) -> Criterion:
	"""Return the condition that *text* is in the payload, of the newest events that fit the *others*.

	No index helps here, and payloads are long: a million of them cannot be read while somebody waits.
	"""
	values = asking.Values()
	rows = asking.ask(
		f"""SELECT COUNT(*) AS `count` FROM (SELECT 1 FROM `tabSync Event` WHERE {values.text(others)} LIMIT {MOST_PAYLOADS + 1}) AS found""",  # noqa: S608
		values,
	)
	found = event.payload.like(f"%{escaped(text)}%")
	if rows[0]["count"] <= MOST_PAYLOADS:
		return found
	notes.append(
		frappe._(
			"The text was searched in the newest {0} of these events. To search others, choose a store, a status, or a shorter time."
		).format(frappe.format_value(MOST_PAYLOADS, {"fieldtype": "Int"}))
	)
	return found & event.name.isin(newest_names(event, others, MOST_PAYLOADS))


def _newest_only(event: Any, wanted: Filter, notes: list[str]) -> list[Criterion]:
	"""Return the condition that leaves the newest of what indexes can find; none where that are few enough."""
	found = [event.received_at.isnotnull()]
	if wanted.store is not None:
		found.append(event.store == wanted.store)
	if wanted.statuses is not None:
		found.append(event.status.isin([str(status) for status in wanted.statuses]))
	if wanted.received_to is not None:
		found.append(event.received_at <= str(wanted.received_to))
	values = asking.Values()
	rows = asking.ask(
		f"""SELECT received_at FROM `tabSync Event` WHERE {values.text(Criterion.all(found))}
		ORDER BY received_at DESC LIMIT 1 OFFSET {MOST_ROWS}""",  # noqa: S608 - values are parameters
		values,
	)
	since = rows[0].received_at if rows else None
	if since is None or (wanted.received_from is not None and wanted.received_from >= since):
		return []
	text = frappe._("Only events since {0} were looked through. To see older ones, choose a time, a store or a status.")
	notes.append(text.format(frappe.format_value(since, {"fieldtype": "Datetime"})))
	return [event.received_at >= str(since)]


def newest_names(event: Any, where: Criterion, limit: int) -> Any:
	"""Return the query for the names of the newest events that fit, to stand in a condition."""
	newest = frappe.qb.from_(event).select(event.name).where(where).orderby(event.received_at, order=Order.desc).limit(limit)
	# MariaDB takes a LIMIT in a subquery of IN only one level deeper.
	newest = newest.as_("newest")
	return frappe.qb.from_(newest).select(newest.name)


def escaped(text: str) -> str:
	"""Return *text* as it stands for itself in a LIKE."""
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
