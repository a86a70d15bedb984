"""Changes every value of every sample, one at a time, decides again, and notes what became different.

Where a changed amount alone would contradict the order's totals, the totals are changed with it: then it is seen where it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from shopify_sync.core.customers.fields import AUTHORITY_FIELDS
from shopify_sync.core.failures import Category
from shopify_sync.core.orders.states import FINANCIAL_STATUSES, FULFILLMENT_STATUSES
from shopify_sync.core.policy import Authority, FieldAuthority, OrderOutcome, StateRule, StorePolicy

from .deciding import Decided, Known, decide, known_of
from .fields import CONTRACTS, Field, fields_of, parts_of
from .places import Document, differences, documents_of, ending
from .samples import Sample, samples

Path = tuple[str | int, ...]


@dataclass
class Trace:
	"""What became of a value. :ivar places: that differ when it does; *endings*: how a decision can end because of it."""

	places: set[str] = field(default_factory=set)
	endings: set[str] = field(default_factory=set)

	def see(self, before: Decided, after: Decided) -> None:
		"""Note how a decision differs from the one about the unchanged payload."""
		self.places |= differences(before, after)
		if (how := ending(after)) and how != ending(before):
			self.endings.add(how)
		if not ending(after) and (how := ending(before)):
			self.endings.add(how)


@dataclass(frozen=True)
class Traces:
	"""Everything that was found.

	:ivar fields: (contract, field) → what becomes of it. *settings*: the same for a field of the store's policy.
	:ivar documents: every document that any sample made.
	"""

	fields: Mapping[tuple[str, str], Trace]
	settings: Mapping[str, Trace]
	documents: tuple[Document, ...]


#: Samples that say nothing of the settings that others do not.
_ENOUGH_SAID = ("no more than there must be", "tax inside the price", "pieces taken off by an edit", "on account")


@cache
def traces() -> Traces:
	"""Return what becomes of every value and setting."""
	found: dict[tuple[str, str], Trace] = {}
	settings: dict[str, Trace] = {one.name: Trace() for one in fields(StorePolicy)}
	documents: list[Document] = []
	for sample in samples():
		known = known_of(sample)
		base = decide(sample, sample.payload, sample.policy, known)
		documents += documents_of(base)
		for contract, where in _containers(CONTRACTS[sample.resource], sample.payload, ()):
			if sample.only and contract.__name__ not in sample.only:
				continue
			for one in fields_of(contract):
				trace = found.setdefault(one.label, Trace())
				for changed in _changed(sample.payload, where, one):
					_look(sample, changed, base, known, trace)
		for name, trace in settings.items():
			for policy in _policies(sample.policy, name) if sample.name not in _ENOUGH_SAID else ():
				_look(replace(sample, policy=policy), sample.payload, base, known, trace)
	return Traces(found, settings, tuple(documents))


def _look(sample: Sample, payload: Mapping[str, Any], base: Decided, known: Known, trace: Trace) -> None:
	try:
		after = decide(sample, payload, sample.policy, known)
	except ValidationError:
		trace.endings.add(str(Category.INVALID_PAYLOAD))
		return
	trace.see(base, after)
	if ending(after) == Category.TOTALS_MISMATCH and ending(base) != Category.TOTALS_MISMATCH:
		_look_with_totals(sample, payload, after, base, known, trace)


#: What a *totals mismatch* says: the figures come to one amount, and the order states another.
_GAP = re.compile(r"come to (-?[\d.]+) \w+, but Shopify states (-?[\d.]+)")
_TAX_GAP = re.compile(r"the tax lines add up to (-?[\d.]+) ")
_CENT = Decimal("0.01")


def _look_with_totals(
	sample: Sample, payload: Mapping[str, Any], failed: Decided, base: Decided, known: Known, trace: Trace
) -> None:
	"""Change the order's totals along until they agree with the changed value again, and note what differs then."""
	for name in ("total_price", "current_total_price"):
		changed, after = payload, failed
		for _round in range(3):
			changed = _with_total(changed, name, getattr(after.decision, "message", ""))
			after = decide(sample, changed, sample.policy, known)
			if not ending(after):
				trace.see(base, after)
				return


def _with_total(payload: Mapping[str, Any], name: str, message: str) -> Mapping[str, Any]:
	"""Return the payload with the total that a failure complains about as it should be."""
	if found := _TAX_GAP.search(message):
		return {**payload, "total_tax": found.group(1)}
	if (found := _GAP.search(message)) and payload.get(name):
		by = Decimal(found.group(1)) - Decimal(found.group(2))
		return {**payload, name: str(Decimal(str(payload[name])) + by)}
	return payload


# --- changed payloads ------------------------------------------------------------------------------------------------


def _containers(contract: type[BaseModel], value: Any, where: Path) -> Iterator[tuple[type[BaseModel], Path]]:
	"""Yield every contract in a payload, and the way to it."""
	yield contract, where
	for name, inner in parts_of(contract).items():
		part = value.get(name)
		if isinstance(part, Mapping):
			yield from _containers(inner, part, (*where, name))
		for place, entry in enumerate(part if isinstance(part, list) else ()):
			yield from _containers(inner, entry, (*where, name, place))


