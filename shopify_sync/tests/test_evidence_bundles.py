"""Bundles of a site: what it did is done again on a laptop, and nobody's name leaves it."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import frappe

from shopify_sync.api import evidence
from shopify_sync.core.evidence.verdict import Verdict
from shopify_sync.embedded_host import bundles as embedded_bundles
from shopify_sync.erpnext_host.evidence import bundles
from shopify_sync.erpnext_host.evidence.bundles import Asked

from . import payloads, site
from .documents import cash_account
from .test_evidence import EvidenceCase


class TestBundles(EvidenceCase):
	def bundle(self, **asked: Any) -> bytes:
		out = io.BytesIO()
		wanted = Asked(**asked)
		bundles.write(out, wanted, bundles.select(wanted))
		return out.getvalue()

	def replayed(self, content: bytes) -> list[Verdict]:
		"""Replay a bundle as a laptop does: nothing of the site is asked."""
		with tempfile.TemporaryDirectory() as folder:
			path = Path(folder) / "a.bundle.jsonl"
			path.write_bytes(content)
			return list(embedded_bundles.replay(path, Path(folder) / "replay.db"))

	def check(self, event: Any, status: str, category: str | None = None) -> None:
		"""Check that an event ended so, and ends so in a replay."""
		row = site.event(event.name)
		self.assertEqual((row.status, row.category or None), (status, category), row.message)
		verdicts = self.replayed(self.bundle(event=event.name))
		told = [
			(one.event, one.recorded.says, one.replayed.says, one.differs, one.limits, one.replayed.message) for one in verdicts
		]
		self.assertEqual([one.same for one in verdicts], [True] * len(verdicts), told)
		self.assertIn(event.name, [one.event for one in verdicts])

	def payment(self, order: dict[str, Any], gateway: str) -> Any:
		values = {"id": site.fresh_id(), "order_id": order["id"], "kind": "sale", "status": "success", "gateway": gateway}
		money = {"amount": order["total_price"], "currency": order["currency"], "processed_at": "2026-10-05T10:01:00-04:00"}
		return self.carry_out({**values, **money}, "order_transactions/create")

	def test_applied(self) -> None:
		line = payloads.line(1, "TEE-M", "20.00", 2, tax="8.00")
		self.check(
			self.carry_out(
				self.order(
					[line],
					shipping_lines=[payloads.shipping("5.00", "1.00")],
					total_price="54.00",
					current_total_price="54.00",
					total_tax="9.00",
				)
			),
			"Applied",
		)

	def test_a_guest(self) -> None:
		self.check(self.carry_out(self.order(customer=None)), "Applied")

	def test_a_customer_of_an_earlier_order(self) -> None:
		"""The Customer was there before: the replay has it, under another name."""
		first = self.order()
		self.book(first)
		second = self.carry_out(self.order(customer=first["customer"], email=first["email"]))
		content = self.bundle(event=second.name)
		self.assertNotIn(first["customer"]["last_name"].encode(), content)
		self.check(second, "Applied")

	def test_later_states_of_an_order(self) -> None:
		order = self.order()
		self.book(order)
		changed = self.carry_out({**order, "updated_at": "2026-10-05T10:05:00-04:00"}, "orders/updated")
		self.check(changed, "No Change")
		cancelled = {
			"updated_at": "2026-10-05T10:09:00-04:00",
			"cancelled_at": "2026-10-05T10:09:00-04:00",
			"financial_status": "voided",
		}
		self.check(self.carry_out({**order, **cancelled}, "orders/cancelled"), "Applied")
		self.check(self.carry_out({**order, "note": "late"}, "orders/updated"), "Superseded")

	def test_paid(self) -> None:
		self.store.append("gateway_mapping", {"gateway": "card", "account": cash_account()})
		self.store.save()
		frappe.db.commit()
		order = self.order(financial_status="paid")
		self.carry_out(order)
		self.check(self.payment(order, "card"), "Applied")

	def test_missing_item(self) -> None:
		self.check(self.carry_out(self.order([payloads.line(1, f"NO-{site.fresh_id()}", "5.00")])), "Blocked", "Missing item")

	def test_missing_tax_account(self) -> None:
		self.store.update({"default_tax_account": None})
		self.store.save()
		frappe.db.commit()
		event = self.carry_out(self.order([payloads.line(1, "TEE-M", "20.00", tax="4.00")]))
		self.check(event, "Blocked", "Missing tax account")

	def test_missing_shipping_account(self) -> None:
		self.store.update({"shipping_account": None})
		self.store.save()
		frappe.db.commit()
		line = payloads.line(1, "TEE-M", "20.00")
		event = self.carry_out(
			self.order([line], shipping_lines=[payloads.shipping("5.00")], total_price="25.00", current_total_price="25.00")
		)
		self.check(event, "Blocked", "Missing shipping account")

	def test_missing_gateway(self) -> None:
		order = self.order(financial_status="paid")
		self.carry_out(order)
		self.check(self.payment(order, "a-gateway-that-is-not-mapped"), "Blocked", "Missing gateway")

	def test_missing_state_rule(self) -> None:
		self.store.set("order_state_rules", [{"financial_status": "paid", "outcome": "Submitted", "cancelled": "No"}])
		self.store.save()
		frappe.db.commit()
		self.check(self.carry_out(self.order()), "Blocked", "Missing state rule")

	def test_missing_location(self) -> None:
		self.check(
			self.carry_out(payloads.level(site.fresh_id(), "987654", 5), "inventory_levels/update"),
			"Blocked",
			"Missing warehouse",
		)

	def test_totals_mismatch(self) -> None:
		self.check(self.carry_out(self.order(total_price="0.01", current_total_price=None)), "Dead Letter", "Totals mismatch")

	def test_stock(self) -> None:
		"""The stock of then is a fact, though that of now is another."""
		inventory_item, item = site.fresh_id(), site.make_item(f"EVID-{site.fresh_id()}", valuation_rate=5)
		link = {"store": self.STORE, "resource_type": "inventory_item", "shopify_id": str(inventory_item)}
		frappe.get_doc({"doctype": "Shopify Link", **link, "document_type": "Item", "document_name": item}).insert(
			ignore_permissions=True
		)
		frappe.db.commit()
		event = self.carry_out(payloads.level(inventory_item, site.LOCATION, 5), "inventory_levels/update")
		self.check(event, "Applied")

	def test_what_erpnext_decided_is_said_and_not_hidden(self) -> None:
		order = self.order()
		self.book(order)
		customer = frappe.db.get_value("Shopify Link", f"{self.STORE}/customer/{order['customer']['id']}", "document_name")
		frappe.db.set_value("Customer", customer, "disabled", 1)
		frappe.db.commit()
		event = self.carry_out(self.order(customer=order["customer"], email=order["email"]))
		self.assertEqual(site.event(event.name).status, "Dead Letter")
		verdict = next(one for one in self.replayed(self.bundle(event=event.name)) if one.event == event.name)
		self.assertIsNone(verdict.same, verdict)
		self.assertIn("not in the bundle", verdict.limits[0])

	def test_what_is_not_in_the_ledger_any_more_is_said(self) -> None:
		order = self.order()
		first = self.carry_out(order)
		second = self.carry_out({**order, "updated_at": "2026-10-05T10:05:00-04:00"}, "orders/updated")
		frappe.delete_doc("Sync Event", first.name, force=True, ignore_permissions=True)
		frappe.db.commit()
		(verdict,) = self.replayed(self.bundle(event=second.name))
		self.assertIsNone(verdict.same)
		self.assertEqual((verdict.recorded.status, verdict.replayed.status), ("No Change", "Applied"))
		self.assertIn("not in the ledger any more", verdict.limits[0])

	def test_nothing_personal_leaves_the_site(self) -> None:
		order = self.order(note="Call me at the office", note_attributes=[{"name": "gift", "value": "For Zebedee"}])
		event = self.carry_out(order)
		text = self.bundle(event=event.name).decode()
		address = order["billing_address"]
		personal = [
			order["email"],
			order["customer"]["email"],
			order["customer"]["last_name"],
			address["address1"],
			address["city"],
		]
		for value in (*personal, address["phone"], "Call me", "Zebedee", site.SECRET):
			self.assertNotIn(str(value), text)
		self.assertIn("TEE-M", text)
		self.assertIn(str(order["id"]), text)

	def test_by_record_and_by_filter(self) -> None:
		order = self.order()
		event = self.carry_out(order)
		self.carry_out({**order, "updated_at": "2026-10-05T10:05:00-04:00"}, "orders/updated")
		lines = [json.loads(line) for line in self.bundle(link=event.link).splitlines()]
		self.assertEqual([line["role"] for line in lines if line["kind"] == "event"], ["asked", "asked"])
		self.assertEqual(lines[0]["events"], 2)
		found = [json.loads(line) for line in self.bundle(filters={"store": self.STORE, "status": ["No Change"]}).splitlines()]
		self.assertEqual([line["role"] for line in found if line["kind"] == "event"], ["before", "asked"])
		self.assertEqual(found[0]["asked"], {"filters": ["status", "store"]})

	def test_the_download(self) -> None:
		event = self.carry_out(self.order())
		self.acting_as("Shopify Sync Operator")
		answer = evidence.export(event=event.name)
		content = b"".join(answer.response)
		self.assertEqual(answer.headers["Content-Length"], str(len(content)))
		self.assertIn(f'filename="{self.STORE}-', answer.headers["Content-Disposition"])
		self.assertEqual([one.same for one in self.replayed(content)], [True])
		frappe.set_user("Administrator")
		entry = frappe.get_last_doc("Sync Operation", {"action": "Export", "store": self.STORE})
		self.addCleanup(lambda: (frappe.delete_doc("Sync Operation", entry.name, force=True), frappe.db.commit()))
		self.assertEqual((entry.user, entry.status), ("evidence-shopify-sync-operator@example.com", "Completed"))
		self.assertIn("1 event(s) exported", entry.message)

	def test_who_may_export_and_what(self) -> None:
		event = self.carry_out(self.order())
		for role in ("Nobody", "Sales User", "Shopify Sync Auditor"):
			self.acting_as(role)
			with self.assertRaises(frappe.PermissionError):
				evidence.export(event=event.name)
		self.acting_as("Shopify Sync Operator")
		for refused in (
			{},
			{"filters": "{"},
			{"filters": {"1=1; --": "x"}},
			{"filters": {"store": ["'"]}},
			{"link": "no/order/1' OR '1'='1"},
		):
			with self.assertRaises((frappe.ValidationError, frappe.DoesNotExistError)):
				evidence.export(**refused)
