"""A worker that stays up sees what others have changed since, as a fresh one would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any

import frappe
from erpnext.stock import get_warehouse_account_map
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.utils import add_days, nowdate

from shopify_sync.erpnext_host import policies, remembered
from shopify_sync.erpnext_host.documents import customers
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.host import FrappeHost

from . import site
from .case import SyncTestCase
from .documents import stock_up


def elsewhere(do: Callable[[], Any]) -> None:
	"""Do something as another process of the site does it: in a thread, Frappe's context and connection are its own."""
	name, sites_path = frappe.local.site, frappe.local.sites_path

	def run() -> None:
		frappe.init(site=name, sites_path=sites_path)
		frappe.connect()
		frappe.set_user("Administrator")
		try:
			do()
			frappe.db.commit()
		finally:
			frappe.destroy()

	with ThreadPoolExecutor(1) as pool:
		pool.submit(run).result()


def save(doctype: str, name: str, **values: Any) -> None:
	"""Change a document as a form does."""
	frappe.get_doc(doctype, name).update(values).save()


@contextmanager
def not_testing() -> Iterator[None]:
	"""Let ERPNext work as it does on a site that is in use. Version 15 looks at a flag, version 16 at Frappe itself."""
	before = frappe.flags.in_test, getattr(frappe, "in_test", None)
	frappe.flags.in_test = frappe.in_test = False
	try:
		yield
	finally:
		frappe.flags.in_test, frappe.in_test = before


