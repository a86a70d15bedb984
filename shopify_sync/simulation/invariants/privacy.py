"""Rules of what is shown: no secret and nothing personal in a log line, a message or the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from ..shops import CANARY
from .world import Violation, World

_SHOWN = "nothing personal or secret is shown"
#: How every secret of the stories begins, and every phone number.
_MARKS = (CANARY, "hush-", "+1555")


def nothing_personal_is_shown(world: World) -> Iterator[Violation]:
	"""Every personal value of the stories carries a mark that stands in no other text."""
	for line in world.log:
		if mark := _marked(line):
			yield Violation(_SHOWN, "a log line", f"{mark!r} in {_around(line, mark)!r}")
	for attempt in world.facts.attempts:
		if mark := _marked(attempt.text):
			yield Violation(_SHOWN, f"Sync Attempt of {attempt.event}", f"{mark!r} in {_around(attempt.text, mark)!r}")
	for event in world.facts.events.values():
		text = f"{event.message}\n{event.missing}\n{event.not_applied}"
		if mark := _marked(text):
			yield Violation(_SHOWN, f"Sync Event {event.name}", f"{mark!r} in {_around(text, mark)!r}")


def _marked(text: str) -> str | None:
	lower = text.lower()
	return next((mark for mark in _MARKS if mark in lower), None)


def _around(text: str, mark: str) -> str:
	place = text.lower().find(mark)
	return text[max(place - 40, 0) : place + 20]
