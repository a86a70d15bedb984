"""The script reports: what they say of planted rows, in the Desk and in the mail of an Auto Email Report, and to whom."""

from __future__ import annotations

import email
from datetime import timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe.desk import query_report
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, now_datetime, today

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Finding, Kind, Proposal, Sums, Tally
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth, Reason
from shopify_sync.core.reconciliation.stock import PIECES
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.reconciliation import runs
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost

from . import planted, site
from .planted import ago

STORE, OTHER = "test-reports", "test-reports-other"
REPORTS = (
	"Reconciliation Summary", "Order Totals Check", "Inventory Drift", "Missing Orders", "Drift over Time", "Sync Latency",
	"Failure Summary", "Sync Activity", "API Usage",
)  # fmt: skip


class ReportCase(FrappeTestCase):
	"""Has two stores, and nothing planted."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		for store in (STORE, OTHER):
			site.make_store(store)
			cls.addClassCleanup(site.clear_store, store)

	def setUp(self) -> None:
		super().setUp()
		frappe.set_user("Administrator")
		for store in (STORE, OTHER):
			planted.clear(store)
			self.addCleanup(planted.clear, store)

	def acting_as(self, role: str | None, store: str | None = None) -> str:
		"""Be a user with a role, who may see one store only if *store* says so; until the test ends."""
		address = f"reports-{(role or 'nobody').lower().replace(' ', '-')}@example.com"
		if not frappe.db.exists("User", address):
			user = frappe.get_doc({"doctype": "User", "email": address, "first_name": role or "Nobody", "send_welcome_email": 0})
			user.insert(ignore_permissions=True)
		if role:
			frappe.get_doc("User", address).add_roles(role)
		if store:
			permission = {"doctype": "User Permission", "user": address, "allow": "Shopify Store", "for_value": store}
			frappe.get_doc(permission).insert(ignore_permissions=True)
			self.addCleanup(frappe.db.delete, "User Permission", {"user": address})
			self.addCleanup(frappe.clear_cache, user=address)
		frappe.set_user(address)
		self.addCleanup(frappe.set_user, "Administrator")
		return address

	def report(self, name: str, **filters: Any) -> dict[str, Any]:
		"""Run a report as the Desk does; every row must have every column."""
		answer = query_report.run(name, filters={"store": STORE, **filters})
		names = {column["fieldname"] for column in answer["columns"]}
		for row in answer["result"]:
			self.assertLessEqual(names, set(row), "a mail stumbles over a cell that is not there")
		return answer

	def rows(self, answer: dict[str, Any], *fields: str) -> list[tuple]:
		"""Return these cells of each row that is no statement."""
		return [tuple(row[field] for field in fields) for row in answer["result"] if not row["bold"]]

	def said(self, answer: dict[str, Any], field: str) -> list[str]:
		"""Return what the rows say that speak of the whole."""
		return [row[field] for row in answer["result"] if row["bold"]]

	def cards(self, answer: dict[str, Any]) -> dict[str, Any]:
		return {card["label"]: card["value"] for card in answer["report_summary"]}

	def series(self, answer: dict[str, Any]) -> dict[str, list]:
		return {one["name"]: one["values"] for one in answer["chart"]["data"]["datasets"]}

	def mail(self, name: str, user: str = "Administrator", **filters: Any) -> str:
		"""Return what Auto Email Report sends, its footer and its links to the Desk included."""
		doc = frappe.get_doc(
			{
				"doctype": "Auto Email Report", "report": name, "user": user, "email_to": "someone@example.com", "format": "HTML",
				"frequency": "Daily", "filters": frappe.as_json(filters) if filters else None, "report_type": "Script Report",
				"send_if_data": 1,
			}
		).insert(ignore_permissions=True)  # fmt: skip
		self.addCleanup(doc.delete, ignore_permissions=True)
		return str(doc.get_report_content())


def _orders(compared: int, agreed: int) -> dict[str, Any]:
	return {"resource_type": "order", "compared": compared, "agreed": agreed}


class TestReconciliationSummary(ReportCase):
	def test_a_clean_run_says_how_much_it_compared(self) -> None:
		levels = {"resource_type": "inventory_level", "compared": 3000, "agreed": 3000}
		run = planted.run(STORE, ago(1), compared=5000, agreed=5000, figures=[_orders(2000, 2000), levels])
		ledger = planted.run(STORE, ago(2), compared=5, agreed=5, found=1, by_kind={"Ledger": 1})
		answer = self.report("Reconciliation Summary")
		self.assertEqual(
			self.rows(answer, "run", "result", "compared", "agreed", "found", "took", "of_each"),
			[
				(run, "All 5,000 agree.", 5000, 5000, 0, 600, "stock levels 3000, orders 2000"),
				(ledger, "All 5 agree; 1 other discrepancies.", 5, 5, 1, 600, ""),
			],
		)
		self.assertIn("2 runs compared 5,005 records, 5,005 agreed. 0 discrepancies are open", answer["message"])
		self.assertEqual(self.series(answer)["Differences"], [1, 0])
		self.assertIn("All 5,000 agree.", self.mail("Reconciliation Summary", store=STORE))

	def test_what_differed_was_left_out_and_is_still_open(self) -> None:
		first = planted.run(
			STORE, ago(2), compared=100, agreed=96, found=5, healed=1, left_out={"Still under way": 2},
			by_kind={"Stock": 3, "Total": 2}, healed_by_kind={"Stock": 1}, stopped_because="The limit of 1 was reached.",
		)  # fmt: skip
		second = planted.run(STORE, ago(1), compared=10, agreed=8, found=2, depth="Light", dry_run=1, by_kind={"Total": 2})
		planted.run(STORE, ago(0, 1), status="Running", progress=40, ended_at=None, depth="Light")
		for seen in (ago(1), ago(2) + timedelta(minutes=5)):
			planted.discrepancy(STORE, "Total", first_seen_at=ago(2) + timedelta(minutes=1), last_seen_at=seen)
		planted.discrepancy(STORE, "Stock", status="Resolved", first_seen_at=ago(2), last_seen_at=ago(2))
		planted.discrepancy(STORE, "State", first_seen_at=ago(9), last_seen_at=ago(0))
		answer = self.report("Reconciliation Summary")
		cells = ("run", "found", "healed", "open", "kinds", "left_out")
		self.assertEqual(
			self.rows(answer, *cells)[1:],
			[(second, 2, 0, 1, "Total 2", ""), (first, 5, 1, 2, "Stock 3, Total 2", "Still under way 2")],
		)
		self.assertEqual(
			self.rows(answer, "result"),
			[
				("Under way: 40 %.",),
				("2 of 10 differ. Dry run: nothing was healed.",),
				("4 of 100 differ. The limit of 1 was reached.",),
			],
		)
		self.assertEqual(self.series(answer), {"Differences": [5, 2, 0], "Healed": [1, 0, 0]})
		self.assertEqual(self.cards(answer)["Open Now"], 3)
		self.assertEqual(self.rows(self.report("Reconciliation Summary", depth="Full"), "run"), [(first,)])

	def test_silence_is_no_success(self) -> None:
		planted.run(STORE, ago(9), compared=5)
		planted.run(STORE, ago(1), status="Failed", compared=3, stopped_because="Shopify did not answer.")
		answer = self.report("Reconciliation Summary")
		self.assertEqual(self.rows(answer, "result"), [("Failed after 3 records. Shopify did not answer.",)])
		self.assertEqual(self.said(answer, "result"), ["No run completed: nothing is known of this period."])
		self.assertIn("nothing is known", answer["message"])
		self.assertIn("No run completed", self.mail("Reconciliation Summary", store=STORE))
		wider = self.report("Reconciliation Summary", from_date=add_days(today(), -10))
		self.assertEqual(len(self.rows(wider, "run")), 2)
		with self.assertRaisesRegex(frappe.ValidationError, "From Date"):
			self.report("Reconciliation Summary", from_date=today(), to_date=add_days(today(), -1))


class TestOrderTotalsCheck(ReportCase):
	def figures(self) -> list[dict[str, Any]]:
		def day(back: int, status: str, shopify: tuple[int, float], erpnext: tuple[int, float]) -> dict[str, Any]:
			counts = {"shopify_count": shopify[0], "erpnext_count": erpnext[0]}
			totals = {"shopify_total": shopify[1], "erpnext_total": erpnext[1]}
			return {"resource_type": "order", "day": add_days(today(), -back), "status": status, **counts, **totals}

		return [
			day(1, "paid", (3, 30.3), (3, 30.3)),
			day(1, "pending", (2, 0.1 + 0.2), (2, 0.3)),
			day(2, "paid", (4, 100.0), (3, 79.99)),
			day(90, "paid", (1, 10.0), (1, 10.01)),
			_orders(10, 8),
		]

	def test_the_days_of_the_last_full_run(self) -> None:
		planted.run(STORE, ago(3), figures=self.figures()[:1])
		run = planted.run(STORE, ago(1), figures=self.figures())
		planted.run(STORE, ago(0, 1), depth="Light", figures=[_orders(7, 7)])
		answer = self.report("Order Totals Check")
		self.assertEqual(
			self.rows(answer, "status", "shopify_count", "count_difference", "shopify_total", "difference", "run"),
			[("paid", 3, 0, 30.3, 0.0, run), ("pending", 2, 0, 0.3, 0.0, run), ("paid", 4, -1, 100.0, -20.01, run)],
		)
		total = next(row for row in answer["result"] if row["bold"])
		self.assertEqual(total["status"], "All 3 days of the run, 2 of them differ")
		self.assertEqual((total["shopify_count"], total["count_difference"], total["difference"]), (10, -1, -20.0))
		self.assertEqual(self.cards(answer)["Rows that Differ"], 1)
		self.assertEqual(self.cards(answer)["Rows that Differ on Other Days"], 1)
		self.assertEqual(self.series(answer), {"Shopify": [100.0, 30.6], "ERPNext": [79.99, 30.6]})
		self.assertIn(f"{run} of", answer["message"])
		self.assertIn("compared 10 orders; 8 agree. Other runs since: 7.", answer["message"])
		differing = self.report("Order Totals Check", only_differences=1, days=100)
		self.assertEqual(self.rows(differing, "difference"), [(-20.01,), (0.01,)])
		self.assertEqual(self.cards(differing)["Orders Compared in the Period"], 10, "those that agree were compared too")
		html = self.mail("Order Totals Check", store=STORE)
		self.assertIn("-20.01", html)
		self.assertIn("All 3 days of the run, 2 of them differ", html)

	def test_a_run_of_another_store_is_not_shown(self) -> None:
		run = planted.run(OTHER, ago(1), figures=self.figures())
		answer = self.report("Order Totals Check", run=run)
		self.assertEqual(self.rows(answer, "run"), [])
		self.assertEqual(self.said(answer, "status"), ["No full run has completed: nothing was compared."])
		self.assertIn("No full run has completed", answer["message"])
		self.assertEqual(len(self.rows(self.report("Order Totals Check", store=OTHER, run=run), "run")), 3)


class TestInventoryDrift(ReportCase):
	def drift(self, level: str, amount: float, **values: Any) -> str:
		about = {"resource_type": "inventory_level", "shopify_id": level, "document_type": "Item", "document_name": "TEE-M"}
		return planted.discrepancy(STORE, "Stock", amount=amount, unit="pieces", field="on_hand", **about | values)

	def test_what_differs_where_by_how_much_and_for_how_long(self) -> None:
		planted.run(STORE, ago(0, 5), figures=[{"resource_type": "inventory_level", "compared": 3000, "agreed": 2998}])
		few = self.drift(f"11-{site.LOCATION}", 2, first_seen_at=ago(20), trend="Growing", shopify_value="5", erpnext_value="7")
		many = self.drift("11-999", -12.5, status="Healing", cause="Lost webhook")
		over = self.drift("12-999", 3, status="Healed")
		planted.discrepancy(STORE, "Total", amount=50, unit="USD")
		answer = self.report("Inventory Drift")
		place = frappe.db.get_value("Shopify Location Mapping", {"parent": STORE}, "warehouse")
		self.assertEqual(
			self.rows(answer, "discrepancy", "place", "item", "amount", "days", "trend", "status"),
			[(many, "999", "TEE-M", -12.5, 2, "", "Healing"), (few, place, "TEE-M", 2.0, 20, "Growing", "Open")],
		)
		self.assertEqual(self.rows(answer, "shopify_value", "erpnext_value")[1], ("5", "7"))
		self.assertEqual(
			list(self.cards(answer).values()),
			[2, 2.0, 12.5, 1, 0],
			"levels, more in ERPNext, more in Shopify, growing, recurring",
		)
		self.assertEqual(self.series(answer), {"More in ERPNext": [-12.5, 2.0]})
		self.assertIn("compared 3,000 stock levels; 2,998 agree.", self.said(answer, "place")[0])
		self.assertEqual(self.rows(self.report("Inventory Drift", status="Healed"), "discrepancy"), [(over,)])
		self.assertEqual(self.rows(self.report("Inventory Drift", trend="Growing"), "discrepancy"), [(few,)])
		self.assertEqual(self.rows(self.report("Inventory Drift", min_days=10), "discrepancy"), [(few,)])
		self.assertEqual(self.rows(self.report("Inventory Drift", location="999"), "discrepancy"), [(many,)])
		html = self.mail("Inventory Drift", store=STORE)
		self.assertIn("-12.50", html)
		self.assertIn("TEE-M", html)
		self.assertIn("compared 3,000 stock levels", html)

	def test_nothing_is_known_without_a_full_run(self) -> None:
		planted.run(STORE, ago(1), depth="Light", figures=[{"resource_type": "inventory_level", "compared": 12}])
		answer = self.report("Inventory Drift")
		self.assertEqual(
			self.said(answer, "place"),
			["No full run has completed: it is not known whether all stock levels agree. Other runs since: 12."],
		)
		self.assertEqual((self.rows(answer, "item"), answer["chart"]), ([], None))


class TestMissingOrders(ReportCase):
	def test_each_with_its_cause_its_event_and_its_age(self) -> None:
		left_over = {"resource_type": "not in Shopify", "compared": 2, "agreed": 0}
		planted.run(STORE, ago(0, 5), figures=[_orders(2000, 1999), left_over])
		event = planted.event(STORE, "Blocked", ago(9), category="Missing item", missing="item:TEE-X")
		lost = planted.discrepancy(STORE, "Missing in ERPNext", label="#1001", cause="Lost webhook", first_seen_at=ago(5))
		failed = planted.discrepancy(STORE, "Missing in ERPNext", label="#1002", cause="Failed event", event=event)
		only_here = planted.discrepancy(
			STORE, "Not in Shopify", label="#<b>9</b>", cause="Deleted in Shopify", document_type="Sales Order",
			document_name="SO-9", first_seen_at=ago(1),
		)  # fmt: skip
		planted.discrepancy(STORE, "Missing in ERPNext", resource_type="customer")
		planted.discrepancy(STORE, "Missing in ERPNext", status="Resolved")
		planted.discrepancy(STORE, "Total")
		answer = self.report("Missing Orders")
		self.assertEqual(
			self.rows(answer, "discrepancy", "order", "kind", "cause", "days"),
			[
				(lost, "#1001", "Missing in ERPNext", "Lost webhook", 5),
				(failed, "#1002", "Missing in ERPNext", "Failed event", 2),
				(only_here, "#&lt;b>9&lt;/b>", "Not in Shopify", "Deleted in Shopify", 1),
			],
		)
		self.assertEqual(self.rows(answer, "event", "event_status", "missing")[1], (event, "Blocked", "item:TEE-X"))
		self.assertEqual(self.rows(answer, "document_type", "document_name")[2], ("Sales Order", "SO-9"))
		self.assertEqual(list(self.cards(answer).values()), [2, 1, 1, 5], "missing, without an event, not in Shopify, oldest")
		self.assertEqual(answer["chart"]["data"]["labels"], ["Lost webhook", "Failed event", "Deleted in Shopify"])
		self.assertEqual(self.series(answer), {"Missing in ERPNext": [1, 1, 0], "Not in Shopify": [0, 0, 1]})
		self.assertIn("compared 2,000 orders; 1,999 agree. 2 more are in ERPNext only.", self.said(answer, "order")[0])
		self.assertEqual(self.rows(self.report("Missing Orders", kind="Not in Shopify"), "discrepancy"), [(only_here,)])
		self.assertEqual(self.rows(self.report("Missing Orders", cause="Lost webhook"), "discrepancy"), [(lost,)])
		self.assertEqual(self.rows(self.report("Missing Orders", kind="Total"), "discrepancy"), [], "no other kind comes in")
		html = self.mail("Missing Orders", store=STORE)
		self.assertIn(f"/app/sync-event/{event}".replace("/app/", "/"), html.replace("/app/", "/").replace("/desk/", "/"))
		self.assertIn("#1001", html)
		self.assertNotIn("<b>9</b>", html)


class TestDriftOverTime(ReportCase):
	def test_day_by_day_and_kind_by_kind(self) -> None:
		planted.run(STORE, ago(2), compared=100, by_kind={"Stock": 2}, healed_by_kind={"Stock": 1})
		planted.run(STORE, ago(2, 3), depth="Light", compared=10, by_kind={"Stock": 1}, healed_by_kind={"Stock": 1})
		planted.run(STORE, ago(0), compared=100, by_kind={"Stock": 1, "Total": 1})
		day = [add_days(now_datetime().date(), -back).isoformat() for back in range(10)]
		planted.discrepancy(
			STORE, "Stock", amount=7, unit="pieces", first_seen_at=ago(9), trend="Growing", samples=[[day[9], "-3", 0], [day[1], "-7", 0]],
		)  # fmt: skip
		planted.discrepancy(STORE, "Stock", amount=5, unit="pieces", status="Healed", first_seen_at=ago(2), resolved_at=ago(1))
		planted.discrepancy(STORE, "Total", amount=-2.5, unit="USD", first_seen_at=ago(0))
		planted.discrepancy(STORE, "State", status="Resolved", first_seen_at=ago(60), last_seen_at=ago(50), resolved_at=ago(40))
		answer = self.report("Drift over Time", days=3)
		today_, yesterday, before = (add_days(now_datetime().date(), -back) for back in range(3))
		self.assertEqual(
			self.rows(answer, "day", "kind", "found", "new", "open", "healed", "settled", "pieces", "money_usd"),
			[
				(today_, "Stock", 1, 0, 1, 0, 0, 7.0, 0.0),
				(today_, "Total", 1, 1, 1, 0, 0, 0.0, 2.5),
				(yesterday, "Stock", 0, 0, 1, 0, 1, 7.0, 0.0),
				(before, "Stock", 2, 1, 2, 2, 0, 8.0, 0.0),
			],
		)
		self.assertEqual(
			[(row["compared"], row["open"], row["remark"]) for row in answer["result"] if row["bold"]],
			[(100, 2, ""), (0, 1, "No run completed on this day."), (110, 2, "")],
		)
		self.assertEqual(self.series(answer), {"Stock": [2, 1, 1], "Total": [0, 0, 1]})
		self.assertEqual(list(self.cards(answer).values()), [2, 2, 2, 2, 1, 0], "beginning, end, new, healed, growing, recurring")
		self.assertIn("compared 210 records. On 1 of 3 days no run completed.", answer["message"])
		only = self.report("Drift over Time", days=3, kind="Total")
		self.assertEqual(self.rows(only, "day", "kind"), [(today_, "Total")])
		html = self.mail("Drift over Time", store=STORE, days=3)
		self.assertIn("No run completed on this day.", html)
		self.assertIn("7", html)


class TestSyncLatency(ReportCase):
	def done(self, received: Any, delivered: float, took: float, **values: Any) -> None:
		triggered, finished = received - timedelta(seconds=delivered), received + timedelta(seconds=took)
		planted.event(STORE, "Applied", received, **{"triggered_at": triggered, "finished_at": finished} | values)

	def test_how_long_it_took_each_day_both_ways(self) -> None:
		for second in range(1, 101):
			self.done(ago(1, 0, second), 1, second)
		self.done(ago(0, 1), -2, 400)
		self.done(ago(0, 1), 0, 10, direction="Outbound", source="ERPNext", triggered_at=None)
		self.done(ago(0, 1), 0, 9999, source="Backfill")
		planted.event(STORE, "Superseded", ago(0, 1), finished_at=ago(0))
		planted.event(STORE, "Blocked", ago(0, 1))
		answer = self.report("Sync Latency")
		now, yesterday = (add_days(now_datetime().date(), -back).isoformat() for back in range(2))
		self.assertEqual(
			self.rows(
				answer, "at", "direction", "events", "delivered_p50", "done_p50", "done_p95", "done_largest", "whole_p95", "late"
			),
			[
				(now, "Outbound", 1, 0.0, 10.0, 10.0, 10.0, 10.0, 0),
				(now, "Inbound", 1, 0.0, 400.0, 400.0, 400.0, 398.0, 1),
				(yesterday, "Inbound", 100, 1.0, 50.0, 95.0, 100.0, 96.0, 0),
			],
		)
		whole = [(row["direction"], row["events"], row["whole_largest"]) for row in answer["result"] if row["bold"]]
		self.assertEqual(whole, [("Inbound", 101, 398.0), ("Outbound", 1, 10.0)])
		self.assertEqual(self.series(answer)["Inbound p95"], [96.0, 398.0])
		self.assertEqual(self.series(answer)["Outbound p50"], [0, 10.0])
		self.assertEqual(self.cards(answer)["From Shopify to ERPNext: p95 (s)"], 97.0)
		self.assertIn("101 events that came in and 1 that went out", answer["message"])
		hourly = self.report("Sync Latency", per="Hour", direction="Outbound")
		self.assertEqual(self.rows(hourly, "at", "events"), [(ago(0, 1).strftime("%Y-%m-%d %H:00"), 1)])
		self.assertIn("398", self.mail("Sync Latency", store=STORE))

	def test_nothing_was_carried_out(self) -> None:
		answer = self.report("Sync Latency")
		self.assertEqual(self.rows(answer, "at"), [])
		self.assertEqual([row["events"] for row in answer["result"]], [0, 0])
		self.assertIn("0 events that came in and 0 that went out", answer["message"])


class TestFailureSummary(ReportCase):
	def test_one_row_for_each_cause(self) -> None:
		item = {"category": "Missing item", "missing": "item:TEE-X"}
		planted.event(STORE, "Blocked", ago(9), **item)
		newest = planted.event(STORE, "Blocked", ago(2), **item)
		planted.event(STORE, "Blocked", ago(2), category="Missing item", missing="item:MUG-X")
		planted.event(STORE, "Dead Letter", ago(3), category="Invalid payload")
		planted.event(STORE, "Dead Letter", ago(3), category="Network")
		planted.event(STORE, "Dead Letter", ago(3), category="Totals mismatch")
		planted.event(STORE, "Conflict", ago(3), category="Conflict")
		planted.event(STORE, "Retrying", ago(3), category="Network", direction="Outbound")
		planted.event(STORE, "Held", ago(3))
		planted.event(STORE, "Applied", now_datetime() - timedelta(hours=1))
		answer = self.report("Failure Summary")
		first = answer["result"][0]
		self.assertEqual(
			tuple(first[name] for name in ("title", "missing", "status", "events", "days", "example")),
			("An item is missing", "item:TEE-X", "Blocked", 2, 9, newest),
		)
		self.assertEqual(
			(first["oldest"], first["newest"]), (ago(9).strftime("%Y-%m-%d %H:%M"), ago(2).strftime("%Y-%m-%d %H:%M"))
		)
		self.assertEqual(
			{(row["status"], row["title"]): row["retry"] for row in answer["result"] if not row["bold"]},
			{
				("Blocked", "An item is missing"): "By itself, once it is there.",
				("Dead Letter", "The payload is not what Shopify documents"): "No: it cannot help. Discard it.",
				("Dead Letter", "The network failed"): "Yes.",
				("Dead Letter", "The totals differ"): "Mend it first, then Retry.",
				("Conflict", "ERPNext and Shopify disagree"): "After you decided.",
				("Retrying", "The network failed"): "By itself, no need to.",
				("Held", "No category"): "By itself, when the store goes on.",
			},
		)
		self.assertEqual(list(self.cards(answer).values()), [7, 6, 1, 1], "events, causes, tried again, held")
		self.assertEqual(self.series(answer)["Events"][0], 3)
		self.assertIn("1 events were received in the last 24 hours", self.said(answer, "title")[0])
		self.assertEqual(self.rows(self.report("Failure Summary", status="Applied"), "status"), [], "that is no failure")
		self.assertEqual(self.rows(self.report("Failure Summary", category="Conflict"), "status"), [("Conflict",)])
		self.assertEqual(self.rows(self.report("Failure Summary", direction="Outbound"), "status"), [("Retrying",)])
		self.assertEqual(len(self.rows(self.report("Failure Summary", from_date=add_days(today(), -2)), "status")), 2)
		html = self.mail("Failure Summary", store=STORE)
		self.assertIn("item:TEE-X", html)
		self.assertIn("Mend it first, then Retry.", html)

	def test_that_nothing_failed_says_what_came_in(self) -> None:
		answer = self.report("Failure Summary")
		self.assertEqual(self.said(answer, "title"), ["No event was received in the last 24 hours."])
		self.assertIn("No event was received", self.mail("Failure Summary", store=STORE))


class TestWhatARunKeeps(ReportCase):
	"""Not planted: a run and what it found, kept as reconciliation keeps them."""

	def kept(self, *found: tuple[str, str, Difference, bool]) -> Run:
		"""Keep a full run of 3 orders and 2 stock levels that ends now and found these: (resource, id, difference, healed)."""
		asked = runs.Wanted(STORE, Depth.FULL, Reason.SCHEDULE, None, times.now(), dry_run=False)
		run = runs.load(runs.begin(asked))
		frappe.db.commit()
		run.ended, run.phase = times.now(), len(run.phases)
		findings = []
		for resource, id, difference, healed in found:
			run.found[difference.kind] = run.found.get(difference.kind, 0) + 1
			run.healed[difference.kind] = run.healed.get(difference.kind, 0) + healed
			explanation = Explanation(Cause.LOST_WEBHOOK)
			findings.append(Finding(STORE, resource, id, f"#{id}", difference, explanation, Proposal.APPLY, healed))
		missing = sum(one.difference.kind is Kind.MISSING for one in findings)
		sums = {(today(), "paid"): Sums(3, 3 - missing, Decimal("30.30"), Decimal("30.30") - missing * Decimal("10.10"))}
		run.tallies[keys.ORDER] = Tally(3, 3 - missing, {"Still under way": 1}, sums)
		run.tallies[keys.INVENTORY_LEVEL] = Tally(2, 2 - (len(findings) - missing))
		links = [keys.key(STORE, keys.ORDER, "1001"), keys.key(STORE, keys.INVENTORY_LEVEL, f"7-{site.LOCATION}")]
		FrappeReconcileHost().keep(run, findings, links)
		return run

	def test_every_report_tells_of_it(self) -> None:
		stock = Difference(Kind.STOCK, "available", "5", "8", Decimal(3), PIECES, ("Item", "TEE-M"))
		missing = (keys.ORDER, "1001", Difference(Kind.MISSING, "", "an order", "nothing"), True)
		run = self.kept(missing, (keys.INVENTORY_LEVEL, f"7-{site.LOCATION}", stock, False))
		cells = ("run", "result", "found", "healed", "open", "kinds", "left_out", "of_each")
		self.assertEqual(
			self.rows(self.report("Reconciliation Summary"), *cells),
			[
				(
					run.name, "2 of 5 differ.", 2, 1, 2, "Missing in ERPNext 1, Stock 1", "Still under way 1",
					"orders 3, stock levels 2",
				)
			],
		)  # fmt: skip
		totals = self.rows(self.report("Order Totals Check"), "count_difference", "shopify_total", "difference")
		self.assertEqual(totals, [(-1, 30.3, -10.1)])
		drift = self.report("Inventory Drift")
		self.assertEqual(
			self.rows(drift, "item", "amount", "shopify_value", "erpnext_value", "days"), [("TEE-M", 3.0, "5", "8", 0)]
		)
		self.assertIn(f"{run.name} of", self.said(drift, "place")[0])
		lost = self.rows(self.report("Missing Orders"), "order", "kind", "cause", "status", "proposal")
		self.assertEqual(lost, [("#1001", "Missing in ERPNext", "Lost webhook", "Healing", "Apply Shopify's state")])
		days = self.rows(self.report("Drift over Time", days=1), "kind", "found", "new", "open", "healed", "settled", "pieces")
		self.assertEqual(days, [("Missing in ERPNext", 1, 1, 1, 1, 0, 0.0), ("Stock", 1, 1, 1, 0, 0, 3.0)])
		again = self.kept()
		self.assertEqual(self.rows(self.report("Reconciliation Summary"), "run", "result", "open"), [
			(again.name, "All 5 agree.", 0), (run.name, "2 of 5 differ.", 0),
		])  # fmt: skip
		for name in ("Inventory Drift", "Missing Orders"):
			self.assertEqual(self.rows(self.report(name), "discrepancy"), [])
		days = self.rows(self.report("Drift over Time", days=1), "kind", "found", "new", "open", "healed", "settled", "pieces")
		self.assertEqual(days, [("Missing in ERPNext", 1, 1, 0, 1, 1, 0.0), ("Stock", 1, 1, 0, 0, 1, 0.0)])


class TestWhoMayRead(ReportCase):
	def test_without_a_role_nobody_reads_a_report(self) -> None:
		self.acting_as(None)
		for name in REPORTS:
			with self.subTest(name), self.assertRaises(frappe.PermissionError):
				query_report.run(name, filters={})

	def test_each_role_may(self) -> None:
		"""Whatever documents of ERPNext are named: who may not read those may read the report."""
		order = {"document_type": "Sales Order", "document_name": "SO-9"}
		planted.discrepancy(STORE, "Not in Shopify", label="#9", **order)
		item = {"document_type": "Item", "document_name": "TEE-M", "shopify_id": "1-2"}
		planted.discrepancy(STORE, "Stock", amount=1, unit="pieces", resource_type="inventory_level", **item)
		for role in ("Shopify Sync Auditor", "Shopify Sync Operator", "Shopify Sync Manager", "System Manager"):
			self.acting_as(role)
			for name in REPORTS:
				with self.subTest(name, role=role):
					self.assertTrue(query_report.run(name, filters={"store": STORE})["result"])
			frappe.set_user("Administrator")

	def test_who_may_see_one_store_learns_nothing_of_the_other(self) -> None:
		for store in (STORE, OTHER):
			planted.run(store, ago(1), compared=77 if store == OTHER else 5, figures=[_orders(77 if store == OTHER else 5, 5)])
			planted.discrepancy(store, "Missing in ERPNext", label=f"#{store}")
			planted.discrepancy(store, "Stock", amount=1, unit="pieces", resource_type="inventory_level", shopify_id="1-2")
			planted.event(store, "Blocked", ago(1), category="Missing item", missing=f"item:{store}")
			planted.event(store, "Applied", ago(1), finished_at=ago(1))
		self.acting_as("Shopify Sync Auditor", STORE)
		for name in REPORTS:
			with self.subTest(name):
				answer = query_report.run(name, filters={})
				self.assertTrue(answer["result"])
				for part in (answer["result"], answer["message"], answer["report_summary"], answer["chart"]):
					self.assertNotIn(OTHER, frappe.as_json(part))
					self.assertNotIn("77", [frappe.as_json(card["value"]) for card in answer["report_summary"]])
				with self.assertRaises(frappe.PermissionError):
					query_report.run(name, filters={"store": OTHER})

	def test_what_stands_in_a_filter_is_never_part_of_the_query(self) -> None:
		day = {"resource_type": "order", "day": today(), "status": "paid"}
		planted.run(STORE, ago(1), compared=5, found=1, by_kind={"Total": 1}, figures=[day])
		planted.discrepancy(STORE, "Missing in ERPNext")
		planted.discrepancy(STORE, "Stock", amount=1, unit="pieces", resource_type="inventory_level", shopify_id="1-2")
		planted.event(STORE, "Blocked", ago(1), category="Missing item")
		planted.event(STORE, "Applied", ago(1), finished_at=ago(1))
		call = {"doctype": "Shopify API Call", "store": STORE, "outcome": "Answered", "actual_cost": 5, "started_at": ago(1)}
		frappe.get_doc({**call, "operation": "Shop"}).insert(ignore_permissions=True)
		self.addCleanup(frappe.db.delete, "Shopify API Call", {"store": STORE})
		nasty = "x' OR '1'='1"
		texts = {
			"Reconciliation Summary": ["depth"], "Order Totals Check": ["run"], "Inventory Drift": ["status", "trend", "location"],
			"Missing Orders": ["kind", "cause", "status"], "Drift over Time": ["kind"], "Sync Latency": ["direction"],
			"Failure Summary": ["status", "direction", "category"], "Sync Activity": ["direction"], "API Usage": [],
		}  # fmt: skip
		for name in REPORTS:
			self.assertTrue(
				[row for row in self.report(name)["result"] if not row["bold"]], f"{name} has a row without the filter"
			)
			for field in texts[name]:
				with self.subTest(name, field=field):
					self.assertEqual([row for row in self.report(name, **{field: nasty})["result"] if not row["bold"]], [])
			with self.subTest(name), self.assertRaises(frappe.PermissionError):
				query_report.run(name, filters={"store": nasty})


class TestMail(ReportCase):
	def test_a_mail_needs_no_filters(self) -> None:
		planted.run(STORE, ago(1), compared=5, figures=[_orders(5, 5)])
		for name in REPORTS:
			with self.subTest(name):
				html = self.mail(name)
				self.assertIn("<td", html, "rows that say how much was compared")
				self.assertNotIn("None", html)

	def test_it_is_sent(self) -> None:
		run = planted.run(STORE, ago(1), compared=5, agreed=5, figures=[_orders(5, 5)])
		doc = frappe.get_doc(
			{"doctype": "Auto Email Report", "report": "Reconciliation Summary", "user": "Administrator", "format": "HTML",
			"email_to": "someone@example.com", "frequency": "Daily", "report_type": "Script Report"}
		).insert()  # fmt: skip
		self.addCleanup(doc.delete)
		# A sender that the site may lack; nothing leaves the queue of a site that is tested.
		for key, value in {"mail_server": "127.0.0.1", "auto_email_id": "erp@example.com"}.items():
			if not frappe.conf.get(key):
				frappe.conf[key] = value
				self.addCleanup(frappe.conf.pop, key)
		# A document of that name may have been sent by an earlier run of the tests.
		of_it = {"reference_doctype": doc.doctype, "reference_name": doc.name}
		before = frappe.get_all("Email Queue", of_it, pluck="name")
		doc.send()
		queued = [name for name in frappe.get_all("Email Queue", of_it, pluck="name") if name not in before]
		self.assertEqual(len(queued), 1)
		message = frappe.get_doc("Email Queue", queued[0]).message
		parts = email.message_from_string(message).walk()
		html = next(part for part in parts if part.get_content_type() == "text/html").get_payload(decode=True).decode()
		self.assertIn("All 5 agree.", html)
		self.assertIn(run, html)

	def test_a_report_goes_as_a_table_too(self) -> None:
		run = planted.run(STORE, ago(1), compared=5, figures=[_orders(5, 5)])
		doc = frappe.get_doc(
			{"doctype": "Auto Email Report", "report": "Reconciliation Summary", "user": "Administrator", "format": "CSV",
			"email_to": "someone@example.com", "frequency": "Daily", "report_type": "Script Report"}
		).insert()  # fmt: skip
		self.addCleanup(doc.delete)
		self.assertIn(run, str(doc.get_report_content()))
