"""What a host must offer so that a store is backfilled, and what Shopify's Admin API must offer for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ..events import NewEvent
from ..plan import Decision
from ..policy import StorePolicy
from ..reconciliation.ports import Page, Window
from .pace import Load

if TYPE_CHECKING:
	from .run import Run


class Shop(Protocol):
	"""Reading a store. Every method raises `outbound.calls.CallFailed` when the call itself fails."""

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		"""Return the records of a resource, page by page: as `reconciliation.ports.Shopify`."""

	def count(self, resource: str, window: Window) -> int | None:
		"""Return how many records there are, about; None where nothing tells."""


class BackfillHost(Protocol):
	"""A place where stores are backfilled."""

	def now(self) -> datetime:
		"""Return the time, UTC."""

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""

	def api_version(self, store: str) -> str:
		"""Return the version that the store is set to."""

	def load(self, most: int) -> Load:
		"""Return what waits for the workers. :param most: events of backfills are counted up to this."""

	def most_waiting(self) -> int:
		"""Return how many events of backfills may wait: `pace.WAITING_EACH` for each worker."""

	def is_settled(self, store: str) -> bool:
		"""Tell whether no event of a backfill of *store* waits for its first try, or is in work."""

	def wait(self, run: Run) -> None:
		"""Let a moment pass while there is no room.

		:raises RunIsOver: when a person stopped the run meanwhile.
		"""

	def record(self, event: NewEvent) -> None:
		"""Put an event before the workers, and commit. One that is there already is left as it is."""

	def mark_stock(self, store: str, after: str, most: int) -> tuple[int, str | None]:
		"""Have the stock of linked Items pushed that goes to Shopify, and commit; twice is as good as once.

		:param after: only levels whose id sorts behind this; *most*: so many of them.
		:returns: how many were marked, and the id of the last one; None: there are no more.
		"""

	def has_pushed(self, store: str) -> bool:
		"""Tell whether no mark of a backfill of *store* waits for its first push."""

	def stock_to_mark(self, store: str) -> int:
		"""Return how many levels :meth:`mark_stock` would mark. Nothing is written."""

	def decide(self, event: NewEvent, payload: Mapping[str, Any]) -> Decision:
		"""Return what would be decided about an event. Nothing at all is written; a failure's message has nothing personal in it."""

	def keep(self, run: Run) -> None:
		"""Keep how far a run is, and commit.

		:raises RunIsOver: when a person stopped it: then nothing is kept.
		"""


class RunIsOver(Exception):
	"""A person stopped the run, or deleted it."""
