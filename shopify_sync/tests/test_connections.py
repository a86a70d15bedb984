"""Calling Shopify from a site: signing in, staying signed in, who may do what, and what is kept of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import frappe
import redis
from frappe.tests.utils import FrappeTestCase
from frappe.utils import set_request

from shopify_sync.admin_api.budgets import RedisBudget
from shopify_sync.admin_api.ports import CallFailed, ClosedBecause, Cost, Priority, ThrottleStatus
from shopify_sync.api import connection as buttons
from shopify_sync.api import oauth
from shopify_sync.core.calls.bucket import BACKFILL_SHARE
from shopify_sync.core.failures import Category
from shopify_sync.erpnext_host import connections, times
from shopify_sync.erpnext_host.alerts import evaluating
from shopify_sync.jobs import connections as jobs
from shopify_sync.shopify_sync.doctype.shopify_api_call.shopify_api_call import ShopifyAPICall
from shopify_sync.simulator.auth.callback import callback_url, signature
from shopify_sync.simulator.clock import ManualClock, SystemClock
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.store import Store

from . import site

#: Nothing listens there.
NOBODY = "redis://127.0.0.1:1"


class ConnectionCase(FrappeTestCase):
	"""Has a simulated shop, and a store that stands for it."""

	STORE = "test-store"

	def setUp(self) -> None:
		super().setUp()
		frappe.set_user("Administrator")
		self.clock = self.make_clock()
		running = Store.running(clock=self.clock)
		self.shopify = running.__enter__()
		self.addCleanup(running.__exit__, None, None, None)
		self.shop = self.shopify.open(self.STORE)
		frappe.conf.shopify_sync_shops = {f"{self.STORE}.myshopify.com": self.shopify.address(self.STORE)}
		self.addCleanup(frappe.conf.pop, "shopify_sync_shops")
		frappe.db.delete("Shopify Connection", {"name": self.STORE})
		frappe.db.delete("Shopify API Call", {"store": self.STORE})
		frappe.db.delete("__Auth", {"doctype": "Shopify Connection", "name": self.STORE})
		frappe.db.delete("Notification Log", {"document_type": "Shopify Store"})
		frappe.db.commit()
		connections._known.clear()
		self.addCleanup(site.clear_store, self.STORE)
		self.addCleanup(frappe.set_user, "Administrator")

	def make_clock(self) -> Any:
		return ManualClock(times.now())

	def make_store(self, by: str = "Client credentials", **values: Any) -> Any:
		given = {"sign_in_by": by, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **values}
		return site.make_store(self.STORE, **given)

	def save_store(self, **values: Any) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.update(values)
		store.save()
		frappe.db.commit()

	def call(self, operation: str = "Shop", **options: Any) -> Any:
		return connections.client_of(self.STORE).execute(operation, {}, **options)

	def row(self) -> Any:
		frappe.db.rollback()
		return frappe.db.get_value("Shopify Connection", self.STORE, "*", as_dict=True)

	def calls(self) -> list[Any]:
		frappe.db.rollback()
		return frappe.get_all("Shopify API Call", filters={"store": self.STORE}, fields=["*"], order_by="creation")

	def alerts(self) -> dict[str, str]:
		"""Look at the store as the scheduler does, and return the alerts that it has: condition → status."""
		evaluating.evaluate(self.STORE)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Sync Alert", {"store": self.STORE})
		rows = frappe.get_all("Sync Alert", filters={"store": self.STORE}, fields=["condition", "status"])
		return {row.condition: row.status for row in rows}

	def notes(self) -> list[Any]:
		frappe.db.rollback()
		return frappe.get_all(
			"Notification Log",
			filters={"document_name": self.STORE, "for_user": "Administrator"},
			fields=["subject", "email_content"],
		)

	def sent(self) -> str:
		"""Return everything that the site keeps of the connection, as one text."""
		rows = [
			frappe.db.sql(f"SELECT * FROM `tab{name}`", as_dict=True)
			for name in ("Shopify Connection", "Shopify API Call", "Notification Log", "Error Log", "Version")
		]
		log = Path(frappe.utils.get_bench_path()) / "logs" / "shopify_sync.log"
		return str(rows) + (log.read_text() if log.exists() else "")

	@contextmanager
	def in_time(self, ahead: timedelta) -> Iterator[None]:
		"""Let the site and the shop believe that so much time has passed."""
		link = connections.link_of(self.STORE)
		self.clock.advance(ahead.total_seconds())
		for part in (link.connection, link.client):
			part._now = lambda: times.now() + ahead
		try:
			yield
		finally:
			for part in (link.connection, link.client):
				part._now = times.now


class TestSigningIn(ConnectionCase):
	def test_client_credentials_get_a_token_when_one_is_needed(self) -> None:
		self.make_store()
		self.assertIsNone(connections.gate_of(self.STORE))
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.assertEqual(self.shop.token_calls, 1)
		row = self.row()
		self.assertEqual(row.state, "Signed in")
		self.assertIn("write_inventory", row.scopes)
		self.call()
		self.assertEqual(self.shop.token_calls, 1)

	def test_the_scheduler_replaces_a_token_that_ends_soon(self) -> None:
		self.make_store()
		self.call()
		jobs.run()
		self.assertEqual(self.shop.token_calls, 1)
		with self.in_time(timedelta(seconds=86_399 - 15 * 60)):
			jobs.run()
			self.assertEqual(self.shop.token_calls, 2)
			self.call()
		self.assertEqual(self.shop.token_calls, 2)

	def test_a_store_whose_token_cannot_be_replaced_keeps_no_other_from_it(self) -> None:
		self.make_store()
		self.call()
		broken = "broken-store"

		def remove() -> None:
			site.clear_store(broken)
			frappe.delete_doc("Shopify Store", broken, force=True)
			frappe.db.commit()

		self.addCleanup(remove)
		site.make_store(broken, sign_in_by="Client credentials", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
		# What a backup that was restored with another encryption key leaves.
		unreadable = "UPDATE __Auth SET password = 'of another key' WHERE doctype = 'Shopify Store' AND name = %s"
		frappe.db.sql(unreadable, (broken,))
		frappe.db.commit()
		connections._known.clear()
		with self.in_time(timedelta(seconds=86_399 - 15 * 60)):
			jobs.run()
			self.assertEqual(self.shop.token_calls, 2)

	def test_a_static_token(self) -> None:
		self.make_store("Access token", access_token=self.shop.token)
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.assertEqual(self.shop.token_calls, 0)
		self.assertEqual(self.row().state, "Signed in")
		self.save_store(sign_in_by="Client credentials")
		self.assertEqual(self.row().state, "Not signed in")
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)

	def test_no_sign_in_closes_the_gate(self) -> None:
		self.make_store("None")
		self.assertEqual(connections.gate_of(self.STORE).because, ClosedBecause.NOT_SIGNED_IN)
		with self.assertRaises(CallFailed) as caught:
			self.call()
		self.assertEqual(caught.exception.failure.category, Category.AUTHENTICATION)
		self.assertEqual(self.calls(), [])

	def test_a_paused_store_is_closed_and_can_be_tested(self) -> None:
		self.make_store(mode="Paused")
		self.assertEqual(connections.gate_of(self.STORE).because, ClosedBecause.PAUSED)
		self.assertEqual(buttons.test(self.STORE)["shop"], self.STORE)

	def test_a_rejected_token_tells_the_operators_once_until_a_new_one_is_there(self) -> None:
		self.make_store("Access token", access_token="shpat_wrong")
		for _try in range(3):
			with self.assertRaises(CallFailed) as caught:
				self.call()
			self.assertEqual(caught.exception.closed.because, ClosedBecause.REJECTED)
		self.assertEqual(self.alerts(), {"Sign-in refused": "Firing"})
		self.assertEqual(self.row().state, "Rejected")
		self.assertEqual(self.shop.api.requests, 1)
		self.save_store(order_prefix="X-")
		self.assertEqual(connections.gate_of(self.STORE).because, ClosedBecause.REJECTED)
		self.save_store(access_token=self.shop.token)
		self.assertIsNone(connections.gate_of(self.STORE))
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.save_store(access_token="shpat_wrong_again")
		with self.assertRaises(CallFailed):
			self.call()
		self.assertEqual(self.alerts(), {"Sign-in refused": "Firing"})

	def test_an_uninstalled_app_ends_the_token_and_a_new_one_is_asked_for(self) -> None:
		self.make_store()
		self.call()
		with self.shop.lock:
			self.shop.tokens.revoke_all()
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.assertEqual(self.shop.token_calls, 2)

	def test_a_rotated_secret_interrupts_nothing(self) -> None:
		self.make_store()
		self.save_store(client_secret="the-new-one", previous_client_secret=CLIENT_SECRET)
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		with self.shop.lock:
			self.shop.shop.rotate_secret("the-new-one")
		self.assertEqual(buttons.sign_in(self.STORE)["shop"], self.STORE)
		self.save_store(previous_client_secret="")
		with self.shop.lock:
			self.shop.tokens.revoke_all()
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.assertEqual(self.row().state, "Signed in")

	def test_a_wrong_secret_is_rejected_and_a_right_one_opens_the_gate(self) -> None:
		self.make_store(client_secret="wrong")
		with self.assertRaises(CallFailed) as caught:
			self.call()
		self.assertEqual(caught.exception.closed.because, ClosedBecause.REJECTED)
		self.assertIn("invalid_client", self.row().reason)
		self.save_store(client_secret=CLIENT_SECRET)
		self.assertEqual(self.row().state, "Not signed in")
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)

	def test_workers_that_need_a_token_at_once_get_the_same_one(self) -> None:
		self.make_store()
		answers = in_threads(6, lambda: connections.client_of(self.STORE).execute("Shop", {}).data["shop"]["name"])
		self.assertEqual(answers, [self.STORE] * 6)
		self.assertEqual(self.shop.token_calls, 1)

	def test_saving_the_store_leaves_the_token_alone(self) -> None:
		self.make_store()
		self.call()
		self.save_store(order_prefix="Y-")
		self.call()
		self.assertEqual(self.shop.token_calls, 1)
		frappe.delete_doc("Shopify Store", self.STORE, force=True)
		frappe.db.commit()
		self.assertFalse(frappe.db.sql("SELECT 1 FROM __Auth WHERE doctype = 'Shopify Connection' AND name = %s", (self.STORE,)))

	def test_an_address_elsewhere_is_refused(self) -> None:
		self.make_store()
		frappe.conf.shopify_sync_shops = {f"{self.STORE}.myshopify.com": "https://example.com/shops/x"}
		connections._known.clear()
		self.assertEqual(connections.gate_of(self.STORE).because, ClosedBecause.NOT_SIGNED_IN)
		self.assertIn("this machine", connections.gate_of(self.STORE).message)

	def test_what_the_form_refuses(self) -> None:
		self.make_store("None")
		for words, values in (
			("no version", {"api_version": "2026-11"}),
			("Client ID", {"sign_in_by": "Client credentials", "client_id": ""}),
			("Access Token", {"sign_in_by": "Access token"}),
		):
			store = frappe.get_doc("Shopify Store", self.STORE)
			store.update(values)
			with self.assertRaisesRegex(frappe.ValidationError, words):
				store.save()


class TestAuthorizationCode(ConnectionCase):
	def setUp(self) -> None:
		super().setUp()
		self.make_store("Authorization code")

	def begin(self) -> str:
		"""Press Sign In; let the merchant consent; return the address that Shopify sends the browser back to."""
		self.consent = buttons.sign_in(self.STORE)["redirect"]
		asked = dict(parse_qsl(urlsplit(self.consent).query))
		with self.shop.lock:
			code = self.shop.tokens.authorize(asked["client_id"], asked["scope"].split(","))
		return callback_url(
			asked["redirect_uri"],
			self.shop.shop.secret,
			code=code,
			shop_domain=self.shop.shop.domain,
			state=asked["state"],
			timestamp=int(times.now().timestamp()),
		)

	def visit(self, address: str) -> Any:
		"""Open an address of the site, as the browser would; return Frappe's answer."""
		parts = urlsplit(address)
		set_request(method="GET", path=parts.path, query_string=parts.query)
		frappe.local.response = frappe._dict()
		oauth.callback()
		return frappe.local.response

	def assert_refused(self, address: str, words: str) -> None:
		answer = self.visit(address)
		self.assertEqual(answer.get("http_status_code"), 403, answer)
		self.assertIn(words, str(frappe.local.message))
		self.assertNotEqual(self.row().state, "Signed in")

	def test_the_way_there_and_back(self) -> None:
		self.assertEqual(connections.gate_of(self.STORE).because, ClosedBecause.NOT_SIGNED_IN)
		address = self.begin()
		asked = parse_qs(urlsplit(self.consent).query)
		self.assertTrue(self.consent.startswith(self.shopify.address(self.STORE) + "/admin/oauth/authorize?"))
		self.assertIn("read_orders", asked["scope"][0].split(","))
		self.assertNotIn("write_orders", asked["scope"][0].split(","))
		answer = self.visit(address)
		self.assertEqual(answer.type, "redirect")
		self.assertIn(self.STORE, answer.location)
		row = self.row()
		self.assertEqual((row.state, row.oauth_state), ("Signed in", None))
		self.assertTrue(row.refresh_expires_at)
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)

	def test_a_callback_counts_once(self) -> None:
		address = self.begin()
		self.visit(address)
		answer = self.visit(address)
		self.assertEqual(answer.get("http_status_code"), 403)
		self.assertIn("Nobody waits", str(frappe.local.message))
		self.assertEqual(self.shop.token_calls, 1)

	def test_a_forged_callback_uses_nothing_up(self) -> None:
		address = self.begin()
		self.assert_refused(address.replace("hmac=", "hmac=0"), "signature")
		self.assert_refused(address.replace("code=", "code=0"), "signature")
		self.assert_refused(address + "&extra=1", "signature")
		self.assert_refused(address.split("&hmac=")[0], "signature")
		self.assertEqual(self.visit(address).type, "redirect")

	def test_a_callback_of_another_shop_another_state_or_another_time(self) -> None:
		address = self.begin()
		given = {name: value for name, value in parse_qsl(urlsplit(address).query) if name != "hmac"}
		base = address.split("?")[0]
		for words, change in (
			("no store here", {"shop": "other.myshopify.com"}),
			("Nobody waits", {"state": "guessed"}),
			("too old", {"timestamp": str(int(times.now().timestamp()) - 3600)}),
			("too old", {"timestamp": "soon"}),
		):
			address = self.begin()
			given = {name: value for name, value in parse_qsl(urlsplit(address).query) if name != "hmac"}
			self.assert_refused(signed(base, {**given, **change}), words)

	def test_a_state_ends_after_ten_minutes(self) -> None:
		address = self.begin()
		frappe.db.set_value(
			"Shopify Connection", self.STORE, "oauth_expires_at", times.to_naive_utc(times.now() - timedelta(seconds=1))
		)
		frappe.db.commit()
		self.assert_refused(address, "Nobody waits")

	def test_only_who_began_it_may_finish_it(self) -> None:
		address = self.begin()
		frappe.set_user("Guest")
		self.assert_refused(address, "not logged in")
		frappe.set_user(user_with("Shopify Sync Manager"))
		self.assert_refused(address, "Nobody waits")
		frappe.set_user("Administrator")
		self.assertEqual(self.visit(address).type, "redirect")

	def test_a_rotated_secret_still_signs_the_callback(self) -> None:
		address = self.begin()
		self.save_store(client_secret="newer", previous_client_secret=CLIENT_SECRET)
		self.assertEqual(self.visit(address).type, "redirect")

	def test_a_refused_code_is_told_and_does_not_reject_the_store(self) -> None:
		address = self.begin()
		with self.shop.lock:
			self.shop.tokens.revoke_all()
		self.assert_refused(address, "invalid_request")
		self.assertEqual(self.row().state, "Not signed in")

	def test_refresh_tokens_rotate_also_when_an_answer_is_lost(self) -> None:
		self.visit(self.begin())
		with self.in_time(timedelta(seconds=3500)):
			self.shop.faults.set(reset_after=1.0)
			with self.assertRaises(CallFailed):
				self.call()
			self.shop.faults.set(reset_after=0.0)
			buttons.reset_circuit(self.STORE)
			self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		with self.in_time(timedelta(seconds=8000)):
			self.assertEqual(self.call().data["shop"]["name"], self.STORE)

	def test_a_refresh_token_that_ended_needs_a_person(self) -> None:
		self.visit(self.begin())
		with self.in_time(timedelta(days=91)):
			with self.assertRaises(CallFailed) as caught:
				self.call()
			self.assertEqual(caught.exception.closed.because, ClosedBecause.REJECTED)
		self.assertEqual(self.alerts(), {"Sign-in refused": "Firing"})
		self.visit(self.begin())
		self.assertEqual(self.row().state, "Signed in")


