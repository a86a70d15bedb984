"""A drain that stays up: for volumes at which a process per RQ job costs more than the work."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.erpnext_host import live
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.log import warn
from shopify_sync.erpnext_host.push_host import FrappePushHost

from .push import push_round

_LOOK_EVERY_SECONDS = 0.5
_PAUSE_AFTER_ERROR = 5.0


def run(say: Callable[[str], None], push: bool = True) -> None:
	"""Carry out events until SIGTERM or SIGINT, finishing the one at hand. Needs no slot: claims keep workers apart.

	:param push: push what goes out as well, in a thread of its own: what comes in must never wait for Shopify's answers.
	"""
	stop: list[int] = []
	for number in (signal.SIGTERM, signal.SIGINT):
		signal.signal(number, lambda received, _frame: stop.append(received))
	frappe.set_user("Administrator")
	engine = Engine(FrappeHost())
	pusher = threading.Thread(target=_push, args=(frappe.local.site, stop), daemon=True) if push else None
	if pusher:
		pusher.start()
	say(f"worker {engine.host.worker} is up")
	done = 0
	while not stop:
		try:
			claimed = engine.run_one() is not None
		except Exception as error:
			# The database went away, most likely: whatever was claimed comes back when its lease ends.
			warn(f"worker {engine.host.worker}: {type(error).__name__}; connecting again in {_PAUSE_AFTER_ERROR:.0f} s")
			time.sleep(_PAUSE_AFTER_ERROR)
			_connect_again()
			continue
		done += claimed
		if not claimed:
			live.catch_up()
			time.sleep(_LOOK_EVERY_SECONDS)
	if pusher:
		pusher.join()
	say(f"worker {engine.host.worker} stopped after {done} event(s)")


def _push(site: str, stop: list[int]) -> None:
	"""Push until *stop* holds something. A thread has Frappe's context and the connection to the database for itself."""
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		host = FrappePushHost()
		pusher = Pusher(host)
		while not stop:
			try:
				with read_committed():
					while not stop and push_round(pusher, host):
						pass
			except Exception as error:
				warn(f"pusher {host.worker}: {type(error).__name__}; connecting again in {_PAUSE_AFTER_ERROR:.0f} s")
				time.sleep(_PAUSE_AFTER_ERROR)
				_connect_again()
				continue
			time.sleep(_LOOK_EVERY_SECONDS)
	finally:
		frappe.destroy()


def _connect_again() -> None:
	try:
		frappe.db.connect()
	except Exception as error:
		warn(f"no connection to the database yet: {type(error).__name__}")
