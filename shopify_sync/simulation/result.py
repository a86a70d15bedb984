"""What one run of one world comes to, on any host."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .invariants import Violation


@dataclass
class Result:
	"""How one world went."""

	seed: int
	violations: list[Violation] = field(default_factory=list)
	trace: list[str] = field(default_factory=list)
	counts: Counter[str] = field(default_factory=Counter)
	latencies: list[float] = field(default_factory=list)
	simulated_seconds: float = 0.0
