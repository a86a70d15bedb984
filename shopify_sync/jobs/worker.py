"""A drain that stays up: for volumes at which a process per RQ job costs more than the work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.log import warn

_LOOK_EVERY_SECONDS = 0.5
_PAUSE_AFTER_ERROR = 5.0


def run(say: Callable[[str], None]) -> None:
	"""Carry out events until SIGTERM or SIGINT, finishing the one at hand. Needs no slot: claims keep workers apart."""
	stop: list[int] = []
	for number in (signal.SIGTERM, signal.SIGINT):
		signal.signal(number, lambda received, _frame: stop.append(received))
	frappe.set_user("Administrator")
	engine = Engine(FrappeHost())
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
			time.sleep(_LOOK_EVERY_SECONDS)
	say(f"worker {engine.host.worker} stopped after {done} event(s)")


def _connect_again() -> None:
	try:
		frappe.db.connect()
	except Exception as error:
		warn(f"no connection to the database yet: {type(error).__name__}")
