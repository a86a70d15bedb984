"""What is read of an order is what its webhooks tell: the same contract, field by field, over many random lives."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from shopify_sync.admin_api.reading.order_payload import fulfillment_status, order_payload
from shopify_sync.admin_api.reading.parts import read_order
from shopify_sync.admin_api.reading.values import amount, money_set, number, number_of, word
from shopify_sync.contract_suite.lifecycle.random_life import Lives
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.contracts.fulfillment import FulfillmentMessage
from shopify_sync.core.contracts.order import PRESENTMENT_MONEY, SHOP_MONEY, Order, in_booked_money
from shopify_sync.core.contracts.transaction import Transaction
from shopify_sync.simulator.rest import fulfillment as rest_fulfillment
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.rest import transaction as rest_transaction
from shopify_sync.simulator.shop.shop import Shop
from tests.mapping.fields import parts_of
from tests.simulator.admin_client import gid
from tests.simulator.shops import make_shop, play

from .executing import Executing

LIVES = 60
SHOPS = [(currency, included) for currency in ("USD", "JPY", "KWD") for included in (False, True)]


def told_of_order(shop: Shop, order: Any) -> Any:
	"""Return the order's webhook, with its transactions, as it comes off the wire."""
	paid = [rest_transaction.payload(shop, (order, entry)) for entry in order.transactions]
	return parse_json(json.dumps({**rest_order.payload(shop, order), "transactions": paid}))


def read_of_order(client: Executing, order: Any) -> Any:
	return parse_json(json.dumps(read_order(client, order.id)))


def parsed(payload: Any, money: str = SHOP_MONEY) -> Order:
	return Order.model_validate(in_booked_money(payload, money))


def differences(read: BaseModel, told: BaseModel, path: str = "") -> Iterator[str]:
	"""Yield every field in which two contracts differ: what a gateway keeps is read only, webhooks do not say it."""
	for name in type(read).model_fields:
		if name == "fees":
			continue
		yield from _compared(getattr(read, name), getattr(told, name), f"{path}.{name}")


def _compared(one: Any, other: Any, path: str) -> Iterator[str]:
	if isinstance(one, BaseModel) and type(one) is type(other):
		yield from differences(one, other, path)
	elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
		for place, pair in enumerate(zip(one, other, strict=True)):
			yield from _compared(*pair, f"{path}[{place}]")
	elif one != other:
		yield f"{path}: read {one!r}, told {other!r}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("currency", "included"), SHOPS)
def test_an_order_is_read_as_it_is_told(seed: int, currency: str, included: bool) -> None:
	where = Lives(f"any order/{seed}", currency=currency, taxes_included=included)
	client, seen = Executing(where.shop), Counter()
	for nth in range(LIVES):
		order = where.live(nth).order
		read, told = read_of_order(client, order), told_of_order(where.shop, order)
		for money in (SHOP_MONEY, PRESENTMENT_MONEY):
			found = list(differences(parsed(read, money), parsed(told, money)))
			assert not found, (order.name, found)
		seen.update(refunds=len(order.refunds), fulfillments=len(order.fulfillments), cancelled=order.cancelled_at is not None)
	assert min(seen.values()) > 0, seen


def test_everything_that_can_happen_in_a_shop_is_read_as_it_is_told() -> None:
	shop = make_shop(tax_rate=Decimal("0.19"), taxes_included=True)
	play(shop)
	client = Executing(shop)
	for order in shop.orders.all.values():
		assert not list(differences(parsed(read_of_order(client, order)), parsed(told_of_order(shop, order)))), order.name
		for entry in order.transactions:
			read = next(row for row in read_of_order(client, order)["transactions"] if row["id"] == int(entry.id))
			told = rest_transaction.payload(shop, (order, entry))
			assert not list(differences(Transaction.model_validate(read), Transaction.model_validate(told)))
		for parcel in order.fulfillments:
			read = next(row for row in read_of_order(client, order)["fulfillments"] if row["id"] == int(parcel.id))
			told = rest_fulfillment.payload(shop, (order, parcel))
			assert FulfillmentMessage.model_validate(read) == FulfillmentMessage.model_validate(told)
	people = [order.customer_id for order in shop.orders.all.values()]
	assert any(people) and not all(people), "guests too"


