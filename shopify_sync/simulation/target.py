"""What the people of a story need of the place where the engine runs: the embedded host in simulated time, or a real site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from shopify_sync.core.statuses import Status

from .facts import Facts


@dataclass(frozen=True)
class StoreSetUp:
	"""A store as the host must know it. *settings* are fields of core/policy.py `StorePolicy` as plain JSON."""

	name: str
	shop_domain: str
	secret: str
	settings: Mapping[str, Any]


class Target(Protocol):
	"""A host, as an operator and ERPNext's users see it."""

	def save_settings(self, store: str, **changes: Any) -> None:
		"""Change settings of a store, with everything that saving sets off. `client_secret` is one of them."""

	def settings(self, store: str) -> Mapping[str, Any]:
		"""Return the store's settings as they stand."""

	def now(self) -> datetime:
		"""Return the time by which Sync Attempts begin and end (UTC)."""

	def hold(self, store: str, scope: str, what: str) -> None:
		"""Hold a flow, a topic or a resource (core/holds.py) of a store. :raises Refused: where that cannot be held."""

	def release(self, store: str, scope: str, what: str) -> None:
		"""Release what was held, with everything that this sets off."""

	def add_item(self, item: str) -> None:
		"""Create an Item, with everything that saving sets off."""

	def map_item(self, store: str, resource: str, shopify_id: str, item: str) -> None:
		"""Point a Shopify Link at an Item."""

	def events_in(self, store: str, statuses: Sequence[Status]) -> list[str]:
		"""Return the store's events in *statuses*, oldest first."""

	def retry(self, event: str) -> None:
		"""Press Retry. :raises Refused: of core/operations.py."""

	def replay(self, event: str) -> None:
		"""Press Replay. :raises Refused: of core/operations.py."""

	def discard(self, event: str) -> None:
		"""Press Discard, with a reason. :raises Refused: of core/operations.py."""

	def edit(self, doctype: str, key: str, field: str, value: str) -> bool:
		"""Change a field as ERPNext's user does. Return whether there is such a document."""

	def cancel_sales_order(self, key: str) -> bool:
		"""Cancel a Sales Order by hand. Return whether there is a submitted one."""

	def count_stock(self, item: str, warehouse: str, quantity: Decimal) -> None:
		"""Bring a Bin to a quantity, as ERPNext's user does."""

	def deliver(self, headers: Mapping[str, str], body: bytes) -> int | None:
		"""Hand in a delivery that no shop sent. Return the HTTP status, None when nobody answered."""

	def outage(self, seconds: float) -> None:
		"""Kill every process of the host; they are back after *seconds*."""

	def deliver_note(self, key: str, warehouse: str, name: str, most: int | None) -> str | None:
		"""Submit a Delivery Note of what is left of an order, as ERPNext's user does. Return its name; None: nothing is left.

		:param most: pieces; None: all.
		"""

	def track_note(self, key: str, number: str) -> str | None:
		"""Enter a tracking number in the last note that a person made of an order. Return its name; None: there is none."""

	def cancel_note(self, key: str) -> str | None:
		"""Cancel the last note that a person made of an order. Return its name; None: there is none."""

	def take_back(self, key: str, name: str, most: int) -> str | None:
		"""Submit a return of up to *most* pieces of the last note that a person made of an order. Return its name; None: nothing is left."""

	def cancel_return(self, key: str) -> str | None:
		"""Cancel the last return that a person made of an order. Return its name; None: there is none."""

	def api_outage(self, seconds: float) -> None:
		"""Let the Admin API of all shops answer nothing but 503 for *seconds*."""

	def push_all(self, store: str) -> None:
		"""Have the stock of every level looked at that takes it from ERPNext, as the operator's button does."""

	def facts(self) -> Facts:
		"""Return what stands in the tables."""

	def would_still_fail(self, event: str) -> bool:
		"""Tell whether a Blocked event would fail again if it were tried now; nothing is changed."""
