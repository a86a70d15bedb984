"""Whether an event ended in a replay as it is recorded, what differs, and what a laptop cannot know. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from ..events import Action
from ..failures import Category
from ..keys import OUTBOUND
from ..masking import MASK
from ..statuses import Status
from .bundle import without_hashes

_PEOPLE = ("Customer", "Contact", "Address")
#: What ERPNext, Shopify, the network or the machine decided: there is none of them on a laptop.
_NOT_HERE: Mapping[Category, str] = {
	Category.NETWORK: "a network that failed",
	Category.SHOPIFY_UNAVAILABLE: "Shopify's answer",
	Category.THROTTLED: "Shopify's answer",
	Category.CONTENTION: "a busy database",
	Category.AUTHENTICATION: "Shopify's answer",
	Category.PERMISSION: "a permission",
	Category.PERIOD_CLOSED: "ERPNext's accounting periods",
	Category.ACCOUNTS_FROZEN: "ERPNext's frozen accounts",
	Category.CUSTOMER_BLOCKED: "what ERPNext says of the Customer",
	Category.CREDIT_LIMIT: "ERPNext's credit limit",
	Category.SERIAL_OR_BATCH: "ERPNext's serial and batch numbers",
	Category.STOCK_UNAVAILABLE: "ERPNext's stock ledger",
	Category.ERPNEXT_VALIDATION: "ERPNext's own validation",
	Category.CONFLICT: "what people changed in ERPNext",
	Category.WORKER_DIED: "a worker that died",
	Category.BUG: "an exception of that site",
}
#: What only the site computes, or is named after a person: the embedded host has other words for it.
_OF_THE_HOST = frozenset(
	"""name naming_series title status docstatus expense_account difference_account set_posting_time posting_time conversion_rate
	plc_conversion_rate price_list_currency so_detail dn_detail si_detail sales_invoice_item delivery_note_item""".split()
)
_MOST_DIFFERENCES = 20
#: An attempt with one of these wrote documents.
_WROTE = (Status.APPLIED, Status.CONFLICT, Status.SHADOWED)


@dataclass(frozen=True)
class Ending:
	"""How an event ended, recorded or replayed. :ivar changes: what its attempts did, as evidence has them."""

	status: str
	category: str = ""
	missing: str = ""
	message: str = ""
	changes: tuple[Mapping[str, Any], ...] = ()

	@property
	def says(self) -> str:
		"""Status, category and what is missing in one line."""
		more = ", ".join(part for part in (self.category, self.missing) if part)
		return f"{self.status} ({more})" if more else self.status


@dataclass(frozen=True)
class Verdict:
	"""What a replay says of one event.

	:ivar same: None: nothing can be said, *limits* tell why.
	"""

	event: str
	topic: str
	label: str
	recorded: Ending
	replayed: Ending
	same: bool | None
	differs: tuple[str, ...] = ()
	limits: tuple[str, ...] = ()
	role: str = ""


@dataclass(frozen=True)
class Recorded:
	"""An event's line with the lines of its attempts."""

	event: Mapping[str, Any]
	attempts: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

	def ending(self) -> Ending:
		"""Return how it ended by itself: before a person put it away."""
		event = self.event
		changes = changes_of(self.attempts)
		worked = [row for row in self.attempts if row.get("action") == Action.APPLY]
		if event["status"] == Status.DISCARDED and worked:
			last = worked[-1]
			return Ending(str(last["outcome"]), str(last.get("category") or ""), str(event.get("missing") or ""), "", changes)
		status, category, missing, message = (str(event.get(name) or "") for name in ("status", "category", "missing", "message"))
		return Ending(status, category, missing, message, changes)


def judge(recorded: Recorded, replayed: Ending) -> Verdict:
	"""Return the verdict on one event."""
	event, before = recorded.event, recorded.ending()
	limits = tuple(_limits(recorded, before))
	differs = tuple(_differences(before, replayed))[:_MOST_DIFFERENCES]
	same: bool | None = not differs
	if differs and limits:
		# What differs may come of what is not here.
		same = None
	name, topic, label, role = (str(event.get(field) or "") for field in ("name", "topic", "order_name", "role"))
	return Verdict(name, topic, label, before, replayed, same, differs, limits, role)


