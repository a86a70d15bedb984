"""Where a difference most likely comes from, and what is proposed about it.

What is known is asked in the order in which it is certain: an event that failed says so itself; a state that Shopify has and that
was never applied came with a webhook that is lost; what stands otherwise than it was written was changed by hand; what nobody
changed, and does not agree, was booked by a setting that was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from .. import keys
from ..policy import FulfillmentSide, StorePolicy
from ..statuses import NEEDS_ATTENTION, Status
from .findings import Cause, Difference, Explanation, Kind, OpenEvent, Proposal
from .found import Found

#: A setting put the state away that may be another one by now: the store only watched, or the flow was off.
_PUT_AWAY = (Status.SHADOWED, Status.IGNORED, Status.HELD)
#: A worker will get to it.
_ON_ITS_WAY = (Status.RECEIVED, Status.PROCESSING, Status.RETRYING)
#: A sum that is off by no more than this is a matter of rounding, in the order's currency.
_CENTS = Decimal("0.02")
#: What a message of a part of an order may be about.
_KINDS_OF_PART: Mapping[str, tuple[Kind, ...]] = {
	keys.ORDER_TRANSACTION: (Kind.PAID, Kind.REFUNDED, Kind.TOTAL),
	keys.FULFILLMENT: (Kind.FULFILLED,),
}
#: What a push to Shopify may be about.
_PUSHED = (Kind.FULFILLED, Kind.STOCK)
#: Nothing is to be added to these.
_SAYS_ENOUGH = (Cause.FAILED_EVENT, Cause.DISCARDED)
_IN_MONEY = (Kind.TOTAL, Kind.TAXES, Kind.PAID, Kind.REFUNDED, Kind.PAYOUT)
#: Which kinds of documents a difference of a kind may stem from.
_SEEN_IN: Mapping[Kind, tuple[str, ...]] = {
	Kind.PAID: ("Payment Entry",),
	Kind.REFUNDED: ("Payment Entry",),
	Kind.FULFILLED: ("Delivery Note",),
	Kind.TOTAL: ("Sales Invoice", "Sales Order"),
	Kind.TAXES: ("Sales Invoice", "Sales Order"),
	Kind.LINES: ("Sales Invoice", "Sales Order"),
	Kind.MISSING: ("Sales Order", "Customer"),
}


def is_on_its_way(found: Found) -> bool:
	"""Tell whether a worker is about to look at the record anyway: it is compared when that is done."""
	waiting = (*found.events, *found.pushing)
	return any(event.status in _ON_ITS_WAY for event in waiting)


def is_ahead(found: Found, updated_at: datetime | None) -> bool:
	"""Tell whether a later state was applied than the one that was read, which is older than what ERPNext says by now."""
	applied = (found.link.version if found.link else None) or ""
	return bool(applied) and updated_at is not None and applied[:19] > f"{updated_at:%Y-%m-%dT%H:%M:%S}"


def explain(difference: Difference, found: Found, version: str) -> Explanation:
	"""Return where a difference most likely comes from.

	:param version: of the state that was read (core/signals.py `version_of`), empty where there is none.
	"""
	applied = found.link.version or "" if found.link else ""
	told = [event for event in found.events if _bears_on(event, difference, applied)]
	told += found.pushing if difference.kind in _PUSHED else ()
	if waiting := _newest(told, NEEDS_ATTENTION):
		return Explanation(Cause.FAILED_EVENT, event=waiting.name)
	if discarded := _newest(told, (Status.DISCARDED,)):
		return Explanation(Cause.DISCARDED, event=discarded.name)
	if put_away := _newest(told, _PUT_AWAY):
		return Explanation(Cause.PUT_AWAY, event=put_away.name)
	if difference.kind is Kind.LINK:
		# Without it nobody knows what was applied.
		return Explanation(Cause.BROKEN_LINK)
	if difference.is_news or _is_behind(applied, version) or _was_never_told(difference, found):
		return Explanation(Cause.LOST_WEBHOOK)
	if by_hand := _by_hand(difference, found):
		return by_hand
	if found.link is None or not found.link.document_name:
		return Explanation(Cause.BROKEN_LINK)
	if difference.kind in _IN_MONEY and difference.amount is not None and abs(difference.amount) <= _CENTS:
		return Explanation(Cause.ROUNDING)
	return Explanation(Cause.MAPPING)


def of_deliveries(difference: Difference, explanation: Explanation, policy: StorePolicy) -> tuple[Explanation, Proposal] | None:
	"""Return the cause and proposal of a difference of what was sent, where ERPNext sends; None: as for anything else."""
	if difference.kind is not Kind.FULFILLED or not policy.sends or explanation.cause in _SAYS_ENOUGH:
		return None
	if explanation.cause is Cause.LOST_WEBHOOK and policy.fulfillment_by is FulfillmentSide.BOTH:
		# Shopify took something back that is not heard of here yet: a parcel that was cancelled.
		return None
	if difference.amount is not None and difference.amount > 0:
		# Looking at the order's deliveries again says nothing to Shopify where both agree.
		return Explanation(Cause.LOST_WEBHOOK), Proposal.PUSH
	if policy.fulfillment_by is FulfillmentSide.ERPNEXT:
		# Somebody fulfilled it in Shopify, and the store does not carry that over.
		return Explanation(Cause.DRIFT), Proposal.REVIEW
	return None


def propose(difference: Difference, explanation: Explanation) -> Proposal:
	"""Return what is proposed about a difference of a record that Shopify is right about.

	What a person did, or decided, is put to a person; what never arrived is simply looked at again.
	"""
	if explanation.cause is Cause.FAILED_EVENT:
		return Proposal.MEND_EVENT
	if explanation.cause in (Cause.LOST_WEBHOOK, Cause.PUT_AWAY, Cause.BROKEN_LINK):
		return Proposal.APPLY
	if explanation.cause is Cause.CHANGED_BY_HAND and difference.kind in (Kind.PAID, Kind.REFUNDED) and not _is_there(difference):
		# A Payment Entry that was deleted is made again; one that was cancelled says so itself, as a conflict.
		return Proposal.APPLY
	return Proposal.REVIEW


def _is_there(difference: Difference) -> bool:
	return bool(Decimal(difference.erpnext or 0))


def _newest(events: Iterable[OpenEvent], statuses: tuple[Status, ...]) -> OpenEvent | None:
	"""Return the newest event in one of *statuses*, or None."""
	return max((event for event in events if event.status in statuses), key=lambda event: event.version, default=None)


def _bears_on(event: OpenEvent, difference: Difference, applied: str) -> bool:
	"""Tell whether what an event says was not applied, and may be what the difference is about."""
	kinds = _KINDS_OF_PART.get(event.resource)
	if kinds is not None:
		return difference.kind in kinds
	return not applied or event.version > applied


def _was_never_told(difference: Difference, found: Found) -> bool:
	"""Tell whether the difference is a transaction of which nothing was ever heard."""
	if difference.kind not in (Kind.PAID, Kind.REFUNDED) or _is_there(difference) or found.link is None:
		return False
	known = (found.link.facts.get("transactions") or {}).get(difference.field)
	return known is None or known.get("status") != "success"


def _is_behind(applied: str, version: str) -> bool:
	"""Tell whether Shopify has a state that is later than the one that was applied, within one second too.

	When each was heard of, and how it was spelled, says nothing about that.
	"""
	return bool(version) and _moment(applied) < _moment(version)


def _moment(version: str) -> tuple[str, ...]:
	updated_at, progress, _triggered_at, payment = (*version.split("|"), "", "", "", "")[:4]
	return updated_at[:19], progress, payment


def _by_hand(difference: Difference, found: Found) -> Explanation | None:
	"""Return who changed, cancelled or deleted a document that the difference may stem from."""
	wanted = _SEEN_IN.get(difference.kind, ())
	touched = [
		(touch.at, name, touch)
		for (doctype, name), touch in found.touches.items()
		if (difference.document == (doctype, name)) or not wanted or doctype in wanted
	]
	if not touched:
		return None
	_at, _name, touch = max(touched, key=lambda one: (one[0], one[1]))
	return Explanation(Cause.CHANGED_BY_HAND, by=touch.by, at=touch.at)
