"""Sends what couriers have due, over HTTP and in real time (or faster: the shops' clocks say when something is due)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import SimpleQueue

from .courier import Courier, Delivery
from .post import CONNECT_SECONDS, TOTAL_SECONDS, NotLocal, post

_LOG = logging.getLogger("shopify_sync.store")
#: Real seconds after which the sender looks again by itself, whatever the clocks said before.
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class _Round:
	courier: Courier
	lock: AbstractContextManager[bool]
	chore: Callable[[], None]


@dataclass(frozen=True)
class _Parcel:
	round: _Round
	delivery: Delivery
	headers: dict[str, str]


class Sender:
	"""One thread that looks what is due, and some that deliver.

	:param workers: deliveries at once. With one, what is due together arrives in the order it was emitted.
	:param connect_seconds, total_seconds: how long an answer is waited for, in real time.
	"""

	def __init__(
		self, *, workers: int = 4, connect_seconds: float = CONNECT_SECONDS, total_seconds: float = TOTAL_SECONDS
	) -> None:
		self._rounds: list[_Round] = []
		self._parcels: SimpleQueue[_Parcel | None] = SimpleQueue()
		self._bell = threading.Event()
		self._stopping = False
		self._patience = (connect_seconds, total_seconds)
		self._workers = [threading.Thread(target=self._work, daemon=True) for _number in range(workers)]
		self._looker = threading.Thread(target=self._look, daemon=True)

	def add(self, courier: Courier, lock: AbstractContextManager[bool], chore: Callable[[], None] = lambda: None) -> None:
		"""Send for this courier too.

		:param lock: the shop's; it is never held while something is sent.
		:param chore: what the shop does by itself when its time has come; called under the lock before each look.
		"""
		self._rounds = [*self._rounds, _Round(courier, lock, chore)]
		courier.shop.listeners.append(lambda _webhook: self._bell.set())

	def start(self) -> None:
		"""Start the threads."""
		for thread in (self._looker, *self._workers):
			thread.start()

	def stop(self) -> None:
		"""End the threads after the deliveries that are under way; what waits stays with the couriers."""
		self._stopping = True
		self._bell.set()
		self._looker.join()
		for _thread in self._workers:
			self._parcels.put(None)
		for thread in self._workers:
			thread.join()

	def _look(self) -> None:
		while not self._stopping:
			self._bell.clear()
			for entry in self._rounds:
				self._hand_out(entry)
			self._bell.wait(LOOK_SECONDS)

	def _hand_out(self, entry: _Round) -> None:
		with entry.lock:
			try:
				entry.chore()
			except Exception:
				# Deliveries go on.
				_LOG.exception("A chore of %s failed", entry.courier.shop.domain)
			courier = entry.courier
			parcels = [_Parcel(entry, one, courier.headers(one)) for one in courier.take_due(courier.shop.clock.now())]
		for parcel in parcels:
			self._parcels.put(parcel)

	def _work(self) -> None:
		while (parcel := self._parcels.get()) is not None:
			status = self._send(parcel)
			with parcel.round.lock:
				parcel.round.courier.report(parcel.delivery, status, parcel.round.courier.shop.clock.now())

	def _send(self, parcel: _Parcel) -> int | None:
		uri = parcel.delivery.webhook.uri
		try:
			return post(uri, parcel.headers, parcel.delivery.body, *self._patience)
		except NotLocal as error:
			_LOG.warning("Not sent: %s", error)
		except Exception:
			# Without a report the delivery would stay under way for ever.
			_LOG.exception("Cannot send to %s", uri)
		return None