def _limits(recorded: Recorded, ending: Ending) -> Iterator[str]:
	event = recorded.event
	yield from (str(note) for note in event.get("notes") or ())
	if event.get("resource_type") in OUTBOUND:
		yield "It goes out: only Shopify could answer it, so it is not replayed."
	decided_by = next((what for category, what in _NOT_HERE.items() if category == ending.category), None)
	if decided_by and ending.status not in (Status.APPLIED, Status.NO_CHANGE):
		yield f"How it ended was decided by {decided_by}, which is not in the bundle."
	if ending.status in (Status.RECEIVED, Status.RETRYING, Status.PROCESSING):
		yield "It was not finished when it was exported."
	if ending.status == Status.HELD:
		yield "It was held: by a person, a pause, or a closed circuit. Here nothing is held."
	if event["status"] == Status.DISCARDED:
		yield "A person put it away; it is compared with how it ended before that."
	if ending.status == Status.SHADOWED:
		yield "The store was in Shadow mode; here it is carried out."
	if ending.status == Status.ECHO:
		yield "It was told for our own push by what was pushed, which is not in the bundle."
	if any(row.get("action") == Action.RESOLVE for row in recorded.attempts):
		yield "A person decided a conflict of it; the values are personal and not in the bundle."
	if not recorded.attempts and ending.status == Status.APPLIED:
		yield "Its attempts are not on record any more."


def _differences(before: Ending, after: Ending) -> Iterator[str]:
	if before.status != after.status:
		yield f"recorded as {before.status}, here {after.status}"
	if before.category != after.category:
		yield f"category: recorded {before.category or 'none'}, here {after.category or 'none'}"
	if before.missing != after.missing:
		yield f"missing: recorded {before.missing or 'nothing'}, here {after.missing or 'nothing'}"
	if before.status == after.status:
		yield from _change_differences(before.changes, after.changes)


def changes_of(attempts: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
	"""Return what attempts did to documents, in order; what a failed one tried was rolled back."""
	rows = (row for row in attempts if row.get("action") == Action.APPLY and row.get("outcome") in _WROTE)
	return tuple(change for row in rows for change in row.get("changes") or ())


def _change_differences(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Iterator[str]:
	ours, theirs = Counter(map(_identity, before)), Counter(map(_identity, after))
	for identity in sorted(ours.keys() | theirs.keys()):
		if ours[identity] != theirs[identity]:
			what = " ".join(part for part in identity if part)
			yield f"{what}: recorded {ours[identity]} times, here {theirs[identity]}"
	found = {_identity(change): change for change in after}
	for change in before:
		twin = found.get(_identity(change))
		if twin is not None and change.get("doctype") not in _PEOPLE and ours[_identity(change)] == 1:
			yield from _field_differences(change, twin)


def _identity(change: Mapping[str, Any]) -> tuple[str, str, str]:
	doctype = str(change.get("doctype") or "")
	named = change.get("key") or ("" if doctype in _PEOPLE else change.get("name"))
	return str(change.get("action") or ""), doctype, without_hashes(str(named or ""))


def _field_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
	there = {entry["field"]: entry.get("after") for entry in after.get("fields") or ()}
	for entry in before.get("fields") or ():
		name = entry["field"]
		if name in there:
			yield from _value_differences(f"{before['doctype']}.{name}", name, entry.get("after"), there[name])


def _value_differences(path: str, name: str, before: Any, after: Any) -> Iterator[str]:
	"""Yield where two values differ, row by row and field by field."""
	if name in _OF_THE_HOST or _same(before, after):
		return
	if isinstance(before, Mapping) and isinstance(after, Mapping):
		for inner in sorted(before.keys() & after.keys()):
			yield from _value_differences(f"{path}.{inner}", inner, before[inner], after[inner])
	elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
		for number, (ours, theirs) in enumerate(zip(before, after, strict=True), start=1):
			yield from _value_differences(f"{path}[{number}]", "", ours, theirs)
	else:
		yield f"{path}: recorded {_short(before)}, here {_short(after)}"


def _same(before: Any, after: Any) -> bool:
	"""Tell whether two values of evidence say the same: numbers as numbers, rows without what is empty, masked ones always."""
	if isinstance(before, Mapping) and isinstance(after, Mapping):
		names = {name for name in before.keys() & after.keys() if name not in _OF_THE_HOST}
		return all(_same(before[name], after[name]) for name in names)
	if isinstance(before, list | tuple) and isinstance(after, list | tuple):
		return len(before) == len(after) and all(_same(*pair) for pair in zip(before, after, strict=True))
	if MASK in (before, after):
		return bool(before) == bool(after)
	numbers = _number(before), _number(after)
	if None not in numbers:
		return numbers[0] == numbers[1]
	return (before or "") == (after or "") or without_hashes(str(before)) == without_hashes(str(after))


def _number(value: Any) -> Decimal | None:
	if isinstance(value, bool):
		return Decimal(int(value))
	if isinstance(value, float | int | Decimal | str) and str(value).strip():
		try:
			return Decimal(str(value)).normalize()
		except InvalidOperation:
			return None
	return None


def _short(value: Any) -> str:
	text = str(value)
	return text if len(text) <= 80 else text[:79] + "…"
