"""The conditions that a store is watched for, and the thresholds that hold where a store sets none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ..enums import StrEnum
from ..words import _

#: A condition that is not there any more must stay away so long before the alert counts as recovered.
CALM = timedelta(minutes=5)


class Severity(StrEnum):
	"""How soon somebody must look. A warning waits until the quiet hours end, what is critical does not."""

	WARNING = "Warning"
	CRITICAL = "Critical"


class Unit(StrEnum):
	"""What a threshold counts. ON: the condition is there or not, and any threshold above 0 switches it on."""

	COUNT = _("events")
	DIFFERENCES = _("differences")
	TOPICS = _("topics")
	PERCENT = _("percent")
	MINUTES = _("minutes")
	HOURS = _("hours")
	DAYS = _("days")
	ON = _("1 = on")


class Condition(StrEnum):
	"""What may be wrong with a store."""

	WORKERS = "No worker"
	CIRCUIT = "Circuit open"
	SIGN_IN = "Sign-in refused"
	SIGN_IN_ENDS = "Sign-in ends"
	API_VERSION = "API version ends"
	SUBSCRIPTIONS = "Subscription missing"
	SILENCE = "No webhooks"
	OLDEST = "Oldest event"
	ERRORS = "Error share"
	DEAD_LETTERS = "Dead letters"
	NEEDS_A_PERSON = "Waiting for a person"
	HELD = "Held events"
	DRIFT = "Drift"
	DRIFT_GROWS = "Drift grows"
	RECONCILIATION = "Reconciliation failed"
	BACKFILL = "Backfill failed"
	TEST = "Test"


@dataclass(frozen=True)
class Rule:
	"""When a condition becomes an alert.

	:ivar threshold: from where on it is there, in *unit*; 0: it is not looked for.
	:ivar lasting: for how long it must be there before anybody is told.
	:ivar minimum: of events, before their share means anything.
	"""

	condition: Condition
	threshold: float
	unit: Unit
	severity: Severity = Severity.WARNING
	lasting: timedelta = timedelta(0)
	minimum: int = 0

	@property
	def is_on(self) -> bool:
		"""Whether it is looked for at all."""
		return self.threshold > 0

	@property
	def holds_after(self) -> timedelta:
		"""For how long it must be there: of the circuit the threshold says so, since each probe opens it anew."""
		if self.condition is Condition.CIRCUIT:
			return timedelta(minutes=self.threshold)
		return self.lasting

	@property
	def calm(self) -> timedelta:
		"""For how long it must be away."""
		return timedelta(0) if self.condition is Condition.TEST else CALM


_FIVE_MINUTES = timedelta(minutes=5)
#: For a small shop. What Shopify or a person mends anyway is left time; what nobody would notice is told at once.
DEFAULT_RULES = (
	Rule(Condition.WORKERS, 10, Unit.MINUTES, Severity.CRITICAL),
	Rule(Condition.CIRCUIT, 10, Unit.MINUTES, Severity.CRITICAL),
	Rule(Condition.SIGN_IN, 1, Unit.ON, Severity.CRITICAL),
	Rule(Condition.SIGN_IN_ENDS, 7, Unit.DAYS),
	Rule(Condition.API_VERSION, 60, Unit.DAYS),
	Rule(Condition.SUBSCRIPTIONS, 1, Unit.TOPICS),
	Rule(Condition.SILENCE, 60, Unit.MINUTES),
	Rule(Condition.OLDEST, 60, Unit.MINUTES, lasting=_FIVE_MINUTES),
	Rule(Condition.ERRORS, 20, Unit.PERCENT, lasting=_FIVE_MINUTES, minimum=10),
	Rule(Condition.DEAD_LETTERS, 1, Unit.COUNT),
	Rule(Condition.NEEDS_A_PERSON, 10, Unit.COUNT, lasting=_FIVE_MINUTES),
	Rule(Condition.HELD, 24, Unit.HOURS),
	Rule(Condition.DRIFT, 5, Unit.DIFFERENCES, lasting=_FIVE_MINUTES),
	Rule(Condition.DRIFT_GROWS, 1, Unit.DIFFERENCES),
	Rule(Condition.RECONCILIATION, 1, Unit.ON),
	Rule(Condition.BACKFILL, 1, Unit.ON),
)
#: What a test alert goes by: it is there once, and over at the next look.
TEST_RULE = Rule(Condition.TEST, 1, Unit.ON, Severity.CRITICAL)
_DEFAULTS = {rule.condition: rule for rule in DEFAULT_RULES}

#: What people read of a condition in a table of thresholds.
EXPLANATIONS: Mapping[Condition, str] = {
	Condition.WORKERS: _("An event has been due for so long, and no worker takes it."),
	Condition.CIRCUIT: _("Calls to Shopify have been failing for so long that none go out."),
	Condition.SIGN_IN: _("Shopify refuses the sign-in, or the store is not signed in any more."),
	Condition.SIGN_IN_ENDS: _("In so many days somebody must sign in again."),
	Condition.API_VERSION: _("In so many days Shopify stops to support the API version."),
	Condition.SUBSCRIPTIONS: _("Of so many topics Shopify does not deliver webhooks."),
	Condition.SILENCE: _("No webhook has come for so long, though in the weeks before some came in the same hours."),
	Condition.OLDEST: _("An event that no person has to look at has been unfinished for so long."),
	Condition.ERRORS: _("Of the events of the last hour so many in 100 failed."),
	Condition.DEAD_LETTERS: _("So many events are not tried again by themselves."),
	Condition.NEEDS_A_PERSON: _("So many events wait for a person: Blocked, Conflict and Dead Letter."),
	Condition.HELD: _("An event has been held for so long: a pause or a hold that was forgotten."),
	Condition.DRIFT: _("Reconciliation found so many differences that are not settled."),
	Condition.DRIFT_GROWS: _("So many differences have grown for a week or longer."),
	Condition.RECONCILIATION: _("The last reconciliation failed, or one has been waiting for hours."),
	Condition.BACKFILL: _("The last backfill failed."),
	Condition.TEST: _("Somebody pressed Send Test Alert."),
}


@dataclass(frozen=True)
class Rules:
	"""The rules of a store: its own, and the default of each condition that it says nothing about."""

	own: Sequence[Rule] = ()
	_by: dict[Condition, Rule] = field(init=False, repr=False, compare=False, default_factory=dict)

	def __post_init__(self) -> None:
		"""Lay the store's own rules over the defaults."""
		self._by.update(_DEFAULTS)
		self._by.update({rule.condition: rule for rule in self.own})

	def of(self, condition: Condition) -> Rule:
		"""Return the rule of a condition."""
		return TEST_RULE if condition is Condition.TEST else self._by[condition]

	def __iter__(self) -> Iterator[Rule]:
		"""Go through the rules in the order of the defaults."""
		return iter([self._by[rule.condition] for rule in DEFAULT_RULES])
