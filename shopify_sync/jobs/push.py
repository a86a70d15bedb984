"""The pusher's job: carries what is due to Shopify until nothing is, lingers for more, and looks once more before it ends."""

from __future__ import annotations

import time
from collections.abc import Callable

import frappe

from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.erpnext_host import live, log, wake
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.push_host import FrappePushHost

#: Below the short queue's limit of 300 s: a pusher that reaches this hands over to the next one.
_MAX_SECONDS = 200.0
#: A fork for every change of stock would cost more than the push; waiting a moment for the next is cheaper.
_LINGER_SECONDS = 2.0
_LOOK_EVERY_SECONDS = 0.2
_MOST_HELPERS = 3
_MAKES_WAY_AFTER_SECONDS = 1.0


def run(max_seconds: float = _MAX_SECONDS, linger: float = _LINGER_SECONDS, calls_help: bool = True) -> int:
	"""Push what is due. Return how many events were claimed. RQ calls this; so do the sweeper's and the operator's commands.

	A store whose gate is closed (circuit open, token rejected, paused) is left alone; the sweeper looks again. One that Shopify
	answers slowly must not keep the others waiting: a pusher that finds several stores calls others to help.
	"""
	wake.begin_push()
	frappe.set_user("Administrator")
	host = FrappePushHost()
	with log.about(worker=host.worker), read_committed():
		stores = {store for store, _resource in host.due_stores()}
		for _helper in range(min(len(stores) - 1, _MOST_HELPERS) if calls_help else 0):
			wake.wake_pusher(flag=False, calls_help=False)
		drains = _Drains(host)
		count = push_until(host, drains.are_kept_waiting, max_seconds, linger)
	if drains.waiting:
		# Behind the drain, which has been in the queue for longer.
		wake.wake_pusher(flag=False)
	return count


class _Drains:
	"""What comes in must never wait for what goes out: on a site with a single worker the pusher makes way.

	:ivar waiting: something has been due for a while, and nobody sees to it.
	"""

	def __init__(self, host: FrappePushHost) -> None:
		self._host = host
		self._since: float | None = None
		self.waiting = False

	def are_kept_waiting(self) -> bool:
		"""Look whether anything that came in has been due for a second while nobody drains."""
		now = time.monotonic()
		if not self._host.events.due() or wake.is_anybody_draining():
			self._since = None
			return False
		self._since = self._since or now
		self.waiting = now - self._since >= _MAKES_WAY_AFTER_SECONDS
		return self.waiting


def push_until(host: FrappePushHost, stop: Callable[[], object], max_seconds: float, linger: float) -> int:
	"""Push until *stop* says so, the time is over, or nothing came for *linger* seconds. Return how many events were claimed.

	Called within `read_committed`.
	"""
	pusher = Pusher(host)
	count = 0
	deadline = time.monotonic() + max_seconds
	idle_until = time.monotonic() + linger
	while not stop():
		claimed = push_round(pusher, host)
		count += claimed
		now = time.monotonic()
		if now >= deadline:
			wake.wake_pusher(flag=False)
			break
		if claimed:
			idle_until = now + linger
		elif now >= idle_until:
			break
		else:
			time.sleep(_LOOK_EVERY_SECONDS)
	return count


def push_round(pusher: Pusher, host: FrappePushHost) -> int:
	"""Push a batch of each resource that is due, where the store has a slot free. Return how many events were claimed."""
	claimed = 0
	for store, resource in host.due_stores():
		with wake.push_slot(store) as slot:
			if slot is not None:
				claimed += pusher.run_one(store, resource)
	if not claimed:
		live.catch_up()
	log.idle()
	return claimed
