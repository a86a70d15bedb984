"""The set-up of a store on a site: the steps check themselves; the workspace's head and Frappe's onboarding follow."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.desk.query_report import run as run_report

from shopify_sync import install
from shopify_sync.api import cards
from shopify_sync.api import onboarding as endpoint
from shopify_sync.core.onboarding import StepState
from shopify_sync.erpnext_host import onboarding
from shopify_sync.jobs import onboarding as job

from . import payloads, site
from .case import SyncTestCase
from .operated import AUDITOR, person, plant


class TestOnboarding(SyncTestCase):
	def states(self) -> dict[str, str]:
		frappe.db.rollback()
		(found,) = onboarding.ways([self.STORE])
		return {step.key: str(step.state) for step in found.steps}

	def test_the_steps_follow_what_is_there(self) -> None:
		# Other tests may have rehearsed a backfill of this store.
		done = {key for key, state in self.states().items() if state == StepState.DONE} - {"shadow"}
		# The store of the tests has its mappings, and nothing else yet.
		self.assertEqual(done, {"locations", "taxes"})
		self.carry_out(self.order([payloads.line(1, "NO-SUCH-SKU", "20.00")]))
		states = self.states()
		self.assertEqual((states["webhook"], states["items"], states["live"]), ("Done", "Open", "Open"))
		missing = next(step for step in onboarding.as_dict(onboarding.ways([self.STORE])[0])["steps"] if step["key"] == "items")
		self.assertEqual([text for text in missing["missing"] if "wait for it: 1" in text], missing["missing"][1:])

	def test_signing_in_items_and_a_gateway(self) -> None:
		self.assertEqual(self.states()["connect"], "Open")
		self.store.update({"sign_in_by": "Access token", "access_token": "shpat_of_a_test"}).save()
		frappe.db.set_value("Shopify Connection", self.STORE, "state", "Signed in")
		frappe.get_doc(
			{"doctype": "Shopify Link", "store": self.STORE, "resource_type": "sku", "shopify_id": "TEE-M", "document_type": "Item",
			"document_name": "TEE-M"}
		).insert()  # fmt: skip
		frappe.db.commit()
		states = self.states()
		self.assertEqual((states["connect"], states["items"], states["gateways"]), ("Done", "Done", "Open"))
		self.store.append("gateway_mapping", {"gateway": "shopify_payments", "account": site.tax_account()})
		self.store.save()
		frappe.db.commit()
		self.assertEqual(self.states()["gateways"], "Done")

	def test_shadow_mode_and_going_live(self) -> None:
		plant(self.STORE, 1, status="Shadowed", category=None, missing=None)
		self.assertEqual((self.states()["shadow"], self.states()["live"]), ("Done", "Open"))
		frappe.db.set_value("Shopify Store", self.STORE, "sync_orders", 0)
		frappe.db.commit()
		self.assertEqual({self.states()[key] for key in ("taxes", "gateways")}, {"Not needed"})

	def test_frappes_own_onboarding_follows(self) -> None:
		self.carry_out(self.order())
		frappe.db.set_value("Onboarding Step", "Shopify Sync: webhook", "is_complete", 0)
		job.run()
		steps = dict(
			frappe.get_all("Onboarding Step", {"name": ("like", "Shopify Sync: %")}, ["name", "is_complete"], as_list=True)
		)
		self.assertEqual(set(steps), {f"Shopify Sync: {key}" for key in self.states()})
		self.assertEqual((steps["Shopify Sync: webhook"], steps["Shopify Sync: locations"]), (1, 1))
		order = [row.step for row in frappe.get_doc("Module Onboarding", install.ONBOARDING).steps]
		self.assertEqual(order, [f"Shopify Sync: {key}" for key in self.states()])

	def test_who_may_look_and_which_stores(self) -> None:
		def asked(user: str) -> Any:
			frappe.set_user(user)
			try:
				return endpoint.steps(store=self.STORE), cards.oldest_waiting(), cards.api_budget_used()
			finally:
				frappe.set_user("Administrator")

		found, waiting, budget = asked(person(AUDITOR))
		self.assertEqual([one["store"] for one in found["stores"]], [self.STORE])
		self.assertTrue(waiting and budget)
		for user in (person(None), "Guest"):
			with self.assertRaises(frappe.PermissionError):
				asked(user)
		with self.assertRaises(frappe.PermissionError):
			endpoint.steps(store="nobody's")


class TestWorkspace(SyncTestCase):
	def test_everything_in_the_workspace_is_there(self) -> None:
		workspace = frappe.get_doc("Workspace", "Shopify Sync")
		named = [
			*(("Custom HTML Block", row.custom_block_name) for row in workspace.custom_blocks),
			*(("Number Card", row.number_card_name) for row in workspace.number_cards),
			*(("Dashboard Chart", row.chart_name) for row in workspace.charts),
			*(("DocType", row.document_type) for row in workspace.quick_lists),
			*((row.type, row.link_to) for row in workspace.shortcuts),
			*((row.link_type, row.link_to) for row in workspace.links if row.type == "Link"),
		]
		kinds = {"DocType": "DocType", "Report": "Report", "Page": "Page"}
		self.assertEqual([one for one in named if not frappe.db.exists(kinds.get(one[0], one[0]), one[1])], [])
		shown = {data for block in frappe.parse_json(workspace.content) for data in block["data"].values()}
		self.assertEqual(
			[
				name
				for kind, name in named[:20]
				if kind in ("Custom HTML Block", "Number Card", "Dashboard Chart") and name not in shown
			],
			[],
		)

	def test_the_head_is_made_again_after_somebody_deleted_it(self) -> None:
		frappe.delete_doc("Custom HTML Block", install.HEALTH_BLOCK, force=True)
		install._make_health_block()
		block = frappe.get_doc("Custom HTML Block", install.HEALTH_BLOCK)
		self.assertIn("shopify_sync.store_health.show(root_element);", block.script)
		block.db_set("script", "changed by hand")
		install._make_health_block()
		self.assertNotEqual(frappe.db.get_value("Custom HTML Block", install.HEALTH_BLOCK, "script"), "changed by hand")

	def test_reports_and_cards_that_the_charts_show(self) -> None:
		plant(self.STORE, 4)
		frappe.set_user(person(AUDITOR))
		try:
			for report, filters in (("Sync Activity", {"days": 1}), ("API Usage", {"days": 1})):
				found = run_report(report, filters={**filters, "store": self.STORE}, ignore_prepared_report=True)
				self.assertTrue(found["result"], report)
			rows = run_report("Sync Activity", filters={"store": self.STORE, "days": 1})["result"]
			self.assertEqual({(row["events"], row["failed"]) for row in rows}, {(4, 4)})
		finally:
			frappe.set_user("Administrator")
