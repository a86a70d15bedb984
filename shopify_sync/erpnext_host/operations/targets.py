"""What an operation is about: events by name or by filter, a store, a flow, a topic, a resource, or conflicts. Checked, then asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import frappe
from frappe import _
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pypika.functions import Coalesce
from pypika.terms import Criterion

from shopify_sync.core.flows import Flow
from shopify_sync.core.holds import keys_of
from shopify_sync.core.operations import ACTS_ON, OperatorAction, Refused
from shopify_sync.core.statuses import Status

from ..command_center.asking import TooMuch, Values, ask
from ..command_center.filters import MOST_NAMES, BadFilter, Filter, condition, stores
from ..command_center.filters import parse as parse_filter
from ..command_center.words import of_group

_Name = Annotated[str, Field(min_length=1, max_length=140)]
_Key = Annotated[str, Field(min_length=1, max_length=180)]


class Target(BaseModel):
	"""What is named must hold together: a store with a flow is that flow of that store.

	:ivar filters: as the lists take it (command_center/filters.py). *link*: the name of a Shopify Link. *hold*: of a Sync Hold.
	"""

	model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

	events: Annotated[list[_Name], Field(min_length=1, max_length=MOST_NAMES)] | None = None
	filters: dict[str, Any] | None = None
	store: _Name | None = None
	flow: Flow | None = None
	topic: _Name | None = None
	link: _Key | None = None
	hold: _Name | None = None
	conflict: _Key | None = None
	conflicts: Annotated[list[_Key], Field(min_length=1, max_length=MOST_NAMES)] | None = None

	@property
	def of_conflicts(self) -> tuple[str, ...]:
		"""The conflicts that are meant."""
		return tuple(self.conflicts or ([self.conflict] if self.conflict else []))


def parse(given: Target | Mapping[str, Any] | str | None) -> Target:
	"""Return what a browser sent as a target: a dict, or the JSON of one. :raises Refused: when it names something else, or nothing."""
	if isinstance(given, Target):
		return given
	try:
		found = json.loads(given) if isinstance(given, str) else given
		if not isinstance(found, Mapping) or not found:
			raise Refused(_("Choose what to act on: events, a filter, a store, a flow, a topic or a resource."))
		return Target.model_validate(dict(found))
	except ValidationError as error:
		wrong = ", ".join(".".join(map(str, one["loc"][:1])) or "target" for one in error.errors(include_input=False)[:3])
		raise Refused(_("The target cannot be read: {0}.").format(wrong)) from None
	except json.JSONDecodeError:
		raise Refused(_("The target cannot be read: {0}.").format("JSON")) from None


def filter_of(target: Target, action: OperatorAction) -> Filter:
	"""Return the events that are meant. A target that names no status means those that the action can do something about.

	:raises Refused: when the target names no events, or its filter cannot be read.
	"""
	if target.filters is None and not (target.events or target.store or target.link):
		raise Refused(_("Choose which events: by name, by a filter, or all of a store or a resource."))
	try:
		found = parse_filter(target.filters if target.filters is not None else _named(target))
	except BadFilter as error:
		raise Refused(_("The filter cannot be read: {0}.").format(str(error))) from None
	statuses = ACTS_ON[action]
	if found.statuses is not None or target.events or statuses is None:
		return found
	return found.with_statuses(statuses)


def _named(target: Target) -> dict[str, Any]:
	given = {"events": target.events, "store": target.store, "flow": target.flow, "topic": target.topic}
	return {name: value for name, value in given.items() if value is not None}


def criterion(target: Target, action: OperatorAction, user: str, counted_at: str | None = None) -> Criterion:
	"""Return the condition of the events that are meant, for a query on Sync Event.

	:param user: who asked, also where somebody else carries it on: only that person's stores are meant.
	:param counted_at: when the person was told how many they are, in the site's time: what came later is not meant. A release lets go all.
	:raises Refused: see :func:`filter_of`.
	"""
	found = condition(filter_of(target, action), user).where
	if target.link:
		found &= of_link(target.link)
	if counted_at and action is not OperatorAction.RELEASE:
		found &= frappe.qb.DocType("Sync Event").received_at <= _moment(counted_at)
	return found


def _moment(text: str) -> str:
	try:
		return str(datetime.fromisoformat(text).replace(tzinfo=None))
	except (TypeError, ValueError):
		raise Refused(_("When the events were counted cannot be read. Load the page again.")) from None


def of_link(link: str) -> Criterion:
	"""Return the condition of the events of a resource and of its parts, both ways: what a hold on it keeps."""
	event = frappe.qb.DocType("Sync Event")
	return event.link.isin(list(keys_of(link))) | (event.part_of == link)


@dataclass(frozen=True)
class Counted:
	"""How many events stand alike. :ivar resource: empty where nothing handles them. :ivar is_part: they name the order they belong to."""

	status: Status
	category: str | None
	resource: str
	is_part: bool
	count: int


def by_state(where: Criterion) -> list[Counted]:
	"""Return how many events stand where, for a dry count. :raises Refused: when that takes too long."""
	values = Values()
	try:
		rows = ask(
			f"""SELECT status, category, COALESCE(resource_type, '') AS resource, part_of IS NOT NULL AS is_part, COUNT(*) AS found
			FROM `tabSync Event` WHERE {values.text(where)} GROUP BY status, category, resource, is_part""",  # noqa: S608 - values are parameters
			values,
		)
	except TooMuch as error:
		raise Refused(str(error)) from None
	return [Counted(Status(row.status), row.category, row.resource, bool(row.is_part), int(row.found)) for row in rows]


def names_after(where: Criterion, cursor: str, until: Any, limit: int) -> list[str]:
	"""Return the next events that are meant behind *cursor*, by name. :param until: in the site's time; what came later is left out."""
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.name).where(where & (event.received_at <= until)).limit(limit)
	if cursor:
		query = query.where(event.name > cursor)
	# Ordered by an expression: by the bare name the optimizer walks along the primary key of all events, to spare itself a sort.
	return [str(name) for name in query.orderby(Coalesce(event.name, "")).run(pluck=True)]


