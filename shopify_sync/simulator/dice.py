"""Chance that can be repeated: every throw is named, and the same name gives the same throw.

A throw does not depend on how many were made before it. So leaving out one thing of a simulated day (which is how a failing
one is made shorter) does not change what happens to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_SCALE = float(1 << 53)


class Dice:
	"""Throws for one seed.

	:param seed: anything with a stable text: the same seed gives the same throws on every machine.
	"""

	def __init__(self, seed: object) -> None:
		self._key = blake2b(str(seed).encode(), digest_size=16).digest()

	def bits(self, *name: object) -> int:
		"""Return 64 random bits."""
		text = "\x1f".join(map(str, name))
		return int.from_bytes(blake2b(text.encode(), digest_size=8, key=self._key).digest(), "big")

	def random(self, *name: object) -> float:
		"""Return a number in [0, 1)."""
		return (self.bits(*name) >> 11) / _SCALE

	def chance(self, probability: float, *name: object) -> bool:
		"""Tell whether something of that probability happens."""
		return probability > 0 and self.random(*name) < probability

	def uniform(self, low: float, high: float, *name: object) -> float:
		"""Return a number in [low, high)."""
		return low + (high - low) * self.random(*name)

	def between(self, low: int, high: int, *name: object) -> int:
		"""Return a whole number in [low, high]."""
		return low + self.bits(*name) % (high - low + 1)

	def pick(self, choices: Sequence[T], *name: object) -> T:
		"""Return one of *choices*."""
		return choices[self.bits(*name) % len(choices)]

	def weighted(self, choices: Sequence[tuple[T, float]], *name: object) -> T:
		"""Return one of *choices*, each as likely as its weight."""
		left = self.random(*name) * sum(weight for _choice, weight in choices)
		for choice, weight in choices:
			left -= weight
			if left < 0:
				return choice
		return choices[-1][0]

	def uuid(self, *name: object) -> str:
		"""Return a UUID-shaped id."""
		text = f"{self.bits(*name, 'a'):016x}{self.bits(*name, 'b'):016x}"
		return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
