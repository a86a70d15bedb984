"""Operations of many events: each exactly once though the worker is killed, stopped within moments, side by side with others."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import frappe

from shopify_sync.api import operations
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.long_work import SILENT
from shopify_sync.erpnext_host.operations import events, record, running
from shopify_sync.jobs import operations as jobs
from shopify_sync.jobs import sweep

from . import payloads, site
from .case import SyncTestCase
from .mortals import Mortals
from .operated import notes, plant, start, statuses


class BulkCase(SyncTestCase):
	STORE = "test-bulk"
	mortals: Mortals

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.mortals = Mortals()
		cls.addClassCleanup(cls.mortals.close)

	def begun(self, count: int, action: str = "Retry", **values: Any) -> tuple[str, list[str]]:
		"""Plant events and begin an operation about all of them, which waits for a worker."""
		names = plant(self.STORE, count, **values)
		done = start(action, {"filters": {"store": self.STORE, "cause": "item:PLANTED"}}, "All of it.")
		self.assertEqual((done["status"], done["total"]), ("Queued", count))
		return done["operation"], names

	def elsewhere(self, *works: Any) -> None:
		"""Do each of *works* in a thread with a connection of its own, at once."""
		local, problems = (frappe.local.site, frappe.local.sites_path), []

		def run(work: Any) -> None:
			frappe.init(site=local[0], sites_path=local[1])
			frappe.connect()
			frappe.set_user("Administrator")
			try:
				work()
			except Exception as error:
				problems.append(error)
			finally:
				frappe.destroy()

		frappe.db.commit()
		threads = [threading.Thread(target=run, args=(work,)) for work in works]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join(60)
		frappe.db.rollback()
		if problems:
			raise problems[0]


class TestBulk(BulkCase):
	def test_a_worker_that_is_killed_half_way_leaves_nothing_out_and_does_nothing_twice(self) -> None:
		operation, names = self.begun(200)
		for steps in (0, 1, 2):
			self.assertEqual(self.mortals.operate_until(operation, steps), "killed")
		frappe.db.rollback()
		half = operations.get(operation)
		self.assertGreater(half["done"], 0)
		self.assertLess(half["done"], 200)
		self.assertEqual(half["changed"], statuses(self.STORE)["Received"], "what is counted is what was done")
		self.assertEqual(jobs.schedule(), [], "it gave a sign of life just now")
		running.carry_on(operation, paced=False)
		whole = operations.get(operation)
		self.assertEqual((whole["status"], whole["done"], whole["changed"], whole["progress"]), ("Completed", 200, 200, 100))
		self.assertEqual(notes(operation), dict.fromkeys(names, 1))
		self.assertEqual(statuses(self.STORE), {"Received": 200})

	def test_what_no_worker_is_at_is_called_again(self) -> None:
		operation, _names = self.begun(30, "Discard")
		frappe.db.set_value("Sync Operation", operation, "heartbeat_at", times.to_site(times.now() - 2 * SILENT))
		frappe.db.commit()
		self.assertIn(operation, jobs.schedule())
		jobs.run(operation)
		self.assertEqual(operations.get(operation)["status"], "Completed")
		self.assertNotIn(operation, jobs.schedule())

	def test_what_died_within_its_request_is_ended_and_not_called_for_ever(self) -> None:
		for action, target in (
			("Fix", {"missing": "item:X", "values": {"item": "TEE-M"}}), ("Pause", {"store": self.STORE}),
			("Resolve Conflict", {"conflict": "x/customer/1/email"}), ("Export", {"event": "e"}), ("Heal", {"discrepancy": "d"}),
		):  # fmt: skip
			name = record.begin(action, self.STORE, target, "something")  # and here the process ends
			frappe.db.commit()
			self.assertEqual((jobs.schedule(), operations.get(name)["status"]), ([], "Running"), "it may be busy still")
			frappe.db.set_value("Sync Operation", name, "heartbeat_at", times.to_site(times.now() - timedelta(hours=1)))
			frappe.db.commit()
			self.assertEqual(jobs.schedule(), [], "no worker can carry it on")
			done = operations.get(name)
			self.assertEqual(done["status"], "Failed", action)
			self.assertIn("Look whether it was done", done["message"])

	def test_only_one_worker_is_at_an_operation(self) -> None:
		operation, _names = self.begun(30)
		began, may_end = threading.Event(), threading.Event()

		def hold_it() -> None:
			with running.KIND.alone(operation):
				began.set()
				may_end.wait(20)

		def try_it() -> None:
			began.wait(20)
			try:
				with self.assertRaisesRegex(Refused, "another worker"):
					running.carry_on(operation)
			finally:
				may_end.set()

		self.elsewhere(hold_it, try_it)
		self.assertEqual(operations.get(operation)["done"], 0)

	def test_stop_ends_it_after_the_batch_at_hand(self) -> None:
		operation, _names = self.begun(200)
		seen: list[str] = []

		def press_stop(step: str) -> None:
			seen.append(step)
			if seen.count("batch") == 1 and step == "batch":
				operations.stop(operation)
				self.assertEqual(operations.get(operation)["status"], "Stopping")

		running.carry_on(operation, probe=press_stop, paced=False)
		done = operations.get(operation)
		self.assertEqual((done["status"], done["done"]), ("Stopped", events.BATCH))
		self.assertEqual(statuses(self.STORE), {"Received": events.BATCH, "Blocked": 200 - events.BATCH})
		running.carry_on(operation)
		self.assertEqual(statuses(self.STORE)["Blocked"], 200 - events.BATCH, "what was stopped stays stopped")

	def test_what_waits_for_a_worker_stops_at_once(self) -> None:
		operation, _names = self.begun(30)
		self.assertEqual(operations.stop(operation)["status"], "Stopped")
		jobs.run(operation)
		self.assertEqual(statuses(self.STORE), {"Blocked": 30})

	def test_it_stops_while_it_waits_for_room(self) -> None:
		plant(self.STORE, 40, status="Received", due_at=times.to_naive_utc(times.now()), missing=None, cause=None)
		operation, _names = self.begun(30)
		looks = 0

		def look_and_stop(_self: Any, limit: int) -> int:
			nonlocal looks
			looks += 1
			if looks == 3:
				operations.stop(operation)
			return limit

		with patch.object(events, "_BEAT_EVERY", 0.2), patch.object(FrappeEventLog, "due_count", look_and_stop):
			running.carry_on(operation)
		self.assertEqual((operations.get(operation)["status"], statuses(self.STORE)["Blocked"]), ("Stopped", 30))

	def test_what_came_while_the_question_stood_was_not_counted_and_is_left_alone(self) -> None:
		target = {"filters": {"store": self.STORE, "cause": "item:PLANTED"}}
		names = plant(self.STORE, 2)
		prepared = operations.prepare("Discard", target)
		self.assertEqual(prepared["will"], 2)
		later = plant(self.STORE, 30)
		done = operations.start("Discard", target, frappe.generate_hash(), "Tests.", counted_at=prepared["counted_at"])
		self.assertEqual((done["status"], done["total"], done["changed"]), ("Completed", 2, 2))
		self.assertEqual({site.event(name).status for name in names}, {"Discarded"})
		self.assertEqual({site.event(name).status for name in later}, {"Blocked"})
		many = operations.prepare("Discard", target)
		plant(self.STORE, 3)
		begun = operations.start("Discard", target, frappe.generate_hash(), "Tests.", counted_at=many["counted_at"])
		running.carry_on(begun["operation"], paced=False)
		self.assertEqual(operations.get(begun["operation"])["changed"], many["will"])
		self.assertEqual(statuses(self.STORE), {"Discarded": 32, "Blocked": 3})
		with self.assertRaisesRegex(frappe.ValidationError, "Load the page again"):
			operations.start("Discard", target, frappe.generate_hash(), "Tests.", counted_at="1=1")

	def test_what_came_later_is_left_alone(self) -> None:
		operation, names = self.begun(30)
		later = plant(self.STORE, 2)
		running.carry_on(operation, paced=False)
		self.assertEqual(sorted(notes(operation)), names)
		self.assertEqual({site.event(name).status for name in later}, {"Blocked"})

	def test_two_operators_at_once_touch_each_event_once(self) -> None:
		retried, names = self.begun(200)
		discarded = start("Discard", {"filters": {"store": self.STORE, "cause": "item:PLANTED"}}, "None of it.")["operation"]
		self.elsewhere(lambda: running.carry_on(retried, paced=False), lambda: running.carry_on(discarded, paced=False))
		first, second = operations.get(retried), operations.get(discarded)
		self.assertEqual({first["status"], second["status"]}, {"Completed"})
		found = statuses(self.STORE)
		# A Received event may be discarded too; a discarded one is not retried.
		self.assertEqual(sum(found.values()), 200)
		self.assertEqual(found.get("Discarded", 0), second["changed"])
		for name, count in notes(retried).items():
			self.assertEqual(count, 1, name)
		self.assertEqual(set(notes(retried)) | set(notes(discarded)), set(names))
		for one in (first, second):
			self.assertEqual(one["changed"] + one["refused"], one["done"])

	def test_a_bulk_retry_meets_the_workers(self) -> None:
		"""Workers take events up as fast as they are put back; each is carried out, and none is lost or done twice."""
		blocked = [self.carry_out(self.order(sku_lines())) for _ in range(30)]
		self.assertEqual({event.status for event in blocked}, {"Blocked"})
		operation = start("Retry", {"filters": {"store": self.STORE, "category": "Missing item", "status": ["Blocked"]}})[
			"operation"
		]
		over = threading.Event()

		def bulk() -> None:
			try:
				running.carry_on(operation)
			finally:
				over.set()

		def work() -> None:
			while not over.is_set() or FrappeEventLog().due():
				sweep.run()
				site.drain()

		self.elsewhere(bulk, work)
		self.assertEqual((operations.get(operation)["changed"], operations.get(operation)["status"]), (30, "Completed"))
		for event in blocked:
			attempts = frappe.get_all("Sync Attempt", {"event": event.name}, pluck="action")
			self.assertEqual(sorted(attempts), ["Apply", "Apply", "Retry"], event.name)
			self.assertEqual(site.event(event.name).status, "Blocked")

	def test_what_is_put_back_is_bounded(self) -> None:
		operation, _names = self.begun(60)
		seen: list[int] = []
		due = FrappeEventLog.due_count

		def count_and_work(log: FrappeEventLog, limit: int) -> int:
			frappe.db.commit()
			waiting = frappe.db.count("Sync Event", {"store": self.STORE, "status": "Received"})
			seen.append(waiting)
			if waiting:
				# A worker, as fast as one can be.
				frappe.db.sql(
					"UPDATE `tabSync Event` SET status = 'Applied', due_at = NULL WHERE store = %s AND status = 'Received' LIMIT 4",
					(self.STORE,),
				)
				frappe.db.commit()
			return due(log, limit)

		with patch.object(FrappeEventLog, "due_count", count_and_work):
			running.carry_on(operation)
		self.assertEqual(operations.get(operation)["changed"], 60)
		self.assertLessEqual(max(seen), events.WAITING_EACH * events.wake.max_drains())


def sku_lines() -> list[dict[str, Any]]:
	"""Return a line of an order whose SKU belongs to no Item."""
	return [payloads.line(1, "NOBODY-KNOWS-IT", "5.00")]