def store_of(target: Target, where: Criterion | None = None) -> str | None:
	"""Return the one store that a target is about, or None when it is about several."""
	filters = target.filters or {}
	# Links and conflicts are named after their store.
	of_link = {key.partition("/")[0] for key in ([target.link] if target.link else target.of_conflicts) if "/" in key}
	named = target.store or filters.get("store") or _store_of_groups(_groups(filters))
	named = named or (of_link.pop() if len(of_link) == 1 else None)
	if isinstance(named, str) and named:
		return named
	if where is None:
		return None
	event = frappe.qb.DocType("Sync Event")
	found = frappe.qb.from_(event).select(event.store).where(where).distinct().limit(2).run(pluck=True)
	return str(found[0]) if len(found) == 1 else None


def _groups(filters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
	"""Return the causes that a filter names; what is none, the filter itself refuses."""
	given = filters.get("groups")
	known = given if isinstance(given, list) else []
	return [group for group in known if isinstance(group, Mapping) and isinstance(group.get("store"), str)]


def _store_of_groups(groups: list[Mapping[str, Any]]) -> str | None:
	found = {group.get("store") for group in groups}
	return found.pop() if len(found) == 1 else None


def check_store(target: Target, user: str) -> None:
	"""Return when every store that a target names is one that *user* may see. :raises Refused: when one is not, or is not there.

	A target may name more than one: a store beside the link of another, conflicts of two stores, a hold by its name alone.
	"""
	visible = set(stores(user))
	for store in sorted(_stores_named(target)):
		if store not in visible:
			raise Refused(_("There is no store {0}, or it is not one of yours.").format(store))


def _stores_named(target: Target) -> set[str]:
	filters = target.filters or {}
	keys = [target.link, *target.of_conflicts]
	hold = frappe.db.get_value("Sync Hold", target.hold, "store") if target.hold else None
	named = [
		target.store,
		filters.get("store"),
		hold,
		*(group.get("store") for group in _groups(filters)),
		*(key.partition("/")[0] for key in keys if key and "/" in key),
	]
	return {store for store in named if isinstance(store, str) and store}


def says(target: Target) -> str:
	"""Return a target in a person's words: the store first, then what of it."""
	filters = target.filters or {}
	parts = _words_of_filter(filters)
	given = ((_("flow {0}"), target.flow), (_("topic {0}"), target.topic), ("{0}", target.link))
	parts += [text.format(_(value) if isinstance(value, Flow) else value) for text, value in given if value]
	if names := target.events or filters.get("events"):
		parts.append(_event(names[0]) if len(names) == 1 else _some(names))
	if target.of_conflicts:
		parts.append(_some(target.of_conflicts))
	store = target.store or filters.get("store") or _store_of_groups(_groups(filters))
	rest = ", ".join(parts)
	if store and rest:
		return f"{store}: {rest}"
	return store or rest or _("all stores")


def _event(name: str) -> str:
	"""Return an event as people know it: what it is about, and the occasion."""
	row = frappe.db.get_value("Sync Event", name, ["order_name", "topic"], as_dict=True)
	return " ".join(filter(None, (row.order_name, row.topic))) if row else name


def _some(names: Iterable[str]) -> str:
	found = list(names)
	return found[0] if len(found) == 1 else _("{0} chosen by name").format(len(found))


def _words_of_filter(filters: Mapping[str, Any]) -> list[str]:
	titles = {
		"topic": _("topic {0}"),
		"flow": _("flow {0}"),
		"order": _("order {0}"),
		# Who, and what was looked for, may be personal: it stays in the filter itself.
		"customer": _("of one customer"),
		"text": _("with a text in the payload"),
		"link": _("resource {0}"),
		"received_from": _("received from {0}"),
		"received_to": _("received to {0}"),
		"attempts_min": _("at least {0} attempts"),
		"direction": _("direction {0}"),
	}
	category, cause, groups = filters.get("category"), filters.get("cause"), _groups(filters)
	found = []
	if len(groups) > 1:
		found.append(_("{0} causes").format(len(groups)))
	elif groups:
		return _words_of_filter({**{name: value for name, value in filters.items() if name != "groups"}, **groups[0]})
	elif category or cause:
		found.append(str(of_group(str(category or ""), str(cause or "") or None, None)["title"]))
	elif status := filters.get("status"):
		found.append(", ".join(_(str(one)) for one in (status if isinstance(status, list) else [status])))
	for name, title in titles.items():
		if filters.get(name) not in (None, "", []):
			found.append(title.format(filters[name]))
	return found
