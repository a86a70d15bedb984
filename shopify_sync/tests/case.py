"""The base of site tests that carry out events themselves: one store, and no worker of the site in the way."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.realtime import clear_realtime_log
from frappe.tests.utils import FrappeTestCase

from . import clearing, payloads, site


class SyncTestCase(FrappeTestCase):
	"""Has a store `test-store` where everything is mapped, and the Items TEE-M and MUG-1."""

	STORE = "test-store"

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		clearing.begin()
		site.keep_workers_away()
		cls.addClassCleanup(site.let_workers_in)
		site.make_item("TEE-M", valuation_rate=7)
		site.make_item("MUG-1", valuation_rate=3)

	def setUp(self) -> None:
		super().setUp()
		# Frappe keeps the realtime messages of a transaction whose commit failed, for good, and compares each new one with all of them.
		clear_realtime_log()
		frappe.set_user("Administrator")
		self.store = site.make_store(self.STORE)
		self.addCleanup(site.clear_store, self.STORE)

	def carry_out(self, payload: dict[str, Any], topic: str = "orders/create", **headers: str) -> Any:
		"""Deliver a payload, carry it out, and return the event's row."""
		name = frappe.generate_hash(length=20)
		answer = site.deliver(payload, topic, webhook_id=name, store=self.STORE, **headers)
		self.assertEqual(answer.status, 200)
		site.drain()
		return site.event(name)

	def book(self, payload: dict[str, Any]) -> Any:
		"""Carry out an order that must be applied, and return its Sales Order."""
		event = self.carry_out(payload)
		self.assertEqual(event.status, "Applied", event.message)
		return frappe.get_doc("Sales Order", event.document_name)

	def order(self, lines: list[dict[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
		"""Return a new order."""
		return payloads.order(site.fresh_id(), lines, **values)
