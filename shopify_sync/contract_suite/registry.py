"""The list of cases, in the order in which they are best read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import (
	concurrency,
	crashes,
	customer_events,
	customers,
	failures,
	fulfillments,
	holds,
	inventory,
	modes,
	operators,
	orders,
	outbound_stock,
	products,
	receiving,
	returns,
)
from .bench import Bench


@dataclass(frozen=True)
class Case:
	"""One case: a name for the report, and the function that raises AssertionError."""

	name: str
	run: Callable[[Bench], None]


def _named(functions: dict[str, Callable[[Bench], None]], group: str) -> list[Case]:
	return [Case(f"{group}: {name.replace('_', ' ')}", run) for name, run in functions.items()]


CASES: tuple[Case, ...] = tuple(
	case
	for module in (
		receiving,
		orders,
		concurrency,
		crashes,
		failures,
		modes,
		operators,
		holds,
		customers,
		customer_events,
		inventory,
		products,
		outbound_stock,
		fulfillments,
		returns,
	)
	for case in _named(module.CASES, module.__name__.rpartition(".")[2])
)
