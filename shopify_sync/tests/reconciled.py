"""A simulated shop and a site's store that agree: what tests of reconciliation plant their differences in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.ports import Shopify
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth, Reason
from shopify_sync.core.topics import topics_needed
from shopify_sync.erpnext_host import policies, times
from shopify_sync.erpnext_host.reconciliation import running, runs
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.rest import customer as rest_customer
from shopify_sync.simulator.rest import inventory as rest_inventory
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.rest import product as rest_product
from shopify_sync.simulator.rest import transaction as rest_transaction
from shopify_sync.simulator.shop.records import Customer, Order

from . import site
from .shop import ShopCase
from .vouchers import receive

IN = "Shopify → ERPNext"


class ReconciledCase(ShopCase):
	"""Has an Item that is sold, with stock that goes out at the first location and comes in at the second; both sides agree.

	:ivar code: the Item; *variant*, *inventory_item*: what it is in the shop.
	"""

	SETTINGS: Mapping[str, Any] = MappingProxyType({})

	def setUp(self) -> None:
		super().setUp()
		for doctype in ("Sync Discrepancy", "Reconciliation Run"):
			frappe.db.delete(doctype, {"store": self.STORE})
		account = frappe.db.get_value("Account", {"company": site.company(), "account_type": "Cash", "is_group": 0})
		rows = [self.row(0, self.main), self.row(1, self.second, IN)]
		gateways = [{"gateway": "manual", "mode_of_payment": "Cash", "account": account}]
		self.remake(rows, gateway_mapping=gateways, **self.SETTINGS)
		self.shop.next_order_number = site.fresh_id() % 10**9
		self.code = self.item(is_stock_item=1)
		with self.served.lock, self.shop.silently():
			quantities = {self.places[0]: 300, self.places[1]: 40}
			variants = [{"sku": self.code, "price": "10.00", "quantities": quantities}]
			made = self.shop.products.create(self.code, variants)
		self.product_id, self.variant = made.id, made.variants[0].id
		self.stock_id = made.variants[0].inventory_item_id
		receive(self.code, self.main, 300)
		receive(self.code, self.second, 40)
		frappe.db.commit()
		self.tell_product()
		self.push()
		self.subscribe_all()

	# --- what Shopify tells ------------------------------------------------------------------------------------------

	def tell(self, topic: str, payload: dict[str, Any]) -> Any:
		"""Deliver a webhook and carry it out; return the event."""
		name = f"told-{site.fresh_id()}"
		headers = {"X_Shopify_Shop_Domain": self.shop.domain, "X_Shopify_Triggered_At": f"{times.now():%Y-%m-%dT%H:%M:%S.%fZ}"}
		answer = site.deliver(payload, topic, webhook_id=name, **headers)
		self.assertEqual(200, answer.status)
		site.drain()
		return site.event(name)

	def tell_product(self) -> None:
		"""Tell of the product, whose variants are linked then."""
		with self.served.lock:
			payload = rest_product.payload(self.shop, self.shop.products.get(self.product_id))
		self.assertEqual("Applied", self.tell("products/update", payload).status)

	def tell_order(self, order: Order, *, with_money: bool = True) -> Any:
		"""Tell of an order and of its transactions; return the event of the order."""
		with self.served.lock:
			payload = rest_order.payload(self.shop, order)
			paid = [rest_transaction.payload(self.shop, (order, one)) for one in order.transactions]
		event = self.tell("orders/updated", payload)
		for transaction in paid if with_money else ():
			self.tell("order_transactions/create", transaction)
		return event

	def tell_customer(self, customer: Customer) -> Any:
		"""Tell of a customer."""
		with self.served.lock:
			payload = rest_customer.payload(self.shop, customer)
		return self.tell("customers/update", payload)

	def tell_level(self, place: int) -> Any:
		"""Tell of the stock at a location."""
		with self.served.lock:
			level = self.shop.inventory.level(self.stock_id, self.places[place])
			payload = rest_inventory.level(self.shop, level)
		return self.tell("inventory_levels/update", payload)

	def subscribe_all(self) -> None:
		"""Have the shop send every webhook that the store needs."""
		address = FrappeReconcileHost().webhook_address(self.STORE)
		with self.served.lock, self.shop.silently():
			for topic in topics_needed(policies.policy(self.STORE)):
				self.shop.subscriptions.create(topic, address)

	# --- what happens in the shop --------------------------------------------------------------------------------------

	def place(self, pieces: int = 2, *, financial: str = "paid", told: bool = True, **values: Any) -> Order:
		"""Place an order; *told*: the site hears of it."""
		with self.served.lock, self.shop.silently():
			email = values.pop("email", f"c{site.fresh_id()}@example.com")
			order = self.shop.orders.place(
				[{"variant_id": self.variant, "quantity": pieces}], financial=financial, email=email, **values
			)
		if told:
			event = self.tell_order(order)
			self.assertEqual(("Applied", ""), (event.status, event.message or ""))
			self.push()
			self.level_up()
		return order

	def level_up(self) -> None:
		"""What an order committed changes `available`, not `on_hand`: nothing to tell; sold goods leave with their fulfillment."""

	def sales_order(self, order: Order) -> str:
		"""Return the Sales Order of an order."""
		return str(frappe.db.get_value("Shopify Link", keys.key(self.STORE, keys.ORDER, order.id), "document_name"))

	# --- reconciliation ------------------------------------------------------------------------------------------------

	def reader(self) -> Shopify:
		"""Return what reads the shop."""
		return ShopReader(self.shop)

	def run_of(
		self,
		depth: Depth = Depth.FULL,
		*,
		heal: bool = False,
		since: Any = None,
		ids: dict[str, tuple[str, ...]] | None = None,
	) -> str:
		"""Begin a run of everything up to now."""
		until = times.now() + timedelta(seconds=2)
		wanted = runs.Wanted(self.STORE, depth, Reason.OPERATOR, since, until, ids, dry_run=not heal, user="Administrator")
		name = runs.begin(wanted)
		frappe.db.commit()
		return name

	def reconcile(self, depth: Depth = Depth.FULL, **values: Any) -> Run:
		"""Compare, and carry out what it sets going; return the run."""
		name = self.run_of(depth, **values)
		run = running.carry_on(name, self.reader())
		self.settle()
		return run

	def settle(self) -> None:
		"""Carry out and push everything that is due."""
		frappe.db.rollback()
		site.drain()
		self.push()

	def found(self, status: Sequence[str] = ("Open", "Healing")) -> list[tuple[str, str, str, str]]:
		"""Return (kind, field, cause, proposal) of the discrepancies in these statuses."""
		frappe.db.rollback()
		rows = frappe.get_all(
			"Sync Discrepancy",
			{"store": self.STORE, "status": ("in", list(status))},
			["kind", "field", "cause", "proposal"],
			order_by="kind, field, name",
		)
		return [(row.kind, row.field or "", row.cause, row.proposal) for row in rows]

	def discrepancy(self, **filters: Any) -> Any:
		"""Return the one discrepancy that *filters* find."""
		frappe.db.rollback()
		names = frappe.get_all("Sync Discrepancy", {"store": self.STORE, **filters}, pluck="name")
		self.assertEqual(1, len(names), names)
		return frappe.get_doc("Sync Discrepancy", names[0])

	def assert_clean(self) -> Run:
		"""Check that a full run finds nothing, and that it did compare."""
		run = self.reconcile()
		self.assertEqual({}, run.found, self.found())
		self.assertGreater(run.compared, 0)
		return run

	def by_hand(self, act: Callable[[], Any], user: str = "") -> Any:
		"""Do something as another user, later than the sync wrote."""
		before = frappe.session.user
		frappe.set_user(user or make_user())
		try:
			done = act()
			frappe.db.commit()
			return done
		finally:
			frappe.set_user(before)


def make_user(email: str = "clerk@example.com") -> str:
	"""Make sure that there is a user who may do what a clerk does."""
	if not frappe.db.exists("User", email):
		user = frappe.get_doc({"doctype": "User", "email": email, "first_name": "Clerk", "send_welcome_email": 0})
		user.insert(ignore_permissions=True)
		user.add_roles(
			"System Manager", "Sales Manager", "Accounts Manager", "Stock Manager", "Sales Master Manager", "Sales User"
		)
		frappe.db.commit()
	return email
