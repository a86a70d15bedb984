"""A simulated shop on 127.0.0.1 beside a site's store: what tests of the way out stand on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.jobs import push
from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.shop.records import Address

from . import site
from .case import SyncTestCase

_HOME = Address(
	first_name="Ada", last_name="Example", address1="1 Example Road", city="London", zip="N1 1AA", country="United Kingdom",
	country_code="GB", province="England", province_code="ENG",
)  # fmt: skip
_numbers = itertools.count(1)
OUT = "ERPNext → Shopify"


class ShopCase(SyncTestCase):
	"""Has a shop of its own for each test, whose store signs in with a static token, and two locations that take ERPNext's stock.

	:ivar served: the shop with its faults and its lock. *places*: its locations' ids. *main*: the warehouse of the first.
	"""

	served: Site
	places: list[str]
	#: How many points come back a second; who reads much waits for them, so its tests take the plan that has more.
	PLAN = "basic"

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.address = cls.enterClassContext(Store.running(hold_seconds=1.0)) if hasattr(cls, "enterClassContext") else None
		if cls.address is None:  # Python before 3.11
			running = Store.running(hold_seconds=1.0)
			cls.address = running.__enter__()
			cls.addClassCleanup(running.__exit__, None, None, None)

	def setUp(self) -> None:
		super().setUp()
		frappe.db.delete("Shopify API Call", {"store": self.STORE})
		self.name = f"shop-{next(_numbers)}-{frappe.generate_hash(length=6)}"
		self.served = self.address.open(self.name, plan=self.PLAN)
		self.shop = self.served.shop
		with self.served.lock, self.shop.silently():
			self.places = [self.shop.locations.create(title, address=_HOME).id for title in ("Shop", "Warehouse", "Cellar")]
		frappe.conf.shopify_sync_shops = {self.shop.domain: self.address.address(self.name)}
		self.abbr = frappe.db.get_value("Company", site.company(), "abbr")
		self.main = f"Stores - {self.abbr}"
		self.second = make_warehouse("Second Store")
		self.remake()

	def remake(self, rows: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> None:
		"""Make the store anew, with these locations."""
		rows = rows or (self.row(0, self.main), self.row(1, self.second))
		self.store = site.make_store(
			self.STORE,
			shop_domain=self.shop.domain,
			sign_in_by="Access token",
			access_token=self.served.token,
			location_mapping=list(rows),
			**values,
		)

	def row(self, place: int, warehouse: str, direction: str = OUT, **values: Any) -> dict[str, Any]:
		"""Return a row of the Location Mapping."""
		rate = {"valuation_rule": "Fixed rate", "fixed_rate": 7}
		return {"location_id": self.places[place], "warehouse": warehouse, "direction": direction, **rate, **values}

	def product(self, item: str, available: int = 0, stocked: Sequence[int] = (0, 1), factor: int = 1) -> str:
		"""Sell an Item in the shop; return its inventory item, which is linked to the Item."""
		with self.served.lock, self.shop.silently():
			quantities = {self.places[place]: available for place in stocked}
			made = self.shop.products.create(item, [{"sku": item, "price": "10.00", "quantities": quantities}])
		inventory_item = made.variants[0].inventory_item_id
		self.link(inventory_item, item, factor)
		return str(inventory_item)

	def link(self, inventory_item: str, item: str, factor: int = 1) -> Any:
		"""Link an inventory item to an Item, as a person would."""
		values = {"store": self.STORE, "resource_type": "inventory_item", "shopify_id": inventory_item, "uom_factor": factor}
		doc = frappe.get_doc({"doctype": "Shopify Link", "document_type": "Item", "document_name": item, **values})
		doc.insert(ignore_permissions=True)
		frappe.db.commit()
		return doc

	def item(self, **values: Any) -> str:
		"""Make a new Item."""
		return site.make_item(f"OUT-{site.fresh_id()}", valuation_rate=5, **values)

	def on_hand(self, inventory_item: str, place: int = 0) -> int | None:
		"""Return what the shop has."""
		with self.served.lock:
			level = self.shop.inventory.level(inventory_item, self.places[place])
			return level.on_hand if level else None

	def push(self) -> int:
		"""Push everything that is due, in this process."""
		frappe.db.rollback()
		return push.run(60, linger=0)

	def open_marks(self) -> list[str]:
		"""Return the ids of the levels that are marked, as committed."""
		frappe.db.rollback()
		return sorted(frappe.get_all("Sync Event", {"store": self.STORE, "open_key": ("is", "set")}, pluck="shopify_id"))

	def outcomes(self, inventory_item: str, place: int = 0) -> list[tuple[str, str, str]]:
		"""Return (status, category, message) of the events of a level, the oldest first."""
		frappe.db.rollback()
		rows = frappe.get_all(
			"Sync Event",
			{"store": self.STORE, "shopify_id": f"{inventory_item}-{self.places[place]}", "resource_type": "inventory_push"},
			["status", "category", "message"],
			order_by="version",
		)
		return [(row.status, row.category or "", row.message or "") for row in rows]

	def mark(self, inventory_item: str, place: int = 0) -> str:
		"""Return the id of a level, as marks have it."""
		return f"{inventory_item}-{self.places[place]}"


def make_warehouse(title: str, parent: str | None = None, is_group: int = 0) -> str:
	"""Make sure that a warehouse of the site's company exists."""
	abbr = frappe.db.get_value("Company", site.company(), "abbr")
	name = f"{title} - {abbr}"
	if not frappe.db.exists("Warehouse", name):
		values = {"warehouse_name": title, "company": site.company(), "parent_warehouse": parent, "is_group": is_group}
		frappe.get_doc({"doctype": "Warehouse", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
	return name
