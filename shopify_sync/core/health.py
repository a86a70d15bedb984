"""How a store is: the figures that tell whether Shopify and ERPNext agree, the verdict on them, and what to do.

Pure: a :class:`StoreHealth` is read by a host; the verdict and its sentences follow from it and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone
from typing import Any

from .calls.breaker import CircuitState
from .enums import StrEnum
from .words import Sentence, ShowTime, Translate, _, say

#: Seconds that an event may be due before somebody looks whether workers run; and after which nobody doubts that none does.
LATE, STUCK = 300, 3600
#: Seconds from receipt to the end, of 95 in 100 events of the last hour.
SLOW = 300
#: Of what ended in an hour, the share that failed which is no chance any more; and of how many at least.
ERROR_SHARE, ERROR_MINIMUM = 0.1, 10
#: The share of the API's points that are taken.
POINTS_SHARE = 0.9
#: How long before its end an API version is spoken of: Shopify brings out one each quarter.
VERSION_AHEAD = timedelta(days=60)
#: Shopify replaces a token that runs out by itself, so one that ended so long ago was not replaced.
TOKEN_OVERDUE = timedelta(minutes=10)
#: A store that signs in is compared every night.
COMPARED_WITHIN = timedelta(hours=48)


class Verdict(StrEnum):
	"""How a store is, in one word."""

	GOOD = "Good"
	ATTENTION = "Attention"
	BROKEN = "Broken"
	NOT_SET_UP = "Not set up"


#: The worst first: one of them is the verdict.
_ORDER = (Verdict.NOT_SET_UP, Verdict.BROKEN, Verdict.ATTENTION, Verdict.GOOD)


@dataclass(frozen=True)
class CircuitHealth:
	"""Whether calls go out to Shopify. :ivar until: when the next probe may go, where they do not."""

	state: str = str(CircuitState.CLOSED)
	since: datetime | None = None
	until: datetime | None = None
	reason: str = ""


@dataclass(frozen=True)
class Finding:
	"""One thing about a store, and how bad it is."""

	level: Verdict
	says: Sentence


@dataclass(frozen=True)
class StoreHealth:
	"""The figures of a store at one moment. Times are UTC with their zone, durations seconds, shares 0 to 1.

	:ivar at: when it was measured.
	:ivar has_secret: a client secret is entered: without one no delivery can be verified. :ivar signs_in: it calls Shopify.
	:ivar secret_is_unreadable: it was encrypted with another key than the site has, as after a restore without `site_config.json`.
	:ivar last_event_at: when the last event came, from wherever; :ivar last_webhook_at: when Shopify last delivered one.
	:ivar oldest_unprocessed_at: of what was received and is not finished, and waits for no person: when the oldest came.
	:ivar oldest_due_seconds: how long a worker could have taken the oldest that is due; 0: nothing is.
	:ivar waiting: events that are received, being worked on, or tried again later.
	:ivar lag_p95_seconds: from receipt to the end, of what ended in the last hour; None: nothing did.
	:ivar failed_last_hour: received in the last hour and waiting for a person now; *error_share*: of these and what ended.
	:ivar held: events that are held; :ivar holds: what an operator holds.
	:ivar drift_open: discrepancies that are open; :ivar drift_trend: so many more than a day ago (below 0: fewer).
	:ivar api_points_used_share: None: not known, nothing was sent lately.
	"""

	store: str
	at: datetime
	enabled: bool = True
	mode: str = "Live"
	has_secret: bool = False
	secret_is_unreadable: bool = False
	signs_in: bool = False
	circuit: CircuitHealth = field(default_factory=CircuitHealth)
	token_state: str = ""
	token_reason: str = ""
	token_expires_at: datetime | None = None
	scopes_missing: Sequence[str] = ()
	api_version: str = ""
	api_version_ends: date | None = None
	last_event_at: datetime | None = None
	last_webhook_at: datetime | None = None
	oldest_unprocessed_at: datetime | None = None
	oldest_due_seconds: float = 0.0
	waiting: int = 0
	lag_p95_seconds: float | None = None
	finished_last_hour: int = 0
	failed_last_hour: int = 0
	by_status: Mapping[str, int] = field(default_factory=dict)
	failures_open: int = 0
	failures_by_category: Mapping[str, int] = field(default_factory=dict)
	dead_letters: int = 0
	conflicts_open: int = 0
	held: int = 0
	holds: int = 0
	drift_open: int = 0
	drift_trend: int = 0
	last_reconciliation_at: datetime | None = None
	last_reconciliation_says: Sentence | None = None
	subscriptions_missing: Sequence[str] = ()
	api_points_used_share: float | None = None
	operations_running: int = 0
	alerts_open: int = 0

	@property
	def oldest_unprocessed_seconds(self) -> float:
		"""For how long the oldest event has been waiting; 0: nothing waits."""
		if self.oldest_unprocessed_at is None:
			return 0.0
		return max((self.at - self.oldest_unprocessed_at).total_seconds(), 0.0)

	@property
	def is_signed_in(self) -> bool:
		"""Shopify accepts the sign-in, as far as is known."""
		state = self.token_state
		return state == "Signed in"

	@property
	def error_share(self) -> float:
		"""Of the events that ended in the last hour, well or not, the share that did not."""
		ended = self.finished_last_hour + self.failed_last_hour
		return self.failed_last_hour / ended if ended else 0.0

	@property
	def verdict(self) -> Verdict:
		"""How the store is, in one word: the worst of what is found."""
		return verdict(self)

	@property
	def says(self) -> list[Sentence]:
		"""What is wrong and what to do about it, the worst first; never empty."""
		return [finding.says for finding in findings(self)]

	def as_dict(self, translate: Translate = _, show_time: ShowTime | None = None) -> dict[str, Any]:
		"""Return all of it as values that JSON knows, in the reader's language.

		:param show_time: makes a text of a time (aware); without it ISO 8601, UTC.
		"""
		shown = show_time or _iso
		values = {one.name: _plain(getattr(self, one.name), translate, shown) for one in fields(self)}
		return values | {
			"oldest_unprocessed_seconds": self.oldest_unprocessed_seconds,
			"error_share": self.error_share,
			"verdict": str(self.verdict),
			"says": [sentence.shown(translate, shown) for sentence in self.says],
		}


def verdict(health: StoreHealth) -> Verdict:
	"""Return the worst level of what is found about a store."""
	return findings(health)[0].level


def findings(health: StoreHealth) -> list[Finding]:
	"""Return what there is to say of a store, the worst first; never empty. What is good is said too, so that silence means nothing."""
	found = [*_set_up(health), *_switched(health)]
	for look in (_connection, _webhooks, _queue, _failures, _agreement, _reserves):
		found += look(health)
	if all(one.level is Verdict.GOOD for one in found):
		found.insert(0, Finding(Verdict.GOOD, _all_is_well(health)))
	return sorted(found, key=lambda one: _ORDER.index(one.level))


def _set_up(health: StoreHealth) -> Iterator[Finding]:
	if not health.has_secret:
		text = _("Enter the Client Secret in Shopify Store: without it no webhook can be verified, and all are refused.")
		yield Finding(Verdict.NOT_SET_UP, say(text))
	elif health.secret_is_unreadable:
		text = _(
			"The Client Secret cannot be read, so all webhooks are refused and nothing is sent: the site's encryption_key is another one than before. Put that key back into site_config.json, or enter the secrets again in Shopify Store."
		)
		yield Finding(Verdict.BROKEN, say(text))
	elif health.last_event_at is None:
		text = _("Nothing has arrived from Shopify yet. Follow the steps of the onboarding in Shopify Store.")
		yield Finding(Verdict.NOT_SET_UP, say(text))


def _switched(health: StoreHealth) -> Iterator[Finding]:
	if not health.enabled:
		text = _("The store is disabled: webhooks are refused and nothing is sent. Tick Enabled in Shopify Store to go on.")
		yield Finding(Verdict.ATTENTION, say(text))
	elif health.mode == "Paused":
		text = _("The store is paused: events are recorded and held. Resume it when ERPNext may be changed again.")
		yield Finding(Verdict.ATTENTION, say(text))
	elif health.mode == "Shadow":
		text = _("Shadow mode: every event is decided and recorded, and nothing is changed in ERPNext.")
		yield Finding(Verdict.GOOD, say(text))


def _connection(health: StoreHealth) -> Iterator[Finding]:
	if not health.signs_in:
		text = _("The store does not sign in to Shopify: webhooks are taken, but nothing is compared and nothing is sent.")
		yield Finding(Verdict.GOOD, say(text))
		return
	yield from _token(health)
	yield from _circuit(health.circuit)
	if health.scopes_missing:
		text = _("Shopify has not granted {0}. Sign the store in again and accept these permissions.")
		yield Finding(Verdict.ATTENTION, say(text, ", ".join(health.scopes_missing)))
	ends = health.api_version_ends
	if ends and ends <= health.at.date():
		text = _("API version {0} ended on {1}. Set a later API Version in Shopify Store.")
		yield Finding(Verdict.BROKEN, say(text, health.api_version, ends))
	elif ends and ends <= (health.at + VERSION_AHEAD).date():
		text = _("API version {0} ends on {1}. Set a later API Version in Shopify Store before that.")
		yield Finding(Verdict.ATTENTION, say(text, health.api_version, ends))


def _token(health: StoreHealth) -> Iterator[Finding]:
	state = health.token_state
	if state == "Rejected":
		text = _("Shopify refused the sign-in, so nothing is sent: {0} Sign the store in again.")
		yield Finding(Verdict.BROKEN, say(text, health.token_reason))
	elif state == "Not signed in":
		level = Verdict.BROKEN if health.last_event_at else Verdict.NOT_SET_UP
		yield Finding(level, say(_("The store is not signed in to Shopify. Press Sign In in Shopify Store.")))
	elif health.token_expires_at and health.token_expires_at + TOKEN_OVERDUE < health.at:
		text = _("The token ran out at {0} and was not replaced. Check that the scheduler runs, then press Test Connection.")
		yield Finding(Verdict.BROKEN, say(text, health.token_expires_at))


def _circuit(circuit: CircuitHealth) -> Iterator[Finding]:
	if circuit.state == CircuitState.OPEN:
		if circuit.until:
			text = _("Calls to Shopify failed, so none go out before {0}: {1} What waits is sent by itself afterwards.")
			yield Finding(Verdict.BROKEN, say(text, circuit.until, circuit.reason))
		else:
			text = _("The circuit was opened: no calls go out to Shopify until it is reset. {0}")
			yield Finding(Verdict.BROKEN, say(text, circuit.reason))
	elif circuit.state == CircuitState.HALF_OPEN:
		yield Finding(Verdict.ATTENTION, say(_("Calls to Shopify failed; one call is out now to see whether it answers again.")))


def _webhooks(health: StoreHealth) -> Iterator[Finding]:
	if health.subscriptions_missing:
		text = _(
			"Shopify does not deliver {0}: the webhook subscriptions are missing or changed. Run a reconciliation that heals."
		)
		yield Finding(Verdict.BROKEN, say(text, ", ".join(health.subscriptions_missing)))


def _queue(health: StoreHealth) -> Iterator[Finding]:
	minutes = int(health.oldest_due_seconds // 60)
	if health.oldest_due_seconds >= STUCK:
		text = _("No worker takes the events: the oldest has been due for {0} minutes. Start the workers and the scheduler.")
		yield Finding(Verdict.BROKEN, say(text, minutes))
	elif health.oldest_due_seconds >= LATE:
		text = _("Events wait for a worker, the oldest for {0} minutes. Check that workers run, or start more of them.")
		yield Finding(Verdict.ATTENTION, say(text, minutes))
	if health.lag_p95_seconds is not None and health.lag_p95_seconds >= SLOW:
		text = _("In the last hour events took up to {0} seconds from receipt to the end (95 of 100 were faster).")
		yield Finding(Verdict.ATTENTION, say(text, round(health.lag_p95_seconds)))
	if health.held:
		text = _("Events that are held: {0}. They go on when the store is resumed or the hold is released.")
		yield Finding(Verdict.ATTENTION, say(text, health.held))
	elif health.holds:
		text = _("Holds that somebody placed: {0}. What they cover waits until they are released.")
		yield Finding(Verdict.ATTENTION, say(text, health.holds))


def _failures(health: StoreHealth) -> Iterator[Finding]:
	if health.failures_open:
		text = _("Events that failed and wait for a person: {0}. Look at their causes.")
		yield Finding(Verdict.ATTENTION, say(text, health.failures_open))
	if health.failed_last_hour >= ERROR_MINIMUM and health.error_share >= ERROR_SHARE:
		text = _("Of the events of the last hour {0} in 100 failed. Look at their causes.")
		yield Finding(Verdict.ATTENTION, say(text, round(health.error_share * 100)))


def _agreement(health: StoreHealth) -> Iterator[Finding]:
	if health.conflicts_open:
		text = _("Fields that both sides changed: {0}. Decide each of them in Sync Conflict.")
		yield Finding(Verdict.ATTENTION, say(text, health.conflicts_open))
	if health.drift_open:
		text = _("Differences between Shopify and ERPNext that reconciliation found: {0}. Open Sync Discrepancy.")
		yield Finding(Verdict.ATTENTION, say(text, health.drift_open))
	if health.signs_in and health.enabled and health.last_event_at:
		compared = health.last_reconciliation_at
		if compared is None:
			text = _("The store has never been compared with ERPNext. Run a reconciliation.")
			yield Finding(Verdict.ATTENTION, say(text))
		elif compared + COMPARED_WITHIN < health.at:
			text = _("The store was last compared with ERPNext at {0}. Run a reconciliation, or let it run every night.")
			yield Finding(Verdict.ATTENTION, say(text, compared))


def _reserves(health: StoreHealth) -> Iterator[Finding]:
	if (health.api_points_used_share or 0.0) >= POINTS_SHARE:
		text = _("The API budget of the store is nearly used up: calls wait. It fills again by itself.")
		yield Finding(Verdict.ATTENTION, say(text))
	if health.alerts_open:
		yield Finding(Verdict.ATTENTION, say(_("Alerts that are open: {0}. Open Sync Alert."), health.alerts_open))


def _all_is_well(health: StoreHealth) -> Sentence:
	if health.last_reconciliation_at:
		text = _("Nothing waits for a person. Shopify and ERPNext were last compared at {0}.")
		return say(text, health.last_reconciliation_at)
	return say(_("Nothing waits for a person."))


def _iso(moment: datetime) -> str:
	return moment.astimezone(timezone.utc).isoformat()


def _plain(value: Any, translate: Translate, shown: ShowTime) -> Any:
	if isinstance(value, datetime):
		return shown(value)
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, Sentence):
		return value.shown(translate, shown)
	if isinstance(value, CircuitHealth):
		return {one.name: _plain(getattr(value, one.name), translate, shown) for one in fields(value)}
	if isinstance(value, Mapping):
		return {str(key): number for key, number in value.items()}
	return list(value) if isinstance(value, list | tuple) else value
