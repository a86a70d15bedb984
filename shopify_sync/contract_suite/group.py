"""Collects the cases of a module as they are written, so that none is left off a list."""

from __future__ import annotations

from collections.abc import Callable

from .bench import Bench

Run = Callable[[Bench], None]


class Group(dict[str, Run]):
	"""The cases of one module by name."""

	def case(self, run: Run) -> Run:
		"""Add a case."""
		self[run.__name__] = run
		return run
