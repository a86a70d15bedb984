"""Bundles: what is on record of some events as JSON lines that hold nothing personal and that a laptop can replay. Pure.

The first line is the header: format, app, the store's policy as plain data (it holds no secrets). Then come facts: what had to be
known of ERPNext. Then the events in the order in which they came, each with its payload and followed by its attempts. Events that
were not asked for but are needed to have the same state (earlier ones of the same record) say so: their role is `before`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..contracts.base import NotJson, parse_json
from ..failures import Category
from ..policy import StorePolicy
from ..snapshots import ItemState
from .stand_ins import StandIns, Sweep, dump_exactly, personal_values

#: Raised by one when an older program cannot read what is written.
FORMAT = 1
BUNDLE, FACT, EVENT, ATTEMPT = "bundle", "fact", "event", "attempt"
ASKED, BEFORE = "asked", "before"
#: A bundle holds so many events at most: more is a job for a narrower filter.
MOST_EVENTS = 10_000
_POLICY = TypeAdapter(StorePolicy)
#: What people write on a store and nothing but the site itself needs; a replay begins without them.
_NOT_CARRIED = ("holds",)
#: Parts of keys that are hashes of personal values: a guest's e-mail, an address. Whoever has a list could try.
_HASH = re.compile(r"[0-9a-f]{32}")
#: Categories whose messages are ours alone, word by word. Those of ERPNext may name people who stand in no payload.
_OWN_WORDS = (
	Category.MISSING_ITEM, Category.MISSING_TAX_ACCOUNT, Category.MISSING_SHIPPING_ACCOUNT, Category.MISSING_WAREHOUSE,
	Category.MISSING_GATEWAY, Category.MISSING_STATE_RULE, Category.MISSING_EXCHANGE_RATE, Category.MISSING_ACCOUNT,
	Category.VALUATION_REQUIRED, Category.TOTALS_MISMATCH, Category.UNSUPPORTED, Category.ITEM_DISABLED, Category.STOCK_UNAVAILABLE,
)  # fmt: skip
#: What is missing and is called by a title that the shop wrote.
_TITLES = ("shipping:", "tax:")
#: Fields whose values are the site's: what is sold, where it lies, how it is booked.
_NAMES_OF_THE_SITE = frozenset(
	"""doctype item_code item warehouse set_warehouse account account_head company currency customer_group customer_type territory
	cost_center uom stock_uom selling_price_list price_list tax_category charge_type mode_of_payment paid_from paid_to paid_from_account_currency
	paid_to_account_currency party_type payment_type link_doctype order_type purpose basis state reference_doctype""".split()
)
_NAMED_AFTER_PEOPLE = ("Customer", "Contact", "Address")


class BadBundle(ValueError):
	"""Raised for a file that is no bundle, or one of a later format. The message says where and what to do."""


@dataclass(frozen=True)
class Fact:
	"""Something that must be known of ERPNext.

	:ivar type: item (an Item), link (a key leads to a document), document (one that is not made by the events), stock (a Bin as it was
		before the first event of it), rate (an exchange rate).
	"""

	type: str
	key: str
	values: Mapping[str, Any]

	def line(self) -> str:
		"""Return it as a line of a bundle."""
		return dump_exactly({"kind": FACT, "type": self.type, "key": self.key, "values": self.values})


@dataclass
class Made:
	"""What the events of a bundle made: documents by key and by name, and links. A replay makes it again, so it is no fact."""

	things: set[tuple[str, str]] = field(default_factory=set)

	def note(self, changes: Iterable[Mapping[str, Any]]) -> None:
		"""Remember what an attempt made (evidence of it)."""
		for change in changes:
			if change.get("action") in ("create", "link"):
				self.things |= {(change["doctype"], str(change[name])) for name in ("key", "name") if change.get(name)}

	def has(self, doctype: str, key_or_name: str | None) -> bool:
		"""Tell whether a document, or a link, was made by the events."""
		return (doctype, key_or_name) in self.things


def header(policies: Sequence[tuple[str, StorePolicy]], app: str, made_at: str, events: int, asked: Mapping[str, Any]) -> str:
	"""Return the first line of a bundle.

	:param policies: (domain of the shop, policy) of every store in it. *made_at*: the time, ISO. *asked*: what was asked for.
	"""
	stores = [{"shop_domain": domain, "policy": policy_data(policy)} for domain, policy in policies]
	about = {"kind": BUNDLE, "format": FORMAT, "app": app, "made_at": made_at, "events": events, "asked": asked, "stores": stores}
	return dump_exactly(about)


def policy_data(policy: StorePolicy) -> dict[str, Any]:
	"""Return a policy as plain data."""
	found: dict[str, Any] = _POLICY.dump_python(policy, mode="json")
	return {name: value for name, value in found.items() if name not in _NOT_CARRIED}


def policy_of(data: Mapping[str, Any]) -> StorePolicy:
	"""Return the policy that :func:`policy_data` wrote; settings that this version does not know are left out.

	:raises BadBundle: when it is none.
	"""
	known = StorePolicy.__dataclass_fields__
	try:
		return _POLICY.validate_python({name: value for name, value in data.items() if name in known})
	except ValidationError as error:
		raise BadBundle(
			f"The store's settings in the bundle cannot be read: {error.errors(include_input=False)[0]['loc']}."
		) from None


def item_fact(item: ItemState, **more: Any) -> Fact:
	"""Return an Item as a fact. *more*: its rates and prices."""
	return Fact("item", item.code, {**asdict(item), **{name: value for name, value in more.items() if value is not None}})


def link_fact(key: str, doctype: str, name: str) -> Fact:
	"""Return that a key leads to a document."""
	return Fact("link", key, {"document_type": doctype, "document_name": name})


def event_line(row: Mapping[str, Any], role: str, stand_ins: StandIns, notes: Sequence[str] = ()) -> tuple[str, Sweep]:
	"""Return an event as a line, and what takes the personal values of its payload out of everything else that is told of it.

	:param row: with the names of the site's columns; times are aware. *notes*: what of it a replay cannot know, in words.
	"""
	payload = _payload_of(row)
	sweep = Sweep(stand_ins, personal_values(payload))
	copied = (
		"name", "store", "direction", "source", "topic", "resource_type", "shopify_id", "link", "part_of", "version", "api_version",
		"deliveries", "status", "category", "missing", "superseded_by", "attempts",
	)  # fmt: skip
	found: dict[str, Any] = {name: row.get(name) for name in copied}
	for name in ("received_at", "triggered_at", "shopify_updated_at", "finished_at"):
		found[name] = row[name].isoformat() if row.get(name) else None
	found["order_name"] = sweep.clean(str(row.get("order_name") or ""))
	found["message"] = _message(row, sweep)
	if str(found["missing"] or "").startswith(_TITLES):
		# As the titles in the payload.
		found["missing"] = sweep.clean(found["missing"])
	found["document_type"] = row.get("document_type")
	found["document_name"] = None if row.get("document_type") in _NAMED_AFTER_PEOPLE else row.get("document_name")
	masked = dump_exactly(stand_ins.payload(payload)) if payload is not None else ""
	return dump_exactly({"kind": EVENT, "role": role, **found, "notes": list(notes), "payload": masked}), sweep


def attempt_line(row: Mapping[str, Any], sweep: Sweep) -> str:
	"""Return an attempt as a line. Who it was is not said, nor what a person wrote; that there was a person is."""
	changes = [_change(change, sweep) for change in _json(row.get("changes")) or ()]
	reads = _json(row.get("reads")) or {}
	found = {
		"event": row["event"],
		"attempt": row.get("attempt"),
		"action": row.get("action"),
		"outcome": row.get("outcome"),
		"category": row.get("category"),
		"message": _message(row, sweep),
		"by_a_person": bool(row.get("user")),
		"restarts": row.get("restarts"),
		"started_at": row["started_at"].isoformat() if row.get("started_at") else None,
		"ended_at": row["ended_at"].isoformat() if row.get("ended_at") else None,
		"changes": changes,
		"reads": _swept(reads, sweep),
	}
	return dump_exactly({"kind": ATTEMPT, **found})


def without_hashes(key: str | None) -> str:
	"""Return a key whose hashes of personal values are starred out: stand-ins hash to something else."""
	return _HASH.sub("*", key or "")


def read_lines(lines: Iterable[bytes | str], place: str = "bundle") -> Iterator[Mapping[str, Any]]:
	"""Yield the lines of a bundle, the header first. :raises BadBundle: at the first line that is none."""
	first = True
	for number, line in enumerate(lines, start=1):
		if not line.strip():
			continue
		try:
			found = parse_json(line)
		except NotJson:
			raise BadBundle(f"{place}:{number}: is not JSON. The file may be cut off: export it again.") from None
		if first:
			_check_header(found, place)
			first = False
		if not isinstance(found, Mapping) or found.get("kind") not in (BUNDLE, FACT, EVENT, ATTEMPT):
			raise BadBundle(f"{place}:{number}: is no line of a bundle.")
		yield found
	if first:
		raise BadBundle(f"{place}: is empty.")


def is_bundle(first_line: bytes) -> bool:
	"""Tell by its first line whether a file is a bundle, and not recorded deliveries."""
	try:
		found = json.loads(first_line)
	except ValueError:
		return False
	return isinstance(found, Mapping) and found.get("kind") == BUNDLE


def _check_header(found: Any, place: str) -> None:
	if not isinstance(found, Mapping) or found.get("kind") != BUNDLE:
		raise BadBundle(
			f"{place}: does not begin with a bundle's header. Make one with the button Export Bundle of a Sync Event."
		)
	if found.get("format") != FORMAT:
		raise BadBundle(
			f"{place}: is of format {found.get('format')}, and this program reads format {FORMAT}. Use the version of the app that "
			f"wrote it: {found.get('app')}."
		)


def _change(change: Mapping[str, Any], sweep: Sweep) -> dict[str, Any]:
	fields = [{**entry, **_both_values(entry, sweep)} for entry in change.get("fields") or ()]
	doctype = change.get("doctype")
	name = None if doctype in _NAMED_AFTER_PEOPLE else change.get("name")
	return {
		"action": change.get("action"),
		"doctype": doctype,
		"name": name,
		"key": without_hashes(change.get("key")),
		"fields": fields,
	}


def _both_values(entry: Mapping[str, Any], sweep: Sweep) -> dict[str, Any]:
	return {side: _swept(entry.get(side), sweep, str(entry.get("field"))) for side in ("before", "after")}


def _swept(value: Any, sweep: Sweep, name: str = "") -> Any:
	"""Return a value of evidence without personal values, except in fields that name what the site has: a *Green* may buy GREEN-TEE."""
	if isinstance(value, str):
		return value if name in _NAMES_OF_THE_SITE else without_hashes(sweep.clean(value))
	if isinstance(value, Mapping):
		return {inner: _swept(one, sweep, str(inner)) for inner, one in value.items()}
	if isinstance(value, list | tuple):
		return [_swept(one, sweep, name) for one in value]
	return value


def _message(row: Mapping[str, Any], sweep: Sweep) -> str:
	text = str(row.get("message") or "")
	if not text or (row.get("category") and row["category"] not in _OWN_WORDS):
		return ""
	return without_hashes(sweep.clean(text))


def _payload_of(row: Mapping[str, Any]) -> Any:
	try:
		return parse_json(row.get("payload") or "")
	except NotJson:
		return None


def _json(value: Any) -> Any:
	if not isinstance(value, str):
		return value
	try:
		return parse_json(value)
	except NotJson:
		return None
