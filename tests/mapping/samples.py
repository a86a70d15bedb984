"""Payloads that reach every rule, and the store they are decided for. Everybody in them is made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from shopify_sync.contract_suite.lifecycle import payload as shown
from shopify_sync.contract_suite.lifecycle.order import MAIN, SECOND
from shopify_sync.contract_suite.lifecycle.people import NOBODY
from shopify_sync.contract_suite.lifecycle.records import Freight, TaxRate
from shopify_sync.contract_suite.lifecycle.steps import (
	BANK,
	Step,
	changes_shipping,
	edits,
	placed,
	play,
	refunds,
	ships,
)
from shopify_sync.contract_suite.lifecycle.wares import card, custom, mug, tee, tip
from shopify_sync.core import keys
from shopify_sync.core.customers.fields import AUTHORITY_FIELDS
from shopify_sync.core.policy import (
	Authority,
	BookedMoney,
	CustomerMerge,
	Direction,
	FieldAuthority,
	GatewayRule,
	GuestPolicy,
	LocationRule,
	MatchBy,
	MatchingRule,
	StorePolicy,
	TaxRule,
	VariantsAs,
)

from .fields import CONTRACTS, parts_of, source_names

#: Every setting that can be set is set.
STORE = StorePolicy(
	store="my-store",
	company="Company",
	company_currency="USD",
	price_list="Standard Selling",
	default_warehouse="Stores",
	cost_center="Main",
	delivery_days=2,
	tax_category="Shopify",
	custom_line_item="CUSTOM",
	tip_item="TIP",
	gift_card_item="GIFT-CARD",
	matching_rules=(MatchingRule(MatchBy.VERIFIED_EMAIL), MatchingRule(MatchBy.PHONE), MatchingRule(MatchBy.TAX_ID)),
	customer_merge=CustomerMerge.MERGE,
	redact_documents=True,
	sync_barcodes=True,
	create_items=True,
	item_group="Products",
	sync_prices=True,
	item_price_list="Standard Selling",
	shop_currency="USD",
	guest_customer="Guest",
	customer_group="Individual",
	territory="All Territories",
	tax_rules=(TaxRule("VAT", None, "VAT"), TaxRule("City", None, "City Tax")),
	shipping_rules=(("Standard", "Freight"), ("Express", "Express Freight")),
	locations=(LocationRule(MAIN, "Warehouse 1", Direction.INBOUND), LocationRule(SECOND, "Warehouse 2", Direction.INBOUND)),
	gateway_rules=(
		GatewayRule("shopify_payments", "Card", "Bank", "Clearing", "Fees"),
		GatewayRule("manual", "Transfer", "Bank"),
		GatewayRule("gift_card", "Gift Card", "Gift Cards"),
		GatewayRule("cash", "Cash", "Cash"),
	),
	field_rules=(
		("note", "custom_note"),
		("tags", "custom_tags"),
		("po_number", "custom_po_number"),
		("source_name", "custom_source_name"),
		("risk_level", "custom_risk_level"),
		("location_id", "custom_location_id"),
		("payment_terms", "custom_payment_terms"),
		("company_location", "custom_company_location"),
		("note_attribute:gift message", "custom_attribute"),
	),
	duty_account="Duties",
	adjustment_account="Adjustments",
	rounding_account="Rounding",
	gift_card_account="Gift Cards",
)


@dataclass(frozen=True)
class Sample:
	"""A payload to change, and what is known when it comes.

	:ivar resource: as in core/keys.py. *whole*: for a part (a transaction), the payload of the resource that it belongs to.
	:ivar only: the contracts whose values are changed in it; empty: all.
	:ivar known: whether ERPNext has what this payload made when it came before; *earlier*: or another one of the resource did.
	"""

	name: str
	resource: str
	payload: Mapping[str, Any]
	policy: StorePolicy = STORE
	whole: Mapping[str, Any] | None = None
	known: bool = False
	earlier: Mapping[str, Any] | None = None
	only: tuple[str, ...] = ()


def samples() -> list[Sample]:
	"""Return every sample."""
	return [*_orders(), *_customers(), *_customer_events(), _level(), *_products(), *_inventory_items()]


# --- orders -------------------------------------------------------------------------------------------------------


_TAXES = (TaxRate("VAT", Decimal("0.2")), TaxRate("City", Decimal("0.03")))
_ADDRESS = {
	"first_name": "Ada",
	"last_name": "Example",
	"name": "Ada Example",
	"company": "Example Ltd",
	"address1": "1 Sample Street",
	"address2": "Back door",
	"city": "Springfield",
	"zip": "12345",
	"province": "Illinois",
	"province_code": "IL",
	"country": "United States",
	"country_code": "US",
	"phone": "+1 555 0100",
}
_SHIP_TO = {**_ADDRESS, "address1": "2 Sample Street"}
_CUSTOMER = {
	"id": 6_001,
	"updated_at": "2026-11-18T12:00:00+00:00",
	"first_name": "Ada",
	"last_name": "Example",
	"email": "ada@example.com",
	"verified_email": True,
	"phone": "+1 555 0199",
	"currency": "USD",
	"locale": "en",
	"tax_exempt": False,
	"tax_id": "GB 123",
	"default_address": {**_ADDRESS, "id": 6_101, "default": True},
	"addresses": [
		{**_ADDRESS, "id": 6_101, "default": True},
		{**_ADDRESS, "id": 6_102, "address1": "3 Sample Street", "phone": "+1 555 0177", "default": False},
	],
	"email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": "2026-11-18T12:00:00+00:00"},
	"sms_marketing_consent": {"state": "subscribed", "consent_updated_at": "2026-11-18T12:00:00+00:00"},
}
_SAID: Mapping[str, Any] = {
	"customer": _CUSTOMER,
	"email": "ada@example.com",
	"contact_email": "ada.private@example.com",
	"phone": "+1 555 0123",
	"customer_locale": "en",
	"billing_address": _ADDRESS,
	"shipping_address": _SHIP_TO,
	"note": "Ring twice",
	"tags": "gift, blue",
	"po_number": "PO-7",
	"source_name": "web",
	"risk_level": "low",
	"location_id": 9_101,
	"note_attributes": [{"name": "gift message", "value": "Hello"}],
}


def _told(*steps: Step, **stated: Any) -> dict[str, Any]:
	"""Return an order as it is after *steps*, with its transactions in it."""
	order, _told = play(steps)
	return {
		**_without_gids(shown.order(order)),
		"transactions": [_without_gids(shown.transaction(order, made)) for made in order.transactions],
		**stated,
	}


def _without_gids(value: Any) -> Any:
	"""Return the payload with ids in `id` only, so that changing that changes the id."""
	if isinstance(value, Mapping):
		return {name: _without_gids(inner) for name, inner in value.items() if name != "admin_graphql_api_id"}
	return [_without_gids(inner) for inner in value] if isinstance(value, list) else value


def _everything() -> Step:
	return placed(
		tee(3, off="2.00", duty="1.50"),
		mug(2),
		custom(),
		tip(),
		card(),
		mug(1, label="free", off="5.00"),
		mug(1, label="gone"),
		freight=Freight("5.00", off="1.00"),
		taxes=_TAXES,
		pays="sale",
		fee="1.20",
		**_SAID,
	)


_SENT = ships("f1", {"l1": 2, "l2": 1}, number="TRACK1", company="Carrier")
_BACK = refunds("r1", {"l1": 1}, restock="return", location=MAIN, shipping="2.00", adjustment="-1.00", duties="0.50")


def _orders() -> list[Sample]:
	found = [*_booked(), *_followed(), *_transactions()]
	return [replace(one, payload=_read(CONTRACTS[one.resource], one.payload, _is_foreign(one.payload))) for one in found]


def _is_foreign(payload: Mapping[str, Any]) -> bool:
	return payload.get("presentment_currency") not in (None, payload.get("currency"))


def _read(contract: type[BaseModel], payload: Mapping[str, Any], with_sets: bool) -> dict[str, Any]:
	"""Return what is read of a payload: most of it never is, and thousands of copies are made."""
	parts = parts_of(contract)
	names = {name for field, info in contract.model_fields.items() for name in source_names(info, field)}
	found: dict[str, Any] = {}
	for name, value in payload.items():
		plain = name.removesuffix("_set")
		if name in parts:
			entries = [_read(parts[name], entry, with_sets) for entry in (value if isinstance(value, list) else [value]) if entry]
			found[name] = entries if isinstance(value, list) else next(iter(entries), None)
		elif (
			name in names
			or (with_sets and name in ("presentment_currency", "shop_money", "presentment_money"))
			or (plain in names and isinstance(value, Mapping) and with_sets)
		):
			found[name] = value
		elif plain in names and isinstance(value, Mapping):
			found[plain] = value["shop_money"]["amount"]
		elif name == "shop_money":
			found["price"] = value["amount"]
	return found


def _rich() -> dict[str, Any]:
	order = _told(_everything(), _SENT, _BACK)
	for line in order["line_items"]:
		if line["gift_card"]:
			# Gift cards have a variant that nobody maps; the store names an Item for all of them.
			line.update(variant_id=None, product_id=None)
		elif line["title"] == "Engraving":
			line.update(product_exists=True)
	order["line_items"][-1].update(variant_id=None, sku=None, product_exists=False)
	return order


def _booked() -> list[Sample]:
	"""Return orders that come for the first time."""
	rich = _rich()
	old = _told(
		placed(tee(2), freight="5.00", pays="sale", **_SAID), refunds("r1", {"l1": 1}, shipping="2.00", old_shipping=True)
	)
	included = _told(placed(tee(2), freight="5.00", taxes=_TAXES[:1], included=True, pays="sale", **_SAID), _BACK_SIMPLE)
	on_account = _told(placed(tee(2), by=BANK, payment_terms=_TERMS, **_SAID), ships("f1", {"l1": 2}))
	guest = _told(placed(tee(2), pays="sale", **{**_SAID, "customer": None}))
	anonymous = _told(placed(tee(2), pays="sale", **NOBODY))
	foreign = _told(placed(tee(2), presentment=("CHF", Decimal("0.9")), pays="sale", foreign=True, fee="1.00", **_SAID))
	cash = _told(placed(tee(1, price="10.02"), by="cash", pays="sale", rounding="-0.02", **_SAID))
	loose = _told(placed(tee(2), mug(1), loose_discount="3.00", tip="2.00", pays="sale", **_SAID))
	shares = _told(placed(tee(3, price="9.99"), mug(2), taxes=_TAXES, **_SAID), edits(remove={"l1": 1}))
	removed = _told(placed(tee(3), mug(2), taxes=_TAXES[:1], **_SAID), refunds("r1", {"l1": 1}, restock="cancel", money=()))
	complete = _told(placed(tee(1), custom(), pays="sale", **_SAID), ships("f1", {"l1": 1}))
	complete["line_items"][1]["requires_shipping"], complete["fulfillment_status"] = False, "fulfilled"
	express = Freight("9.00", title="Express", label="s2")
	reshipped = _told(placed(tee(1), freight="5.00", **_SAID), changes_shipping(remove="s1", add=express))
	by_default = replace(STORE, tax_rules=(), shipping_rules=(), default_tax_account="Taxes", shipping_account="Freight")
	one_for_all = replace(STORE, guest_policy=GuestPolicy.ONE_FOR_ALL)
	parts = ("Order", "Refund", "OrderAdjustment", "RefundLineItem")
	return [
		Sample("everything", keys.ORDER, rich),
		Sample("no more than there must be", keys.ORDER, _sparse(rich), only=_WITH_STAND_INS),
		Sample("sent completely", keys.ORDER, complete, only=("Order", "LineItem")),
		Sample("another way of shipping", keys.ORDER, reshipped, only=("ShippingLine",)),
		Sample("shipping refunded as an adjustment", keys.ORDER, old, only=parts),
		Sample("tax inside the price", keys.ORDER, included, only=(*parts, "LineItem", "TaxLine", "ShippingLine")),
		Sample("on account", keys.ORDER, {**on_account, "payment_terms": _instalments(on_account)}, only=("PaymentSchedule",)),
		Sample("on account, without a schedule", keys.ORDER, on_account, only=("Order", "PaymentTerms")),
		Sample("for a company", keys.ORDER, {**rich, "company": _COMPANY}, only=("OrderCompany", "Address", "Customer")),
		Sample("a guest", keys.ORDER, guest, only=("Order", "Address")),
		Sample("a guest, one Customer for all", keys.ORDER, guest, one_for_all, only=("Order",)),
		Sample("nobody", keys.ORDER, anonymous, only=("Order",)),
		Sample("shop money", keys.ORDER, foreign, only=("Order", "Transaction", "Fee")),
		Sample("presentment money", keys.ORDER, foreign, _PRESENTMENT, only=("Order", "Transaction", "Fee")),
		Sample("cash", keys.ORDER, cash, only=("Order",)),
		Sample("figures that stand in no line", keys.ORDER, loose, only=("Order",)),
		Sample("pieces taken off by an edit", keys.ORDER, shares, only=("Order", "LineItem", "TaxLine")),
		Sample("pieces taken off before the invoice", keys.ORDER, removed, only=(*parts, "LineItem", "TaxLine")),
		Sample("invoices move the stock", keys.ORDER, rich, replace(STORE, invoice_updates_stock=True), only=("RefundLineItem",)),
		Sample("accounts by default", keys.ORDER, rich, by_default, only=("TaxLine", "ShippingLine")),
	]


_TERMS = {"payment_terms_name": "Net 30", "due_in_days": 30, "payment_schedules": []}
_COMPANY = {"id": 5_001, "location_id": 5_101}
_PRESENTMENT = replace(STORE, booked_money=BookedMoney.PRESENTMENT)


def _instalments(order: Mapping[str, Any]) -> dict[str, Any]:
	half = Decimal(order["total_price"]) / 2
	due = ("2026-12-18T12:00:00+00:00", "2027-01-18T12:00:00+00:00")
	return {**_TERMS, "payment_schedules": [{"amount": str(half), "due_at": day, "issued_at": due[0]} for day in due]}


#: Fields that another one stands in for where they are missing.
_PREFERRED = (
	"processed_at", "country_code", "province_code", "first_name", "last_name", "tracking_numbers", "current_quantity", "city",
	"company",
)  # fmt: skip


_WITH_STAND_INS = (
	"Order",
	"Address",
	"Customer",
	"LineItem",
	"ShippingLine",
	"Refund",
	"Transaction",
	"Fulfillment",
	"RefundLineItem",
)


def _sparse(value: Any) -> Any:
	"""Return a payload without the fields that have a stand-in."""
	if isinstance(value, Mapping):
		found = {name: _sparse(inner) for name, inner in value.items() if name not in _PREFERRED}
		if "sku" in found:
			found["name"] = ""
		if "carrier_identifier" in found:
			found.update(title="", code="Standard")
		return found
	return [_sparse(inner) for inner in value] if isinstance(value, list) else value


def _followed() -> list[Sample]:
	"""Return orders that ERPNext has already, as they were or differently."""
	rich = _rich()
	placed_only = _told(placed(tee(3), mug(2), freight="5.00", taxes=_TAXES[:1], **_SAID))
	paid, less = play_apart(placed(tee(3), freight="5.00", pays="sale", **_SAID), edits(remove={"l1": 1}))
	parts = ("Order", "Refund", "RefundLineItem", "Fulfillment", "FulfilledLine", "Transaction", "LineItem", "OrderAdjustment")
	at = "2026-11-19T12:00:00+00:00"
	return [
		Sample("everything, already booked", keys.ORDER, rich, known=True, only=parts),
		Sample(
			"not invoiced yet, already booked", keys.ORDER, placed_only, known=True, only=("Order", "LineItem", "ShippingLine")
		),
		Sample("edited after the invoice", keys.ORDER, less, known=True, earlier=paid, only=("Order", "LineItem")),
		Sample("cancelled before it was booked", keys.ORDER, {**placed_only, "cancelled_at": at}, only=("Order",)),
		Sample("cancelled", keys.ORDER, {**paid, "cancelled_at": at}, known=True, earlier=paid, only=("Order",)),
	]


def play_apart(first: Step, second: Step) -> tuple[dict[str, Any], dict[str, Any]]:
	"""Return one order after the first step, and after the second."""
	order, seen = play(())[0], []
	for step in (first, second):
		step(order)
		order.minute += 10
		transactions = [_without_gids(shown.transaction(order, made)) for made in order.transactions]
		seen.append({**_without_gids(shown.order(order)), "transactions": transactions})
	return seen[0], seen[1]


def _transactions() -> list[Sample]:
	whole = _told(_everything())
	transaction = whole["transactions"][0]
	return [
		Sample("a transaction", keys.ORDER_TRANSACTION, transaction, whole={**whole, "transactions": []}, known=True),
		Sample("a transaction before its order", keys.ORDER_TRANSACTION, transaction),
	]


_BACK_SIMPLE = refunds("r1", {"l1": 1}, restock="no_restock", shipping="2.50")


# --- customers, stock ---------------------------------------------------------------------------------------------


_NEWEST = tuple(FieldAuthority(name, Authority.NEWEST) for name in AUTHORITY_FIELDS)


def _customers() -> list[Sample]:
	nobody = {**_CUSTOMER, "first_name": "", "last_name": "", "default_address": None, "addresses": []}
	with_company = {**nobody, "default_address": {**_ADDRESS, "id": 6_101, "default": True}}
	by_text = {**_CUSTOMER, "email": ""}
	return [
		Sample("new", keys.CUSTOMER, _CUSTOMER),
		Sample("without a name", keys.CUSTOMER, nobody),
		Sample("with the name of its company", keys.CUSTOMER, with_company),
		Sample("without e-mail", keys.CUSTOMER, by_text),
		Sample("known", keys.CUSTOMER, _CUSTOMER, known=True),
		Sample("changed on both sides", keys.CUSTOMER, _CUSTOMER, replace(STORE, field_authority=_NEWEST), known=True),
	]


def _customer_events() -> list[Sample]:
	merge = {
		"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/6001",
		"admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/6002",
		"status": "success",
	}
	redaction = {"customer": {"id": 6_001, "email": "ada@example.com"}, "orders_to_redact": [820]}
	consent = {
		"customer_id": 6_001,
		"email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": "2026-11-18T12:00:00+00:00"},
	}
	return [
		Sample("merge", keys.CUSTOMER_MERGE, merge, known=True),
		Sample("deletion", keys.CUSTOMER_DELETION, {"id": 6_001}, known=True),
		Sample("redaction", keys.CUSTOMER_REDACTION, redaction, known=True),
		Sample("consent", keys.CUSTOMER_CONSENT, consent, known=True),
	]


def _level() -> Sample:
	level = {"inventory_item_id": 44, "location_id": int(MAIN), "available": 7, "updated_at": "2026-11-18T12:00:00+00:00"}
	return Sample("stock level", keys.INVENTORY_LEVEL, level)


def _variant(number: int, sku: str, **values: Any) -> dict[str, Any]:
	return {
		"id": 700 + number,
		"inventory_item_id": 800 + number,
		"sku": sku,
		"title": f"Size {number}",
		"price": "5.00",
		"barcode": f"B{number}",
		"option1": "S" if number else "M",
		"option2": "Red",
		"option3": "Wool",
		"weight": "2.5",
		"weight_unit": "kg",
		"inventory_management": "shopify",
		**values,
	}


def _products() -> list[Sample]:
	product = {
		"id": 7_001,
		"title": "Tee",
		"handle": "tee",
		"body_html": "<p>Soft</p>",
		"updated_at": "2026-11-18T12:00:00+00:00",
		"options": [{"name": "Size"}, {"name": "Color"}, {"name": "Fabric"}],
		"variants": [_variant(0, "KNOWN"), _variant(1, "NEW")],
		"variant_gids": [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{700 + number}"} for number in range(2)],
	}
	single = {**product, "variants": [_variant(1, "", title="Default Title")], "options": []}
	separate = replace(STORE, variants_as=VariantsAs.SEPARATE)
	return [
		Sample("product", keys.PRODUCT, product),
		Sample("product that is known", keys.PRODUCT, product, known=True),
		Sample("product with one variant", keys.PRODUCT, single),
		Sample("product whose variants are Items of their own", keys.PRODUCT, product, separate),
		Sample("product whose Items are made by hand", keys.PRODUCT, product, replace(STORE, create_items=False)),
		Sample("product that is deleted", keys.PRODUCT_DELETION, {"id": 7_001}, known=True),
	]


def _inventory_items() -> list[Sample]:
	item = {"id": 801, "sku": "KNOWN", "tracked": True, "updated_at": "2026-11-18T12:00:00+00:00"}
	return [
		Sample("inventory item", keys.INVENTORY_ITEM, item),
		Sample("inventory item that is deleted", keys.INVENTORY_ITEM_DELETION, {"id": 801}),
	]


__all__ = ["STORE", "Sample", "samples"]
