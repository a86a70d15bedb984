"""User Permissions: who is kept to some stores does nothing to the others, by whatever endpoint and however a target is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from shopify_sync.api import alerts, backfill, connection, evidence, operations, reconciliation, stock
from shopify_sync.erpnext_host.operations import record

from . import looked, operated, site
from .case import SyncTestCase
from .operated import MANAGER, OPERATOR, plant, start

_THEIRS = "test-theirs"


class TestStoresOfOthers(SyncTestCase):
	STORE = "test-mine"

	def setUp(self) -> None:
		super().setUp()
		operated.forgotten(self)
		site.make_store(_THEIRS)
		self.addCleanup(site.clear_store, _THEIRS)
		self.made: list[tuple[str, str]] = []
		self.addCleanup(self.forget)

	def forget(self) -> None:
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for doctype, name in self.made:
			frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()

	def row(self, doctype: str, name: str, **values: Any) -> str:
		"""Write a row as it stands."""
		doc = frappe.get_doc({"doctype": doctype, "name": name, "store": _THEIRS, **values})
		doc.db_insert()
		frappe.db.commit()
		self.made.append((doctype, name))
		return name

	def kept_to_mine(self, role: str) -> str:
		user = looked.user(role, self.STORE)
		frappe.set_user(user)
		self.addCleanup(frappe.set_user, "Administrator")
		return user

	def refused(self, act: Callable[[], Any], why: str = "not one of yours") -> None:
		with self.assertRaisesRegex((frappe.PermissionError, frappe.ValidationError), why):
			act()

	def test_each_endpoint_that_names_a_store_or_something_of_it(self) -> None:
		run = self.row("Reconciliation Run", f"RECON-{_THEIRS}-1", status="Running")
		load = self.row("Shopify Backfill", f"BACKFILL-{_THEIRS}-1", status="Running")
		found = self.row("Sync Discrepancy", f"{_THEIRS}/order/1/total", status="Open", link=f"{_THEIRS}/order/1")
		self.kept_to_mine(MANAGER)
		for act in (
			lambda: connection.sign_in(_THEIRS),
			lambda: connection.test(_THEIRS),
			lambda: connection.reset_circuit(_THEIRS),
			lambda: stock.push_stock(_THEIRS),
			lambda: backfill.start(_THEIRS, products=1),
			lambda: backfill.stop(load),
			lambda: backfill.go_on(load),
			lambda: backfill.result(load),
			lambda: reconciliation.start(_THEIRS),
			lambda: reconciliation.stop(run),
			lambda: reconciliation.heal(found),
			lambda: reconciliation.restore(found),
			lambda: reconciliation.dismiss(found, "Not mine."),
			lambda: reconciliation.compare_again(found),
			lambda: alerts.add_channel("Mail", "a@example.com", store=_THEIRS),
		):
			self.refused(act)
		self.refused(lambda: alerts.add_channel("Mail", "a@example.com"), "Choose the one")
		with self.assertRaises(frappe.PermissionError):
			alerts.send_test(_THEIRS)
		with self.assertRaises(frappe.PermissionError):
			evidence.export(link=f"{_THEIRS}/order/1")
		frappe.set_user("Administrator")
		self.assertFalse(frappe.db.exists("Sync Operation", {"store": _THEIRS}), "nothing was begun")
		self.assertEqual(frappe.db.get_value("Reconciliation Run", run, "status"), "Running")
		self.assertEqual(frappe.db.get_value("Sync Discrepancy", found, "status"), "Open")

	def test_a_target_that_names_two_stores_is_about_both(self) -> None:
		link = f"{_THEIRS}/order/4711"
		frappe.get_doc({"doctype": "Shopify Link", "store": _THEIRS, "resource_type": "order", "shopify_id": "4711"}).insert(
			ignore_permissions=True
		)
		mine, theirs = f"{self.STORE}/customer/1/email", f"{_THEIRS}/customer/1/email"
		self.row("Sync Conflict", theirs, link=f"{_THEIRS}/customer/1", field="email", status="Open")
		start("Hold", {"store": _THEIRS, "topic": "orders/create"}, "Theirs.")
		hold = frappe.get_value("Sync Hold", {"store": _THEIRS, "active_key": ("is", "set")})
		plant(_THEIRS, 1, status="Held", category=None, missing=None, cause=None)
		self.kept_to_mine(OPERATOR)
		for action, target, options in (
			("Hold", {"store": self.STORE, "link": link}, {}),
			("Release", {"hold": hold}, {}),
			("Release", {"store": self.STORE, "link": link}, {}),
			("Resolve Conflict", {"conflicts": [mine, theirs]}, {"resolution": "Take Shopify's"}),
		):
			self.refused(lambda: operations.prepare(action, target))  # noqa: B023
			self.refused(lambda: start(action, target, "Mine now.", **options))  # noqa: B023
		frappe.set_user("Administrator")
		self.assertTrue(frappe.db.get_value("Sync Hold", hold, "active_key"), "it holds still")
		self.assertEqual(frappe.db.get_value("Sync Conflict", theirs, "status"), "Open")
		self.assertEqual(frappe.db.count("Sync Hold", {"link": link}), 0)

	def test_what_somebody_does_to_several_stores_is_not_shown_or_stopped_by_who_sees_one(self) -> None:
		plant(self.STORE, 20)
		plant(_THEIRS, 20)
		about = {"filters": {"cause": "item:PLANTED"}}
		theirs = start("Discard", about, "A flood.")
		self.assertEqual((theirs["status"], theirs["store"]), ("Queued", None))
		me = self.kept_to_mine(OPERATOR)
		for act in (operations.get, operations.stop):
			with self.assertRaises(frappe.DoesNotExistError):
				act(theirs["operation"])
		mine = record.begin("Discard", None, about, "all of mine", total=1, user=me)
		self.assertEqual(operations.stop(mine)["status"], "Stopped", "one's own is")
		frappe.set_user("Administrator")
		self.assertEqual(operations.stop(theirs["operation"])["status"], "Stopped", "and who sees all stores sees all of it")
