"""What is read of an order is what its webhooks tell: the same contract, field by field, over many random lives."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from shopify_sync.admin_api.reading.parts import read_order
from shopify_sync.contract_suite.lifecycle.random_life import Lives
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.contracts.order import PRESENTMENT_MONEY, SHOP_MONEY, Order, in_booked_money
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.rest import transaction as rest_transaction
from shopify_sync.simulator.shop.shop import Shop

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
	for number in range(LIVES):
		order = where.live(number).order
		read, told = read_of_order(client, order), told_of_order(where.shop, order)
		for money in (SHOP_MONEY, PRESENTMENT_MONEY):
			found = list(differences(parsed(read, money), parsed(told, money)))
			assert not found, (order.name, found)
		seen.update(refunds=len(order.refunds), fulfillments=len(order.fulfillments), cancelled=order.cancelled_at is not None)
	assert min(seen.values()) > 0, seen
