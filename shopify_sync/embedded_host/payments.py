"""Payment Entries of transactions, as reconciliation compares payouts with them. Accounts here are kept in the company's currency."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal

from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.payouts import FoundPayment, entry_key
from shopify_sync.core.snapshots import DocumentState

from . import documents


def read(connection: sqlite3.Connection, policy: StorePolicy, transactions: Mapping[str, str]) -> dict[str, FoundPayment]:
	"""Return the submitted Payment Entry of each transaction that has one. :param transactions: transaction → order."""
	found = {}
	for transaction, order in transactions.items():
		entry = documents.by_key(connection, "Payment Entry", entry_key(policy.store, order, transaction))
		if entry is not None and entry.docstatus == documents.SUBMITTED:
			found[transaction] = _payment(entry, policy)
	return found


def _payment(entry: DocumentState, policy: StorePolicy) -> FoundPayment:
	values = entry.values
	receives = values.get("payment_type") == "Receive"
	moved = Decimal(str(values.get("received_amount") or 0))
	deductions: dict[str, Decimal] = {}
	for row in values.get("deductions") or ():
		deductions[row["account"]] = deductions.get(row["account"], Decimal(0)) + Decimal(str(row["amount"]))
	account = values.get("paid_to" if receives else "paid_from")
	return FoundPayment(entry.name, str(account or ""), policy.company_currency, moved if receives else -moved, deductions)
