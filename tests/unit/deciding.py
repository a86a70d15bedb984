"""Decides about a payload with nothing but the core: the snapshot says that ERPNext knows what it needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shopify_sync.core.contracts import Order
from shopify_sync.core.keys import ORDER, key
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.plan import CreateDocument, Decision, LinkUpdate, Plan
from shopify_sync.core.policy import StorePolicy, TaxRule
from shopify_sync.core.signals import Signal, payload_hash, subject_of
from shopify_sync.core.snapshots import CustomerSnapshot, DocumentState, ItemState, LinkState, OrderSnapshot

from .strategies import body

POLICY = StorePolicy(
	store="test",
	company="Test Ltd",
	company_currency="USD",
	tip_item="TIP",
	guest_customer="Walk-in",
	tax_rules=(TaxRule("VAT", None, "VAT - T"), TaxRule("GST", None, "GST - T")),
	shipping_account="Freight - T",
)


def signal_of(payload: Mapping[str, Any]) -> Signal:
	"""Return the signal of an order's payload."""
	subject = subject_of(ORDER, payload, payload_hash(body(payload)))
	return Signal("event", POLICY.store, ORDER, subject.shopify_id, subject.version)


def snapshot_of(order: Order, policy: StorePolicy = POLICY) -> OrderSnapshot:
	"""Return what an ERPNext says that has every Item and rate, and no document yet."""
	needs = orders.needs(order, policy)
	customer = needs.customer
	return OrderSnapshot(
		link=LinkState(needs.key),
		sales_order=None,
		items={query: ItemState(query.sku) for query in needs.items},
		special_items={code: ItemState(code) for code in needs.special_items},
		customer=CustomerSnapshot(LinkState(customer.key), countries={"US": "United States"}) if customer else None,
		exchange_rate=Decimal("1.1"),
	)


def decide(payload: Mapping[str, Any], policy: StorePolicy = POLICY) -> Decision:
	"""Return the decision about an order that ERPNext does not know."""
	order = orders.parse(payload, POLICY)
	return orders.decide(order, snapshot_of(order, policy), policy, signal_of(payload))


def decide_again(payload: Mapping[str, Any], plan: Plan) -> Decision:
	"""Return the decision about the same payload once *plan* was carried out."""
	order = orders.parse(payload, POLICY)
	link_key = key(POLICY.store, ORDER, order.id)
	(update,) = (update for update in plan.links if update.key == link_key)
	assert isinstance(update, LinkUpdate)
	booked = DocumentState("Sales Order", "SO-1001", exists=True, docstatus=1)
	link = LinkState(link_key, "Sales Order", "SO-1001", update.version, "event", update.agreed or {})
	snapshot = replace(snapshot_of(order), link=link, sales_order=booked)
	return orders.decide(order, snapshot, POLICY, signal_of(payload))


def sales_order(decision: Decision) -> CreateDocument:
	"""Return the Sales Order of a plan."""
	assert isinstance(decision, Plan), decision
	(found,) = (change for change in decision.changes if change.doctype == "Sales Order")
	assert isinstance(found, CreateDocument)
	return found
