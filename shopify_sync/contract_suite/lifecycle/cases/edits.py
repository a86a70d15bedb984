"""Edits: before the invoice they change the Sales Order, after it they become a second invoice or a credit note.

The basket: 2 TEE at 10.00, 1 MUG at 5.00, freight 5.00: 30.00.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import books, cn, correction, dn, paid_back, pe, si, so
from ..records import Freight
from ..steps import changes_shipping, discounts, edits, pays, placed, refunds, ships, vat
from ..wares import BASKET, MUG, PIECES, TEE, mug, tee

_ALL = {"l1": 2, "l2": 1}

CASES = (
	Case(
		"a piece is taken off before anything is invoiced",
		(placed(*BASKET, freight="5.00"), edits(remove={"l1": 1})),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a piece is taken off, told as a refund without money",
		(placed(*BASKET, freight="5.00"), edits(remove={"l1": 1}, as_refund=True)),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a whole line is taken off before anything is invoiced",
		(placed(*BASKET, freight="5.00"), edits(remove={"l2": 1})),
		stands=(so("25", {TEE: 2}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a line is added before anything is invoiced",
		(placed(*BASKET, freight="5.00"), edits(tee(1, "8.00", "l3"))),
		stands=(so("38", {TEE: 3, MUG: 1}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a piece is added to a line before anything is invoiced",
		(placed(*BASKET, freight="5.00"), edits(grow={"l2": 2})),
		stands=(so("40", {TEE: 2, MUG: 3}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a line goes and another one comes, in one edit",
		(placed(*BASKET, freight="5.00"), edits(mug(2, label="l3"), remove={"l1": 2})),
		stands=(so("20", {MUG: 3}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"edited three times",
		(placed(*BASKET, freight="5.00"), edits(remove={"l1": 1}), edits(mug(1, label="l3")), edits(grow={"l1": 2})),
		stands=(so("45", {TEE: 3, MUG: 2}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"edited with 20 % tax: 1 TEE and 1 MUG and freight are 20.00 + 4.00",
		(placed(*BASKET, freight="5.00", taxes=vat()), edits(remove={"l1": 1})),
		stands=(so("24", {TEE: 1, MUG: 1}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"edited, then paid: the invoice is of what is left",
		(placed(*BASKET, freight="5.00"), edits(remove={"l1": 1}), pays("t1", "20")),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver"), si("20", {TEE: 1, MUG: 1}), pe("t1", "20")),
		books=books(clearing="20", income="-15", shipping="-5"),
	),
	Case(
		"another way of sending, before anything is invoiced",
		(placed(*BASKET, freight="5.00"), changes_shipping(remove="s1", add=Freight("9.00", "Express", label="s2"))),
		stands=(so("34", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a discount after the fact, before anything is invoiced",
		(placed(*BASKET, freight="5.00"), discounts("l1", "2.50")),
		stands=(so("27.50", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"what is added after the invoice is a second invoice",
		(placed(*BASKET, freight="5.00", pays="sale"), edits(mug(1, label="l3"))),
		stands=(
			so("35", {TEE: 2, MUG: 2}, "To Deliver"),
			si("30", PIECES),
			pe("t1", "30"),
			si("5", {MUG: 1}, n=2, outstanding="5"),
		),
		books=books(receivable="5", clearing="30", income="-30", shipping="-5"),
	),
	Case(
		"what is added after the invoice is paid",
		(placed(*BASKET, freight="5.00", pays="sale"), edits(mug(1, label="l3")), pays("t2", "5")),
		stands=(
			so("35", {TEE: 2, MUG: 2}, "To Deliver"),
			si("30", PIECES),
			pe("t1", "30"),
			si("5", {MUG: 1}, n=2),
			pe("t2", "5"),
		),
		books=books(clearing="35", income="-30", shipping="-5"),
	),
	Case(
		"a piece more of an invoiced line, with tax: 10.00 + 2.00",
		(placed(*BASKET, freight="5.00", taxes=vat(), pays="sale"), edits(grow={"l1": 1})),
		stands=(
			so("48", {TEE: 3, MUG: 1}),
			si("36", PIECES),
			pe("t1", "36"),
			si("12", {TEE: 1}, n=2, outstanding="12"),
		),
		books=books(receivable="12", clearing="36", income="-35", shipping="-5", tax="-8"),
	),
	Case(
		"what is taken off after the invoice, before it is paid, is credited",
		(placed(*BASKET, freight="5.00"), pays("t1", "10"), edits(remove={"l1": 1})),
		stands=(so("30", PIECES), si("30", PIECES, outstanding="10"), pe("t1", "10"), correction(2, "-10", {TEE: -1})),
		books=books(receivable="10", clearing="10", income="-15", shipping="-5"),
	),
	Case(
		"what is taken off after it was paid is to the customer's credit",
		(placed(*BASKET, freight="5.00", pays="sale"), edits(remove={"l1": 1})),
		stands=(so("30", PIECES), si("30", PIECES, outstanding=None), pe("t1", "30"), correction(2, "-10", {TEE: -1})),
		books=books(receivable="-10", clearing="30", income="-15", shipping="-5"),
	),
	Case(
		"what is taken off after it was paid is paid back",
		(
			placed(*BASKET, freight="5.00", pays="sale"),
			edits(remove={"l1": 1}),
			refunds("r1", money=(("10", "shopify_payments"),)),
		),
		stands=(
			so("30", PIECES),
			si("30", PIECES, outstanding=None),
			pe("t1", "30"),
			correction(2, "-10", {TEE: -1}),
			paid_back("r1-t1", "10"),
		),
		books=books(clearing="20", income="-15", shipping="-5"),
	),
	Case(
		"a swap after the invoice: a TEE for two MUGs, nothing to pay",
		(placed(*BASKET, freight="5.00", pays="sale"), edits(mug(2, label="l3"), remove={"l1": 1})),
		stands=None,
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"what is not sent yet is taken off",
		(placed(*BASKET, freight="5.00"), ships("f1", {"l1": 1}), edits(remove={"l1": 1})),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver and Bill"), dn("f1", {TEE: 1})),
		books=books(cogs="4", stock="-4"),
	),
	Case(
		"added after a parcel left, and sent with the next",
		(
			placed(*BASKET, freight="5.00", pays="sale"),
			ships("f1", _ALL),
			edits(mug(1, label="l3")),
			pays("t2", "5"),
			ships("f2", {"l3": 1}),
		),
		stands=(
			so("35", {TEE: 2, MUG: 2}, "Completed"),
			si("30", PIECES),
			pe("t1", "30"),
			dn("f1", PIECES),
			si("5", {MUG: 1}, n=2),
			pe("t2", "5"),
			dn("f2", {MUG: 1}),
		),
		books=books(clearing="35", income="-30", shipping="-5", cogs="12", stock="-12"),
	),
	Case(
		"added after the invoice, and taken back with money",
		(
			placed(*BASKET, freight="5.00", pays="sale"),
			edits(mug(1, label="l3")),
			pays("t2", "5"),
			refunds("r1", {"l3": 1}),
		),
		stands=(
			so("35", {TEE: 2, MUG: 2}),
			si("30", PIECES),
			pe("t1", "30"),
			si("5", {MUG: 1}, n=2),
			pe("t2", "5"),
			cn("r1", "-5", {MUG: -1}),
			paid_back("r1-t1", "5"),
		),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
)
