"""Transactions: money taken, authorized or given back, each a part of its order. No payload of an order repeats them."""

from __future__ import annotations

from .. import keys
from ..contracts.transaction import Transaction
from .facts import with_transaction
from .parts import OrderPart

TRANSACTIONS = OrderPart(keys.ORDER_TRANSACTION, "transaction", Transaction.model_validate, with_transaction)
