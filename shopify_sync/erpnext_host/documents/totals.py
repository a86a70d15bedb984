"""The last look before a document counts: ERPNext's total must be the one that Shopify states."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.money import plain
from shopify_sync.core.plan import CreateDocument, ReviseDocument, SubmitDocument


def check_total(doc: Any, change: CreateDocument | SubmitDocument | ReviseDocument) -> None:
	"""Refuse to post anything but what Shopify states. The total of a credit note is negative."""
	if change.expect_total is None:
		return
	posted = Decimal(str(doc.grand_total))
	if abs(posted - change.expect_total) > change.tolerance:
		rows = "; ".join(f"{row.description}: {row.tax_amount}" for row in doc.get("taxes", []))
		raise SyncFailure(
			Failure(
				Category.TOTALS_MISMATCH,
				f"ERPNext arrives at {plain(posted)} {doc.currency}, Shopify states {plain(change.expect_total)}. Nothing was "
				f"posted. ERPNext's net total is {doc.net_total}; tax rows: {rows or 'none'}. Look for tax templates, pricing "
				"rules, or a currency precision that is too small.",
			)
		)
