"""Idempotent mutations: `@idempotent(key:)` (https://shopify.dev/docs/api/usage/implementing-idempotency).

A key is kept for 24 hours. The same key with the same parameters changes nothing again and is answered with what the first call
made, shown as it is now: Shopify builds the answer of a replay from the current state, not from a stored text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..clock import Clock
from .errors import ApiError, bad_request
from .versions import at_least

KEPT = timedelta(hours=24)
#: The directive came with 2026-01 and is demanded since 2026-04, when a request runs, not by the schema.
DEMANDED_SINCE = "2026-04"
KEYED = frozenset({
	"refundCreate", "inventorySetQuantities", "inventoryAdjustQuantities", "inventoryMoveQuantities", "inventorySetOnHandQuantities",
	"inventoryActivate", "inventoryTransferCreate", "inventoryTransferCreateAsReadyToShip", "inventoryTransferSetItems",
	"inventoryShipmentCreate", "inventoryShipmentCreateInTransit", "inventoryShipmentAddItems", "inventoryShipmentReceive",
	"locationActivate", "locationDeactivate",
})  # fmt: skip
#: From so many keys on, those that are over are thrown away.
_MANY = 10_000
CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"
MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
FAILED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
MESSAGES = {
	CONCURRENT: "This request is currently in progress, please try again.",
	MISMATCH: "The same idempotency key cannot be used with different operation parameters.",
	FAILED_BEFORE: "A previous request with this idempotency key failed. Retry with a new idempotency key.",
}


class Refused(Exception):
	"""The key cannot be used for this; answered in `userErrors`."""

	def __init__(self, code: str) -> None:
		super().__init__(MESSAGES[code])
		self.code = code


@dataclass
class _Attempt:
	parameters: str
	at: datetime
	has_failed: bool = False
	payload: Any = None
	repetitions: int = 0


class Idempotency:
	"""The keys of one app in one shop.

	:param still_running: (key, number of the repetition) → whether the first call is said not to be over.
	"""

	def __init__(self, clock: Clock, still_running: Callable[[str, int], bool]) -> None:
		self._clock = clock
		self._still_running = still_running
		self._attempts: dict[str, _Attempt] = {}

	def run(self, key: str, mutation: str, arguments: dict[str, Any], do: Callable[[], tuple[Any, bool]]) -> Any:
		"""Call *do* unless this key was used for the same; return its payload.

		:param do: returns the payload and whether it succeeded. An exception counts as a failure too.
		:raises Refused: when the key was used for something else, failed before, or is said to be in use.
		"""
		parameters = json.dumps([mutation, arguments], sort_keys=True, default=str)
		now = self._clock.now()
		earlier = self._attempts.get(key)
		if earlier is not None and now - earlier.at < KEPT:
			return self._again(key, earlier, parameters)
		if len(self._attempts) >= _MANY:
			self._attempts = {known: kept for known, kept in self._attempts.items() if now - kept.at < KEPT}
		attempt = self._attempts[key] = _Attempt(parameters, now)
		try:
			attempt.payload, succeeded = do()
		except BaseException:
			attempt.has_failed = True
			raise
		attempt.has_failed = not succeeded
		return attempt.payload

	def _again(self, key: str, earlier: _Attempt, parameters: str) -> Any:
		earlier.repetitions += 1
		if earlier.parameters != parameters:
			raise Refused(MISMATCH)
		if self._still_running(key, earlier.repetitions):
			raise Refused(CONCURRENT)
		if earlier.has_failed:
			# Not documented: whether a first answer with userErrors counts as failed. Here it does: whoever can
			# live with the refusal can live with a second try as well.
			raise Refused(FAILED_BEFORE)
		return earlier.payload


def demand_key(mutation: str, version: str, key: str | None) -> None:
	"""Check that a key is there where Shopify demands one, and none where it has no meaning.

	:raises ApiError: as Shopify, at the top level.
	"""
	if key is None:
		if mutation in KEYED and at_least(version, DEMANDED_SINCE):
			raise bad_request("The @idempotent directive is required for this mutation but was not provided.")
	elif mutation not in KEYED:
		raise bad_request("The @idempotent directive is not supported for this mutation.")
	elif not key.strip() or len(key) > 255:
		raise ApiError("The idempotency key must be between 1 and 255 characters.", "BAD_REQUEST")
