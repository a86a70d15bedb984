"""What a host must offer so that marks are pushed, and what Shopify's Admin API must offer for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..events import ClaimedEvent
from ..ports import Host
from .calls import Closed
from .fulfillments import Create
from .parcels import Fulfillment, ShopifyOrder, Tracking
from .returned import ShopifyReturns
from .returns import Disposal, OpenReturn
from .shipping import Move
from .stock import Level, Line, Pair, Refusal, SetResult


class Outbox(Protocol):
	"""The outbound half of the ledger. Each method is a transaction of its own and returns after its commit."""

	def due_stores(self) -> Sequence[tuple[str, str]]:
		"""Return (store, resource) of everything that is due now, each once."""

	def claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> Sequence[ClaimedEvent]:
		"""Take up to *limit* due events that no other worker holds, the longest waiting first, and count their attempts.

		One event of each resource is taken, the open one where it is due; whatever else of the resource waits becomes Superseded,
		pointing to it: it was marked before it was claimed, so what is read from now on includes it. No clock decides which is
		the newer one: those of the machines that mark differ.
		"""


class StockApi(Protocol):
	"""Stock in Shopify's Admin API. Every method raises `calls.CallFailed` when the call itself fails."""

	def levels(self, pairs: Sequence[Pair], events: Sequence[str]) -> Mapping[Pair, Level]:
		"""Return what Shopify has now; for what it does not know, a Level that says so."""

	def set_on_hand(self, lines: Sequence[Line], key: str, reference: str, events: Sequence[str]) -> SetResult:
		"""Set `on_hand` of up to 250 levels by compare-and-set, all of them or none.

		:param key: the idempotency key; *reference*: a gid of ours, kept by Shopify as evidence.
		"""

	def activate(self, pair: Pair, key: str, events: Sequence[str]) -> Refusal | None:
		"""Stock an item at a location, with nothing of it there."""


class FulfillmentRefused(Exception):
	"""Shopify refused a change of a fulfillment (`userErrors`): nothing happened. The message is Shopify's own."""


class FulfillmentApi(Protocol):
	"""Fulfillments in Shopify's Admin API.

	Every method raises `calls.CallFailed` when the call itself fails, and those that change something FulfillmentRefused.
	*events* are the names of the Sync Events that a call is made for. None of the changes is idempotent at Shopify.

	:ivar returns: the same for what comes back.
	"""

	returns: ReturnApi

	def order(self, order: str, events: Sequence[str]) -> ShopifyOrder:
		"""Return what Shopify has of an order by its id.

		:raises SyncFailure: when it knows no such order, or the app may not see it.
		"""

	def create(self, shipment: Create, events: Sequence[str]) -> Fulfillment:
		"""Make a fulfillment of exactly these lines."""

	def track(self, fulfillment: str, tracking: Tracking, notify: bool, events: Sequence[str]) -> Fulfillment:
		"""Change how a parcel can be followed; its lines are not told. *notify*: Shopify writes to the customer about it."""

	def cancel(self, fulfillment: str, events: Sequence[str]) -> Fulfillment:
		"""Cancel a fulfillment; its lines are not told."""

	def move(self, move: Move, events: Sequence[str]) -> None:
		"""Assign pieces of a fulfillment order to another location."""


class ReturnApi(Protocol):
	"""Returns in Shopify's Admin API. What its methods raise is as in FulfillmentApi."""

	def of_order(self, order: str, events: Sequence[str]) -> ShopifyReturns:
		"""Return what Shopify has of the returns of an order by its id.

		:raises SyncFailure: when it knows no such order, or there is more of it than is read at once.
		"""

	def open(self, wanted: OpenReturn, events: Sequence[str]) -> str:
		"""Make a return of exactly these lines; return its id."""

	def receive(self, disposals: Sequence[Disposal], events: Sequence[str]) -> None:
		"""Say that pieces of a return have come back, and where they are."""

	def cancel(self, id: str, events: Sequence[str]) -> None:
		"""Cancel a return."""


class PushHost(Host, Protocol):
	"""A place where the pusher runs.

	:ivar outbox: the outbound half of the ledger.
	"""

	outbox: Outbox

	def closed(self, store: str) -> Closed | None:
		"""Return why nothing is sent to *store* now, or None."""

	def stock_api(self, store: str) -> StockApi:
		"""Return the stock of *store* in the Admin API."""

	def fulfillment_api(self, store: str) -> FulfillmentApi:
		"""Return the fulfillments of *store* in the Admin API."""
