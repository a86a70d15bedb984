"""Currencies: documents are in the order's, the ledger in the company's (USD). 1 CHF = 1.25 USD, 1 KRW = 0.0008 USD, 1 BHD = 2.00 USD."""

from __future__ import annotations

from decimal import Decimal

from ..case import Case
from ..expectations import Refused, books, cn, dn, paid_back, pe, si, so
from ..steps import pays, placed, refunds, ships, vat
from ..wares import BASKET, PIECES, TEE, tee

_ALL = {"l1": 2, "l2": 1}
#: The customer pays in CHF: 1 USD is 0.80 CHF.
_CHF = ("CHF", Decimal("0.8"))

CASES = (
	Case(
		"CHF 30.00 are USD 37.50",
		(placed(*BASKET, freight="5.00", currency="CHF", pays="sale"),),
		stands=(so("30", PIECES, currency="CHF"), si("30", PIECES, currency="CHF"), pe("t1", "37.50")),
		books=books(clearing="37.50", income="-31.25", shipping="-6.25"),
	),
	Case(
		"CHF 10.00 of 30.00 are paid: USD 25.00 are open",
		(placed(*BASKET, freight="5.00", currency="CHF"), pays("t1", "10")),
		stands=(so("30", PIECES), si("30", PIECES, outstanding=None), pe("t1", "12.50")),
		books=books(receivable="25", clearing="12.50", income="-31.25", shipping="-6.25"),
	),
	Case(
		"CHF sold, sent and refunded",
		(
			placed(*BASKET, freight="5.00", currency="CHF", pays="sale"),
			ships("f1", _ALL),
			refunds("r1", {"l1": 1}),
		),
		stands=(
			so("30", PIECES),
			si("30", PIECES),
			pe("t1", "37.50"),
			dn("f1", PIECES),
			cn("r1", "-10", {TEE: -1}),
			paid_back("r1-t1", "12.50"),
		),
		books=books(clearing="25", income="-18.75", shipping="-6.25", cogs="10", stock="-10"),
	),
	Case(
		"money on an account in CHF",
		(placed(*BASKET, freight="5.00", currency="CHF", pays="sale", by="twint"),),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "37.50")),
		books=books(twint="37.50", income="-31.25", shipping="-6.25"),
		only="site",
	),
	Case(
		"no decimals: 3 for KRW 29,000 and 10 %",
		(placed(tee(3, "10000", off="1000"), currency="KRW", taxes=vat(10), pays="sale"),),
		stands=(so("31900", {TEE: 3}, currency="KRW"), si("31900", {TEE: 3}), pe("t1", "25.52")),
		books=books(clearing="25.52", income="-23.20", tax="-2.32"),
	),
	Case(
		"three decimals: 3 for BHD 4.004 (where ERPNext keeps three)",
		(placed(tee(3, "1.335", off="0.001"), currency="BHD", pays="sale"),),
		stands=(so("4.004", {TEE: 3}, currency="BHD"), si("4.004", {TEE: 3}), pe("t1", "8.01")),
		books=books(clearing="8.01", income="-8.01"),
		only="embedded",
	),
	Case(
		"no rate between the currencies",
		(placed(tee(1), currency="XTS", pays="sale", quiet=True),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_EXCHANGE_RATE"),
		only="embedded",
	),
	Case(
		"the customer pays CHF, the shop's USD are booked",
		(placed(*BASKET, freight="5.00", presentment=_CHF, pays="sale"),),
		stands=(so("30", PIECES, currency="USD"), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"the customer pays CHF, the transaction says so in CHF, the shop's USD are booked",
		(placed(*BASKET, freight="5.00", presentment=_CHF, pays="sale", foreign=True),),
		stands=(so("30", PIECES, currency="USD"), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"the customer pays CHF, and CHF are booked: 24.00 at 1.25",
		(placed(*BASKET, freight="5.00", presentment=_CHF, pays="sale", foreign=True),),
		stands=(so("24", PIECES, currency="CHF"), si("24", PIECES, currency="CHF"), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
		settings={"booked_money": "Presentment money"},
	),
	Case(
		"CHF are booked, a piece is refunded: CHF 8.00",
		(
			placed(*BASKET, freight="5.00", presentment=_CHF, pays="sale", foreign=True),
			refunds("r1", {"l1": 1}),
		),
		stands=None,
		books=books(clearing="20", income="-15", shipping="-5"),
		settings={"booked_money": "Presentment money"},
	),
)
