"""What users of other connectors complain of, each as an order that must come out right.

The numbers are issues of frappe/ecommerce_integrations, the connector that most of them are about.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, cn, dn, paid_back, pe, si, so
from ..people import NOBODY
from ..steps import CASH, GIFT_CARD, cancels, edits, pays, placed, quietly, refunds, says, ships, vat
from ..wares import BASKET, CUSTOM, MUG, PIECES, TEE, TIP, Ware, custom, mug, nobody_knows, tee, tip

_ALL = {"l1": 2, "l2": 1}

CASES = (
	Case(
		"#425: orders/paid is the first that is heard of an order",
		(quietly(placed(*BASKET, freight="5.00", pays="sale")), says("orders/paid")),
		stands=(so("30", PIECES), si("30", PIECES, outstanding="30")),
		books=books(receivable="30", income="-25", shipping="-5"),
	),
	Case(
		"cancelled before orders/create is heard of: no live order",
		(quietly(placed(*BASKET, freight="5.00")), cancels()),
		stands=(),
		books=books(),
	),
	Case(
		"one Item is known, the other is not: not half an order with all the tax",
		(placed(tee(1), nobody_knows(), taxes=vat()),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_ITEM", "item:LIFE-NOBODY"),
	),
	Case(
		"#404: a sale at the counter has shipping_lines null",
		(placed(tee(1), pays="sale", by=CASH, shipping_lines=None, **NOBODY),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(cash="10", income="-10"),
	),
	Case(
		"#195: a custom line has no product id",
		(placed(custom("3.50", 2), pays="sale"),),
		stands=(so("7", {CUSTOM: 2}), si("7", {CUSTOM: 2}), pe("t1", "7")),
		books=books(clearing="7", income="-7"),
	),
	Case(
		"#351: a tip has no product id",
		(placed(tee(1), tip("1.50"), pays="sale"),),
		stands=(so("11.50", {TEE: 1, TIP: 1}), si("11.50", {TEE: 1, TIP: 1}), pe("t1", "11.50")),
		books=books(clearing="11.50", income="-10", tips="-1.50"),
	),
	Case(
		"#337, #338: the product was deleted since, its SKU is left",
		(placed(Ware("d1", TEE, 1, "10.00", kind="deleted"), pays="sale"),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"a line with quantity 0",
		(placed(tee(1), mug(0), pays="sale"),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"#154: prices with tax inside are not taxed again",
		(placed(tee(1, "12.00"), taxes=vat(), included=True, pays="sale"),),
		stands=(so("12", {TEE: 1}), si("12", {TEE: 1}), pe("t1", "12")),
		books=books(clearing="12", income="-10", tax="-2"),
	),
	Case(
		"#398: a discount with tax inside: 24.00 less 6.00 hold 3.00",
		(placed(tee(2, "12.00", off="6.00"), taxes=vat(), included=True, pays="sale"),),
		stands=(so("18", {TEE: 2}), si("18", {TEE: 2}), pe("t1", "18")),
		books=books(clearing="18", income="-15", tax="-3"),
	),
	Case(
		"#166, #460: a line discounted by 100 % is not priced again",
		(placed(tee(2, off="20.00"), mug(1), pays="sale"),),
		stands=(so("5", PIECES), si("5", PIECES), pe("t1", "5")),
		books=books(clearing="5", income="-5"),
	),
	Case(
		"#416: an order without a customer",
		(placed(tee(1), pays="sale", by=CASH, **NOBODY),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(cash="10", income="-10"),
	),
	Case(
		"#397: a refund",
		(placed(*BASKET, freight="5.00", pays="sale"), refunds("r1", {"l2": 1})),
		stands=(so("30"), si("30"), pe("t1", "30"), cn("r1", "-5", {MUG: -1}), paid_back("r1-t1", "5")),
		books=books(clearing="25", income="-20", shipping="-5"),
	),
	Case(
		"#225: an edited order",
		(placed(*BASKET, freight="5.00"), edits(mug(1, label="l3"), remove={"l1": 1})),
		stands=(so("25", {TEE: 1, MUG: 2}),),
		books=books(),
	),
	Case(
		"#213: a partial payment",
		(placed(*BASKET, freight="5.00"), pays("t1", "7.77")),
		stands=(so("30"), si("30", outstanding="22.23"), pe("t1", "7.77")),
		books=books(receivable="22.23", clearing="7.77", income="-25", shipping="-5"),
	),
	Case(
		"#297: paid with a gift card",
		(placed(tee(1), pays="sale", by=GIFT_CARD),),
		stands=(so("10"), si("10"), pe("t1", "10")),
		books=books(gift_card="10", income="-10"),
	),
	Case(
		"#373: another currency than the company's",
		(placed(tee(1), currency="CHF", pays="sale"),),
		stands=(so("10", currency="CHF"), si("10", currency="CHF"), pe("t1", "12.50")),
		books=books(clearing="12.50", income="-12.50"),
	),
	Case(
		"two workers and a doubled delivery: one Sales Order, one invoice",
		(placed(*BASKET, freight="5.00", pays="sale"), says("orders/create"), says("orders/paid"), says()),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"sent in parts, refunded in parts, nothing is written off",
		(
			placed(*BASKET, freight="5.00", taxes=vat(), pays="sale"),
			ships("f1", {"l1": 1}),
			refunds("r1", {"l1": 1}),
			ships("f2", {"l1": 1, "l2": 1}),
			refunds("r2", {"l2": 1}, shipping="5.00"),
		),
		stands=(
			so("36", PIECES, "Completed"),
			si("36", PIECES),
			pe("t1", "36"),
			dn("f1", {TEE: 1}),
			dn("f2", {TEE: 1, MUG: 1}),
			cn("r1", "-12", {TEE: -1}),
			paid_back("r1-t1", "12"),
			cn("r2", "-12", {MUG: -1}),
			paid_back("r2-t1", "12"),
		),
		# What is left: one TEE, 10.00 + 2.00.
		books=books(clearing="12", income="-10", tax="-2", cogs="10", stock="-10"),
	),
)
