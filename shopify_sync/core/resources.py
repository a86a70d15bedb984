"""The registry: for each resource, how to parse it, what to lock and read, and the one function that decides.

A new resource is one module with these five functions and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from . import customers, inventory, keys, orders
from .plan import Decision
from .policy import StorePolicy
from .signals import Signal
from .snapshots import Needs


class Resource(Protocol):
	"""The functions a resource module offers; `contract` is what its own `parse` returned."""

	def parse(self, payload: Mapping[str, Any]) -> Any:
		"""Return the contract. :raises pydantic.ValidationError: when the payload is not this resource."""

	def locks(self, contract: Any, policy: StorePolicy) -> tuple[str, ...]:
		"""Return the keys of the links to lock, in order."""

	def needs(self, contract: Any, policy: StorePolicy) -> Needs:
		"""Return what has to be read before deciding."""

	def decide(self, contract: Any, snapshot: Any, policy: StorePolicy, signal: Signal) -> Decision:
		"""Return the plan. Pure: no I/O, no clock."""


RESOURCES: dict[str, Resource] = {
	keys.ORDER: orders,
	keys.CUSTOMER: customers,
	keys.INVENTORY_LEVEL: inventory,
}


def is_switched_on(resource: str, policy: StorePolicy) -> bool:
	"""Tell whether the store syncs this resource."""
	return {
		keys.ORDER: policy.sync_orders,
		keys.CUSTOMER: policy.sync_customers,
		keys.INVENTORY_LEVEL: policy.sync_inventory,
	}[resource]
