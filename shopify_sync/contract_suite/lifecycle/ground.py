"""What a runner offers, so that cases can be carried out there: the embedded host, or a real site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from ..bench import DocumentView, EventView
from .settings import Names
from .steps import Delivery

#: What follows an order in ERPNext.
DOCTYPES = ("Sales Order", "Sales Invoice", "Payment Entry", "Delivery Note")


class Ground(Names, Protocol):
	"""Where cases run. One store for all of them; every order has ids of its own.

	:ivar store: the store's name, which every key begins with.
	:ivar has_ledger: whether there is a real one: statuses and open amounts are kept, not only stored.
	"""

	store: str
	has_ledger: bool

	def open(self, settings: Mapping[str, Any]) -> None:
		"""Bring the store to *settings* (:func:`settings.settings`); what waits in it is forgotten."""

	def deliver(self, delivery: Delivery, webhook_id: str) -> None:
		"""Hand in a signed delivery, which must be answered with 200."""

	def drain(self) -> None:
		"""Run a worker until nothing is due."""

	def event(self, name: str) -> EventView:
		"""Return an event."""

	def replay(self, names: Sequence[str]) -> None:
		"""Press Replay on events, as far as it is offered, and carry them out."""

	def documents(self, order_id: int) -> list[DocumentView]:
		"""Return the documents whose key begins with the order's; a stock row's `warehouse` is its location id."""

	def books(self, documents: Sequence[DocumentView]) -> dict[str, Decimal]:
		"""Return the ledger sums of documents by role, without those that are zero."""

	def outstanding(self, document: DocumentView) -> Decimal:
		"""Return what is open on an invoice, in the receivable account's currency. Asked only where there is a ledger."""

	def put_in_the_way(self, circumstance: str, order_id: int) -> Any:
		"""Bring a circumstance of :data:`case.CIRCUMSTANCES` into the world. Return a context manager that takes it out again."""
