"""What the receiving path needs of this host: the store's gate, the ledger, the time, and a log that cannot be flooded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from shopify_sync.core.events import NewEvent, Receipt
from shopify_sync.core.receiving import Gate

from .config import Config
from .event_log import EventLog
from .times import utc_now

_LOG = logging.getLogger("shopify_sync.receiving")
#: One line per reason and domain in this many seconds: whoever forges requests does not fill the disk.
QUIET_SECONDS = 60.0
#: Domains are the sender's to invent, so only so many are told apart.
_MAX_REMEMBERED = 200


class Receiver:
	"""Implements core/receiving.py `Receiver`; threads share one."""

	def __init__(self, config: Config, events: EventLog, clock: Callable[[], datetime] = utc_now) -> None:
		self._config = config
		self._events = events
		self._clock = clock
		self._lock = threading.Lock()
		self._last_told: dict[tuple[str, str], float] = {}

	def gate(self, shop_domain: str) -> Gate | None:
		"""Return the gate of the store with this domain, or None."""
		store = self._config.by_domain(shop_domain)
		return store.gate if store else None

	def record(self, event: NewEvent) -> Receipt:
		"""Insert the event and commit, or count a second delivery."""
		return self._events.record(event)

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self._clock()

	def refused(self, reason: str, shop_domain: str) -> None:
		"""Write one rate-limited log line; never the body."""
		known = self._config.by_domain(shop_domain) is not None
		if self._may_tell((reason, shop_domain if known else "")):
			# An unknown domain is whatever the sender wrote: quoted, so that it cannot forge a line of its own.
			_LOG.warning("Delivery refused: %s (shop %.100r)", reason, shop_domain)

	def _may_tell(self, what: tuple[str, str]) -> bool:
		now = time.monotonic()
		with self._lock:
			last = self._last_told.get(what)
			if last is not None and now - last < QUIET_SECONDS:
				return False
			if len(self._last_told) >= _MAX_REMEMBERED:
				self._last_told.clear()
			self._last_told[what] = now
			return True