class TestRemembered(SyncTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		stock_up("TEE-M", "MUG-1")

	def sent(self, **values: Any) -> dict[str, Any]:
		"""Return an order that was sent today: ERPNext's own checks of customers and periods are asked."""
		order = self.order(fulfillment_status="fulfilled", **values)
		lines = [{"id": line["id"], "quantity": line["quantity"]} for line in order["line_items"]]
		sent = {
			"id": order["id"], "status": "success", "created_at": f"{nowdate()}T01:00:00Z", "location_id": int(site.LOCATION), "line_items": lines,
		}  # fmt: skip
		return order | {"fulfillments": [sent]}

	def retried(self, event: Any) -> Any:
		FrappeEventLog().retry(event.name, "Administrator")
		frappe.db.commit()
		site.drain()
		return site.event(event.name)

	def test_a_customer_who_was_enabled_again(self) -> None:
		payload = self.order()
		customer = self.book(payload).customer
		self.addCleanup(elsewhere, lambda: save("Customer", customer, disabled=0))
		elsewhere(lambda: save("Customer", customer, disabled=1))
		refused = self.carry_out(self.sent(customer=payload["customer"]))
		self.assertEqual((refused.status, refused.category), ("Dead Letter", "Customer blocked"), refused.message)
		elsewhere(lambda: save("Customer", customer, disabled=0))
		applied = self.retried(refused)
		self.assertEqual(applied.status, "Applied", applied.message)

	def test_stock_that_is_no_longer_frozen(self) -> None:
		def freeze(until: str | None) -> None:
			# Past the form: it wants that nothing waits to be posted again, and other tests may have left something.
			frappe.db.set_single_value("Stock Settings", "stock_frozen_upto", until)
			frappe.clear_document_cache("Stock Settings", "Stock Settings")

		self.book(self.order())
		self.addCleanup(elsewhere, lambda: freeze(None))
		elsewhere(lambda: freeze(add_days(nowdate(), 1)))
		refused = self.carry_out(self.sent())
		self.assertEqual(refused.category, "Accounting period closed", refused.message)
		elsewhere(lambda: freeze(None))
		applied = self.retried(refused)
		self.assertEqual(applied.status, "Applied", applied.message)

	def test_a_country_that_was_added(self) -> None:
		name, code = f"Sync Country {site.fresh_id()}", f"q{site.fresh_id()}"
		known = lambda: self.in_a_transaction(lambda: customers._countries((name,)))  # noqa: E731
		self.assertEqual(known(), {})
		# Past the form: it knows which countries there are.
		elsewhere(lambda: frappe.get_doc({"doctype": "Country", "name": name, "country_name": name, "code": code}).db_insert())
		self.addCleanup(elsewhere, lambda: frappe.delete_doc("Country", name))
		self.assertEqual(known(), {name: name})

	def test_a_warehouse_that_was_added(self) -> None:
		"""ERPNext keeps the account of each warehouse in `frappe.flags`, but not while it tests itself."""
		company, name = site.company(), f"Sync Warehouse {site.fresh_id()}"
		accounts = lambda: self.in_a_transaction(lambda: dict(get_warehouse_account_map(company)))  # noqa: E731
		with not_testing():
			accounts()
			made: list[str] = []
			doc = {"doctype": "Warehouse", "warehouse_name": name, "company": company}
			elsewhere(lambda: made.append(frappe.get_doc(doc).insert().name))
			self.addCleanup(elsewhere, lambda: frappe.delete_doc("Warehouse", made[0]))
			self.assertIn(made[0], accounts())

	def test_another_account_of_the_company_to_round_off_on(self) -> None:
		company = site.company()
		before = frappe.db.get_value("Company", company, "round_off_account")
		other = frappe.db.get_value("Account", {"company": company, "is_group": 0, "name": ("!=", before or "")})
		of_company = lambda account: frappe.db.set_value("Company", company, "round_off_account", account)  # noqa: E731
		rounds_on = lambda: self.in_a_transaction(lambda: policies.policy(self.STORE).rounding_account)  # noqa: E731
		self.assertEqual(rounds_on(), before or None)
		self.addCleanup(elsewhere, lambda: of_company(before))
		elsewhere(lambda: of_company(other))
		self.assertEqual(rounds_on(), other)

	def test_an_attempt_sees_one_state_of_the_settings(self) -> None:
		"""A pusher is a thread of the worker's: what it finds first must not change what an attempt goes by."""
		found = policies.policy(self.STORE)
		seen: list[str] = []

		def change_and_read() -> None:
			frappe.db.set_value("Shopify Store", self.STORE, "order_prefix", "another-")
			seen.append(policies.policy(self.STORE).order_prefix)

		elsewhere(change_and_read)
		self.assertEqual(seen, ["another-"])
		self.assertEqual(policies.as_of_attempt(self.STORE).order_prefix, found.order_prefix)
		frappe.db.rollback()
		self.assertEqual(policies.policy(self.STORE).order_prefix, "another-")

	def test_what_a_failure_left_behind_does_not_bear_on_the_next_event(self) -> None:
		payload = self.order()
		customer = self.book(payload).customer
		self.addCleanup(elsewhere, lambda: save("Customer", customer, disabled=0))
		elsewhere(lambda: save("Customer", customer, disabled=1))

		def fail() -> None:
			# As ERPNext's reconcile_against_document leaves it when a row is locked.
			frappe.flags.ignore_party_validation = True
			# As Frappe's run_webhooks leaves it, with what sends it gone.
			frappe.local._webhook_queue = [frappe._dict(doc=frappe._dict(), webhook=frappe._dict())]
			raise frappe.QueryDeadlockError

		self.assertRaises(frappe.QueryDeadlockError, lambda: self.in_a_transaction(fail))
		refused = self.carry_out(self.sent(customer=payload["customer"]))
		self.assertEqual(refused.category, "Customer blocked", refused.message)
		self.assertFalse(getattr(frappe.local, "_webhook_queue", None), "no later webhook would be sent")

	def in_a_transaction(self, read: Callable[[], Any]) -> Any:
		with FrappeHost().transaction():
			return read()

	def test_a_fork_of_a_worker_sees_how_a_doctype_is_made(self) -> None:
		"""A job of RQ is a fork: Frappe 16's thread that hears what others change does not live in it."""
		label, cache = f"Reason {site.fresh_id()}", getattr(frappe, "client_cache", None)
		known = lambda: self.in_a_transaction(lambda: frappe.get_meta("Sync Hold").get_label("reason"))  # noqa: E731
		self.assertNotEqual(known(), label)
		kept = dict(cache.cache) if cache else {}
		self.addCleanup(elsewhere, lambda: frappe.db.delete("Property Setter", {"value": label}))
		self.addCleanup(elsewhere, lambda: frappe.clear_cache(doctype="Sync Hold"))
		elsewhere(lambda: make_property_setter("Sync Hold", "reason", "label", label, "Data"))
		if cache:
			thread, cache.invalidator_thread = cache.invalidator_thread, Thread()
			self.addCleanup(setattr, cache, "invalidator_thread", thread)
			# The other one is of this process, and took it away.
			cache.cache.update(kept)
		frappe.local.shopify_sync_definitions_read_at = -10.0
		self.assertEqual(known(), label)

	def test_how_a_doctype_is_made_is_read_again_after_some_seconds(self) -> None:
		self.book(self.order())
		key = frappe.cache.make_key("doctype_meta")
		kept = {"a meta of before": 1}
		frappe.local.cache[key] = kept
		frappe.local.shopify_sync_definitions_read_at = time.monotonic()
		remembered.forget()
		self.assertIs(frappe.local.cache.get(key), kept, "reading it takes longer than the order")
		frappe.local.shopify_sync_definitions_read_at = -10.0
		remembered.forget()
		self.assertNotIn(key, frappe.local.cache)

	def test_how_a_doctype_is_made_is_not_older_than_the_settings_that_name_its_fields(self) -> None:
		self.book(self.order())
		key = frappe.cache.make_key("doctype_meta")
		frappe.local.cache[key] = kept = {"a meta of before": 1}
		elsewhere(lambda: save("Shopify Store", self.STORE, order_prefix="another-"))
		self.in_a_transaction(lambda: policies.policy(self.STORE))
		self.in_a_transaction(lambda: self.assertIsNot(frappe.local.cache.get(key), kept))
