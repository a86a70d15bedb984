"""The actions that are done when the request returns: which function looks, and which one does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shopify_sync.core.operations import OperatorAction

from . import decisions, holds, stores
from .record import Entry
from .targets import Target


@dataclass(frozen=True)
class Does:
	"""One action.

	:ivar look: returns how many things it is about and what the person is asked; raises Refused when it makes no sense.
	:ivar do: does it, given target, reason, options, user and the entry; returns what was done, in words.
	"""

	look: Callable[[Target], tuple[int, str]]
	do: Callable[[Target, str, Mapping[str, Any], str, Entry], str]


DOES: Mapping[OperatorAction, Does] = {
	OperatorAction.HOLD: Does(holds.look_hold, holds.hold),
	OperatorAction.PAUSE: Does(stores.look_pause, stores.pause),
	OperatorAction.RESUME: Does(stores.look_resume, stores.resume),
	OperatorAction.TRIP_CIRCUIT: Does(stores.look_trip, stores.trip),
	OperatorAction.RESET_CIRCUIT: Does(stores.look_reset, stores.reset),
	OperatorAction.RECONCILE: Does(stores.look_reconcile, stores.reconcile),
	OperatorAction.RESOLVE_CONFLICT: Does(decisions.look, decisions.resolve),
}
