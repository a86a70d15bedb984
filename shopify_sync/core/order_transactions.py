"""decide() for transactions: each is remembered with its order, and the order is decided about again with it.

No payload of an order repeats its transactions, and neither need come first. So a transaction is a fact about the order: it is
kept on the order's link, and the order as it was last applied is looked at once more. If that has not come yet, its own
event finds the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import keys, orders
from .contracts.order import Order
from .contracts.transaction import Transaction
from .failures import Category, Failure
from .masking import REDACTED
from .order_facts import with_transaction
from .plan import Decision, LinkUpdate, Plan
from .policy import StorePolicy
from .signals import Signal
from .snapshots import LinkOnlyNeeds, LinkState, OrderNeeds, OrderSnapshot


@dataclass(frozen=True)
class TransactionOfOrder:
	"""A transaction, and its order as it was last applied.

	:ivar order: None when none was applied yet, or its payload is gone.
	:ivar event: the event that carried that state of the order.
	"""

	transaction: Transaction
	order: Order | None = None
	event: str | None = None


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> TransactionOfOrder:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not a transaction."""
	return TransactionOfOrder(Transaction.model_validate(payload))


def whole(found: TransactionOfOrder, policy: StorePolicy) -> str:
	"""Return the key of the order's link; that of the transaction itself when it names no order."""
	transaction = found.transaction
	if not transaction.order_id:
		return _own_key(found, policy)
	return keys.key(policy.store, keys.ORDER, transaction.order_id)


def complete(
	found: TransactionOfOrder, whole: tuple[str, Mapping[str, Any] | None] | None, policy: StorePolicy
) -> TransactionOfOrder:
	"""Return the transaction with its order."""
	if whole is None or not found.transaction.order_id:
		return found
	event, payload = whole
	if payload is None or payload.get(REDACTED):
		return replace(found, event=event)
	return replace(found, order=orders.parse(payload, policy), event=event)


def is_current(found: TransactionOfOrder, links: Mapping[str, LinkState], policy: StorePolicy) -> bool:
	"""Tell whether no other state of the order was applied since it was read; the first one counts too."""
	return (links[whole(found, policy)].last_event or None) == found.event


def locks(found: TransactionOfOrder, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: as for the order, then the transaction's own."""
	first = orders.locks(found.order, policy) if found.order else (whole(found, policy),)
	return tuple(dict.fromkeys((*first, _own_key(found, policy))))


def needs(found: TransactionOfOrder, policy: StorePolicy) -> OrderNeeds | LinkOnlyNeeds:
	"""Return what has to be read before deciding."""
	return orders.needs(found.order, policy) if found.order else LinkOnlyNeeds(whole(found, policy))


def decide(found: TransactionOfOrder, snapshot: OrderSnapshot | LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan: the fact on the order's link, and what the order as it stands then asks for."""
	transaction = found.transaction
	if not transaction.order_id:
		return Failure(Category.INVALID_PAYLOAD, f"Transaction {transaction.id} names no order.")
	link = snapshot if isinstance(snapshot, LinkState) else snapshot.link
	facts = with_transaction(link.facts, transaction)
	own = LinkUpdate(signal.key, version=signal.version)
	if found.order is None or isinstance(snapshot, LinkState):
		return Plan(
			links=(LinkUpdate(link.key, facts=facts), own),
			reason=f"Kept for order {transaction.order_id}, of which no state that was applied is at hand.",
		)
	of_order = replace(signal, resource=keys.ORDER, shopify_id=transaction.order_id, version=link.version or "")
	known = replace(snapshot, link=replace(link, facts=facts))
	decision = orders.decide(found.order, known, policy, of_order)
	return _of_transaction(decision, link.key, facts, own) if isinstance(decision, Plan) else decision


def _of_transaction(plan: Plan, order_key: str, facts: Mapping[str, Any], own: LinkUpdate) -> Plan:
	"""Return the order's plan as this event's: the order's version stays, it is the one that was applied before."""
	links = [replace(link, version=None, facts=facts) if link.key == order_key else link for link in plan.links]
	if not any(link.key == order_key for link in links):
		links.append(LinkUpdate(order_key, facts=facts))
	return replace(plan, links=(*links, own), reason=plan.reason and "The order already agrees with this transaction.")


def _own_key(found: TransactionOfOrder, policy: StorePolicy) -> str:
	return keys.key(policy.store, keys.ORDER_TRANSACTION, found.transaction.id)
