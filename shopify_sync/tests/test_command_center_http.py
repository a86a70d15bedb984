"""The command center over real HTTP: who is let in, what is refused, and in which words."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import frappe
import requests

from . import looked, site
from .case import SyncTestCase
from .server import Server, server

API = "/api/method/shopify_sync.api.command_center."
LOOKING = ("overview", "groups", "events", "views")
#: Every acting endpoint, with arguments that would be taken from who may.
ACTING: dict[str, dict[str, Any]] = {
	"fix": {"store": SyncTestCase.STORE, "missing": "item:X-1", "values": '{"item": "MUG-1"}'},
	"retry": {"event": "x"},
	"discard": {"event": "x", "reason": "x"},
	"map_item": {"event": "x", "item": "MUG-1"},
	"add_state_rule": {"event": "x", "outcome": "Submitted"},
	"map_gateway": {"event": "x", "account": "x"},
	"resolve_conflict": {"conflict": "x", "resolution": "Take Shopify's"},
	"save_view": {"name": "x", "filters": "{}", "everybody": 1},
}


class TestOverHttp(SyncTestCase):
	server: Server
	tokens: ClassVar[dict[str, str]] = {}

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		running = server(workers=1)
		cls.server = running.__enter__()
		cls.addClassCleanup(running.__exit__, None, None, None)

	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "List Filter", {"reference_doctype": "Sync Event"})
		looked.events(self.STORE, 3, category="Missing item", missing="item:X-1", message="SKU X-1 is missing")

	def ask(self, user: str | None, endpoint: str, method: str = "post", **arguments: Any) -> requests.Response:
		"""Call an endpoint as a user, by the token that Frappe takes, or as a guest."""
		headers = {"Host": frappe.local.site, "Accept": "application/json"}
		if user:
			headers["Authorization"] = f"token {self.token(user)}"
		given = {"params" if method == "get" else "data": arguments}
		return requests.request(method, self.server.address + API + endpoint, headers=headers, timeout=30, **given)

	def token(self, user: str) -> str:
		"""Return a token of a user; made once: each request of the user notes in the same row when it was."""
		if user not in self.tokens:
			frappe.db.rollback()
			doc = frappe.get_doc("User", user)
			doc.api_key, doc.api_secret = frappe.generate_hash(length=15), frappe.generate_hash(length=15)
			secret = doc.api_secret
			doc.save(ignore_permissions=True)
			frappe.db.commit()
			self.tokens[user] = f"{doc.api_key}:{secret}"
		return self.tokens[user]

	def test_strangers_and_users_without_a_role_are_refused_everything(self) -> None:
		for user in (None, looked.user(None)):
			for endpoint in LOOKING:
				self.assertEqual(self.ask(user, endpoint, "get").status_code, 403, endpoint)
			for endpoint, arguments in ACTING.items():
				self.assertEqual(self.ask(user, endpoint, **arguments).status_code, 403, endpoint)
		self.assertEqual(frappe.db.count("Sync Event", {"store": self.STORE, "status": "Blocked"}), 3)

	def test_an_auditor_looks_and_may_not_act(self) -> None:
		auditor = looked.user("Shopify Sync Auditor")
		for endpoint in LOOKING:
			self.assertEqual(self.ask(auditor, endpoint, "get").status_code, 200, endpoint)
		for endpoint, arguments in ACTING.items():
			answer = self.ask(auditor, endpoint, **arguments)
			self.assertEqual(answer.status_code, 403, endpoint)
			self.assertIn("This needs the role", answer.text)

	def test_an_operator_may_not_set_up(self) -> None:
		operator = looked.user("Shopify Sync Operator")
		account = site.tax_account()
		given = {"store": self.STORE, "missing": "tax:VAT@20", "values": json.dumps({"account": account})}
		self.assertEqual(self.ask(operator, "fix", **given).status_code, 403)
		for endpoint in ("add_state_rule", "map_gateway", "save_view"):
			self.assertEqual(self.ask(operator, endpoint, **ACTING[endpoint]).status_code, 403, endpoint)
		self.assertEqual(self.ask(looked.user("Shopify Sync Manager"), "fix", **given).status_code, 200)

	def test_an_operator_mends_what_an_item_is_missing_for(self) -> None:
		operator = looked.user("Shopify Sync Operator")
		shown = self.ask(operator, "groups", "get", filters=json.dumps({"store": self.STORE})).json()["message"]
		self.assertEqual((shown["total_groups"], shown["groups"][0]["count"]), (1, 3))
		answer = self.ask(operator, "fix", **ACTING["fix"])
		self.assertEqual(answer.status_code, 200, answer.text)
		frappe.db.rollback()
		operation = frappe.get_doc("Sync Operation", answer.json()["message"]["operation"])
		self.assertEqual((operation.user, operation.status, operation.changed), (operator, "Completed", 3))
		self.assertEqual(frappe.db.count("Sync Event", {"store": self.STORE, "status": "Blocked"}), 0)

	def test_acting_takes_no_get(self) -> None:
		manager = looked.user("Shopify Sync Manager")
		for endpoint, arguments in ACTING.items():
			self.assertEqual(self.ask(manager, endpoint, "get", **arguments).status_code, 403, endpoint)

	def test_what_is_no_filter_is_told_without_a_traceback(self) -> None:
		auditor = looked.user("Shopify Sync Auditor")
		for given in (
			'{"store": {"like": "%"}}',
			'{"1=1": 1}',
			'[["Sync Event","store","like","%"]]',
			"x",
			'{"status": "\' OR 1=1"}',
		):
			for endpoint in ("groups", "events"):
				answer = self.ask(auditor, endpoint, "get", filters=given)
				self.assertEqual(answer.status_code, 417, (endpoint, given))
				message = json.loads(json.loads(answer.json()["_server_messages"])[0])
				self.assertEqual(message["title"], "Not possible")
				self.assertNotIn("<script", message["message"])
		for endpoint, arguments in (
			("groups", {"order": "1; DROP TABLE x"}),
			("groups", {"limit": "1; DROP TABLE x", "filters": '{"topic": "<script>"}'}),
			("events", {"after": "' OR 1=1"}),
			("events", {"order": "payload"}),
		):
			answer = self.ask(auditor, endpoint, "get", **arguments)
			self.assertIn(answer.status_code, (200, 417), answer.text)
			self.assertNotIn("SQL", answer.text)
		self.assertEqual(frappe.db.count("Sync Event", {"store": self.STORE}), 3)

	def test_a_page_has_a_largest_size(self) -> None:
		looked.events(self.STORE, 300, first=1000)
		auditor = looked.user("Shopify Sync Auditor")
		shown = self.ask(auditor, "events", "get", filters=json.dumps({"store": self.STORE}), limit=100000).json()["message"]
		self.assertEqual((len(shown["events"]), shown["count"]), (200, 303))
