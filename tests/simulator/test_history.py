"""A shop with a past, and what Shopify Payments paid out in it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from shopify_sync.simulator.history import make_history
from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import ZERO
from shopify_sync.simulator.shop.totals import financial_status

from .admin_client import SCOPES, Client
from .shops import cart, make_shop, payload, stocked_shop, watch


def test_a_past_is_spread_over_its_days_and_tells_nobody() -> None:
	shop, told = make_shop(), []
	heard, now = watch(shop), shop.now()
	make_history(shop, orders=300, customers=40, products=20, days=30, told=told.append)
	assert (len(shop.orders.all), len(shop.products.all), told) == (300, 20, [100, 200, 300])
	assert len(shop.customers.all) >= 40
	times = [order.created_at for order in shop.orders.all.values()]
	assert times == sorted(times) and times[0] == now - timedelta(days=30)
	assert all(moment < now for moment in times) and len({moment.date() for moment in times}) >= 30
	assert heard == [] and shop.now() == now
	assert {financial_status(order) for order in shop.orders.all.values()} >= {"paid", "pending", "partially_refunded", "voided"}
	assert len(shop.payouts.all) >= 25
	shop.orders.place(cart(shop, 1))
	assert heard, "afterwards it tells again"


def test_the_same_seed_makes_the_same_past() -> None:
	def made(seed: object) -> str:
		shop = make_shop()
		make_history(shop, orders=40, products=3, seed=seed)
		return json.dumps([payload(shop, order) for order in shop.orders.all.values()])

	assert made(1) == made(1) != made(2)


def test_without_anything_to_sell_there_is_no_past() -> None:
	with pytest.raises(ValueError, match="something to sell"):
		make_history(make_shop(), orders=1)
	make_history(make_shop(), orders=0)


def test_a_payout_holds_what_was_not_paid_out_before() -> None:
	shop = stocked_shop()
	with pytest.raises(UserError, match="Nothing to pay out"):
		shop.payouts.issue()
	first = shop.orders.place(cart(shop, 1), financial="authorized", gateway="shopify_payments")
	shop.orders.place(cart(shop, 1), financial="paid", gateway="manual")
	assert not shop.payouts.balance, "what is only authorized moves nothing, and other gateways have accounts of their own"
	shop.orders.capture(first.id)
	shop.refunds.create(first.id, [(first.line_items[0].id, 1, "cancel")])
	amount = first.transactions[1].amount
	fee = (amount * Decimal("0.029") + Decimal("0.30")).quantize(Decimal("0.01"))
	payout = shop.payouts.issue("scheduled")
	assert [(entry.kind, entry.amount, entry.fee) for entry in payout.transactions] == [
		("charge", amount, fee),
		("refund", -amount, ZERO),
	]
	assert payout.net == -fee
	assert shop.payouts.mark(payout.id, "failed").status == "failed"
	for wrong in (lambda: shop.payouts.mark(payout.id, "lost"), lambda: shop.payouts.adjust("1.001"), shop.payouts.issue):
		with pytest.raises(UserError):
			wrong()
	assert shop.payouts.adjust("-3", "0.50").net == Decimal("-3.50")


def test_payouts_need_their_scope_and_an_account() -> None:
	shop = stocked_shop()
	client = Client(shop)
	query = "{ shopifyPaymentsAccount { activated balance { amount } payouts(first: 5) { nodes { net { amount } } } } }"
	assert client.ask(query)["shopifyPaymentsAccount"] is None
	shop.payouts.adjust("12.00")
	assert client.ask(query)["shopifyPaymentsAccount"] == {
		"activated": True,
		"balance": [{"amount": "12.0"}],
		"payouts": {"nodes": []},
	}
	client.scopes = SCOPES - {"read_shopify_payments_accounts", "read_shopify_payments_payouts"}
	[error] = client.errors(query)
	assert error["extensions"]["code"] == "ACCESS_DENIED"
