"""Decides about a sample with nothing but the core: the snapshot is of an ERPNext that knows all it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from shopify_sync.core.keys import ORDER
from shopify_sync.core.plan import CreateDocument, Decision, DocRef, Plan
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.products.item_links import ITEM
from shopify_sync.core.resources import PARTS, RESOURCES
from shopify_sync.core.signals import Signal
from shopify_sync.core.snapshots import (
	AttributeState,
	Booked,
	CustomerMergeNeeds,
	CustomerMergeSnapshot,
	CustomerNeeds,
	CustomerSnapshot,
	DocumentState,
	ItemState,
	LevelNeeds,
	LevelSnapshot,
	LinkOnlyNeeds,
	LinkState,
	Needs,
	OrderNeeds,
	OrderSnapshot,
	PriceState,
	ProductNeeds,
	ProductSnapshot,
	Snapshot,
	StockNeeds,
	StockSnapshot,
	VariantQuery,
	VariantState,
)

from .samples import Sample

_SUBMITTED = 1


@dataclass(frozen=True)
class Known:
	"""What an earlier message left behind. :ivar order: the plan that was carried out for the order."""

	order: Plan | None = None
	customer: bool = False


@dataclass(frozen=True)
class Decided:
	"""A decision, and what was looked up for it."""

	decision: Decision
	needs: Needs


def known_of(sample: Sample) -> Known:
	"""Return what is there when the sample comes: what the same payload made, where it is said to be known."""
	if not sample.known:
		return Known()
	whole = sample.whole or sample.earlier or (sample.payload if sample.resource == ORDER else None)
	if whole is None:
		return Known(customer=True)
	made = decide(replace(sample, resource=ORDER, payload=whole, whole=None), whole, sample.policy, Known())
	assert isinstance(made.decision, Plan), made.decision
	return Known(made.decision, customer=True)


def decide(sample: Sample, payload: Mapping[str, Any], policy: StorePolicy, known: Known) -> Decided:
	"""Return the decision about *payload*. :raises pydantic.ValidationError: when it is not what the sample's resource is."""
	resource = RESOURCES[sample.resource]
	contract = resource.parse(payload, policy)
	if sample.resource in PARTS:
		whole = ("earlier", sample.whole) if sample.whole else None
		contract = PARTS[sample.resource].complete(contract, whole, policy)
	needs = resource.needs(contract, policy)
	own_id = str(getattr(contract, "id", None) or getattr(contract, "deleted_id", None) or "1")
	signal = Signal("event", policy.store, sample.resource, own_id, _version(payload))
	return Decided(resource.decide(contract, _snapshot(needs, policy, known), policy, signal), needs)


def _version(payload: Mapping[str, Any]) -> str:
	return f"{payload.get('updated_at')}|{sorted(map(str, payload.items()))}"


def _snapshot(needs: Needs, policy: StorePolicy, known: Known) -> Snapshot:
	if isinstance(needs, OrderNeeds):
		return _order(needs, known)
	if isinstance(needs, CustomerNeeds):
		return _customer(needs, known.customer)
	if isinstance(needs, CustomerMergeNeeds):
		return CustomerMergeSnapshot(_customer(needs.kept, True), _customer(needs.deleted, True))
	if isinstance(needs, LevelNeeds):
		return LevelSnapshot(LinkState(needs.key), LinkState(needs.push_key), _stock(needs.stock) if needs.stock else None)
	if isinstance(needs, ProductNeeds):
		return _product(needs, known.customer)
	assert isinstance(needs, LinkOnlyNeeds)
	return LinkState(needs.key, "Customer", "Customer") if known.customer else LinkState(needs.key)


def _stock(needs: StockNeeds) -> StockSnapshot:
	item = ItemState(f"Item of {needs.item_key}")
	booked = Booked(Decimal(3), Decimal(5), needs.at.replace(tzinfo=None)) if needs.at else None
	return StockSnapshot(LinkState(needs.key), item, Decimal(3), item_rate=Decimal(4), price_list_rate=Decimal(9), booked=booked)