class TestCalls(ConnectionCase):
	def test_a_missing_scope_is_named_before_the_call_goes_out(self) -> None:
		self.make_store()
		with self.shop.lock:
			self.shop.tokens.scopes = ("read_orders",)
		self.call()
		before = self.shop.api.requests
		with self.assertRaises(CallFailed) as caught:
			connections.client_of(self.STORE).execute("Locations", {})
		self.assertEqual(caught.exception.failure.category, Category.PERMISSION)
		self.assertIn("read_locations", str(caught.exception))
		self.assertEqual(self.shop.api.requests, before)
		self.assertIn("read_locations", buttons.test(self.STORE)["missing"])
		self.assertIn("read_inventory", self.row().scopes_missing)

	def test_evidence_of_a_call(self) -> None:
		self.make_store()
		answer = self.call(priority=Priority.OPERATOR, events=("event-a", "event-b"), key="k-1")
		(row,) = self.calls()
		self.assertEqual(row.name, answer.call)
		self.assertEqual((row.operation, row.priority, row.outcome, row.tries), ("Shop", "Operator", "Answered", 1))
		self.assertEqual((row.events, row.idempotency_key, row.http_status), ("event-a\nevent-b", "k-1", 200))
		self.assertGreater(row.requested_cost, 0)
		self.assertTrue(row.request_id)
		self.call(key="k-1")
		(row,) = self.calls()
		self.assertEqual(row.tries, 2)

	def test_old_evidence_goes(self) -> None:
		self.make_store()
		self.call()
		self.call()
		old = times.to_site(times.now() - timedelta(days=31))
		frappe.db.sql("UPDATE `tabShopify API Call` SET started_at = %s WHERE name = %s", (old, self.calls()[0].name))
		frappe.db.commit()
		ShopifyAPICall.clear_old_logs(30)
		self.assertEqual(len(self.calls()), 1)

	def test_no_secret_is_kept_anywhere(self) -> None:
		self.make_store(client_secret="wrong-secret-of-mine", previous_client_secret=CLIENT_SECRET + "-not")
		with self.assertRaises(CallFailed):
			self.call()
		self.make_store("Access token", access_token="shpat_refused_token_of_mine")
		with self.assertRaises(CallFailed):
			self.call()
		self.save_store(sign_in_by="Client credentials", client_secret=CLIENT_SECRET)
		self.call()
		token = connections.link_of(self.STORE).connection.token()
		kept = self.sent()
		for secret in ("wrong-secret-of-mine", "shpat_refused_token_of_mine", token, CLIENT_SECRET + "-not"):
			self.assertNotIn(secret, kept)
		doc = frappe.get_doc("Shopify Connection", self.STORE)
		self.assertNotIn(token, str(doc.as_dict()))
		with self.assertRaises(frappe.PermissionError):
			doc.get_password("access_token")

	def test_an_outage_opens_the_circuit_which_is_recorded_and_can_be_reset(self) -> None:
		self.make_store()
		self.call()
		self.shop.faults.set(server_error_before=1.0)
		with self.assertRaises(CallFailed) as caught:
			self.call()
		self.assertEqual(caught.exception.closed.because, ClosedBecause.CIRCUIT_OPEN)
		row = self.row()
		self.assertEqual(row.circuit_state, "Open")
		self.assertIn("answered 50", row.circuit_reason)
		self.assertIn("Open", row.circuit_history)
		gate = connections.gate_of(self.STORE)
		self.assertEqual(gate.because, ClosedBecause.CIRCUIT_OPEN)
		self.assertGreater(gate.until, times.now())
		self.shop.faults.set(server_error_before=0.0)
		with self.assertRaises(CallFailed):
			self.call()
		frappe.set_user(user_with("Shopify Sync Operator"))
		buttons.reset_circuit(self.STORE)
		self.assertEqual(self.call().data["shop"]["name"], self.STORE)
		self.assertEqual(self.row().circuit_state, "Closed")

	def test_a_version_that_fell_forward_is_told_once(self) -> None:
		self.make_store(api_version="2025-07")
		self.call()
		connections._known.clear()
		self.call()
		self.assertEqual(self.row().answered_version, "2025-10")
		self.assertEqual(len([note for note in self.notes() if "2025-10" in note.subject]), 1)
		self.assertEqual(self.alerts(), {"API version ends": "Firing"})

	def test_roles(self) -> None:
		self.make_store()
		for role, may in (
			("Shopify Sync Auditor", ()),
			("Shopify Sync Operator", (buttons.test, buttons.reset_circuit)),
			("Shopify Sync Manager", (buttons.test, buttons.reset_circuit, buttons.sign_in)),
		):
			for button in (buttons.test, buttons.reset_circuit, buttons.sign_in):
				frappe.set_user(user_with(role))
				if button in may:
					button(self.STORE)
				else:
					with self.assertRaises(frappe.PermissionError):
						button(self.STORE)
		frappe.set_user(user_with("Shopify Sync Auditor"))
		self.assertEqual(buttons.state(self.STORE)["state"], "Signed in")


