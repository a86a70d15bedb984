"""Simulated days on the site itself, with real workers: one that must pass, and one with a deliberate bug that must be found."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase

from shopify_sync.core.engine import LEASE_SECONDS
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.simulation.profiles import PROFILES
from shopify_sync.simulation.runner import Case
from shopify_sync.simulation.site import command, ledger, runner

from . import payloads, site

#: Everything is missing from the mapping at first, and somebody adds it when orders wait for it.
_LATE_MAPPING = replace(
	PROFILES["site"],
	name="late mapping",
	gap=1.0,
	gap_for_good=0.0,
	orders=(3, 3),
	customer_changes=(0, 0),
	stock_moves=(0, 0),
	operator_acts=(0, 0),
	outages=(0, 0),
	forgeries=(0, 0),
	kills=(0, 0),
)
_LATE_SEED = 37
#: One in which a worker is killed.
_SEED = 2
_LEASED = "sim-leases"


@contextmanager
def _nothing_is_put_back() -> Iterator[None]:
	"""A bug: what waits for a mapping is not set going when the mapping is saved. People save in this process."""

	def forget(self: FrappeEventLog, *_what: Any, **_more: Any) -> int:
		return 0

	with patch.object(FrappeEventLog, "requeue", forget), patch.object(FrappeEventLog, "requeue_after_commit", forget):
		yield


class TestSimulation(FrappeTestCase):
	def tearDown(self) -> None:
		frappe.set_user("Administrator")
		ledger.clear()
		super().tearDown()

	def test_every_rule_holds_and_nothing_is_left_behind(self) -> None:
		printed = io.StringIO()
		with redirect_stdout(printed):
			held = command.simulate(1, _SEED, "site", as_json=True, trace=False)
		found = json.loads(printed.getvalue())
		self.assertTrue(held, found["failures"])
		counts = found["counts"]
		self.assertGreaterEqual(counts["orders"], 3)
		# How many states of an order are applied, and not superseded before somebody comes to them, is the machine's speed.
		self.assertGreaterEqual(counts["status.Applied"], counts["orders"])
		self.assertGreater(counts["worker.crash"], 0)
		for doctype in ("Sales Order", "Customer", "Contact", "Address"):
			self.assertFalse(frappe.db.exists(doctype, {"shopify_key": ("like", f"{ledger.PREFIX}-%")}), doctype)
		self.assertFalse(frappe.db.exists("Shopify Store", {"name": ("like", f"{ledger.PREFIX}-%")}))

	def test_a_mapping_that_sets_nothing_going_is_found(self) -> None:
		with runner.crew_and_output() as (crew, output), _nothing_is_put_back():
			result = runner.run(Case(_LATE_SEED), crew, output, _LATE_MAPPING)
		self.assertIn("what an event waits for is missing", {violation.rule for violation in result.violations}, result.trace)

	def test_only_a_site_for_tests_is_simulated_on(self) -> None:
		with patch.dict(frappe.local.conf, allow_tests=0), self.assertRaisesRegex(runner.Unsuitable, "not there for tests"):
			runner.run_many([Case(1)], lambda case, result: True)

	def test_time_passes_for_retries_and_for_the_dead(self) -> None:
		"""A living worker keeps its lease, however fast the story's clock is turned."""
		site.keep_workers_away()
		self.addCleanup(site.let_workers_in)
		site.make_store(_LEASED)
		ended = subprocess.Popen([sys.executable, "-c", ""])
		ended.wait()
		cases = {
			(Status.PROCESSING, f"{socket.gethostname()}:{os.getpid()}"): False,
			(Status.PROCESSING, f"{socket.gethostname()}:{ended.pid}"): True,
			(Status.PROCESSING, "another-machine:1"): False,
			(Status.RETRYING, None): True,
		}
		for (status, worker), comes_forward in cases.items():
			with self.subTest(status=status, worker=worker):
				name = frappe.generate_hash(length=20)
				site.deliver(payloads.order(site.fresh_id()), "orders/create", webhook_id=name, store=_LEASED)
				due = times.to_naive_utc(times.now() + timedelta(seconds=LEASE_SECONDS))
				frappe.db.set_value("Sync Event", name, {"status": str(status), "worker": worker, "due_at": due})
				frappe.db.commit()
				ledger.let_pass((_LEASED,), round(LEASE_SECONDS))
				frappe.db.rollback()
				self.assertEqual(frappe.db.get_value("Sync Event", name, "due_at") < due, comes_forward)