def _product(needs: ProductNeeds, is_known: bool) -> ProductSnapshot:
	"""Return what ERPNext says of a product: SKUs that begin with KNOWN are Items, two that begin so are another."""
	store = needs.key.partition("/")[0]

	def linked(resource: str, id: str, sku: str) -> LinkState:
		link = LinkState(f"{store}/{resource}/{id}")
		leads = is_known and sku and sku != "NEW"
		return replace(link, document_type=ITEM, document_name="KNOWN", agreed={"sku": "KNOWN"}) if leads else link

	def state(query: VariantQuery) -> VariantState:
		link, stock = (
			linked("variant", query.variant_id, query.sku),
			linked("inventory_item", query.inventory_item_id or "", query.sku),
		)
		found = (ItemState(query.sku),) if query.sku.startswith("KNOWN") else ()
		return VariantState(
			link, stock if query.inventory_item_id else None, ItemState("KNOWN") if link.document_name else None, found
		)

	gone = VariantState(LinkState(f"{store}/variant/98"), LinkState(f"{store}/inventory_item/99"))
	return ProductSnapshot(
		link=LinkState(needs.key, facts={"variants": {"98": "99"}} if is_known else {}),
		variants={query.variant_id: state(query) for query in needs.variants},
		others={"98": gone} if is_known else {},
		barcodes={"taken": "Another"},
		attributes={"Size": AttributeState((("S", "S"),))} if is_known else {},
		prices={"KNOWN": PriceState("PRICE-KNOWN", Decimal(1))},
		price_currency={"Standard Selling": "USD"}.get(needs.price_list or ""),
	)


def _order(needs: OrderNeeds, known: Known) -> OrderSnapshot:
	snapshot = OrderSnapshot(
		link=LinkState(needs.key),
		sales_order=None,
		items={query: ItemState(query.sku or f"Item of variant {query.variant_id}") for query in needs.items},
		special_items={code: ItemState(code) for code in needs.special_items},
		customer=_customer(needs.customer, False) if needs.customer else None,
		# A rate of its own for each currency and day.
		exchange_rate=Decimal(1) + Decimal(needs.on.toordinal() % 97 + sum(map(ord, needs.currency))) / 1000,
	)
	is_known = known.order and any(link.key == needs.key for link in known.order.links)
	return _after(snapshot, known.order) if known.order and is_known else snapshot


def _after(snapshot: OrderSnapshot, plan: Plan) -> OrderSnapshot:
	"""Return what ERPNext says once *plan* was carried out."""
	made = [change for change in plan.changes if isinstance(change, CreateDocument)]
	states = {change.key: DocumentState(change.doctype, change.name or change.key, True, _SUBMITTED) for change in made}
	(link,) = (link for link in plan.links if link.key == snapshot.link.key)
	order = next(change for change in made if change.doctype == "Sales Order")
	values = {
		"customer": _name(order.values["customer"], states),
		"conversion_rate": order.values["conversion_rate"],
		"grand_total": order.expect_total,
		"status": "To Deliver and Bill",
	}
	return replace(
		snapshot,
		link=LinkState(link.key, "Sales Order", order.name, link.version, "earlier", link.agreed or {}, link.facts or {}),
		sales_order=replace(states[order.key], values=values),
		documents={key: state for key, state in states.items() if key.startswith(f"{snapshot.link.key}/")},
	)


def _name(value: Any, states: Mapping[str, DocumentState]) -> str:
	return states[value.key].name if isinstance(value, DocRef) else str(value)


def _customer(needs: CustomerNeeds, exists: bool) -> CustomerSnapshot:
	agreed = (
		{name: "as agreed" for name in _CUSTOMER_VALUES | _CONTACT_VALUES if name not in ("first_name", *_MODIFIED)}
		if exists
		else {}
	)
	if exists:
		# One that a person changed since.
		agreed["first_name"] = "as agreed before"
	customer = DocumentState("Customer", f"Customer {needs.key}", True, values=_CUSTOMER_VALUES) if exists else None
	contact = DocumentState("Contact", f"Contact {needs.key}", True, values=_CONTACT_VALUES) if exists else None
	address = DocumentState("Address", "Address", True, values={"address_line1": "as agreed", "country": "as agreed"})
	return CustomerSnapshot(
		link=LinkState(needs.key, "Customer" if exists else None, f"Customer {needs.key}" if exists else None, agreed=agreed),
		customer=customer,
		contact=contact,
		addresses={f"{needs.key}/address/9": address} if exists else {},
		countries={country: f"Country {country}" for country in needs.countries if len(country) > 1},
		language=needs.language or None,
		currency_is_booked=bool(needs.currency),
	)


_MODIFIED = {"modified": "2026-11-20T12:00:00+00:00", "modified_by": "somebody"}
_CUSTOMER_VALUES = _MODIFIED | {name: "as agreed" for name in ("customer_name", "language", "default_currency", "tax_id")}
_CONTACT_VALUES = _MODIFIED | {name: "as agreed" for name in ("first_name", "last_name", "email_id", "mobile_no", "company_name")}
