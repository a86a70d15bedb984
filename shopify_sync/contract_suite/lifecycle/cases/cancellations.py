"""Cancellations: taken back as far as the order went. The basket: 2 TEE at 10.00, 1 MUG at 5.00, freight 5.00: 30.00."""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, cn, paid_back, pe, si, so
from ..steps import cancels, edits, pays, placed, says, ships, vat, voids, waits
from ..wares import BASKET, MUG, PIECES, TEE

_VAT = vat()
_BACK = {TEE: -2, MUG: -1}

CASES = (
	Case(
		"nothing was paid: the Sales Order is cancelled",
		(placed(*BASKET, freight="5.00"), cancels()),
		stands=(so("30", PIECES, docstatus=2),),
		books=books(),
	),
	Case(
		"authorized, released, cancelled: the Sales Order is cancelled",
		(placed(*BASKET, freight="5.00", pays="authorization"), cancels(), voids()),
		stands=(so("30", PIECES, docstatus=2),),
		books=books(),
	),
	Case(
		"cancelled before it was heard of: nothing is made",
		(placed(*BASKET, freight="5.00", cancelled_at="2026-11-18T12:00:30+00:00", financial_status="voided"),),
		stands=(),
		books=books(),
	),
	Case(
		"cancelled without taking anything back",
		(placed(*BASKET, freight="5.00"), cancels(None)),
		stands=(so("30", PIECES, docstatus=2),),
		books=books(),
	),
	Case(
		"invoiced, never paid, cancelled without a refund: credited once, whatever is said of it afterwards",
		(placed(*BASKET, freight="5.00"), ships("f1", {"l1": 2, "l2": 1}), cancels(None), says(tags="a"), says(tags="b")),
		stands=None,
		books=books(cogs="10", stock="-10"),
		any_order=False,
	),
	Case(
		"paid and paid back: invoice, credit note, both payments, and the Sales Order is closed",
		(placed(*BASKET, freight="5.00", pays="sale"), cancels("r1")),
		stands=(
			so("30", PIECES, "Closed"),
			si("30", PIECES),
			pe("t1", "30"),
			cn("r1", "-30", _BACK),
			paid_back("r1-t1", "30"),
		),
		books=books(),
	),
	Case(
		"paid, and the money is kept: the customer has 30.00 to his credit",
		(placed(*BASKET, freight="5.00", pays="sale"), cancels("r1", money=())),
		stands=(
			so("30", PIECES, "Closed"),
			si("30", PIECES, outstanding=None),
			pe("t1", "30"),
			cn("r1", "-30", _BACK, outstanding=None),
		),
		books=books(receivable="-30", clearing="30"),
	),
	Case(
		"a third was paid, and is paid back: nothing is open",
		(placed(*BASKET, freight="5.00"), pays("t1", "10"), cancels("r1")),
		stands=(
			so("30", PIECES, "Closed"),
			si("30", PIECES, outstanding=None),
			pe("t1", "10"),
			cn("r1", "-30", _BACK, outstanding=None),
			paid_back("r1-t1", "10"),
		),
		books=books(),
	),
	Case(
		"paid with 20 % tax, and paid back",
		(placed(*BASKET, freight="5.00", taxes=_VAT, pays="sale"), cancels("r1")),
		stands=(
			so("36", PIECES, "Closed"),
			si("36", PIECES),
			pe("t1", "36"),
			cn("r1", "-36", _BACK),
			paid_back("r1-t1", "36"),
		),
		books=books(),
	),
	Case(
		"edited, then cancelled",
		(placed(*BASKET, freight="5.00"), edits(remove={"l1": 1}), cancels()),
		stands=(so("20", {TEE: 1, MUG: 1}, docstatus=2),),
		books=books(),
	),
	Case(
		"cancelled the day after",
		(placed(*BASKET, freight="5.00"), waits(days=1), cancels()),
		stands=(so("30", PIECES, docstatus=2),),
		books=books(),
	),
	Case(
		"a draft that is cancelled is somebody's work: a conflict",
		(placed(*BASKET, freight="5.00"), cancels()),
		stands=(so("30", PIECES, docstatus=0),),
		books=books(),
		settings={
			"state_rules": [
				{"outcome": "Draft", "cancelled": False, "priority": 1},
				{"outcome": "Cancelled", "cancelled": True, "invoice": True, "payment": True, "priority": 100},
			]
		},
		refused=Refused("CONFLICT"),
		any_order=False,
	),
	Case(
		"a Sales Order that somebody cancelled by hand: a conflict while the order lives",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=None,
		books=books(),
		refused=Refused("CONFLICT"),
		circumstance="order cancelled by hand",
		any_order=False,
	),
)
