"""REST's leaky bucket: 40 calls, of which 2 a second leak out (https://shopify.dev/docs/api/admin-rest/usage/rate-limits)."""

from __future__ import annotations

from datetime import datetime

#: Calls, and calls a second, by plan.
_SIZES = {"plus": (400, 20), "advanced": (80, 4)}


class Bucket:
	"""Counts one app's calls in one shop."""

	def __init__(self, plan: str = "basic") -> None:
		self.size, self._leak = _SIZES.get(plan, (40, 2))
		self._level = 0.0
		self._at: datetime | None = None

	def take(self, now: datetime) -> bool:
		"""Put one call in, or say that it does not fit.

		:param now: UTC.
		"""
		if self._at is not None:
			passed = max((now - self._at).total_seconds(), 0.0)
			self._level = max(self._level - passed * self._leak, 0.0)
		self._at = now
		if self._level + 1 > self.size:
			return False
		self._level += 1
		return True

	@property
	def header(self) -> str:
		"""What `X-Shopify-Shop-Api-Call-Limit` says, e.g. `12/40`."""
		return f"{min(int(-(-self._level // 1)), self.size)}/{self.size}"
