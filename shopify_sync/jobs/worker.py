"""A drain that stays up: for volumes at which a process per RQ job costs more than the work."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.erpnext_host.host import FrappeHost

_LOOK_EVERY_SECONDS = 0.5


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
		if engine.run_one() is None:
			time.sleep(_LOOK_EVERY_SECONDS)
			continue
		done += 1
	say(f"worker {engine.host.worker} stopped after {done} event(s)")