def foreign() -> tuple[Any, Any]:
	"""Return an order with what the simulator's shops do not have, as it is read and told: another currency, a company, terms,
	attributes, duties, cash rounding, refunds of duties."""
	shop = make_shop()
	with shop.silently():
		place = shop.locations.create("Main")
		shop.products.create("Tee", [{"sku": "TEE", "price": "10.00", "quantities": {place.id: 5}}])
	variant = next(iter(shop.products.variants))
	order = shop.orders.place([{"variant_id": variant, "quantity": 2}], financial="paid", shipping={"price": "5"})
	shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")])
	client = Executing(shop)
	node = client.client.run("Order", id=gid("Order", order.id))["order"]
	sold = _in_euros(node)
	told = _told_in_euros(told_of_order(shop, order))
	duty = {
		"shop_money": {"amount": "3.00", "currency_code": "USD"},
		"presentment_money": {"amount": "1.50", "currency_code": "EUR"},
	}
	sold["lineItems"]["nodes"][0]["duties"] = [{"id": gid("Duty", 5), "price": _bag("3.00"), "taxLines": []}]
	told["line_items"][0]["duties"] = [{"id": 5, **duty, "tax_lines": []}]
	sold["totalCashRoundingAdjustment"]["paymentSet"] = _bag("0.02")
	told["total_cash_rounding_payment_adjustment_set"] = _money("0.02", "0.01")
	sold["purchasingEntity"] = {"company": {"id": gid("Company", 7)}, "location": {"id": gid("CompanyLocation", 8)}}
	told["company"] = {"id": 7, "location_id": 8}
	sold["customAttributes"] = [{"key": "gift", "value": "yes"}, {"key": "card", "value": None}]
	told["note_attributes"] = [{"name": "gift", "value": "yes"}, {"name": "card", "value": None}]
	sold["refunds"][0]["duties"] = [{"amountSet": _bag("1.00")}]
	told["refunds"][0]["duties"] = [{"amount_set": _money("1.00", "0.50")}]
	sold["lineItems"]["nodes"][0]["duties"][0]["taxLines"] = [{"title": "VAT", "rate": 0.1, "priceSet": _bag("0.30")}]
	told["line_items"][0]["duties"][0]["tax_lines"] = [{"title": "VAT", "rate": 0.1, "price_set": _money("0.30", "0.15")}]
	adjustment = {"id": gid("OrderAdjustment", 6), "reason": "RESTOCK", "amountSet": _bag("-1.00"), "taxAmountSet": _bag("-0.10")}
	sold["refunds"][0]["orderAdjustments"]["nodes"] = [adjustment]
	sums = {"amount": "-1.00", "amount_set": _money("-1.00", "-0.50")}
	taxes = {"tax_amount": "-0.10", "tax_amount_set": _money("-0.10", "-0.05")}
	told["refunds"][0]["order_adjustments"] = [{"id": 6, "kind": "refund_discrepancy", **sums, **taxes}]
	sold["shippingLines"]["nodes"][0]["isRemoved"] = told["shipping_lines"][0]["is_removed"] = True
	sold["lineItems"]["nodes"][0]["isGiftCard"] = told["line_items"][0]["gift_card"] = True
	sold["phone"] = told["phone"] = "+44 12 34"
	sold["poNumber"] = told["po_number"] = "PO-1"
	sold["paymentTerms"] = {
		"paymentTermsName": "Net 30",
		"dueInDays": 30,
		"paymentSchedules": {
			"nodes": [{"dueAt": "2026-12-01T00:00:00Z", "totalBalance": {"amount": "27.0", "currencyCode": "USD"}}]
		},
	}
	told["payment_terms"] = {
		"payment_terms_name": "Net 30",
		"due_in_days": 30,
		"payment_schedules": [{"amount": "27.00", "due_at": "2026-12-01T00:00:00Z"}],
	}
	return parse_json(json.dumps(order_payload(sold))), told


def test_an_order_in_the_customers_currency_is_read_in_both() -> None:
	read, told = foreign()
	for money in (SHOP_MONEY, PRESENTMENT_MONEY):
		one, other = parsed(read, money), parsed(told, money)
		assert not list(differences(one, other)), money
	assert (one.currency, one.other_currency, one.other_total) == ("EUR", "USD", Decimal("27.50"))
	assert one.line_items[0].duties[0].price == Decimal("1.50") and one.refunds[0].duty == Decimal("0.50")
	assert one.company and one.payment_terms and one.total_cash_rounding_payment_adjustment == Decimal("0.01")


