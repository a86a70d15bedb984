"""The site's half of the browser tests: a process of the bench's Python that seeds, and tells what stands in the database.

Reads one JSON object a line, `{"do": name, …arguments}`, and answers one: `{"ok": value}` or `{"error": text}`.
Started by harness.py: `python site_side.py SITE`, in the bench's folder `sites`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import frappe

#: Users of the tests, by what they may do. Those of the last one mend things in ERPNext too.
_ERPNEXT = (
	"Accounts Manager",
	"Accounts User",
	"Sales Manager",
	"Sales User",
	"Sales Master Manager",
	"Item Manager",
	"Stock Manager",
	"Stock User",
)
ROLES: dict[str, tuple[str, ...]] = {
	"auditor": ("Shopify Sync Auditor",),
	"operator": ("Shopify Sync Operator",),
	"second": ("Shopify Sync Operator",),
	"manager": ("Shopify Sync Manager", *_ERPNEXT),
	"nobody": ("Sales User",),
	"everywhere": ("Shopify Sync Manager",),
}


def address_of(user: str) -> str:
	"""Return the e-mail address that a user of the tests signs in with."""
	return f"browser-{user}@example.com"


class SiteSide:
	"""What can be asked for. Everything is answered from what is committed."""

	def __init__(self, ground: Any) -> None:
		self._ground = ground
		self._kept_away = False
		self._began = frappe.utils.now_datetime()
		_forget_jobs()

	def errors(self) -> str:
		"""Return what the site's newest Error Logs say."""
		since = {"creation": (">", self._began)}
		found = frappe.get_all(
			"Error Log", filters=since, fields=["creation", "method", "error"], order_by="creation desc", limit=2
		)
		return "\n\n".join(f"{row.creation} {row.method}\n{(row.error or '')[-2500:]}" for row in found)

	def users(self, password: str) -> dict[str, str]:
		"""Make the users, with this password; return their addresses."""
		for user, roles in ROLES.items():
			_make_user(user, roles, password)
		frappe.db.commit()
		return {user: address_of(user) for user in ROLES}

	def seed(self, only: list[str] | None = None) -> dict[str, list[str]]:
		"""Make the store anew and seed failures; return the events of each kind."""
		from shopify_sync.tests import seeds, seeds_failures

		seeds.clear(stock=False)
		self._ground.make_store()
		return seeds_failures.seed(self._ground, tuple(only or ()))

	def orders_that_miss(self, sku: str, count: int) -> list[str]:
		"""Seed a group of any size."""
		from shopify_sync.tests import seeds_failures

		return seeds_failures.orders_that_miss(self._ground, sku, count)

	def good_order(self) -> str:
		"""Have an order applied."""
		from shopify_sync.tests import seeds_failures

		return seeds_failures.good_order(self._ground)

	def untold_order(self) -> str:
		"""Have an order placed that no webhook tells of."""
		return self._ground.untold_order()

	def differ(self) -> None:
		"""Have both sides differ since yesterday: an order lost, one cancelled by the manager, stock."""
		from shopify_sync.tests import seeds_differences

		seeds_differences.differ(self._ground, address_of("manager"))

	def address_conflict(self, street: str) -> str:
		"""Have an address changed on both sides, in ERPNext by the manager; return the Sync Conflict."""
		from shopify_sync.tests import seeds_differences

		return seeds_differences.address_conflict(self._ground, street, address_of("manager"))

	def discrepancy(self, label: str) -> str:
		"""Have a Sync Discrepancy found, of this label; return it."""
		from shopify_sync.tests import seeds_differences

		return seeds_differences.discrepancy(self._ground, label)

	def deliver_order(self) -> str:
		"""Deliver an order that nothing is wrong with; a worker will see to it."""
		return self._ground.deliver("orders/create", self._ground.order())

	def store(self, **values: Any) -> None:
		"""Make the store anew, empty, with these values."""
		from shopify_sync.tests import seeds

		seeds.clear(stock=False)
		self._ground.make_store(**values)

	def no_store(self) -> None:
		"""Remove the store."""
		from shopify_sync.tests import seeds

		seeds.clear()

	def rows(
		self, doctype: str, filters: Any = None, fields: Any = None, order_by: str = "creation", limit: int = 0
	) -> list[Any]:
		"""Return rows."""
		return frappe.get_all(doctype, filters=filters, fields=fields or ["name"], order_by=order_by, limit=limit)

	def value(self, doctype: str, name: Any, field: Any) -> Any:
		"""Return a value, or several as a dict."""
		return frappe.db.get_value(doctype, name, field, as_dict=isinstance(field, list))

	def count(self, doctype: str, filters: Any = None) -> int:
		"""Count rows."""
		return frappe.db.count(doctype, filters)

	def exists(self, doctype: str) -> bool:
		"""Tell whether there is such a doctype."""
		return bool(frappe.db.exists("DocType", doctype))

	def set_value(self, doctype: str, name: str, field: str, value: Any) -> None:
		"""Change what no screen is meant for."""
		frappe.db.set_value(doctype, name, field, value)
		frappe.db.commit()
		frappe.clear_document_cache(doctype, name)

	def names(self) -> dict[str, Any]:
		"""Return what things are called on this site."""
		from shopify_sync.tests import seeds, site
		from shopify_sync.tests.documents import cash_account

		return {
			"store": seeds.STORE, "item": seeds.TEE, "mug": seeds.MUG, "company": site.company(), "tax_account": site.tax_account(),
			"cash": cash_account(), "income_account": _income_account(site.company()), "warehouse": seeds.make_warehouse(seeds.WAREHOUSE), "currency": seeds.CURRENCY,
			"version": int(frappe.__version__.partition(".")[0]), "places": self._ground.places,
		}  # fmt: skip

	def call(self, method: str, **arguments: Any) -> Any:
		"""Call a function of the app as Administrator: to bring about, never to check, what a test begins with."""
		frappe.set_user("Administrator")
		answer = frappe.get_attr(method)(**arguments)
		frappe.db.commit()
		return answer

	def keep_workers_away(self) -> None:
		"""Take the workers' slots: what is due stays due."""
		from shopify_sync.tests import site

		site.keep_workers_away()
		self._kept_away = True

	def let_workers_in(self) -> None:
		"""Give the slots back, and call for a worker."""
		from shopify_sync.erpnext_host import wake
		from shopify_sync.tests import site

		if self._kept_away:
			self._kept_away = False
			site.let_workers_in()
			wake.wake(flag=False)

	def wake(self) -> None:
		"""Call for a worker."""
		from shopify_sync.erpnext_host import wake

		wake.wake(flag=False)

	def sweep(self) -> None:
		"""Do what the scheduler does every minute."""
		from shopify_sync.jobs import sweep

		sweep.run()

	def remove_users(self) -> None:
		"""Take the users away, with what they set."""
		for user in ROLES:
			_remove_user(address_of(user))
		frappe.db.commit()


