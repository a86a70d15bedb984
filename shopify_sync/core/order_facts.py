"""What is known of an order besides its last payload: its transactions, which come in messages of their own.

They are kept on the order's link (`facts`), without cards, receipts or persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP
from itertools import chain
from typing import Any

from .contracts.order import Order
from .contracts.transaction import Fee, Transaction
from .money import quantum

_TRANSACTIONS = "transactions"


def with_transaction(facts: Mapping[str, Any], transaction: Transaction) -> dict[str, Any]:
	"""Return *facts* with *transaction* among them; of two reports of one the successful counts, then the later."""
	known = dict(facts.get(_TRANSACTIONS) or {})
	before = known.get(transaction.id)
	known[transaction.id] = (
		_better(Transaction.model_validate(before), transaction).as_fact() if before else transaction.as_fact()
	)
	return {**facts, _TRANSACTIONS: known}


def known_transactions(order: Order, facts: Mapping[str, Any]) -> tuple[Transaction, ...]:
	"""Return every transaction of *order* that is known: remembered ones, those of its refunds, those in the payload itself.

	In the order in which they happened, and in the money that is booked.
	"""
	remembered = (Transaction.model_validate(fact) for fact in (facts.get(_TRANSACTIONS) or {}).values())
	in_refunds = (transaction for refund in order.refunds for transaction in refund.transactions)
	known: dict[str, Transaction] = {}
	for transaction in chain(remembered, in_refunds, order.transactions):
		before = known.get(transaction.id)
		known[transaction.id] = _better(before, transaction) if before else transaction
	booked = (_in_booked_money(order, transaction) for transaction in known.values())
	return tuple(sorted(booked, key=lambda found: (str(found.at or ""), len(found.id), found.id)))


def _in_booked_money(order: Order, transaction: Transaction) -> Transaction:
	"""Return a transaction in the order's currency, by what the whole order comes to in both; the full amount is exact."""
	if transaction.currency == order.currency or transaction.currency != order.other_currency or not order.other_total:
		return transaction
	rate, unit = order.total_price / order.other_total, quantum(order.currency)
	fees = tuple(Fee(amount=(fee.amount * rate).quantize(unit, ROUND_HALF_UP)) for fee in transaction.fees)
	amount = (transaction.amount * rate).quantize(unit, ROUND_HALF_UP)
	return transaction.model_copy(update={"amount": amount, "currency": order.currency, "fees": fees})


def _better(before: Transaction, now: Transaction) -> Transaction:
	"""Return which of two reports of one transaction counts: success is final."""
	return before if before.status == "success" and now.status != "success" else now
