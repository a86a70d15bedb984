"""What tests of alerts share: a store with nothing wrong, people who are told, and a server on this machine that stands for Slack and others."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import frappe

from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.alerts import channels, evaluating, telling

from . import site
from .case import SyncTestCase
from .operated import MANAGER, OPERATOR, person

DOCTYPE = "Sync Alert"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Receiver:
	"""A server on 127.0.0.1 that keeps what is posted to it. :ivar status: what it answers."""

	def __init__(self) -> None:
		self.got: list[tuple[str, dict[str, Any]]] = []
		self.status = 200
		receiver = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers["Content-Length"]))
				receiver.got.append((self.path, json.loads(body)))
				self.send_response(receiver.status)
				self.end_headers()
				self.wfile.write(b"ok")

			def log_message(self, format: str, *args: Any) -> None:
				pass

		self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		threading.Thread(target=self._server.serve_forever, daemon=True).start()

	@property
	def url(self) -> str:
		return f"http://127.0.0.1:{self._server.server_port}"

	def close(self) -> None:
		self._server.shutdown()
		self._server.server_close()

	def bodies(self, path: str) -> list[dict[str, Any]]:
		return [body for asked, body in self.got if asked == path]


class WatchedCase(SyncTestCase):
	"""A store that is watched, looked at when the test says so, at the time that the test says."""

	STORE = "test-alerts"

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		_mail_account()
		cls.addClassCleanup(_no_mail_account)

	def setUp(self) -> None:
		super().setUp()
		self.manager, self.operator = person(MANAGER), person(OPERATOR)
		self.now = times.now()
		self.clear()
		self.addCleanup(self.clear)
		self.rules(**{"Waiting for a person": 0, "Drift": 0})

	def clear(self) -> None:
		frappe.set_user("Administrator")
		frappe.db.rollback()
		names = frappe.get_all(DOCTYPE, filters={"store": self.STORE}, pluck="name")
		for doctype in ("Notification Log", "Communication", "Email Queue", "Webhook Request Log"):
			field = {
				"Notification Log": "document_name",
				"Webhook Request Log": "reference_document",
			}.get(doctype, "reference_name")
			frappe.db.delete(doctype, {field: ("in", [*names, "-"])})
		frappe.db.delete(DOCTYPE, {"store": self.STORE})
		frappe.db.delete("Sync Operation", {"store": self.STORE})
		self.remove_channels()
		frappe.db.commit()

	def remove_channels(self) -> None:
		for row in channels.listed():
			if row["standard"]:
				channels.switch(row["doctype"], row["name"], True)
			else:
				frappe.delete_doc(row["doctype"], row["name"], force=True)
		for name in frappe.get_all("Slack Webhook URL", filters={"name": ("like", f"{channels.PREFIX}%")}, pluck="name"):
			frappe.delete_doc("Slack Webhook URL", name, force=True)
		channels.forget()

	def rules(self, **thresholds: float) -> None:
		"""Set thresholds of the store; every other row stays as it is."""
		for condition, threshold in thresholds.items():
			filters = {"parent": self.STORE, "condition": condition}
			frappe.db.set_value("Shopify Alert Rule", filters, "threshold", threshold)
		frappe.db.commit()

	def look(self, after: timedelta = MINUTE, *, tell: bool = True) -> list[str]:
		"""Look at the store so much later, and have told what is due. Return the alerts of which something was."""
		self.now += after
		due = evaluating.evaluate(self.STORE, self.now)
		if tell:
			for name in due:
				telling.tell(name, self.now)
		return due

	def alerts(self, **filters: Any) -> list[Any]:
		frappe.db.commit()
		return frappe.get_all(DOCTYPE, filters={"store": self.STORE, **filters}, fields=["*"], order_by="creation")

	def alert(self, condition: str) -> Any:
		found = self.alerts(condition=condition)
		self.assertEqual(len(found), 1, [(row.condition, row.status) for row in self.alerts()])
		return found[0]

	def bell(self, user: str) -> list[str]:
		"""Return what a user's bell in the Desk says of the store, the oldest first."""
		names = [row.name for row in self.alerts()]
		filters = {"document_type": DOCTYPE, "document_name": ("in", names), "for_user": user}
		return frappe.get_all("Notification Log", filters=filters, pluck="subject", order_by="creation")

	def receiver(self) -> Receiver:
		made = Receiver()
		self.addCleanup(made.close)
		return made

	def event(self, name: str) -> Any:
		return site.event(name)


_ACCOUNT = "Test Alerts"


def _mail_account() -> None:
	"""Have the site put mails into its queue; nothing sends them. Written past its form, which would ask the server."""
	_no_mail_account()
	values = {"email_id": "alerts@example.com", "enable_outgoing": 1, "default_outgoing": 1, "smtp_server": "127.0.0.1"}
	doc = frappe.get_doc({"doctype": "Email Account", "name": _ACCOUNT, "email_account_name": _ACCOUNT, **values})
	doc.db_insert()
	frappe.db.commit()


def _no_mail_account() -> None:
	frappe.db.delete("Email Account", {"name": _ACCOUNT})
	frappe.local.outgoing_email_account = {}
	frappe.db.commit()