class TestWorkers(ConnectionCase):
	"""Workers of a site, in real time: they share the budget in Redis."""

	def make_clock(self) -> Any:
		return SystemClock()

	def test_they_use_what_the_plan_gives_and_are_never_refused(self) -> None:
		self.make_store()
		shelf = stocked(self.shop)
		seconds, workers = 8.0, 4
		self.addCleanup(frappe.cache.delete, connections._redis_key(self.STORE))
		frappe.cache.delete(connections._redis_key(self.STORE))
		set_stock(shelf, 1)
		with self.shop.lock:
			self.shop.api.throttle._points = 115.0  # as after an hour of work: what comes back is all there is
		self.call()
		began = time.monotonic()

		def work() -> float:
			used = 0.0
			while time.monotonic() < began + seconds:
				used += set_stock(shelf, int(time.monotonic() * 1000) % 5000)
			return used

		used = in_threads(workers, work)
		self.assertEqual([part for part in used if isinstance(part, Exception)], [])
		given = (time.monotonic() - began) * self.shop.api.throttle.restore_rate
		calls = self.calls()
		print(f"{sum(used):.0f} of {given:.0f} points in {len(calls)} calls")
		self.assertEqual({(call.outcome, call.tries) for call in calls}, {("Answered", 1)})
		self.assertGreaterEqual(sum(used), 0.9 * given)

	def test_reading_has_the_share_that_the_store_says(self) -> None:
		self.make_store()
		for percent, share in ((20, 0.2), (0, BACKFILL_SHARE), (100, 1.0)):
			frappe.db.set_value("Shopify Store", self.STORE, "reconcile_share", percent)
			self.assertEqual(connections.link_of(self.STORE).connection._budget._backfill, share)

	def test_without_redis_calls_still_go_out(self) -> None:
		self.make_store()
		link = connections.link_of(self.STORE)
		nobody = redis.Redis.from_url(NOBODY, socket_connect_timeout=0.2)
		link.connection._budget = RedisBudget(nobody, "k", time.time, lambda line: None)
		for _call in range(3):
			self.assertEqual(link.client.execute("Shop", {}).data["shop"]["name"], self.STORE)