@pytest.mark.parametrize(
	("display", "sent", "waiting", "status"),
	[
		("FULFILLED", True, False, "fulfilled"), ("PARTIALLY_FULFILLED", True, True, "partial"), ("UNFULFILLED", False, True, None),
		("ON_HOLD", True, True, "partial"), ("ON_HOLD", False, True, None), ("IN_PROGRESS", True, True, "partial"),
		("SCHEDULED", False, True, None), ("RESTOCKED", False, False, "restocked"), ("FULFILLMENT_NOT_REQUIRED", False, False, None),
		("REQUEST_DECLINED", True, False, "fulfilled"),
	],
)  # fmt: skip
def test_how_far_an_order_is_sent(display: str, sent: bool, waiting: bool, status: str | None) -> None:
	assert fulfillment_status(display, sent=sent, waiting=waiting) == status


def test_what_is_no_id_of_shopifys_is_refused() -> None:
	with pytest.raises(ValueError, match="no id of Shopify's"):
		number("gid://shopify/Order/x")
	assert number_of(None) is None and money_set(None) is None and amount(None) is None and word(None) is None


def _money(shop_amount: str, shown: str) -> dict[str, Any]:
	return {
		"shop_money": {"amount": shop_amount, "currency_code": "USD"},
		"presentment_money": {"amount": shown, "currency_code": "EUR"},
	}


def _bag(shop_amount: str) -> dict[str, Any]:
	half = str(Decimal(shop_amount) / 2)
	return {
		"shopMoney": {"amount": shop_amount, "currencyCode": "USD"},
		"presentmentMoney": {"amount": half, "currencyCode": "EUR"},
	}


def _in_euros(node: Any) -> Any:
	"""Return an answer in which the customer saw half of every amount, in euros."""
	if isinstance(node, list):
		return [_in_euros(entry) for entry in node]
	if not isinstance(node, dict):
		return "EUR" if node == "presentmentCurrencyCode" else node
	if "shopMoney" in node:
		return _bag(node["shopMoney"]["amount"])
	found = {name: _in_euros(value) for name, value in node.items()}
	return {**found, "presentmentCurrencyCode": "EUR"} if "presentmentCurrencyCode" in found else found


def _told_in_euros(payload: Any) -> Any:
	if isinstance(payload, list):
		return [_told_in_euros(entry) for entry in payload]
	if not isinstance(payload, dict):
		return payload
	if "shop_money" in payload:
		shop_amount = payload["shop_money"]["amount"]
		return _money(shop_amount, str(Decimal(shop_amount) / 2))
	found = {name: _told_in_euros(value) for name, value in payload.items()}
	if "presentment_currency" in found:
		found["presentment_currency"] = "EUR"
	if "gateway" in found and "kind" in found:  # a transaction says what the customer paid
		found["amount"], found["currency"] = str(Decimal(found["amount"]) / 2), "EUR"
	return found


#: What nothing that is read shows, and why.
NEVER_READ = {
	("Order", "risk_level"): "webhooks have no such field either; a payload that has it comes from elsewhere",
	("Customer", "locale"): "no webhook of a customer has it; the order's `customer_locale` is read",
	("Customer", "tax_id"): "no webhook has it",
	("Customer", "email_marketing_consent"): "has a topic of its own: consent_payload",
	("Customer", "sms_marketing_consent"): "left the webhooks with 2025-01, and has no topic that is used",
	("Customer", "addresses"): "stands in customers, not in the customer of an order",
	("Consent", "state"): "has a topic of its own",
	("Consent", "consent_updated_at"): "has a topic of its own",
}


def test_every_field_that_is_decided_by_was_compared() -> None:
	"""A field in which no compared order has a value would not be proved by comparing."""
	seen: set[tuple[str, str]] = set()
	for included in (False, True):
		where = Lives("any order/0", taxes_included=included)
		client = Executing(where.shop)
		for nth in range(LIVES):
			_note(parsed(read_of_order(client, where.live(nth).order)), seen)
	shop = make_shop(tax_rate=Decimal("0.19"))
	play(shop)
	for order in shop.orders.all.values():
		_note(parsed(read_of_order(Executing(shop), order)), seen)
	_note(parsed(foreign()[0], PRESENTMENT_MONEY), seen)
	wanted = {(kind.__name__, name) for kind in _reached(Order) for name in kind.model_fields}
	assert sorted(wanted - seen) == sorted(NEVER_READ)


def _note(contract: BaseModel, seen: set[tuple[str, str]]) -> None:
	for name, info in type(contract).model_fields.items():
		value = getattr(contract, name)
		if value != info.get_default(call_default_factory=True):
			seen.add((type(contract).__name__, name))
		for part in value if isinstance(value, tuple) else (value,):
			if isinstance(part, BaseModel):
				_note(part, seen)


def _reached(contract: type[BaseModel]) -> set[type[BaseModel]]:
	found = {contract}
	for inner in parts_of(contract).values():
		found |= _reached(inner)
	return found
