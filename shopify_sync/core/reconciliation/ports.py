"""What a host must offer so that a store is reconciled, and what Shopify's Admin API must offer for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from ..contracts.inventory_level import InventoryLevel
from ..contracts.order import Order
from ..events import NewEvent, Receipt
from ..outbound.marks import Mark
from ..policy import StorePolicy
from .discrepancy import Discrepancy
from .findings import Finding
from .found import FoundCustomer, FoundLevel, FoundOrder, FoundVariant
from .payouts import FoundPayments
from .subscriptions import Subscription

if TYPE_CHECKING:
	from .run import Run


@dataclass(frozen=True)
class Window:
	"""What is asked for: records whose `updated_at` lies in it, or those with *ids*.

	:ivar since: UTC; None: from the beginning. *until*: UTC; None: up to now. *full*: everything, whatever it takes.
	:ivar placed: of orders: the time when they were placed (`created_at`) has to lie in it.
	:ivar only_open: of orders: only those that are neither archived nor cancelled.
	"""

	since: datetime | None
	until: datetime | None
	ids: tuple[str, ...] = ()
	full: bool = False
	placed: bool = False
	only_open: bool = False


@dataclass(frozen=True)
class Page:
	"""Records in the shape of their webhooks; an order has its transactions in it, a level `on_hand` besides `available`.

	:ivar cursor: where to go on, good in another process too; None: this was the last one. *total*: records in all, where known.
	:ivar anew: reading begins from the beginning behind this page, what was read so far comes once more.
	"""

	payloads: Sequence[Mapping[str, Any]]
	cursor: str | None = None
	total: int | None = None
	anew: bool = False


@dataclass(frozen=True)
class NotMet:
	"""What a run did not meet.

	:ivar records: orders: (Shopify's id, label, its live Sales Order). Without one: an earlier run has found that it is missing.
	:ivar customers: ids of those of which an earlier run has found something that is not over.
	"""

	records: Sequence[tuple[str, str, tuple[str, str] | None]]
	cursor: str | None = None
	customers: Sequence[str] = ()


class Shopify(Protocol):
	"""Reading a store. Every method raises `outbound.calls.CallFailed` when the call itself fails."""

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		"""Return the records of a resource (core/keys.py ORDER, CUSTOMER, PRODUCT, INVENTORY_LEVEL), page by page.

		Of findings.PAYOUTS: the payouts that were issued in the window, each with its movements (core/contracts/payout.py).
		"""

	def count(self, resource: str, window: Window) -> int | None:
		"""Return how many records there are, None where nothing tells."""

	def subscriptions(self) -> Sequence[Subscription]:
		"""Return the webhook subscriptions of the app."""

	def subscribe(self, topic: str, address: str) -> None:
		"""Have webhooks of *topic* (`orders/create`) sent to *address*, all fields; one that is there otherwise is changed."""

	def existing(self, resource: str, ids: Sequence[str]) -> Collection[str]:
		"""Return which of *ids* Shopify has."""


class ReconcileHost(Protocol):
	"""A place where stores are reconciled. Reads are set-based: a handful of queries for a page."""

	def now(self) -> datetime:
		"""Return the time, UTC."""

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""

	def webhook_address(self, store: str) -> str:
		"""Return where Shopify has to send webhooks."""

	def api_version(self, store: str) -> str:
		"""Return the version that the store is set to."""

	def orders(self, policy: StorePolicy, orders: Sequence[Order]) -> Mapping[str, FoundOrder]:
		"""Return what ERPNext has of each order, by its id."""

	def customers(self, policy: StorePolicy, ids: Sequence[str]) -> Mapping[str, FoundCustomer]:
		"""Return what ERPNext has of each customer, by its id."""

	def levels(self, policy: StorePolicy, levels: Sequence[InventoryLevel]) -> Mapping[str, FoundLevel]:
		"""Return what ERPNext has of each inventory level, by its id (`<inventory item>-<location>`)."""

	def variants(self, policy: StorePolicy, variants: Sequence[Mapping[str, Any]]) -> Mapping[str, FoundVariant]:
		"""Return what the links say of each variant, by its id. :param variants: as REST writes them."""

	def day_counts(self, policy: StorePolicy, days: Sequence[date]) -> Mapping[date, int]:
		"""Return how many orders of the store ERPNext has of each day, cancelled ones too; a day without any may be missing."""

	def payments(self, policy: StorePolicy, transactions: Mapping[str, str]) -> FoundPayments:
		"""Return the Payment Entries of transactions, and what is known of their orders. :param transactions: transaction → order."""

	def not_met(self, run: Run, cursor: str | None) -> NotMet:
		"""Return what no page of *run* compared: live Sales Orders of the store whose order was there before it began, and orders and
		customers of which something is not over that another run has found.
		"""

	def signal(self, event: NewEvent) -> Receipt:
		"""Record an event and commit; workers carry it out."""

	def mark(self, mark: Mark) -> None:
		"""Have something pushed, and commit."""

	def known(self, findings: Sequence[Finding]) -> Mapping[str, Discrepancy]:
		"""Return what is known of *findings* from earlier, by their key (`Finding.key`)."""

	def note(self, run: Run, findings: Sequence[Finding]) -> None:
		"""Keep what is about to be healed, and commit. How far the run is stays as it was kept last."""

	def keep(self, run: Run, findings: Sequence[Finding], compared: Sequence[str]) -> None:
		"""Keep how far a run is and what it found, in one transaction.

		A discrepancy of a record among *compared* that is not found any more is over. *compared*: keys of links.
		"""
