"""What would be said to Shopify about an event on its way out, as plain data: nothing is called, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .. import keys
from ..failures import Failure
from ..plan import Skip
from ..policy import StorePolicy
from ..ports import Transaction
from ..preview import describe_decision
from ..signals import Signal
from ..snapshots import DeliveryPushNeeds, DeliveryPushSnapshot, StockPushNeeds, StockPushSnapshot
from . import fulfillments, stock
from .fulfillment_push import in_words
from .marks import level_of
from .returns import ReadReturns

_READ = "What Shopify has would be read first, and decides what is said."


def preview(tx: Transaction, signal: Signal, policy: StorePolicy, now: datetime) -> Mapping[str, Any]:
	"""Return what would be said about the event of *signal* now, as `core.preview.describe_decision` describes decisions.

	:param now: UTC.
	"""
	tx.lock([signal.key])
	if signal.resource == keys.INVENTORY_PUSH:
		snapshot = tx.read(StockPushNeeds(signal.key, (level_of(signal.shopify_id),)))
		assert isinstance(snapshot, StockPushSnapshot)
		pair = level_of(signal.shopify_id)
		return _stock(signal.shopify_id, stock.decide(pair, snapshot.states[pair], policy, now))
	needs = DeliveryPushNeeds(signal.key, keys.key(signal.store, keys.ORDER, signal.shopify_id))
	found = tx.read(needs)
	assert isinstance(found, DeliveryPushSnapshot)
	return _deliveries(fulfillments.decide(found, policy, now, None, "").step)


def _stock(level: str, step: stock.Step) -> Mapping[str, Any]:
	if isinstance(step, Skip | Failure):
		return describe_decision(step)
	if isinstance(step, stock.Send):
		field = {"field": "on_hand", "before": step.change_from, "after": step.quantity}
		return _plan([{"action": "set", "doctype": "Inventory Level", "name": level, "key": None, "fields": [field]}], "")
	if isinstance(step, stock.Same):
		return _plan([], f"Shopify has {step.on_hand} on hand, as far as is known.")
	return _plan([], _waits(step.until) if isinstance(step, stock.Wait) else _READ)


def _deliveries(step: fulfillments.Step) -> Mapping[str, Any]:
	if isinstance(step, Skip | Failure):
		return describe_decision(step)
	if isinstance(step, fulfillments.Wait):
		return _plan([], _waits(step.until))
	if isinstance(step, fulfillments.Done):
		return _plan([], "Shopify has what was delivered already.")
	return _plan([], _READ if isinstance(step, fulfillments.Read | ReadReturns) else in_words(step))


def _waits(until: datetime) -> str:
	return f"Another call may still be on its way to Shopify; it is looked at again at {until:%H:%M:%S} UTC."


def _plan(changes: list[Mapping[str, Any]], reason: str) -> Mapping[str, Any]:
	return {"decision": "plan", "changes": changes, "not_applied": [], "reason": reason}
