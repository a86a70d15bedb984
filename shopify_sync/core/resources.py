"""The registry: for each resource, how to parse it, what to lock and read, and the one function that decides.

A new resource is one module with these five functions and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from . import keys
from .customers import consent as customer_consent
from .customers import deletion as customer_deletion
from .customers import merge as customer_merge
from .customers import redaction as customer_redaction
from .customers import resource as customers
from .inventory import resource as inventory
from .orders import resource as orders
from .orders.fulfillments import FULFILLMENTS
from .orders.transactions import TRANSACTIONS
from .plan import Decision
from .policy import StorePolicy
from .products import inventory_items, item_deletions
from .products import resource as products
from .signals import Signal
from .snapshots import LinkState, Needs


class Resource(Protocol):
	"""The functions a resource module offers; `contract` is what its own `parse` returned."""

	def parse(self, payload: Mapping[str, Any], policy: StorePolicy) -> Any:
		"""Return the contract. :raises pydantic.ValidationError: when the payload is not this resource."""

	def locks(self, contract: Any, policy: StorePolicy) -> tuple[str, ...]:
		"""Return the keys of the links to lock, in order."""

	def needs(self, contract: Any, policy: StorePolicy) -> Needs:
		"""Return what has to be read before deciding."""

	def decide(self, contract: Any, snapshot: Any, policy: StorePolicy, signal: Signal) -> Decision:
		"""Return the plan. Pure: no I/O, no clock."""


class Part(Resource, Protocol):
	"""A resource that is a part of another one, and is decided about together with it (a transaction of an order)."""

	def whole(self, contract: Any, policy: StorePolicy) -> str:
		"""Return the key of the link of the resource that it belongs to."""

	def complete(self, contract: Any, whole: tuple[str, Mapping[str, Any] | None] | None, policy: StorePolicy) -> Any:
		"""Return the contract together with the whole: the event that was last applied to it, and its payload."""

	def is_current(self, contract: Any, links: Mapping[str, LinkState], policy: StorePolicy) -> bool:
		"""Tell whether the whole is still as it was read, now that its link is locked."""


PARTS: dict[str, Part] = {keys.ORDER_TRANSACTION: TRANSACTIONS, keys.FULFILLMENT: FULFILLMENTS}

#: Resources that have parts.
WHOLES = frozenset((keys.ORDER,))

RESOURCES: dict[str, Resource] = {
	keys.ORDER: orders,
	keys.CUSTOMER: customers,
	keys.CUSTOMER_MERGE: customer_merge,
	keys.CUSTOMER_DELETION: customer_deletion,
	keys.CUSTOMER_REDACTION: customer_redaction,
	keys.CUSTOMER_CONSENT: customer_consent,
	keys.INVENTORY_LEVEL: inventory,
	keys.PRODUCT: products,
	keys.PRODUCT_DELETION: item_deletions.PRODUCTS,
	keys.INVENTORY_ITEM: inventory_items,
	keys.INVENTORY_ITEM_DELETION: item_deletions.INVENTORY_ITEMS,
	**PARTS,
}


def is_switched_on(resource: str, policy: StorePolicy) -> bool:
	"""Tell whether the store syncs this resource."""
	return {
		keys.ORDER: policy.sync_orders,
		keys.CUSTOMER: policy.sync_customers,
		keys.CUSTOMER_CONSENT: policy.sync_customers,
		# Orders make customers too: which of them are no more is minded in any case.
		keys.CUSTOMER_MERGE: True,
		keys.CUSTOMER_DELETION: True,
		keys.CUSTOMER_REDACTION: True,
		keys.INVENTORY_LEVEL: policy.sync_inventory,
		keys.PRODUCT: policy.sync_products,
		keys.INVENTORY_ITEM: policy.sync_products,
		# What is no more is minded in any case: its stock goes nowhere.
		keys.PRODUCT_DELETION: True,
		keys.INVENTORY_ITEM_DELETION: True,
		keys.ORDER_TRANSACTION: policy.sync_orders,
		keys.FULFILLMENT: policy.sync_orders,
	}[resource]
