"""Makes a failing case shorter: fewer kinds of faults, fewer intents, the same rule broken.

Every throw of the simulation is named after what it is about, so leaving something out leaves the rest nearly as it was. That
is what makes this work; it is delta debugging (Zeller, "Yesterday, my program worked. Today, it does not. Why?", 1999).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .profiles import FAULTS, PROFILES
from .result import Result
from .runner import Case, run
from .story import write

#: A shrink tries at most so many worlds.
MAX_RUNS = 250


class _Attempts:
	"""Runs smaller cases and keeps the smallest that still fails."""

	def __init__(self, case: Case, result: Result, on_try: Callable[[int], None]) -> None:
		self.best, self.result = case, result
		self._rules = {violation.rule for violation in result.violations}
		self._left = MAX_RUNS
		self._on_try = on_try

	@property
	def is_over(self) -> bool:
		return self._left <= 0

	def fails(self, case: Case) -> bool:
		"""Try a case; remember it when it breaks a rule that the whole one broke."""
		if self.is_over:
			return False
		self._left -= 1
		self._on_try(MAX_RUNS - self._left)
		result = run(case)
		if not self._rules & {violation.rule for violation in result.violations}:
			return False
		self.best, self.result = case, result
		return True


def shrink(case: Case, result: Result, on_try: Callable[[int], None] = lambda number: None) -> tuple[Case, Result]:
	"""Return the smallest case found that breaks one of the rules that *case* broke, and how it went."""
	attempts = _Attempts(case, result, on_try)
	_fewer_faults(attempts)
	_fewer_intents(attempts)
	_fewer_faults(attempts)
	return attempts.best, attempts.result


def _fewer_faults(attempts: _Attempts) -> None:
	if attempts.fails(replace(attempts.best, without=FAULTS)):
		return
	for fault in FAULTS:
		if fault not in attempts.best.without:
			attempts.fails(replace(attempts.best, without=(*attempts.best.without, fault)))


def _fewer_intents(attempts: _Attempts) -> None:
	case = attempts.best
	every = [one.number for one in write(case.seed, PROFILES[case.profile], case.days).intents]
	kept = [number for number in every if case.only is None or number in case.only]
	size = max(len(kept) // 2, 1)
	while kept and not attempts.is_over:
		smaller = _without_one_part(attempts, kept, size)
		if smaller is not None:
			kept = smaller
		elif size == 1:
			return
		else:
			size = max(size // 2, 1)
		size = min(size, max(len(kept), 1))


def _without_one_part(attempts: _Attempts, kept: list[int], size: int) -> list[int] | None:
	# From the end: what happened last is most often beside the point.
	for start in reversed(range(0, len(kept), size)):
		rest = kept[:start] + kept[start + size :]
		if attempts.fails(replace(attempts.best, only=frozenset(rest))):
			return rest
	return None