class TestBudget(FrappeTestCase):
	def test_without_redis_calls_go_on_with_a_share(self) -> None:
		warned: list[str] = []
		budget = RedisBudget(redis.Redis.from_url(NOBODY, socket_connect_timeout=0.2), "k", time.time, warned.append)
		self.assertEqual(budget.take("a", "Shop", Priority.LIVE), 0.0)
		self.assertGreater(budget.take("b", "Shop", Priority.LIVE), 0.0)
		self.assertEqual(len(warned), 1)

	def test_workers_share_what_redis_counts(self) -> None:
		key = f"{frappe.conf.db_name}|shopify_sync:budget:test-{frappe.generate_hash(length=8)}"
		self.addCleanup(frappe.cache.delete, key)
		warned: list[str] = []
		mine, theirs = (RedisBudget(frappe.cache, key, time.time, warned.append) for _one in range(2))
		self.assertEqual(mine.take("a", "Shop", Priority.LIVE), 0.0)
		self.assertGreater(theirs.take("b", "Shop", Priority.LIVE), 0.0)
		self.assertEqual(warned, [])

	def test_workers_share_what_reading_may_use(self) -> None:
		key = f"{frappe.conf.db_name}|shopify_sync:budget:test-{frappe.generate_hash(length=8)}"
		self.addCleanup(frappe.cache.delete, key)
		mine, theirs = (RedisBudget(frappe.cache, key, time.time, print, backfill=0.1) for _one in range(2))
		plan = ThrottleStatus(2000.0, 2000.0, 100.0)
		self.assertEqual(mine.take("a", "Page", Priority.LIVE), 0.0)
		mine.answered("a", "Page", Cost(150.0, 150.0, plan), arrived=True)
		self.assertEqual(mine.take("b", "Page", Priority.BACKFILL), 0.0)
		self.assertGreater(theirs.take("c", "Page", Priority.BACKFILL), 5.0, "a tenth of 2,000 points, at ten a second")
		self.assertEqual(theirs.take("d", "Page", Priority.LIVE), 0.0)