def _changed(payload: Mapping[str, Any], where: Path, one: Field) -> Iterator[Mapping[str, Any]]:
	container = _at(payload, where)
	old = container
	for name in one.path:
		old = old.get(name) if isinstance(old, Mapping) else None
	if old is None and one.kind == "amount":
		old = _of_set(container, one.path[-1])
	for value in _values(one, old):
		yield _with(payload, (*where, *one.path), value)


def _with(whole: Any, where: Path, value: Any) -> Any:
	"""Return a copy of the payload with *value* at a place; the rest of it is shared. The plain amount is what counts."""
	step, *rest = where
	if isinstance(whole, list):
		return [_with(entry, tuple(rest), value) if place == step else entry for place, entry in enumerate(whole)]
	known = whole if isinstance(whole, Mapping) else {}
	inner = _with(known.get(step), tuple(rest), value) if rest else value
	return {**{name: entry for name, entry in known.items() if rest or name != f"{step}_set"}, step: inner}


def _at(value: Any, where: Path) -> Any:
	for step in where:
		value = value[step]
	return value


def _of_set(container: Mapping[str, Any], name: str) -> Any:
	both = container.get(f"{name}_set") or container
	return (both.get("shop_money") or {}).get("amount") if isinstance(both, Mapping) else None


#: Values worth trying for what only has a few.
_CHOICES: Mapping[str, tuple[Any, ...]] = {
	"financial_status": (*FINANCIAL_STATUSES, "unheard of"),
	"fulfillment_status": (*FULFILLMENT_STATUSES, None, "unheard of"),
	"restock_type": ("return", "cancel", "no_restock"),
	"kind": ("sale", "capture", "authorization", "void", "refund", "change", "shipping_refund", "refund_discrepancy"),
	"status": ("success", "cancelled", "failure", "pending"),
	"state": ("subscribed", "unsubscribed", "pending"),
	"currency": ("EUR", "GBP"),
	"presentment_currency": ("EUR", "USD"),
	"email": ("new@example.com", ""),
	"phone": ("+1 555 0888", "call me", ""),
	"zip": ("99999", ""),
	"country_code": ("GB", "", "?"),
	"country": ("Canada", ""),
	"tracking_numbers": (["NEW1", "NEW2"], []),
	"tags": ("other", ""),
	"location_id": (9_102, 777_001, None),
	"orders_to_redact": ([7], []),
	"admin_graphql_api_customer_kept_id": ("gid://shopify/Customer/77", "gid://shopify/Customer/6002"),
	"admin_graphql_api_customer_deleted_id": ("gid://shopify/Customer/77", "gid://shopify/Customer/6001"),
	"title": ("Other", "Tip", "Express", "City", ""),
	"code": ("Express", ""),
	"gateway": ("manual", "unheard of"),
	"sku": ("OTHER", ""),
}


def _values(one: Field, old: Any) -> tuple[Any, ...]:
	"""Return other values of the same kind."""
	name = one.path[-1]
	if name in _CHOICES:
		return tuple(value for value in _CHOICES[name] if value != old)
	if one.kind == "amount":
		amount = Decimal(str(old or 0))
		return tuple(str(amount + by) for by in (1, -1, _CENT))
	if one.kind == "number":
		number = int(old or 0)
		return tuple(value for value in (number + 1, number - 1, None) if value is None or value >= 0)
	return {
		"time": ("2026-11-25T12:00:00+00:00", None),
		"flag": (not old,),
		"id": (777_001, None),
		"text": ("Other", "", None),
	}[one.kind]


def _policies(policy: StorePolicy, name: str) -> Iterator[StorePolicy]:
	"""Yield the store's settings with another value of one of them."""
	for value in _settings(name, getattr(policy, name)):
		yield replace(policy, **{name: value})


def _settings(name: str, old: Any) -> tuple[Any, ...]:
	if isinstance(old, bool):
		return (not old,)
	if isinstance(old, Enum):
		return tuple(other for other in type(old) if other is not old)
	if isinstance(old, int | float | Decimal):
		return (type(old)(old + 1),)
	if name == "state_rules":
		return tuple((StateRule(outcome, invoice=True),) for outcome in OrderOutcome)
	if name == "field_authority":
		return tuple(tuple(FieldAuthority(one, authority) for one in AUTHORITY_FIELDS) for authority in Authority)
	if isinstance(old, tuple):
		return (_renamed(old), ()) if old else ()
	if name == "time_zone":
		return ("Pacific/Kiritimati",)
	other = "CHF" if name == "company_currency" else "Other"
	is_optional = "None" in next(str(one.type) for one in fields(StorePolicy) if one.name == name)
	return (other, None) if is_optional else (other,)


def _renamed(rows: tuple[Any, ...]) -> tuple[Any, ...]:
	"""Return the rows of a mapping with other accounts, warehouses or fields, where they name one."""
	made = []
	for row in rows:
		if isinstance(row, tuple):
			made.append((row[0], "Other"))
			continue
		names = ("account", "clearing_account", "fee_account", "warehouse", "mode_of_payment")
		made.append(replace(row, **{name: "Other" for name in names if getattr(row, name, None)}))
	return tuple(made)
