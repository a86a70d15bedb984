"""One case: a story, and what must stand when it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .expectations import Document, Refused
from .steps import Step

#: What can only be put in the way of an order on a real site; each runner says which it can.
CIRCUMSTANCES = (
	"closed period", "frozen accounts", "frozen customer", "credit limit", "no stock", "order cancelled by hand",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
	"""A case of the table.

	:ivar name: what it shows, in a few words; unique.
	:ivar story: what happens, in order.
	:ivar stands: every document of the order that must stand, and no other; None: not looked at (the ledger is).
	:ivar books: the order's part of the ledger, see :func:`expectations.books`; None: not looked at.
	:ivar settings: of the store, in the words of core/policy.py; accounts by role (`{"adjustment_account": "adjustment"}`).
	:ivar refused: how the last event fails; None: every event ends well.
	:ivar circumstance: what stands in the way before the last step, one of :data:`CIRCUMSTANCES`.
	:ivar any_order: whether the same books come out whatever the order in which the webhooks arrive.
	:ivar only: `site` or `embedded` where the other tier has no such thing.
	"""

	name: str
	story: tuple[Step, ...]
	stands: tuple[Document, ...] | None
	books: Mapping[str, Decimal] | None
	settings: Mapping[str, Any] = field(default_factory=dict)
	refused: Refused | None = None
	circumstance: str | None = None
	any_order: bool = True
	only: str | None = None

	@property
	def runs_on(self) -> tuple[str, ...]:
		"""The tiers that can run it."""
		if self.only or self.circumstance:
			return (self.only or "site",)
		return ("embedded", "site")
