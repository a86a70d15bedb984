"""The drain: carries events out until none is due, lingers for more, and looks once more before it ends."""

from __future__ import annotations

import time

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.erpnext_host import live, log, wake
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.isolation import read_committed

#: Below the short queue's limit of 300 s: a drain that reaches this hands over to the next one.
_MAX_SECONDS = 200.0
#: A fork per event would pay ERPNext's cold start each time; waiting a moment for the next event is cheaper.
_LINGER_SECONDS = 2.0
_LOOK_EVERY_SECONDS = 0.2
#: A drain that finds this much calls another one to help.
_BACKLOG = 20


def run(max_seconds: float = _MAX_SECONDS, linger: float = _LINGER_SECONDS) -> int:
	"""Drain the queue. Return how many events were claimed. RQ calls this; so do the sweeper's and the operator's commands."""
	wake.begin()
	count = 0
	deadline = time.monotonic() + max_seconds
	while True:
		with wake.slot() as slot:
			if slot is None:
				return count
			count += _drain(slot, deadline, linger)
		# An event that came after our last look woke a drain that found all slots taken: look again now that ours is free.
		if time.monotonic() >= deadline:
			wake.wake(flag=False)
			return count
		if not FrappeHost().events.due():
			return count


def _drain(slot: int, deadline: float, linger: float) -> int:
	frappe.set_user("Administrator")
	host = FrappeHost()
	engine = Engine(host)
	if slot + 1 < wake.max_drains() and host.events.due_count(_BACKLOG) >= _BACKLOG:
		wake.wake(flag=False)
	count = 0
	idle_since = time.monotonic()
	with log.about(worker=host.worker), read_committed():
		while time.monotonic() < deadline:
			if engine.run_one() is not None:
				count += 1
				idle_since = time.monotonic()
			elif time.monotonic() - idle_since >= linger:
				break
			else:
				live.catch_up()
				time.sleep(_LOOK_EVERY_SECONDS)
	return count
