"""What can go wrong between a shop and whoever talks to it, each with a probability between 0 (never) and 1 (always)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .dice import Dice

_SERVER_ERRORS = (500, 502, 503)


class Dropped(Exception):
	"""There is no answer. *kind* is "timeout" (never one) or "reset" (the connection breaks); HTTP makes it real."""

	def __init__(self, kind: str) -> None:
		super().__init__(kind)
		self.kind = kind


class UnknownFault(ValueError):
	"""Raised for a fault that does not exist or a probability that is none. The message says what can be written."""


@dataclass
class Faults:
	"""Probabilities. Change a field at any time; the next throw counts."""

	#: A webhook is delivered a second time, with the same id and body.
	duplicate: float = 0.0
	#: The first delivery comes late: minutes to hours.
	delay: float = 0.0
	#: The first delivery comes a little late, so that a later webhook overtakes it.
	reorder: float = 0.0
	#: A webhook is never delivered.
	lose: float = 0.0
	#: One delivery has a body cut short on the way, under the signature of the whole one.
	garble: float = 0.0
	#: A call is refused because the bucket is empty, though it is not.
	throttle: float = 0.0
	#: A call is answered 500 to 503, before or after it took effect.
	server_error_before: float = 0.0
	server_error_after: float = 0.0
	#: A call is never answered, before or after it took effect.
	timeout_before: float = 0.0
	timeout_after: float = 0.0
	#: The connection breaks, before or after the call took effect.
	reset_before: float = 0.0
	reset_after: float = 0.0
	#: A call is answered with a body cut short, after it took effect.
	garble_answer: float = 0.0
	#: A query is answered from the state before the last change or some seconds earlier.
	stale_read: float = 0.0
	#: A repetition under an idempotency key is refused, as though the first call were still running.
	still_running: float = 0.0
	#: The merchant rotates the client secret when a webhook is emitted, at most once an hour; in a running store only.
	rotate_secret: float = 0.0

	def happens(self, fault: str, dice: Dice, *name: object) -> bool:
		"""Tell whether *fault* happens to what *name* stands for."""
		return dice.chance(getattr(self, fault), "fault", fault, *name)

	def strike(self, when: str, dice: Dice, *name: object) -> int | None:
		"""Let a call go wrong, if the dice say so.

		:param when: "before" or "after" it takes effect.
		:returns: the status of a server error, None when nothing happens.
		:raises Dropped: when there is to be no answer.
		"""
		for kind in ("timeout", "reset"):
			if self.happens(f"{kind}_{when}", dice, *name):
				raise Dropped(kind)
		return dice.pick(_SERVER_ERRORS, "server error", *name) if self.happens(f"server_error_{when}", dice, *name) else None

	def set(self, **probabilities: float) -> None:
		"""Change several probabilities. :raises UnknownFault: for a name or a number that is none."""
		for name, probability in probabilities.items():
			if name not in NAMES:
				raise UnknownFault(f"There is no fault {name!r}; there are: {', '.join(NAMES)}.")
			if not 0 <= probability <= 1:
				raise UnknownFault(f"{name}: {probability} is no probability; write a number from 0 to 1.")
			setattr(self, name, probability)

	@classmethod
	def parse(cls, text: str) -> Faults:
		"""Read `duplicate=0.1,lose=0.02`. :raises UnknownFault: when it cannot be read."""
		found = cls()
		for part in filter(None, (part.strip() for part in text.split(","))):
			name, _equals, number = part.partition("=")
			try:
				probability = float(number)
			except ValueError:
				raise UnknownFault(f"{part!r}: write a fault and its probability, as duplicate=0.1.") from None
			found.set(**{name.strip(): probability})
		return found


def cut_short(body: bytes, dice: Dice, *name: object) -> bytes:
	"""Return what arrives of *body* when its end gets lost."""
	return body[: dice.between(0, len(body) - 1, "garble", *name)] if body else body


NAMES = tuple(field.name for field in fields(Faults))
