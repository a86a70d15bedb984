"""The life of a discrepancy: seen, healed, seen again, gone, or accepted by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..enums import StrEnum
from ..money import plain
from .findings import SAFE, Cause, Finding, Proposal
from .trend import Sample, Trend, added, trend_of


class State(StrEnum):
	"""Where a discrepancy stands."""

	OPEN = "Open"
	HEALING = "Healing"
	HEALED = "Healed"
	RESOLVED = "Resolved"
	DISMISSED = "Dismissed"


#: Not over yet.
LIVE = (State.OPEN, State.HEALING)


@dataclass(frozen=True)
class Discrepancy:
	"""A difference over time. :ivar finding: as it was last seen. Times are UTC.

	:ivar samples: by how much the sides differed, day by day; it outlives healing, so that what comes back is known.
	"""

	finding: Finding
	state: State
	first_seen: datetime
	last_seen: datetime
	times_seen: int
	first_run: str
	last_run: str
	healed_by: str = ""
	samples: tuple[Sample, ...] = field(default=())

	@property
	def trend(self) -> Trend:
		"""How it develops."""
		return trend_of(self.samples)


def seen(before: Discrepancy | None, finding: Finding, now: datetime, run: str) -> Discrepancy:
	"""Return a discrepancy that a run found, new or again.

	What a person accepted stays accepted as long as both sides say the same as then.
	"""
	state = State.HEALING if finding.healed else State.OPEN
	samples = before.samples if before else ()
	amount = finding.difference.amount
	if amount is not None:
		samples = added(samples, Sample(now.date(), amount, finding.healed))
	healed_by = run if finding.healed else ""
	if before is None:
		return Discrepancy(finding, state, now, now, 1, run, run, healed_by, samples)
	if is_accepted(before, finding):
		state = State.DISMISSED
	first = before.first_seen if before.state in (*LIVE, State.DISMISSED) else now
	times = before.times_seen + (before.last_run != run)
	return replace(
		before,
		finding=finding,
		state=state,
		first_seen=first,
		last_seen=now,
		times_seen=times,
		last_run=run,
		healed_by=healed_by or before.healed_by,
		samples=samples,
	)


def gone(before: Discrepancy) -> Discrepancy:
	"""Return a discrepancy whose record was compared and agrees."""
	return replace(before, state=State.HEALED if before.state is State.HEALING else State.RESOLVED)


def judged(before: Discrepancy | None, finding: Finding, run: str) -> Finding:
	"""Return a finding with what is proposed about it in view of what is known of it already.

	What an earlier run healed in the same way, and stands as it stood, would be healed in vain for ever: it is put to a person. So
	it stays until one of both sides says something else.
	"""
	if before is None or finding.proposal not in SAFE or not _says_the_same(before.finding, finding):
		return finding
	was_healed = before.state is State.HEALING and before.healed_by != run and before.finding.proposal is finding.proposal
	is_with_a_person = before.state is State.OPEN and before.finding.proposal is Proposal.REVIEW
	# What was put away was not carried out: nobody knows yet whether that helps.
	in_vain = (was_healed or is_with_a_person) and finding.explanation.cause is not Cause.PUT_AWAY
	return replace(finding, proposal=Proposal.REVIEW) if in_vain else finding


def is_accepted(before: Discrepancy | None, finding: Finding) -> bool:
	"""Tell whether a person accepted the difference as it stands: then it is not healed either."""
	return before is not None and before.state is State.DISMISSED and _says_the_same(before.finding, finding)


def is_set_going(before: Discrepancy | None, finding: Finding, run: str) -> bool:
	"""Tell whether *run* itself has noted that it heals the difference."""
	return before is not None and before.state is State.HEALING and before.healed_by == run and finding.proposal in SAFE


def _says_the_same(before: Finding, now: Finding) -> bool:
	return (before.difference.shopify, before.difference.erpnext) == (now.difference.shopify, now.difference.erpnext)


def samples_text(samples: Sequence[Sample]) -> list[list[Any]]:
	"""Return samples as plain data."""
	return [[sample.day.isoformat(), plain(sample.amount), int(sample.healed)] for sample in samples]


def samples_of(data: Sequence[Sequence[Any]] | None) -> tuple[Sample, ...]:
	"""Return what :func:`samples_text` wrote."""
	return tuple(Sample(date.fromisoformat(row[0]), Decimal(row[1]), bool(row[2])) for row in data or ())