def _make_user(user: str, roles: tuple[str, ...], password: str) -> None:
	from frappe.desk.doctype.notification_settings.notification_settings import create_notification_settings
	from frappe.utils.password import update_password

	from shopify_sync.tests.seeds import STORE

	name = address_of(user)
	_remove_user(name)
	values = {"email": name, "first_name": user.title(), "full_name": f"{user.title()} Test", "language": "en"}
	doc = frappe.new_doc("User", enabled=1, user_type="System User", desk_theme="Light", **values)
	doc.name = name
	# Past the controller: it would have the worker make a contact and ask gravatar.com.
	doc.db_insert()
	for role in roles:
		doc.append("roles", {"role": role}).db_insert()
	# The site may have other stores, with failures of their own: the tests' users see one.
	if user != "everywhere":
		of_store = {"user": name, "allow": "Shopify Store", "for_value": STORE, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **of_store}).db_insert()
	create_notification_settings(name)
	update_password(name, password)
	frappe.clear_cache(user=name)


def _remove_user(name: str) -> None:
	frappe.db.delete("List Filter", {"for_user": name})
	frappe.db.delete("Has Role", {"parenttype": "User", "parent": name})
	frappe.db.delete("User", {"name": name})
	frappe.db.delete("Sessions", {"user": name})
	frappe.db.delete("Contact", {"user": name})
	for doctype, field in (
		("Notification Settings", "name"),
		("User Permission", "user"),
		("Notification Log", "for_user"),
		("Activity Log", "user"),
	):
		frappe.db.delete(doctype, {field: name})
	frappe.db.delete("__Auth", {"doctype": "User", "name": name})


def _income_account(company: str) -> str:
	filters = {"company": company, "is_group": 0, "root_type": "Income", "account_type": ("in", ("", "Income Account"))}
	return str(frappe.db.get_value("Account", filters) or frappe.db.get_value("Company", company, "default_income_account"))


def _forget_jobs() -> None:
	"""Drop the jobs of this site that site tests left behind: they are about documents that are gone, and the worker would begin with them."""
	from frappe.utils.background_jobs import get_queues

	for queue in get_queues():
		for job in queue.get_jobs():
			method = str(job.kwargs.get("method") or "")
			ours = method.startswith("shopify_sync.jobs.") or method.endswith("delete_dynamic_links")
			if job.kwargs.get("site") == frappe.local.site and ours:
				job.delete()


def _answer(side: SiteSide, request: dict[str, Any]) -> dict[str, Any]:
	act: Callable[..., Any] = getattr(side, str(request.pop("do")))
	try:
		frappe.db.rollback()
		frappe.set_user("Administrator")
		return {"ok": act(**request)}
	except BaseException:
		frappe.db.rollback()
		return {"error": traceback.format_exc()}


def main(site_name: str) -> None:
	"""Answer until the input ends."""
	# What Frappe prints must not stand between the answers.
	answers = os.fdopen(os.dup(1), "w")
	os.dup2(2, 1)
	frappe.init(site=site_name)
	frappe.connect()
	from shopify_sync.tests import seeds

	with seeds.ground() as ground:
		side = SiteSide(ground)
		try:
			print(json.dumps({"ok": "ready"}), file=answers, flush=True)
			for line in sys.stdin:
				print(json.dumps(_answer(side, json.loads(line)), default=str), file=answers, flush=True)
		finally:
			side.let_workers_in()
			side.remove_users()


if __name__ == "__main__":
	main(sys.argv[1])
