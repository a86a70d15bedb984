"""The circuit breaker of a store: while Shopify fails, nothing is sent but a probe now and then. A pure state machine.

Only failures of the network and of Shopify itself count (no answer, 5xx), not what it refuses with a reason.
Closed: calls go out and are counted. Open: none goes out until a time. Half open: one probe is out; it decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..enums import StrEnum


class CircuitState(StrEnum):
	"""Whether calls go out."""

	CLOSED = "Closed"
	OPEN = "Open"
	HALF_OPEN = "Half Open"


@dataclass(frozen=True)
class Rules:
	"""When a circuit opens, and for how long. Times in seconds.

	:ivar window: how far back calls count, in *slices* parts.
	:ivar minimum: of calls in the window before their share of failures means anything; *share*: of failures that opens.
	:ivar in_a_row: failures without a success between them that open by themselves: an outage after a busy minute.
	:ivar open_for: before the first probe; doubles with each probe that fails, up to *cap*.
	:ivar probe_for: after this long a probe that nobody reported on is given up, and another may go.
	"""

	window: float = 60.0
	slices: int = 6
	minimum: int = 10
	share: float = 0.5
	in_a_row: int = 4
	open_for: float = 15.0
	cap: float = 300.0
	probe_for: float = 60.0


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Slice:
	"""A part of the window: when it began (seconds since 1970), and how many calls went well and not."""

	start: float
	ok: int
	failed: int


@dataclass(frozen=True)
class Circuit:
	"""The state that all workers of a store share.

	:ivar until: open: when a probe may go; half open: when the probe is given up.
	:ivar openings: how often it opened since it was last closed; :ivar row: failures since the last success.
	:ivar since: when it came into this state; :ivar reason: the failure that opened it.
	:ivar by_hand: a person opened it: it stays open, without probes, until a person closes it.
	"""

	state: CircuitState = CircuitState.CLOSED
	slices: tuple[Slice, ...] = ()
	row: int = 0
	until: datetime | None = None
	openings: int = 0
	since: datetime | None = None
	reason: str = ""
	by_hand: bool = False


def next_call(circuit: Circuit, now: datetime) -> datetime | None:
	"""Return when a call may go out again; None: now. Changes nothing. Of one that was opened by hand: when to ask again."""
	if circuit.by_hand:
		return now + timedelta(seconds=DEFAULT_RULES.cap)
	if circuit.state is CircuitState.CLOSED or circuit.until is None or now >= circuit.until:
		return None
	return circuit.until


def allow(circuit: Circuit, now: datetime, rules: Rules = DEFAULT_RULES) -> tuple[Circuit, bool]:
	"""Return the circuit and whether a call may go out now. Where it is not closed, the call is the probe."""
	if circuit.state is CircuitState.CLOSED:
		return circuit, True
	if next_call(circuit, now) is not None:
		return circuit, False
	until = now + timedelta(seconds=rules.probe_for)
	since = circuit.since if circuit.state is CircuitState.HALF_OPEN else now
	return replace(circuit, state=CircuitState.HALF_OPEN, until=until, since=since), True


def record(
	circuit: Circuit,
	now: datetime,
	*,
	ok: int = 0,
	failed: int = 0,
	jitter: float = 0.0,
	reason: str = "",
	rules: Rules = DEFAULT_RULES,
) -> Circuit:
	"""Return the circuit after calls ended, the good ones first.

	:param jitter: uniform in [0, 1), from the caller: workers of many stores do not probe at once.
	:param reason: of the failure, for operators; no personal data.
	"""
	if circuit.state is CircuitState.OPEN:
		return circuit  # calls that were under way when it opened
	if circuit.state is CircuitState.HALF_OPEN:
		if failed:
			return _opened(circuit, now, jitter, reason, rules)
		return Circuit(since=now) if ok else circuit
	counted = _counted(circuit, now, ok, failed, rules)
	return _opened(counted, now, jitter, reason, rules) if failed and _is_broken(counted, rules) else counted


def closed_by_hand(now: datetime) -> Circuit:
	"""Return the circuit after an operator closed it."""
	return Circuit(since=now)


def opened_by_hand(now: datetime, reason: str) -> Circuit:
	"""Return the circuit after a person opened it. :param reason: who, and why; for operators."""
	return Circuit(CircuitState.OPEN, openings=1, since=now, reason=reason, by_hand=True)


def _counted(circuit: Circuit, now: datetime, ok: int, failed: int, rules: Rules) -> Circuit:
	width = rules.window / rules.slices
	start = now.timestamp() // width * width
	kept = [part for part in circuit.slices if start - rules.window < part.start < start]
	same = [part for part in circuit.slices if part.start == start]
	fresh = Slice(start, ok + sum(part.ok for part in same), failed + sum(part.failed for part in same))
	row = failed if ok else circuit.row + failed
	return replace(circuit, slices=(*kept, fresh), row=row)


def _is_broken(circuit: Circuit, rules: Rules) -> bool:
	failed = sum(part.failed for part in circuit.slices)
	calls = failed + sum(part.ok for part in circuit.slices)
	return circuit.row >= rules.in_a_row or (calls >= rules.minimum and failed >= rules.share * calls)


def _opened(circuit: Circuit, now: datetime, jitter: float, reason: str, rules: Rules) -> Circuit:
	seconds = min(rules.open_for * 2.0 ** min(circuit.openings, 30), rules.cap)
	until = now + timedelta(seconds=seconds * (0.5 + jitter / 2))
	return Circuit(CircuitState.OPEN, until=until, openings=circuit.openings + 1, since=now, reason=reason)


def as_json(circuit: Circuit) -> dict[str, Any]:
	"""Return a circuit as values that JSON knows."""
	return {
		"state": str(circuit.state),
		"slices": [[part.start, part.ok, part.failed] for part in circuit.slices],
		"row": circuit.row,
		"until": circuit.until.isoformat() if circuit.until else None,
		"openings": circuit.openings,
		"since": circuit.since.isoformat() if circuit.since else None,
		"reason": circuit.reason,
		"by_hand": circuit.by_hand,
	}


def from_json(data: Mapping[str, Any]) -> Circuit:
	"""Return the circuit that :func:`as_json` wrote; an empty mapping is a closed one."""
	if not data:
		return Circuit()
	return Circuit(
		state=CircuitState(data["state"]),
		slices=tuple(Slice(float(start), int(ok), int(failed)) for start, ok, failed in data["slices"]),
		row=int(data["row"]),
		until=datetime.fromisoformat(data["until"]) if data["until"] else None,
		openings=int(data["openings"]),
		since=datetime.fromisoformat(data["since"]) if data["since"] else None,
		reason=str(data["reason"]),
		by_hand=bool(data.get("by_hand")),
	)


def entry(circuit: Circuit, now: datetime) -> dict[str, Any]:
	"""Return what the list of openings and closings says of a change: when, to which state, why, and until when."""
	until = circuit.until.isoformat() if circuit.until else None
	return {"at": now.isoformat(), "state": str(circuit.state), "reason": circuit.reason, "until": until}
