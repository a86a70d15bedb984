"""What is known of an order besides its last payload: transactions and fulfillments, which come in messages of their own.

They are kept on the order's link (`facts`), without cards, receipts or persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP
from itertools import chain
from typing import Any

from ..contracts.fulfillment import FulfillmentMessage
from ..contracts.order import Fulfillment, Order
from ..contracts.transaction import Fee, Transaction
from ..money import quantum

_TRANSACTIONS = "transactions"
_FULFILLMENTS = "fulfillments"


def with_transaction(facts: Mapping[str, Any], transaction: Transaction) -> dict[str, Any]:
	"""Return *facts* with *transaction* among them; of two reports of one the successful counts, then the later."""
	known = dict(facts.get(_TRANSACTIONS) or {})
	before = known.get(transaction.id)
	known[transaction.id] = (
		_better(Transaction.model_validate(before), transaction).as_fact() if before else transaction.as_fact()
	)
	return {**facts, _TRANSACTIONS: known}


def with_fulfillment(facts: Mapping[str, Any], fulfillment: FulfillmentMessage) -> dict[str, Any]:
	"""Return *facts* with *fulfillment* among them; of two states of one the later counts."""
	known = dict(facts.get(_FULFILLMENTS) or {})
	before = known.get(fulfillment.id)
	if before is None or not _is_later(FulfillmentMessage.model_validate(before), fulfillment):
		known[fulfillment.id] = fulfillment.as_fact()
	return {**facts, _FULFILLMENTS: known}


def with_known_fulfillments(order: Order, facts: Mapping[str, Any]) -> Order:
	"""Return *order* with what messages of their own said of its fulfillments since, and with the status that follows from it."""
	known = {found.id or "": found for found in order.fulfillments}
	news = {}
	for id, fact in (facts.get(_FULFILLMENTS) or {}).items():
		found, before = FulfillmentMessage.model_validate(fact), known.get(id)
		if before is None or _is_later(found, before, order.updated_at):
			news[id] = found
	if not news:
		return order
	merged = tuple({**known, **news}.values())
	status = _status(order, merged)
	return order.model_copy(update={"fulfillments": merged, "fulfillment_status": status})


def _is_later(found: Fulfillment, other: Fulfillment, otherwise: datetime | None = None) -> bool:
	"""Tell whether *found* is the later of two states. Within a second a cancellation is: there is no way back from it.

	:param otherwise: stands in for the time of *other* where it states none.
	"""
	mine, theirs = found.updated_at, other.updated_at or otherwise
	if mine is None or theirs is None:
		return theirs is None
	return (mine, found.status == "cancelled") > (theirs, other.status == "cancelled")


def _status(order: Order, fulfillments: tuple[Fulfillment, ...]) -> str:
	"""Return REST's `fulfillment_status` of the order with *fulfillments* in the place of its own."""
	sent, stated = _sent(fulfillments), _sent(order.fulfillments)
	if not any(sent.values()):
		return ""
	for line in order.line_items:
		more = sent.get(line.id, 0) - stated.get(line.id, 0)
		left = line.fulfillable_quantity
		if left is None:
			left = order.current_quantity(line) - stated.get(line.id, 0) if line.requires_shipping else 0
		if left > more:
			return "partial"
	return "fulfilled"


def _sent(fulfillments: tuple[Fulfillment, ...]) -> dict[str, int]:
	total: dict[str, int] = {}
	for found in fulfillments:
		for line, pieces in found.pieces.items() if found.is_sent else ():
			total[line] = total.get(line, 0) + pieces
	return total


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
