"""How a store is reconciled: when, how much of the rate limit that may use, and what is healed without a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .findings import SAFE, Kind, Proposal

#: At most so many differences of one run are healed; then it stops healing and tells somebody.
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class HealingRule:
	"""What is healed of one kind.

	:ivar heals: without a person. *limit*: at most so many in one run; 0: only the limit of the whole run counts.
	"""

	kind: Kind
	heals: bool = True
	limit: int = 0


@dataclass(frozen=True)
class Settings:
	"""A store's settings of reconciliation.

	:ivar dry_run: find, and heal nothing: how every store begins.
	:ivar limit: of one run, over all kinds.
	:ivar every_minutes: of the light run; 0: never. *nightly_hour*: of the full one, in the site's zone; None: never.
	:ivar share: of the points that Shopify restores, in percent, that reading may use.
	"""

	dry_run: bool = True
	limit: int = DEFAULT_LIMIT
	rules: tuple[HealingRule, ...] = ()
	every_minutes: int = 60
	nightly_hour: int | None = 2
	share: int = 40

	def rule(self, kind: Kind) -> HealingRule:
		"""Return the rule of a kind; without one it is healed where that is safe."""
		return next((rule for rule in self.rules if rule.kind is kind), HealingRule(kind))


@dataclass
class Healing:
	"""How much a run has healed, and whether it may heal more. :ivar stopped: why it does not any more, or empty."""

	settings: Settings
	done: dict[str, int] = field(default_factory=dict)
	stopped: str = ""

	@property
	def total(self) -> int:
		"""How many differences the run has healed."""
		return sum(self.done.values())

	def may(self, kind: Kind, proposal: Proposal) -> bool:
		"""Tell whether one more difference of *kind* is healed without a person; a limit that is hit stops all of it."""
		rule = self.settings.rule(kind)
		if self.settings.dry_run or self.stopped or proposal not in SAFE or not rule.heals:
			return False
		if rule.limit and self.done.get(kind, 0) >= rule.limit:
			self.stopped = f"{rule.limit} differences of the kind {kind} were healed: the limit of a run."
		elif self.total >= self.settings.limit:
			self.stopped = f"{self.settings.limit} differences were healed: the limit of a run."
		return not self.stopped

	def count(self, kind: Kind) -> None:
		"""Count one that was healed."""
		self.done[kind] = self.done.get(kind, 0) + 1

	@classmethod
	def going_on(cls, settings: Settings, done: Mapping[str, int], stopped: str) -> Healing:
		"""Return the state of a run that goes on."""
		return cls(settings, dict(done), stopped)
