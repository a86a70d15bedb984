"""A signal: "look at resource R of store S; here is how it looked at version V", and the total order of versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from . import keys
from .contracts.base import as_id, exact_id
from .contracts.customer_events import consent_id, merge_id, person_id
from .contracts.inventory_level import level_id


@dataclass(frozen=True)
class Subject:
	"""Which resource a payload speaks of, and how it orders against other payloads of the same resource.

	:ivar version: compares as text; see :func:`version_of`.
	:ivar label: what people call the resource (`#1001`), for lists.
	:ivar part_of: the resource and the id of what it is a part of (the order of a transaction), or None.
	"""

	resource: str
	shopify_id: str
	updated_at: datetime
	version: str
	label: str
	part_of: tuple[str, str] | None = None


class Incomplete(ValueError):
	"""Raised when a payload lacks what every signal needs; the message names it."""


def payload_hash(raw: bytes) -> str:
	"""Return the SHA-256 of the body as it came, in hex."""
	return hashlib.sha256(raw).hexdigest()


def _parse_time(value: object) -> datetime:
	if not isinstance(value, str):
		raise Incomplete("The payload has no updated_at.")
	try:
		# Python 3.10 does not know the Z.
		parsed = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
	except ValueError as error:
		raise Incomplete("The payload's updated_at is not a time.") from error
	if parsed.tzinfo is None:
		raise Incomplete("The payload's updated_at has no time zone.")
	try:
		return parsed.astimezone(timezone.utc)
	except OverflowError as error:
		raise Incomplete("The payload's updated_at is not a time that can be.") from error


def _storable(value: object) -> str:
	"""Return text that every database takes: JSON can spell half a surrogate pair, UTF-8 cannot."""
	return str(value or "").encode("utf-8", "replace").decode()


def _progress(resource: str, payload: Mapping[str, Any]) -> str:
	"""Return facts that only ever grow, so that of two states with one timestamp the later one is known.

	`updated_at` has a precision of a second: an order can be booked and cancelled within one.
	"""
	if resource == keys.FULFILLMENT:
		return "1" if payload.get("status") == "cancelled" else "0"
	if resource != keys.ORDER:
		return "0"
	cancelled = 1 if payload.get("cancelled_at") else 0
	refunds, fulfillments = (_count(payload.get(name)) for name in ("refunds", "fulfillments"))
	return f"{cancelled}{refunds:03d}{fulfillments:03d}"


def _payment(resource: str, payload: Mapping[str, Any]) -> int:
	"""Return how far an order is paid: a hint for states that nothing else tells apart.

	Only a hint, after the trigger's time: an order that is edited after it was paid goes back to partially paid.
	"""
	return _FINANCIAL_PROGRESS.get(str(payload.get("financial_status") or ""), 0) if resource == keys.ORDER else 0


def _count(section: object) -> int:
	"""Return how many entries a section has; what is no list is the worker's to complain about, not the receiver's."""
	return min(len(section), 999) if isinstance(section, list) else 0


#: An order's financial statuses in the order in which it passes through them as a rule.
_FINANCIAL_STATUSES = (
	"pending", "authorized", "partially_paid", "paid", "expired", "voided", "partially_refunded", "refunded",
)  # fmt: skip
_FINANCIAL_PROGRESS = {status: place for place, status in enumerate(_FINANCIAL_STATUSES, start=1)}


def version_of(updated_at: datetime, progress: str, triggered_at: str, payment: int, digest: str) -> str:
	"""Return the version as text that sorts: time, progress, when Shopify triggered it, payment, and the payload's hash.

	It depends on the payload alone and never on the order of arrival, so that any order of delivery ends in one result. The
	hash makes it total: two payloads with everything else equal are still two versions (an equal timestamp is no duplicate).
	"""
	return f"{updated_at:%Y-%m-%dT%H:%M:%S.%f}|{progress}|{_sortable(triggered_at)}|{payment}|{digest[:16]}"


def _sortable(moment: str) -> str:
	"""Return a time as UTC text of one width: as headers write them, `…:27.5Z` would sort after `…:27.51Z`."""
	parts = _TRIGGERED_AT.fullmatch(moment.strip())
	if not parts:
		return moment.strip()[:32]
	second, fraction, offset = parts.groups()
	try:
		parsed = datetime.fromisoformat(second + offset.replace("Z", "+00:00")).astimezone(timezone.utc)
	except (ValueError, OverflowError):
		return moment.strip()[:32]
	return f"{parsed:%Y-%m-%dT%H:%M:%S}.{(fraction or '')[:9]:0<9}"


_TRIGGERED_AT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


#: Where a resource that has no `updated_at` says when it was as it is.
_TIMES: Mapping[str, tuple[str, ...]] = {keys.ORDER_TRANSACTION: ("processed_at", "created_at")}


#: Where a resource that has no `id` of its own says which it is.
_ID_OF: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
	keys.INVENTORY_LEVEL: lambda payload: level_id(dict(payload)),
	keys.CUSTOMER_MERGE: merge_id,
	keys.CUSTOMER_REDACTION: person_id,
	keys.CUSTOMER_CONSENT: consent_id,
}
_PARTS_OF_ORDERS = (keys.ORDER_TRANSACTION, keys.FULFILLMENT)
#: Resources that are news and not states: their payload has no time, so the one when Shopify sent it counts.
_TIMELESS = (
	keys.CUSTOMER_MERGE, keys.CUSTOMER_DELETION, keys.CUSTOMER_REDACTION, keys.CUSTOMER_CONSENT, keys.PRODUCT_DELETION,
	keys.INVENTORY_ITEM_DELETION,
)  # fmt: skip
_LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _time_of(resource: str, payload: Mapping[str, Any], triggered_at: str) -> datetime:
	if resource in _TIMELESS:
		try:
			return datetime.fromisoformat(_sortable(triggered_at)[:19]).replace(tzinfo=timezone.utc)
		except ValueError:
			return _LONG_AGO
	return _parse_time(next((payload[name] for name in _TIMES.get(resource, ()) if payload.get(name)), payload.get("updated_at")))


def subject_of(resource: str, payload: Any, digest: str, triggered_at: str = "") -> Subject:
	"""Return what a delivery speaks of; cheap, for the receiving path: the full contract is checked by the worker.

	:param digest: :func:`payload_hash` of the body.
	:param triggered_at: the `X-Shopify-Triggered-At` header, empty when there was none.
	:raises Incomplete: when the payload is not an object, or lacks its id or `updated_at`.
	"""
	if not isinstance(payload, Mapping):
		raise Incomplete("The body is not a JSON object.")
	shopify_id = _ID_OF.get(resource, exact_id)(payload)
	if not shopify_id:
		raise Incomplete(
			"The payload has no id." if resource != keys.INVENTORY_LEVEL else "The payload lacks its item or location id."
		)
	updated_at = _time_of(resource, payload, triggered_at)
	label = _storable(payload.get("name"))[:100] if resource in (keys.ORDER, keys.FULFILLMENT) else ""
	version = version_of(updated_at, _progress(resource, payload), triggered_at, _payment(resource, payload), digest)
	order_id = as_id(payload.get("order_id")) if resource in _PARTS_OF_ORDERS else None
	part_of = (keys.ORDER, order_id) if order_id else None
	return Subject(resource, shopify_id, updated_at, version, label, part_of)


@dataclass(frozen=True)
class Signal:
	"""What a decision is told of the event at hand. The payload itself comes parsed, as the resource's contract."""

	event: str
	store: str
	resource: str
	shopify_id: str
	version: str
	topic: str = ""

	@property
	def key(self) -> str:
		"""The key of the resource's link."""
		return keys.key(self.store, self.resource, self.shopify_id)
