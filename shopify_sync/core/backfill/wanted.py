"""What a backfill is asked for, and in which order it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import keys
from ..enums import StrEnum
from ..policy import StorePolicy
from ..reconciliation.ports import Window


class Orders(StrEnum):
	"""Which orders are imported."""

	NONE = "None"
	#: Neither archived nor cancelled in Shopify.
	OPEN = "Open"
	#: Placed from a date on, whatever became of them.
	FROM_DATE = "From a date"


#: What is imported before what: orders name variants and customers, and stock is told when everything that moves it is booked.
ORDER_OF_STEPS = (keys.PRODUCT, keys.CUSTOMER, keys.ORDER, keys.INVENTORY_LEVEL)
#: A rehearsal reads products last: by then it is known which Items are missing, and the products tell which of them they would make.
REHEARSED = (keys.CUSTOMER, keys.ORDER, keys.INVENTORY_LEVEL, keys.PRODUCT)
#: The topic whose payload has the shape of what is read.
TOPICS: Mapping[str, str] = {
	keys.PRODUCT: "products/update",
	keys.CUSTOMER: "customers/update",
	keys.ORDER: "orders/updated",
	keys.INVENTORY_LEVEL: "inventory_levels/update",
}


@dataclass(frozen=True)
class Wanted:
	"""What is asked for.

	:ivar since: UTC; of orders from a date.
	:ivar rehearse: only decide about everything, and report what would fail.
	"""

	products: bool = False
	customers: bool = False
	orders: Orders = Orders.NONE
	since: datetime | None = None
	stock: bool = False
	rehearse: bool = False

	@property
	def steps(self) -> tuple[str, ...]:
		"""The resources that are read, in order."""
		asked = {
			keys.PRODUCT: self.products,
			keys.CUSTOMER: self.customers,
			keys.ORDER: self.orders is not Orders.NONE,
			keys.INVENTORY_LEVEL: self.stock,
		}
		return tuple(resource for resource in (REHEARSED if self.rehearse else ORDER_OF_STEPS) if asked[resource])

	def window(self, resource: str) -> Window:
		"""Return which records of a resource are read. There is no end: what changes meanwhile is read as it is then."""
		if resource != keys.ORDER:
			return Window(None, None, full=True)
		if self.orders is Orders.OPEN:
			return Window(None, None, only_open=True)
		return Window(self.since, None, placed=True)

	def as_json(self) -> dict[str, Any]:
		"""Return it as plain JSON values."""
		return {**vars(self), "orders": str(self.orders), "since": self.since.isoformat() if self.since else None}

	@classmethod
	def from_json(cls, kept: Mapping[str, Any]) -> Wanted:
		"""Return what :meth:`as_json` wrote."""
		since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
		return cls(**{**kept, "orders": Orders(kept["orders"]), "since": since})


def problems(wanted: Wanted, policy: StorePolicy) -> Iterator[str]:
	"""Yield why a store cannot be asked for that, in words: nothing is asked for, or a flow of it is switched off."""
	if not wanted.steps:
		yield "Say what is imported: products, customers, orders or stock."
	if wanted.orders is Orders.FROM_DATE and wanted.since is None:
		yield "Orders from a date need the date."
	flows = (
		(wanted.products, policy.sync_products, "products", "Sync Products"),
		(wanted.customers, policy.sync_customers, "customers", "Sync Customers"),
		(wanted.orders is not Orders.NONE, policy.sync_orders, "orders", "Sync Orders"),
		(wanted.stock, policy.sync_inventory, "stock", "Sync Inventory"),
	)
	for asked, is_on, what, field in flows:
		if asked and not is_on:
			yield f"Store {policy.store} does not sync {what}: tick {field} first."
