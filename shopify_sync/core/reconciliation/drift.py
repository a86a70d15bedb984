"""How much drift there was at the end of each day: a record of every discrepancy's life, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .trend import Sample


@dataclass(frozen=True)
class Life:
	"""A discrepancy from the day that it was first seen to the day that it was settled (None: it is open).

	:ivar unit: `pieces` or an ISO currency; empty: it is no quantity. *amount*: as it was last seen.
	:ivar samples: by how much the sides differed, in order of the days.
	"""

	kind: str
	first: date
	settled: date | None = None
	unit: str = ""
	amount: Decimal = Decimal(0)
	samples: tuple[Sample, ...] = ()


@dataclass
class Day:
	"""What a day came to, by kind. :ivar open: at its end. *amounts*: (kind, unit) → the sum of what is open, without signs."""

	day: date
	new: Counter[str] = field(default_factory=Counter)
	settled: Counter[str] = field(default_factory=Counter)
	open: dict[str, int] = field(default_factory=dict)
	amounts: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def over_days(lives: Iterable[Life], days: Sequence[date]) -> list[Day]:
	"""Return what each of *days* (in order, without gaps) came to. Every life is looked at once, however many days it lasted."""
	found = {day: Day(day) for day in days}
	first = days[0]
	opened: defaultdict[date, Counter[str]] = defaultdict(Counter)
	grown: defaultdict[date, defaultdict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
	for life in lives:
		if life.first in found:
			found[life.first].new[life.kind] += 1
		if life.settled in found:
			found[life.settled].settled[life.kind] += 1
		opened[max(life.first, first)][life.kind] += 1
		if life.settled is not None:
			opened[max(life.settled, first)][life.kind] -= 1
		for day, change in _steps(life):
			grown[max(day, first)][life.kind, life.unit] += change
	_add_up(list(found.values()), opened, grown)
	return list(found.values())


def _add_up(
	days: Sequence[Day],
	opened: defaultdict[date, Counter[str]],
	grown: defaultdict[date, defaultdict[tuple[str, str], Decimal]],
) -> None:
	count: Counter[str] = Counter()
	amounts: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
	for one in days:
		for kind, change in opened[one.day].items():
			count[kind] += change
		for pair, more in grown[one.day].items():
			amounts[pair] += more
		one.open = {kind: number for kind, number in count.items() if number}
		one.amounts = {pair: amount for pair, amount in amounts.items() if amount}


def _steps(life: Life) -> Iterator[tuple[date, Decimal]]:
	"""Yield the days on which the size of a difference changed, and by how much; the last one takes all of it away."""
	if not life.unit:
		return
	sizes = [(sample.day, abs(sample.amount)) for sample in life.samples if sample.day >= life.first and not sample.healed]
	if not sizes or sizes[0][0] > life.first:
		sizes.insert(0, (life.first, sizes[0][1] if sizes else abs(life.amount)))
	size = Decimal(0)
	for day, now in sizes:
		if life.settled is not None and day >= life.settled:
			break
		yield day, now - size
		size = now
	if life.settled is not None and size:
		yield life.settled, -size
