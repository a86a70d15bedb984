"""Payment Entries of transactions, as payouts are compared with them: found by key, with their amendments, in a few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.findings import Touches
from shopify_sync.core.reconciliation.found import Found
from shopify_sync.core.reconciliation.payouts import FoundPayment, FoundPayments, entry_key

from . import ledger, touches
from .documents import PAYMENT, decimal
from .touches import Deleted, Written

_COLUMNS = """name, shopify_key, amended_from, docstatus, modified, modified_by, payment_type, paid_to, paid_from,
	paid_to_account_currency, paid_from_account_currency, received_amount, paid_amount, target_exchange_rate, source_exchange_rate"""
#: Keys in one statement.
_AT_ONCE = 1000
_MOST_AMENDMENTS = 20


def read(policy: StorePolicy, transactions: Mapping[str, str], deleted: Deleted) -> FoundPayments:
	"""Return the Payment Entries of transactions, and what is known of their orders. :param transactions: transaction → order."""
	by_key = {entry_key(policy.store, order, transaction): transaction for transaction, order in transactions.items()}
	rows = _rows(list(by_key))
	deductions = _deductions([row.name for row in rows])
	entries = {
		by_key[row.key]: _payment(row, deductions.get(row.name, {})) for row in rows if row.docstatus == 1 and row.key in by_key
	}
	return FoundPayments(entries, _orders(policy, transactions, rows, entries, deleted))


def _rows(wanted: Sequence[str]) -> list[Any]:
	"""Return the entries with these keys, and what the cancelled ones were amended to: *key* is that of the first."""
	found: list[Any] = []
	for start in range(0, len(wanted), _AT_ONCE):
		query = f"SELECT {_COLUMNS}, shopify_key AS `key` FROM `tabPayment Entry` WHERE shopify_key IN %s"  # noqa: S608 - constants
		found += frappe.db.sql(query, (tuple(wanted[start : start + _AT_ONCE]),), as_dict=True)
	fresh = {row.name: row.key for row in found if row.docstatus == 2}
	for _amendment in range(_MOST_AMENDMENTS):
		if not fresh:
			break
		query = f"SELECT {_COLUMNS} FROM `tabPayment Entry` WHERE amended_from IN %s AND IFNULL(shopify_key, '') = ''"  # noqa: S608
		amended = frappe.db.sql(query, (tuple(fresh),), as_dict=True)
		for row in amended:
			row.key = fresh[row.amended_from]
		found += amended
		fresh = {row.name: row.key for row in amended if row.docstatus == 2}
	return found


def _deductions(names: Sequence[str]) -> dict[str, dict[str, Decimal]]:
	found: dict[str, dict[str, Decimal]] = {}
	for start in range(0, len(names), _AT_ONCE):
		query = (
			"SELECT parent, account, SUM(amount) FROM `tabPayment Entry Deduction` WHERE parent IN %s GROUP BY parent, account"
		)
		for parent, account, amount in frappe.db.sql(query, (tuple(names[start : start + _AT_ONCE]),)):
			found.setdefault(parent, {})[account] = decimal(amount)
	return found


def _payment(row: Any, deductions: Mapping[str, Decimal]) -> FoundPayment:
	"""Return an entry in the currency of the account that the money is on; deductions are in the company's."""
	receives = row.payment_type == "Receive"
	rate = decimal(row.target_exchange_rate if receives else row.source_exchange_rate) or Decimal(1)
	return FoundPayment(
		name=row.name,
		account=(row.paid_to if receives else row.paid_from) or "",
		currency=(row.paid_to_account_currency if receives else row.paid_from_account_currency) or "",
		moved=decimal(row.received_amount) if receives else -decimal(row.paid_amount),
		deductions={account: amount / rate for account, amount in deductions.items()},
		rate=rate,
	)


def _orders(
	policy: StorePolicy,
	transactions: Mapping[str, str],
	rows: Sequence[Any],
	entries: Mapping[str, FoundPayment],
	deleted: Deleted,
) -> dict[str, Found]:
	order_keys = {keys.key(policy.store, keys.ORDER, order): order for order in transactions.values()}
	links = ledger.read_links(order_keys)
	events = ledger.events_of(order_keys)
	touched = _touched(policy, transactions, rows, entries, links, deleted)
	return {
		order: Found(link=ledger.state_of(links, key), events=events.get(key, ()), touches=touched.get(key, {}))
		for key, order in order_keys.items()
	}


def _touched(
	policy: StorePolicy,
	transactions: Mapping[str, str],
	rows: Sequence[Any],
	entries: Mapping[str, FoundPayment],
	links: Mapping[str, ledger.LinkRow],
	deleted: Deleted,
) -> dict[str, Touches]:
	"""Return who changed, cancelled or deleted payments, by the key of their order."""
	order_of = {row.name: row.key.rpartition("/transaction/")[0] for row in rows}
	written = [
		Written(PAYMENT, row.name, int(row.docstatus), row.modified, row.modified_by, link.synced_at if link else None)
		for row in rows
		for link in (links.get(order_of[row.name]),)
	]
	found: dict[str, dict[tuple[str, str], Any]] = {}
	for (doctype, name), touch in touches.touches_of(written).items():
		found.setdefault(order_of[name], {})[(doctype, name)] = touch
	for transaction, order in transactions.items():
		if transaction not in entries:
			key = entry_key(policy.store, order, transaction)
			found.setdefault(keys.key(policy.store, keys.ORDER, order), {}).update(deleted.under(policy.store, (PAYMENT,), key))
	return found  # type: ignore[return-value]
