"""The hours in which people are left alone unless it is critical."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class QuietHours:
	"""From *begin* until *end*, local to *zone*; beyond midnight where *end* is the earlier one. The same twice: none."""

	begin: time
	end: time
	zone: str

	def contain(self, moment: datetime) -> bool:
		"""Tell whether a moment (aware) is in them."""
		local = moment.astimezone(ZoneInfo(self.zone)).time()
		if self.begin <= self.end:
			return self.begin <= local < self.end
		return local >= self.begin or local < self.end
