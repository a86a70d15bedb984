"""What the rows of a Sales Order come to: qty × rate, less the discount, plus the taxes. Decimal throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.money import plain, total
from shopify_sync.core.plan import CreateDocument


@dataclass(frozen=True)
class Totals:
	"""The sums of a document, in its currency."""

	net: Decimal
	taxes: Decimal
	grand: Decimal


def totals_of(values: Mapping[str, Any]) -> Totals:
	"""Return the sums of a document with `items`, `taxes` and a `discount_amount` on the net total."""
	lines = total(Decimal(row["qty"]) * Decimal(row["rate"]) for row in values.get("items") or ())
	net = lines - Decimal(values.get("discount_amount") or 0)
	taxes = total(Decimal(row["tax_amount"]) for row in values.get("taxes") or ())
	return Totals(net, taxes, net + taxes)


def check(change: CreateDocument, totals: Totals) -> None:
	"""Return when the document comes to the total that Shopify states.

	:raises SyncFailure: *totals mismatch*, with both figures.
	"""
	if change.expect_total is None or abs(totals.grand - change.expect_total) <= change.tolerance:
		return
	message = (
		f"{change.doctype} {change.name or change.key} comes to {plain(totals.grand)}, but Shopify states "
		f"{plain(change.expect_total)} {change.values.get('currency', '')}. Nothing was posted."
	)
	raise SyncFailure(Failure(Category.TOTALS_MISMATCH, message))
