"""What would become of what a backfill reads, told before anything is written: failures of one cause are one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..failures import INFO, Category, Failure
from ..plan import Decision, Plan, Skip

#: So many records are named of each cause.
_EXAMPLES = 5
#: So many causes are told apart; what fails of others is counted by its category.
_MOST = 2_000
APPLIED, SAME, CONFLICT, FAILED = "Would be applied", "Nothing to change", "Would need a decision", "Would fail"


@dataclass
class Cause:
	"""Records that would fail for one reason.

	:ivar missing: what would have to exist, as failures spell it (`item:TEE-M`); empty: the category has no such thing.
	:ivar message: of the first record, without anything personal.
	:ivar examples: what people call some of the records. :ivar solved: the products of this backfill would make what is missing.
	"""

	resource: str
	category: str
	missing: str = ""
	message: str = ""
	count: int = 0
	examples: list[str] = field(default_factory=list)
	solved: bool = False

	@property
	def fix(self) -> str:
		"""What an operator does about it."""
		return INFO[Category(self.category)].fix


@dataclass
class Rehearsal:
	"""What would become of the records that were read so far.

	:ivar outcomes: resource → outcome → how many. :ivar causes: by resource, category and what is missing.
	:ivar pushes: stock levels that would be compared with ERPNext's stock, and set where they differ.
	"""

	outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
	causes: dict[tuple[str, str, str], Cause] = field(default_factory=dict)
	pushes: int = 0
	_by_missing: dict[str, list[Cause]] = field(default_factory=dict, repr=False, compare=False)

	def __post_init__(self) -> None:
		for cause in self.causes.values():
			self._by_missing.setdefault(cause.missing, []).append(cause)

	def add(self, resource: str, label: str, decision: Decision) -> None:
		"""Count what was decided about a record. :param label: what people call it. A failure's message is scrubbed before."""
		outcome = _outcome(decision)
		counts = self.outcomes.setdefault(resource, {})
		counts[outcome] = counts.get(outcome, 0) + 1
		if isinstance(decision, Failure):
			self._fails(resource, label, decision)
		elif isinstance(decision, Plan):
			self._finds(decision.found)

	def _fails(self, resource: str, label: str, failure: Failure) -> None:
		key = (resource, str(failure.category), failure.missing or "")
		if key not in self.causes and len(self.causes) >= _MOST:
			key = (resource, str(failure.category), "")
		if key not in self.causes:
			self.causes[key] = Cause(*key, message=failure.message)
			self._by_missing.setdefault(key[2], []).append(self.causes[key])
		cause = self.causes[key]
		cause.count += 1
		if label and len(cause.examples) < _EXAMPLES:
			cause.examples.append(label)

	def _finds(self, found: Iterable[str]) -> None:
		for what in found:
			for cause in self._by_missing.get(what, ()):
				cause.solved = True

	@property
	def failures(self) -> list[Cause]:
		"""The causes, those that need a person first, and of these the most frequent first."""
		return sorted(self.causes.values(), key=lambda cause: (cause.solved, -cause.count, cause.category, cause.missing))

	def as_json(self) -> dict[str, Any]:
		"""Return it as plain JSON values, for a later process and for the Desk."""
		causes = [{**asdict(cause), "fix": cause.fix} for cause in self.failures]
		return {"outcomes": self.outcomes, "causes": causes, "pushes": self.pushes}

	@classmethod
	def from_json(cls, kept: Mapping[str, Any]) -> Rehearsal:
		"""Return what :meth:`as_json` wrote."""
		causes = [Cause(**{name: value for name, value in row.items() if name != "fix"}) for row in kept.get("causes") or ()]
		by_key = {(cause.resource, cause.category, cause.missing): cause for cause in causes}
		return cls(dict(kept.get("outcomes") or {}), by_key, int(kept.get("pushes") or 0))


def _outcome(decision: Decision) -> str:
	if isinstance(decision, Failure):
		return FAILED
	if isinstance(decision, Skip):
		return str(decision.status)
	if decision.conflicts and decision.conflicts.rows:
		return CONFLICT
	return APPLIED if decision.changes or decision.linked else SAME
