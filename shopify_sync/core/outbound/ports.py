"""What a host must offer so that marks are pushed, and what Shopify's Admin API must offer for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..events import ClaimedEvent
from ..ports import Host
from .calls import Closed
from .stock import Level, Line, Pair, Refusal, SetResult


class Outbox(Protocol):
	"""The outbound half of the ledger. Each method is a transaction of its own and returns after its commit."""

	def due_stores(self) -> Sequence[tuple[str, str]]:
		"""Return (store, resource) of everything that is due now, each once."""

	def claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> Sequence[ClaimedEvent]:
		"""Take up to *limit* due events that no other worker holds, the longest waiting first, and count their attempts.

		Of several of one resource the newest is taken; the older ones become Superseded, pointing to it.
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


class PushHost(Host, Protocol):
	"""A place where the pusher runs.

	:ivar outbox: the outbound half of the ledger.
	"""

	outbox: Outbox

	def gate(self, store: str) -> Closed | None:
		"""Return why nothing is sent to *store* now, or None."""

	def stock_api(self, store: str) -> StockApi:
		"""Return the stock of *store* in the Admin API."""
