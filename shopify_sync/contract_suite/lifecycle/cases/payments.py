"""Payments: one Payment Entry per successful transaction, on its gateway's account, against what it pays.

The basket is 2 TEE at 10.00, 1 MUG at 5.00, freight 5.00: 30.00 in all (income 25.00, shipping 5.00).
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, dn, paid_back, pe, si, so
from ..people import NOBODY
from ..steps import BANK, CASH, PAYPAL, UNKNOWN_GATEWAY, captures, pays, placed, refunds, says, ships, tells_transaction, waits
from ..wares import BASKET, PIECES, TEE, mug, tee

_ALL = {"l1": 2, "l2": 1}
_NET_30 = {
	"payment_terms": {
		"amount": "30.00",
		"currency": "USD",
		"payment_terms_name": "Net 30",
		"payment_terms_type": "net",
		"due_in_days": 30,
		"payment_schedules": [
			{
				"amount": "30.00",
				"currency": "USD",
				"issued_at": "2026-11-18T12:00:00+00:00",
				"due_at": "2026-12-18T12:00:00+00:00",
				"completed_at": None,
				"expected_payment_method": "shopify_payments",
			}
		],
	}
}

CASES = (
	Case(
		"a capture of all that was authorized",
		(placed(*BASKET, freight="5.00", pays="authorization"), captures("t1")),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"a capture of a part leaves the rest open",
		(placed(*BASKET, freight="5.00", pays="authorization"), captures("t1", "12.34")),
		stands=(so("30", PIECES), si("30", PIECES, outstanding="17.66"), pe("t1", "12.34")),
		books=books(receivable="17.66", clearing="12.34", income="-25", shipping="-5"),
	),
	Case(
		"two captures are two Payment Entries",
		(placed(*BASKET, freight="5.00", pays="authorization"), captures("t1", "10"), captures("t2", "20")),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "10"), pe("t2", "20")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"a failed sale is evidence only, the second one pays",
		(placed(*BASKET, freight="5.00"), pays("t0", "30", status="failure"), pays("t1")),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"a pending bank transfer is no money yet",
		(placed(*BASKET, freight="5.00"), pays("t0", "30", BANK, status="pending")),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a pending bank transfer arrives",
		(placed(*BASKET, freight="5.00"), pays("t0", "30", BANK, status="pending"), pays("t1", "30", BANK)),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(bank="30", income="-25", shipping="-5"),
	),
	Case(
		"cash on delivery: unpaid until the parcel is there",
		(placed(*BASKET, freight="5.00"), ships("f1", _ALL), pays("t1", "30", "Cash on Delivery (COD)")),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=books(bank="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"two gateways share an order",
		(placed(*BASKET, freight="5.00"), pays("t1", "12", PAYPAL), pays("t2", "18")),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "12"), pe("t2", "18")),
		books=books(paypal="12", clearing="18", income="-25", shipping="-5"),
	),
	Case(
		"three partial payments",
		(placed(*BASKET, freight="5.00"), pays("t1", "10.01"), pays("t2", "9.99", PAYPAL), pays("t3", "10", BANK)),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "10.01"), pe("t2", "9.99"), pe("t3", "10")),
		books=books(clearing="10.01", paypal="9.99", bank="10", income="-25", shipping="-5"),
	),
	Case(
		"the gateway keeps a fee of 0.90: 29.10 arrive, 30.00 are paid",
		(placed(*BASKET, freight="5.00", pays="sale", fee="0.90"),),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "29.10")),
		books=books(clearing="29.10", fees="0.90", income="-25", shipping="-5"),
	),
	Case(
		"fees on two partial payments",
		(placed(*BASKET, freight="5.00"), pays("t1", "10", fee="0.59"), pays("t2", "20", fee="0.88")),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "9.41"), pe("t2", "19.12")),
		books=books(clearing="28.53", fees="1.47", income="-25", shipping="-5"),
	),
	Case(
		"a gateway's name is read whatever its case",
		(placed(*BASKET, freight="5.00", pays="sale", by="Shopify_Payments"),),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"a gateway without a row is missing",
		(placed(*BASKET, freight="5.00"), pays("t1", "30", UNKNOWN_GATEWAY)),
		stands=None,
		books=None,
		refused=Refused("MISSING_GATEWAY", "gateway:klarna"),
		any_order=False,
	),
	Case(
		"paid too much: what is over stays with the customer",
		(placed(*BASKET, freight="5.00"), pays("t1", "35", BANK)),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "35")),
		books=books(receivable="-5", bank="35", income="-25", shipping="-5"),
	),
	Case(
		"cash: 35.00 are given, 5.00 are change",
		(
			placed(*BASKET, freight="5.00"),
			pays("t1", "35", CASH),
			pays("t2", "5", CASH, kind="change"),
		),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "35"), paid_back("t2", "5")),
		books=books(cash="30", income="-25", shipping="-5"),
	),
	Case(
		"cash is rounded up: 24.98 are owed, 25.00 lie in the till",
		(placed(tee(2, "12.49"), pays="sale", by=CASH, rounding="0.02", **NOBODY),),
		stands=(so("24.98", {TEE: 2}), si("24.98", {TEE: 2}), pe("t1", "25.00")),
		books=books(cash="25", rounding="-0.02", income="-24.98"),
	),
	Case(
		"cash is rounded down: 25.02 are owed, 25.00 lie in the till",
		(placed(tee(2, "12.51"), pays="sale", by=CASH, rounding="-0.02", **NOBODY),),
		stands=(so("25.02", {TEE: 2}), si("25.02", {TEE: 2}), pe("t1", "25.00")),
		books=books(cash="25", rounding="0.02", income="-25.02"),
	),
	Case(
		"the money is heard of before the order",
		(
			placed(*BASKET, freight="5.00", pays="sale", quiet=True),
			tells_transaction("t1"),
		),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"paid, and the transaction is not heard of: the invoice stays open",
		(placed(*BASKET, freight="5.00", pays="sale", quiet=True),),
		stands=(so("30", PIECES), si("30", PIECES, outstanding="30")),
		books=books(receivable="30", income="-25", shipping="-5"),
	),
	Case(
		"a transaction is told twice",
		(placed(*BASKET, freight="5.00", pays="sale"), tells_transaction("t1"), says()),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"the day of the payment is the transaction's",
		(placed(*BASKET, freight="5.00"), waits(days=1), pays("t1")),
		stands=(so("30", transaction_date="2026-11-18"), si("30"), pe("t1", "30", posting_date="2026-11-19")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"net 30: what is sent is owed on 18 December",
		(placed(*BASKET, freight="5.00", **_NET_30), ships("f1", _ALL)),
		stands=(so("30", PIECES), si("30", PIECES, outstanding="30", due_date="2026-12-18"), dn("f1", PIECES)),
		books=books(receivable="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"net 30, paid before it is due",
		(placed(*BASKET, freight="5.00", **_NET_30), ships("f1", _ALL), pays("t1", "30", BANK)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=books(bank="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"money comes after goods came back: the invoice takes it",
		(
			placed(tee(2), mug(1), freight="5.00"),
			pays("t1", "10"),
			refunds("r1", {"l1": 1}, money=()),
			pays("t2", "10"),
		),
		stands=None,
		books=books(clearing="20", income="-15", shipping="-5"),
	),
)
