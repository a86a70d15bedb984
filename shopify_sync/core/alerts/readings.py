"""What a store's figures say about each condition: whether it is there, how bad, in which words, and where to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..calls.breaker import CircuitState
from ..health import TOKEN_OVERDUE, StoreHealth
from ..words import Sentence, _, say
from .conditions import Condition, Rule, Rules

#: A store in whose past weeks fewer webhooks came in the same hours is quiet, not silent.
USUAL_AT_LEAST = 3


@dataclass(frozen=True)
class Place:
	"""Where a person goes on: a route of the Desk and the filters that it opens with."""

	route: Sequence[str]
	filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
	"""What a store is judged by. Times are UTC with their zone.

	:ivar silence: how many webhooks came in the same span of each of the last weeks, as the span since the last one is now; counted
		up to a few. Empty: the store is younger, or the silence too short to ask.
	:ivar sign_in_until: when somebody must sign in again; None: never, or not known.
	:ivar held_since: when the oldest event that is held was received.
	:ivar drift_growing: open differences that have grown for a week.
	:ivar failed_run, failed_backfill: the last one, if it failed.
	:ivar resting_run: a reconciliation that has waited for hours: nothing else is compared meanwhile.
	"""

	health: StoreHealth
	silence: Sequence[int] = ()
	sign_in_until: datetime | None = None
	held_since: datetime | None = None
	drift_growing: int = 0
	failed_run: str | None = None
	failed_backfill: str | None = None
	resting_run: str | None = None


@dataclass(frozen=True)
class Reading:
	"""What is said of one condition.

	:ivar is_there: None: nobody can tell. :ivar value: in the unit of the rule.
	:ivar says: what is wrong; *to_do*: what to do about it; *place*: where.
	"""

	condition: Condition
	is_there: bool | None
	value: float = 0.0
	says: Sentence = field(default_factory=lambda: say(""))
	to_do: Sentence = field(default_factory=lambda: say(""))
	place: Place = field(default_factory=lambda: Place(("List", "Shopify Store")))


def readings(facts: Facts, rules: Rules) -> list[Reading]:
	"""Return what is said of every condition but the test. Of a store that is disabled, nothing is there: it is off on purpose."""
	return [reading_of(rule, facts) for rule in rules]


def reading_of(rule: Rule, facts: Facts) -> Reading:
	"""Return what is said of the condition of a rule."""
	if not (rule.is_on and facts.health.enabled):
		return Reading(rule.condition, False)
	return _READ[rule.condition](facts, rule)


def _center(health: StoreHealth, **filters: str) -> Place:
	return Place(("sync-command-center",), {"store": health.store, **filters})


def _store(health: StoreHealth) -> Place:
	return Place(("Form", "Shopify Store", health.store))


def _workers(facts: Facts, rule: Rule) -> Reading:
	minutes = int(facts.health.oldest_due_seconds // 60)
	return Reading(
		rule.condition,
		minutes >= rule.threshold,
		minutes,
		say(_("No worker takes the events: the oldest has been due for {0} minutes."), minutes),
		say(_("Check that the workers and the scheduler run (bench doctor), and look at the worker's log.")),
		_center(facts.health, tab="events", status="Received,Processing,Retrying"),
	)


def _circuit(facts: Facts, rule: Rule) -> Reading:
	circuit = facts.health.circuit
	minutes = int((facts.health.at - circuit.since).total_seconds() // 60) if circuit.since else 0
	by_hand = circuit.state == CircuitState.OPEN and circuit.until is None
	return Reading(
		rule.condition,
		facts.health.signs_in and circuit.state != CircuitState.CLOSED,
		minutes,
		say(_("No calls go out to Shopify: the circuit was opened by hand. {0}"), circuit.reason)
		if by_hand
		else say(_("Calls to Shopify fail, so none go out: {0}"), circuit.reason or _("no reason was noted")),
		say(_("Reset the circuit in the Sync Command Center when calls may go out again."))
		if by_hand
		else say(_("It closes by itself when Shopify answers again. See Shopify's status page.")),
		_center(facts.health),
	)


def _sign_in(facts: Facts, rule: Rule) -> Reading:
	health, state = facts.health, facts.health.token_state
	overdue = health.token_expires_at is not None and health.token_expires_at + TOKEN_OVERDUE < health.at
	refused = state == "Rejected"
	lost = state == "Not signed in" and health.last_event_at is not None
	says = (
		say(_("Shopify refuses the sign-in: {0}"), health.token_reason)
		if refused
		else say(_("The store is not signed in to Shopify."))
	)
	if overdue and not (refused or lost):
		says = say(_("The token ran out at {0} and was not replaced."), health.token_expires_at)
	return Reading(
		rule.condition,
		health.signs_in and (refused or lost or overdue),
		1.0 if refused or lost or overdue else 0.0,
		says,
		say(_("Press Sign In in Shopify Store. Until then nothing is sent; what comes in goes on.")),
		_store(health),
	)


def _sign_in_ends(facts: Facts, rule: Rule) -> Reading:
	until = facts.sign_in_until
	if until is None or not facts.health.signs_in:
		return Reading(rule.condition, False)
	days = (until - facts.health.at) / timedelta(days=1)
	return Reading(
		rule.condition,
		0 < days <= rule.threshold,
		round(max(days, 0.0), 1),
		say(_("The sign-in ends at {0}."), until),
		say(_("Press Sign In in Shopify Store before that.")),
		_store(facts.health),
	)


def _version(facts: Facts, rule: Rule) -> Reading:
	ends = facts.health.api_version_ends
	if ends is None or not facts.health.signs_in:
		return Reading(rule.condition, False)
	days = (ends - facts.health.at.date()).days
	text = _("API version {0} ends on {1}.") if days > 0 else _("API version {0} ended on {1}.")
	return Reading(
		rule.condition,
		days <= rule.threshold,
		days,
		say(text, facts.health.api_version, ends),
		say(_("Set a later API Version in Shopify Store, in shadow mode first.")),
		_store(facts.health),
	)


def _subscriptions(facts: Facts, rule: Rule) -> Reading:
	topics = facts.health.subscriptions_missing
	return Reading(
		rule.condition,
		len(topics) >= rule.threshold,
		len(topics),
		say(_("Shopify does not deliver {0}."), ", ".join(topics)),
		say(_("Run a reconciliation that heals: it subscribes again and fetches what was missed.")),
		Place(("List", "Sync Discrepancy"), {"store": facts.health.store, "kind": "Webhook Subscription"}),
	)


def _silence(facts: Facts, rule: Rule) -> Reading:
	last = facts.health.last_webhook_at
	if last is None:
		return Reading(rule.condition, False)
	minutes = int((facts.health.at - last).total_seconds() // 60)
	unusual = bool(facts.silence) and min(facts.silence) >= USUAL_AT_LEAST
	return Reading(
		rule.condition,
		minutes >= rule.threshold and unusual,
		minutes,
		say(_("No webhook has come since {0}. In the weeks before, some came in the same hours."), last),
		say(_("Check that Shopify reaches this site and that its webhook subscriptions are there; run a reconciliation.")),
		_store(facts.health),
	)


def _oldest(facts: Facts, rule: Rule) -> Reading:
	minutes = int(facts.health.oldest_unprocessed_seconds // 60)
	return Reading(
		rule.condition,
		minutes >= rule.threshold,
		minutes,
		say(_("The oldest event that is not finished came {0} minutes ago."), minutes),
		say(_("Look at what it waits for: its next try, a worker, or Shopify.")),
		_center(facts.health, tab="events", status="Received,Processing,Retrying"),
	)


def _errors(facts: Facts, rule: Rule) -> Reading:
	health = facts.health
	ended, share = health.finished_last_hour + health.failed_last_hour, round(health.error_share * 100, 1)
	return Reading(
		rule.condition,
		ended >= max(rule.minimum, 1) and share >= rule.threshold,
		share,
		say(_("Of {0} events of the last hour {1} in 100 failed."), ended, f"{share:g}"),
		say(_("Look at the causes in the Sync Command Center, the most frequent first.")),
		_center(health),
	)


def _dead_letters(facts: Facts, rule: Rule) -> Reading:
	number = facts.health.dead_letters
	return Reading(
		rule.condition,
		number >= rule.threshold,
		number,
		say(_("Events that are not tried again by themselves: {0}."), number),
		say(_("Mend the cause, then Retry; or Discard with a reason.")),
		_center(facts.health, status="Dead Letter"),
	)


def _needs_a_person(facts: Facts, rule: Rule) -> Reading:
	number = facts.health.failures_open
	return Reading(
		rule.condition,
		number >= rule.threshold,
		number,
		say(_("Events that wait for a person: {0}."), number),
		say(_("Mend the causes in the Sync Command Center: what waits for them goes on by itself.")),
		_center(facts.health),
	)


def _held(facts: Facts, rule: Rule) -> Reading:
	since = facts.held_since
	hours = (facts.health.at - since) / timedelta(hours=1) if since else 0.0
	return Reading(
		rule.condition,
		since is not None and hours >= rule.threshold,
		round(hours, 1),
		say(_("Events are held, the oldest came {0} hours ago."), f"{round(hours, 1):g}"),
		say(_("Resume the store or release the hold if it was forgotten.")),
		_center(facts.health, tab="held"),
	)


def _drift(facts: Facts, rule: Rule) -> Reading:
	number = facts.health.drift_open
	return Reading(
		rule.condition,
		number >= rule.threshold,
		number,
		say(_("Differences between Shopify and ERPNext that are not settled: {0}."), number),
		say(_("Open them: each says what it most likely comes from and what is proposed.")),
		Place(("List", "Sync Discrepancy"), {"store": facts.health.store, "status": "Open"}),
	)


def _drift_grows(facts: Facts, rule: Rule) -> Reading:
	number = facts.drift_growing
	return Reading(
		rule.condition,
		number >= rule.threshold,
		number,
		say(_("Differences that have grown for a week or longer: {0}."), number),
		say(_("Something goes on causing them: look for it before you heal them.")),
		Place(("List", "Sync Discrepancy"), {"store": facts.health.store, "trend": "Growing"}),
	)


def _reconciliation(facts: Facts, rule: Rule) -> Reading:
	failed, rests = facts.failed_run, facts.resting_run
	what = say(_("The last reconciliation failed: {0}."), failed or "")
	fix = say(_("Open it: it says why. The next one begins anew by itself."))
	if rests and not failed:
		what = say(_("A reconciliation has been waiting for hours, and nothing is compared meanwhile: {0}."), rests)
		fix = say(_("Open it: it says what it waits for. It goes on by itself when that is mended; or stop it."))
	return Reading(
		rule.condition,
		bool(failed or rests),
		1.0 if failed or rests else 0.0,
		what,
		fix,
		Place(("Form", "Reconciliation Run", failed or rests or "")),
	)


def _backfill(facts: Facts, rule: Rule) -> Reading:
	failed = facts.failed_backfill
	return Reading(
		rule.condition,
		failed is not None,
		1.0 if failed else 0.0,
		say(_("The last backfill failed: {0}."), failed or ""),
		say(_("Open it: it says why. Begin it again when the cause is mended; what it imported stays.")),
		Place(("Form", "Shopify Backfill", failed or "")),
	)


_READ: Mapping[Condition, Callable[[Facts, Rule], Reading]] = {
	Condition.WORKERS: _workers,
	Condition.CIRCUIT: _circuit,
	Condition.SIGN_IN: _sign_in,
	Condition.SIGN_IN_ENDS: _sign_in_ends,
	Condition.API_VERSION: _version,
	Condition.SUBSCRIPTIONS: _subscriptions,
	Condition.SILENCE: _silence,
	Condition.OLDEST: _oldest,
	Condition.ERRORS: _errors,
	Condition.DEAD_LETTERS: _dead_letters,
	Condition.NEEDS_A_PERSON: _needs_a_person,
	Condition.HELD: _held,
	Condition.DRIFT: _drift,
	Condition.DRIFT_GROWS: _drift_grows,
	Condition.RECONCILIATION: _reconciliation,
	Condition.BACKFILL: _backfill,
}
