"""Backfills in tests: with workers that carry out what waits whenever there is no room for more."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.core.backfill.run import Run
from shopify_sync.core.backfill.wanted import Wanted
from shopify_sync.erpnext_host.backfill import running
from shopify_sync.erpnext_host.backfill.host import FrappeBackfillHost
from shopify_sync.jobs import push

from . import site


class Draining(FrappeBackfillHost):
	"""Carries out what waits instead of waiting for workers.

	:ivar waits: how often there was no room.
	"""

	def __init__(self) -> None:
		super().__init__()
		self.waits = 0

	def wait(self, run: Run) -> None:
		"""See the port."""
		self.waits += 1
		site.drain()
		push.run(60, linger=0)
		super().wait(run)


def backfill(store: str, wanted: Wanted, *, again: bool = False, host: Any = None, **options: Any) -> Run:
	"""Begin or go on with a backfill, and carry out what comes of it; return the run."""
	name = running.start(store, wanted, "Administrator", again=again)
	run = running.carry_on(name, host=host or Draining(), **options)
	site.drain()
	frappe.db.rollback()
	return run
