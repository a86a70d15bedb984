"""What the rows of a Sales Order come to: qty × rate, less the discount, plus the taxes. Decimal throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.money import plain, total
from shopify_sync.core.plan import CreateDocument, ReviseDocument, SubmitDocument


@dataclass(frozen=True)
class Totals:
	"""The sums of a document, in its currency."""

	net: Decimal
	taxes: Decimal
	grand: Decimal


def totals_of(values: Mapping[str, Any]) -> Totals:
	"""Return the sums of a document with `items`, `taxes` and a `discount_amount` on the net total."""
	lines = total(Decimal(str(row["qty"])) * Decimal(str(row["rate"])) for row in values.get("items") or ())
	net = lines - Decimal(str(values.get("discount_amount") or 0))
	taxes = total(Decimal(str(row["tax_amount"])) for row in values.get("taxes") or ())
	return Totals(net, taxes, net + taxes)


def check(change: CreateDocument, totals: Totals) -> None:
	"""Return when the document comes to the total that Shopify states.

	:raises SyncFailure: *totals mismatch*, with both figures.
	"""
	if change.expect_total is None or abs(totals.grand - change.expect_total) <= change.tolerance:
		return
	raise _mismatch(change, totals, change.name or change.key)


def check_total(change: ReviseDocument | SubmitDocument, totals: Totals) -> None:
	"""The same for a document that exists."""
	if change.expect_total is not None and abs(totals.grand - change.expect_total) > change.tolerance:
		raise _mismatch(change, totals, change.name)


def _mismatch(change: CreateDocument | ReviseDocument | SubmitDocument, totals: Totals, name: str) -> SyncFailure:
	assert change.expect_total is not None
	message = (
		f"{change.doctype} {name} comes to {plain(totals.grand)}, but Shopify states "
		f"{plain(change.expect_total)}. Nothing was posted."
	)
	return SyncFailure(Failure(Category.TOTALS_MISMATCH, message))
