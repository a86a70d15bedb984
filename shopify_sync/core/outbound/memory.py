"""What is remembered of the pushes of one inventory level, in the facts of its link.

The memory is what compare-and-set compares with, what tells an echo from a change, and what a worker that comes after a crash
goes by: a call that may have arrived stands in it before it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

#: So many pushes are remembered: a webhook may be a day late, and one level seldom changes more often than that.
KEPT = 20


@dataclass(frozen=True)
class Pending:
	"""A call whose end is not recorded.

	:ivar owner: the lease it is made under; *event*: its event; *key*: its idempotency key.
	:ivar on_hand: what it sets; *change_from*: what it found; *available*: what should be available after it, if that is known.
	:ivar sent_at: when (UTC, our clock); *until*: when it has arrived if it ever does.
	"""

	owner: str
	event: str
	key: str
	on_hand: int
	change_from: int
	available: int | None
	sent_at: datetime
	until: datetime


@dataclass(frozen=True)
class Push:
	"""A push that Shopify carried out: what was available then, and when by Shopify's own clock (UTC)."""

	event: str
	on_hand: int
	available: int | None
	at: datetime


@dataclass(frozen=True)
class Memory:
	"""What is known of a level in Shopify.

	:ivar on_hand: after the last push or reading; None: not known. *available*: likewise.
	:ivar pushes: the last ones, the newest first.
	:ivar disputed_by: the event that found another figure than this one and waits for a person; retried, it lets ERPNext's count.
	"""

	on_hand: int | None = None
	available: int | None = None
	pushes: tuple[Push, ...] = ()
	pending: Pending | None = None
	disputed_by: str = ""

	@classmethod
	def of(cls, facts: Mapping[str, Any]) -> Memory:
		"""Return the memory that stands in a link's facts."""
		pending = facts.get("pending")
		return cls(
			facts.get("on_hand"),
			facts.get("available"),
			tuple(Push(**{**row, "at": _time(row["at"])}) for row in facts.get("pushes", ())),
			Pending(**{**pending, "sent_at": _time(pending["sent_at"]), "until": _time(pending["until"])}) if pending else None,
			facts.get("disputed_by", ""),
		)

	def facts(self) -> dict[str, Any]:
		"""Return the memory as a link keeps it."""
		pending = self.pending
		found: dict[str, Any] = {"on_hand": self.on_hand, "available": self.available}
		if self.pushes:
			found["pushes"] = [{**asdict(row), "at": row.at.isoformat()} for row in self.pushes]
		if pending:
			times = {"sent_at": pending.sent_at.isoformat(), "until": pending.until.isoformat()}
			found["pending"] = {**asdict(pending), **times}
		if self.disputed_by:
			found["disputed_by"] = self.disputed_by
		return found

	def sending(self, pending: Pending) -> Memory:
		"""Return the memory before a call."""
		return replace(self, pending=pending)

	def seen(self, on_hand: int, available: int | None) -> Memory:
		"""Return the memory after reading what Shopify has; a call that was under way before has ended."""
		return replace(self, on_hand=on_hand, available=available, pending=None, disputed_by="")

	def pushed(self, push: Push) -> Memory:
		"""Return the memory after a push that was carried out."""
		return Memory(push.on_hand, push.available, (push, *self.pushes)[:KEPT], None)

	def disputed(self, event: str) -> Memory:
		"""Return the memory while *event* waits for a person."""
		return replace(self, pending=None, disputed_by=event)

	def unsure(self, until: datetime | None) -> Memory:
		"""Return the memory after a call without an answer. *until*: when it has arrived if it ever does; None: it never left."""
		if self.pending is None or until is None:
			return replace(self, pending=None)
		return replace(self, pending=replace(self.pending, owner="", until=until))


def _time(text: str) -> datetime:
	return datetime.fromisoformat(text)