def stocked(shop: Any) -> tuple[str, str]:
	"""Put something on the shelf; return the ids of it and of its place."""
	with shop.lock:
		(variant,) = stock_up(shop.shop, ["TEE"])
		return shop.shop.products.variant(variant).inventory_item_id, next(iter(shop.shop.locations.all))


def set_stock(shelf: tuple[str, str], quantity: int) -> float:
	"""Set the pieces on hand; return the points that it cost."""
	line = {
		"inventoryItemId": f"gid://shopify/InventoryItem/{shelf[0]}",
		"locationId": f"gid://shopify/Location/{shelf[1]}",
		"quantity": quantity,
		"changeFromQuantity": None,
	}
	given = {"name": "on_hand", "reason": "correction", "quantities": [line]}
	client = connections.client_of(ConnectionCase.STORE)
	answer = client.execute("InventorySetQuantities", {"input": given}, key=frappe.generate_hash(length=20))
	return answer.cost.actual or 0.0


def signed(base: str, parameters: dict[str, str]) -> str:
	return f"{base}?{urlencode({**parameters, 'hmac': signature(CLIENT_SECRET, parameters)})}"


def user_with(role: str) -> str:
	"""Return a user who has this role and no other."""
	name = f"{role.lower().replace(' ', '.')}@example.com"
	if not frappe.db.exists("User", name):
		user = frappe.get_doc({"doctype": "User", "email": name, "first_name": role, "send_welcome_email": 0})
		user.insert(ignore_permissions=True)
		user.add_roles(role)
		frappe.db.commit()
	return name


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
	"""Do *work* in threads at once, each with a connection of its own to the site's database."""
	site_name, shops = frappe.local.site, frappe.conf.shopify_sync_shops
	sites_path = frappe.local.sites_path
	results: list[Any] = []

	def run() -> None:
		frappe.init(site=site_name, sites_path=sites_path)
		frappe.connect()
		frappe.conf.shopify_sync_shops = shops
		try:
			results.append(work())
		except Exception as error:
			results.append(error)
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=run) for _number in range(count)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return results
