"""What acting on many events costs, and what a bulk retry does to live events, with RQ's workers.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_operations.py SITE [--events N] [--waiting N] [--seconds N]`. First
an operation alone puts many events back: seconds, and statements for each. Then orders come in at a steady pace, without a bulk retry
and during one of orders that fail again; the first seconds, in which the workers load ERPNext, do not count.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import frappe

STORE = "bench-operations"
UNKNOWN = "BENCH-NOBODY-KNOWS-IT"
WARM_UP = 10.0


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--events", type=int, default=10_000, help="of the operation alone")
	parser.add_argument("--waiting", type=int, default=8000, help="orders that wait when the bulk retry begins")
	parser.add_argument("--seconds", type=float, default=40.0, help="of each of both measurements")
	parser.add_argument("--pace", type=float, default=1.0, help="live orders a second")
	parser.add_argument("--carry-on", help=argparse.SUPPRESS)
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.erpnext_host.operations import running
	from shopify_sync.simulation.site.workers import Crew, forget_calls
	from shopify_sync.tests import site

	if args.carry_on:
		running.carry_on(args.carry_on)
		return
	site.make_item("TEE-M", valuation_rate=7)
	site.make_store(STORE)
	try:
		alone(args.events)
		forget_calls()
		let_wait(args.waiting)
		crew = Crew(Path(tempfile.gettempdir()) / "site_operations_workers.log")
		try:
			crew.start(2)
			crew.wait_until_up()
			deliver(WARM_UP, args.pace)
			without = measured(args)
			name, child = begin(args.site)
			try:
				deliver(WARM_UP, args.pace)
				during = measured(args)
				done = progress(name)
				assert child.poll() is None, f"it was over before the end of the measurement: let more than {args.waiting} wait"
			finally:
				child.kill()
				child.wait()
			report(without, during, done, args)
		finally:
			crew.close()
			forget_calls()
	finally:
		site.clear_store(STORE)
		frappe.delete_doc("Shopify Store", STORE, force=True)
		frappe.db.commit()


def alone(count: int) -> None:
	"""Put many events back, with no worker about; print what it took."""
	from shopify_sync.erpnext_host.operations import record, running
	from shopify_sync.tests import operated, site
	from shopify_sync.tests.counting import statements

	operated.plant(STORE, count)
	target = {"filters": {"store": STORE, "cause": "item:PLANTED"}}
	for action in ("Retry", "Discard"):
		name = record.begin(
			action, STORE, target if action == "Retry" else {"store": STORE}, "all", reason="a benchmark", total=count
		)
		began = time.monotonic()
		with statements() as sent:
			running.carry_on(name, paced=False)
		took = time.monotonic() - began
		found = record.as_dict(name)
		assert (found["status"], found["changed"]) == ("Completed", count), found
		print(
			f"{action} of {count} events: {took:.1f} s, {1000 * took / count:.2f} ms and {len(sent) / count:.2f} statements each"
		)
	site.clear_store(STORE)


def let_wait(count: int) -> None:
	"""Have so many orders wait for an Item."""
	from shopify_sync.tests import payloads, site

	for _number in range(count):
		key = site.fresh_id()
		site.deliver(payloads.order(key, [payloads.line(key + 1, UNKNOWN, "20.00")]), "orders/create", store=STORE)
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = 'Blocked', category = 'Missing item', missing = %(missing)s, cause = %(missing)s, due_at = NULL
		WHERE store = %(store)s""",
		{"missing": f"item:{UNKNOWN}", "store": STORE},
	)
	frappe.db.commit()


def begin(site_name: str) -> tuple[str, subprocess.Popen[bytes]]:
	"""Begin the retry of all that waits, and a process that carries it on."""
	from shopify_sync.erpnext_host.operations import record

	frappe.db.commit()
	waiting = frappe.db.count("Sync Event", {"store": STORE, "status": "Blocked"})
	target = {"filters": {"store": STORE, "category": "Missing item", "status": ["Blocked"]}}
	name = record.begin("Retry", STORE, target, "all that waits", total=waiting)
	return name, subprocess.Popen([sys.executable, __file__, site_name, "--carry-on", name])


def progress(name: str) -> int:
	"""Return how many events the retry has put back."""
	frappe.db.rollback()
	return int(frappe.db.get_value("Sync Operation", name, "changed"))


def deliver(seconds: float, pace: float) -> list[str]:
	"""Deliver orders at a steady pace; return the names of their events."""
	from shopify_sync.erpnext_host import wake
	from shopify_sync.tests import payloads, site

	names, began = [], time.monotonic()
	while time.monotonic() < began + seconds:
		key, name = site.fresh_id(), f"live-{site.fresh_id()}"
		site.deliver(
			payloads.order(key, [payloads.line(key + 1, "TEE-M", "20.00")]), "orders/create", webhook_id=name, store=STORE
		)
		wake.wake()
		names.append(name)
		time.sleep(max(0.0, began + len(names) / pace - time.monotonic()))
	return names


def measured(args: argparse.Namespace) -> Any:
	"""Deliver for a while; return how the times spread from receipt to the commit that applied."""
	from shopify_sync.core.percentiles import spread_of

	names = deliver(args.seconds, args.pace)
	deadline = time.monotonic() + 60
	while True:
		frappe.db.rollback()
		rows = frappe.get_all(
			"Sync Event", {"name": ("in", names)}, ["status", "received_at", "finished_at"], limit_page_length=0
		)
		if all(row.status == "Applied" for row in rows) or time.monotonic() > deadline:
			break
		time.sleep(0.5)
	assert {row.status for row in rows} == {"Applied"}, {row.status for row in rows}
	return spread_of([(row.finished_at - row.received_at).total_seconds() for row in rows])


def report(without: Any, during: Any, done: int, args: argparse.Namespace) -> None:
	"""Print both, side by side."""
	for title, spread in (("without a bulk retry", without), ("during one", during)):
		print(
			f"  {title}: {spread.count} live orders, p50 {spread.p50:.2f} s, p95 {spread.p95:.2f} s, longest {spread.largest:.2f} s"
		)
	rate = done / (args.seconds + WARM_UP)
	print(
		f"bulk retry: {rate:.1f} events a second beside {args.pace:g} live ones; p95 of live events {during.p95 - without.p95:+.2f} s"
	)


if __name__ == "__main__":
	main()
