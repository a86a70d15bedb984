"""Refunds: a credit note for what is taken back, a Payment Entry for each repayment, goods back where they came back.

The basket is 2 TEE at 10.00, 1 MUG at 5.00, freight 5.00: 30.00 in all (income 25.00, shipping 5.00). A TEE costs 4.00.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Document, Refused, books, cn, dn, goods_back, paid_back, pe, si, so
from ..order import MAIN, NOWHERE, SECOND
from ..records import Freight, TaxRate
from ..steps import PAYPAL, SHOPIFY, Step, pays, placed, refunds, ships, unships, vat
from ..wares import BASKET, MUG, PIECES, TEE, TIP, mug, tee, tip

_ALL = {"l1": 2, "l2": 1}
_TWO_TAXES = (TaxRate("VAT", vat(20)[0].rate), TaxRate("City", vat(5)[0].rate))


def _sold(*more: Document, rows: dict[str, int] | None = None) -> tuple[Document, ...]:
	"""The basket, sold and paid, and what came after."""
	return (so("30", rows or PIECES), si("30", rows or PIECES), pe("t1", "30"), *more)


def _paid(**more: object) -> Step:
	return placed(*BASKET, freight="5.00", pays="sale", **more)  # type: ignore[arg-type]


CASES = (
	Case(
		"one piece",
		(_paid(), refunds("r1", {"l1": 1})),
		stands=_sold(cn("r1", "-10", {TEE: -1}), paid_back("r1-t1", "10")),
		books=books(clearing="20", income="-15", shipping="-5"),
	),
	Case(
		"everything, freight too",
		(_paid(), refunds("r1", _ALL, shipping="5.00")),
		stands=_sold(cn("r1", "-30", {TEE: -2, MUG: -1}), paid_back("r1-t1", "30")),
		books=books(),
	),
	Case(
		"the freight only",
		(_paid(), refunds("r1", shipping="5.00")),
		stands=_sold(cn("r1", "-5"), paid_back("r1-t1", "5")),
		books=books(clearing="25", income="-25"),
	),
	Case(
		"a part of the freight, with its tax: 2.50 + 20 %",
		(_paid(taxes=vat()), refunds("r1", shipping="2.50")),
		stands=(so("36"), si("36"), pe("t1", "36"), cn("r1", "-3"), paid_back("r1-t1", "3")),
		books=books(clearing="33", income="-25", shipping="-2.50", tax="-5.50"),
	),
	Case(
		"the freight, as older payloads write it: an adjustment of the kind shipping_refund",
		(_paid(), refunds("r1", shipping="5.00", old_shipping=True)),
		stands=_sold(cn("r1", "-5"), paid_back("r1-t1", "5")),
		books=books(clearing="25", income="-25"),
	),
	Case(
		"tax on top: 10.00 + 20 %",
		(_paid(taxes=vat()), refunds("r1", {"l1": 1})),
		stands=(so("36"), si("36"), pe("t1", "36"), cn("r1", "-12", {TEE: -1}), paid_back("r1-t1", "12")),
		books=books(clearing="24", income="-15", shipping="-5", tax="-4"),
	),
	Case(
		"tax inside the price: 12.00 with 2.00 of tax",
		(placed(tee(2, "12.00"), taxes=vat(), included=True, pays="sale"), refunds("r1", {"l1": 1})),
		stands=(so("24"), si("24"), pe("t1", "24"), cn("r1", "-12", {TEE: -1}), paid_back("r1-t1", "12")),
		books=books(clearing="12", income="-10", tax="-2"),
	),
	Case(
		"two taxes: the refunded tax is split as it was charged, 20 % and 5 %",
		(placed(tee(2), taxes=_TWO_TAXES, pays="sale"), refunds("r1", {"l1": 1})),
		stands=(so("25"), si("25"), pe("t1", "25"), cn("r1", "-12.50", {TEE: -1}), paid_back("r1-t1", "12.50")),
		books=books(clearing="12.50", income="-10", tax="-2", city_tax="-0.50"),
	),
	Case(
		"a discounted line, piece by piece: 29.00 for three are 9.67, 9.67 and 9.66",
		(
			placed(tee(3, off="1.00"), pays="sale"),
			refunds("r1", {"l1": 1}),
			refunds("r2", {"l1": 1}),
			refunds("r3", {"l1": 1}),
		),
		stands=(
			so("29", {TEE: 3}),
			si("29", {TEE: 3}),
			pe("t1", "29"),
			cn("r1", "-9.67", {TEE: -1}),
			cn("r2", "-9.67", {TEE: -1}),
			cn("r3", "-9.66", {TEE: -1}),
			paid_back("r1-t1", "9.67"),
			paid_back("r2-t1", "9.67"),
			paid_back("r3-t1", "9.66"),
		),
		books=books(),
	),
	Case(
		"a restocking fee: 10.00 come back, 3.00 are kept",
		(_paid(), refunds("r1", {"l1": 1}, adjustment="-3.00")),
		stands=_sold(cn("r1", "-7", {TEE: -1}), paid_back("r1-t1", "7")),
		books=books(clearing="23", income="-15", shipping="-5", adjustment="-3"),
	),
	Case(
		"more than the piece cost: 2.00 on top",
		(_paid(), refunds("r1", {"l1": 1}, adjustment="2.00")),
		stands=_sold(cn("r1", "-12", {TEE: -1}), paid_back("r1-t1", "12")),
		books=books(clearing="18", income="-15", shipping="-5", adjustment="2"),
	),
	Case(
		"goodwill: 4.00 without a line",
		(_paid(), refunds("r1", adjustment="4.00")),
		stands=_sold(cn("r1", "-4"), paid_back("r1-t1", "4")),
		books=books(clearing="26", income="-25", shipping="-5", adjustment="4"),
	),
	Case(
		"goodwill in a store that names no account for it",
		(_paid(), refunds("r1", adjustment="4.00", money=())),
		stands=None,
		books=books(clearing="30", income="-25", shipping="-5"),
		settings={"adjustment_account": None},
		refused=Refused("MISSING_ACCOUNT", "setting:adjustment_account"),
		any_order=False,
	),
	Case(
		"more than was paid: 5.00 beyond everything",
		(_paid(), refunds("r1", _ALL, shipping="5.00", adjustment="5.00")),
		stands=_sold(cn("r1", "-35", {TEE: -2, MUG: -1}), paid_back("r1-t1", "35")),
		books=books(clearing="-5", adjustment="5"),
	),
	Case(
		"several refunds of one order",
		(_paid(), refunds("r1", {"l1": 1}), refunds("r2", {"l2": 1}), refunds("r3", {"l1": 1}, shipping="5.00")),
		stands=_sold(
			cn("r1", "-10", {TEE: -1}),
			cn("r2", "-5", {MUG: -1}),
			cn("r3", "-15", {TEE: -1}),
			paid_back("r1-t1", "10"),
			paid_back("r2-t1", "5"),
			paid_back("r3-t1", "15"),
		),
		books=books(),
	),
	Case(
		"one refund, paid back over two gateways",
		(
			placed(*BASKET, freight="5.00"),
			pays("t1", "12", PAYPAL),
			pays("t2", "18"),
			refunds("r1", _ALL, shipping="5.00", money=(("12", PAYPAL), ("18", SHOPIFY))),
		),
		stands=(
			so("30", PIECES),
			si("30", PIECES),
			pe("t1", "12"),
			pe("t2", "18"),
			cn("r1", "-30", {TEE: -2, MUG: -1}),
			paid_back("r1-t1", "12"),
			paid_back("r1-t2", "18"),
		),
		books=books(),
	),
	Case(
		"a repayment that failed: credited, not paid back",
		(_paid(), refunds("r1", {"l1": 1}, status="failure")),
		stands=_sold(cn("r1", "-10", {TEE: -1}, outstanding=None)),
		books=books(receivable="-10", clearing="30", income="-15", shipping="-5"),
	),
	Case(
		"sent and returned: the goods are back in stock",
		(_paid(), ships("f1", _ALL), refunds("r1", {"l1": 1}, restock="return", location=MAIN)),
		stands=_sold(
			dn("f1", PIECES),
			cn("r1", "-10", {TEE: -1}),
			paid_back("r1-t1", "10"),
			goods_back("r1", "f1", {TEE: -1}),
		),
		books=books(clearing="20", income="-15", shipping="-5", cogs="6", stock="-6"),
	),
	Case(
		"a piece comes back, then its parcel is cancelled: it came back from the other one",
		(
			_paid(),
			ships("f1", {"l1": 1}),
			ships("f2", {"l1": 1}),
			refunds("r1", {"l1": 1}, restock="return", location=MAIN),
			unships("f1"),
		),
		stands=None,
		books=books(clearing="20", income="-15", shipping="-5"),
	),
	Case(
		"everything sent, everything returned",
		(_paid(), ships("f1", _ALL), refunds("r1", _ALL, restock="return", location=MAIN, shipping="5.00")),
		stands=_sold(
			dn("f1", PIECES),
			cn("r1", "-30", {TEE: -2, MUG: -1}),
			paid_back("r1-t1", "30"),
			goods_back("r1", "f1", {TEE: -2, MUG: -1}),
		),
		books=books(),
	),
	Case(
		"returned to another place than it was sent from",
		(_paid(), ships("f1", _ALL), refunds("r1", {"l1": 1}, restock="return", location=SECOND)),
		stands=_sold(
			dn("f1", PIECES),
			cn("r1", "-10", {TEE: -1}),
			paid_back("r1-t1", "10"),
			goods_back("r1", "f1", {TEE: -1}, at=SECOND),
		),
		books=books(clearing="20", income="-15", shipping="-5", cogs="6", stock="-6"),
	),
	Case(
		"returned to a place that has no warehouse",
		(_paid(), ships("f1", _ALL), refunds("r1", {"l1": 1}, restock="return", location=NOWHERE, money=())),
		stands=None,
		books=None,
		refused=Refused("MISSING_WAREHOUSE", f"location:{NOWHERE}"),
		any_order=False,
	),
	Case(
		"two parcels, a piece of each comes back",
		(
			_paid(),
			ships("f1", {"l1": 1}),
			ships("f2", {"l1": 1, "l2": 1}),
			refunds("r1", {"l1": 2}, restock="return", location=MAIN),
		),
		stands=_sold(
			dn("f1", {TEE: 1}),
			dn("f2", {TEE: 1, MUG: 1}),
			cn("r1", "-20", {TEE: -2}),
			paid_back("r1-t1", "20"),
			goods_back("r1", "f1", {TEE: -1}),
			goods_back("r1", "f2", {TEE: -1}),
		),
		books=books(clearing="10", income="-5", shipping="-5", cogs="2", stock="-2"),
	),
	Case(
		"sent, refunded, kept by the customer: no stock moves",
		(_paid(), ships("f1", _ALL), refunds("r1", {"l1": 1})),
		stands=_sold(dn("f1", PIECES), cn("r1", "-10", {TEE: -1}), paid_back("r1-t1", "10")),
		books=books(clearing="20", income="-15", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"taken off before it was sent: the rest is sent",
		(_paid(), refunds("r1", {"l1": 1}, restock="cancel", location=MAIN), ships("f1", {"l1": 1, "l2": 1})),
		stands=_sold(cn("r1", "-10", {TEE: -1}), paid_back("r1-t1", "10"), dn("f1", {TEE: 1, MUG: 1})),
		books=books(clearing="20", income="-15", shipping="-5", cogs="6", stock="-6"),
	),
	Case(
		"partly paid: what is taken back without money makes the invoice smaller",
		(placed(*BASKET, freight="5.00"), pays("t1", "10"), refunds("r1", {"l1": 1}, money=())),
		stands=(so("30"), si("30", outstanding="10"), pe("t1", "10"), cn("r1", "-10", {TEE: -1})),
		books=books(receivable="10", clearing="10", income="-15", shipping="-5"),
	),
	Case(
		"not invoiced yet: what is taken back without money makes the Sales Order smaller",
		(placed(*BASKET, freight="5.00", pays="authorization"), refunds("r1", {"l1": 1}, restock="cancel", money=())),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"taken back before the capture: only the rest is captured and invoiced",
		(
			placed(*BASKET, freight="5.00", pays="authorization"),
			refunds("r1", {"l1": 1}, restock="cancel", money=()),
			pays("t1", "20", kind="capture"),
		),
		stands=(so("20", {TEE: 1, MUG: 1}, "To Deliver"), si("20", {TEE: 1, MUG: 1}), pe("t1", "20")),
		books=books(clearing="20", income="-15", shipping="-5"),
	),
	Case(
		"a tip is given back",
		(placed(tee(1), tip("2.00"), pays="sale"), refunds("r1", {"tip": 1})),
		stands=(
			so("12", {TEE: 1, TIP: 1}),
			si("12", {TEE: 1, TIP: 1}),
			pe("t1", "12"),
			cn("r1", "-2", {TIP: -1}),
			paid_back("r1-t1", "2"),
		),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"duties are given back with the piece",
		(placed(tee(1, duty="3.00"), mug(1), pays="sale"), refunds("r1", {"l1": 1}, duties="3.00")),
		stands=(so("18"), si("18"), pe("t1", "18"), cn("r1", "-13", {TEE: -1}), paid_back("r1-t1", "13")),
		books=books(clearing="5", income="-5"),
	),
	Case(
		"freight that was discounted: 8.00 less 3.00 are given back as 5.00",
		(placed(tee(1), freight=Freight("8.00", off="3.00"), pays="sale"), refunds("r1", shipping="5.00")),
		stands=(so("15"), si("15"), pe("t1", "15"), cn("r1", "-5"), paid_back("r1-t1", "5")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"a piece that cost nothing: no money, and no credit note of zero",
		(placed(tee(1, off="10.00"), mug(1), pays="sale"), refunds("r1", {"l1": 1}, money=())),
		stands=None,
		books=books(clearing="5", income="-5"),
	),
	Case(
		"invoices move stock: what comes back comes in with the credit note",
		(_paid(), refunds("r1", {"l1": 1}, restock="return", location=MAIN)),
		stands=_sold(cn("r1", "-10", {TEE: -1}, update_stock=1), paid_back("r1-t1", "10")),
		books=books(clearing="20", income="-15", shipping="-5", cogs="6", stock="-6"),
		settings={"invoice_updates_stock": True},
	),
	Case(
		"invoices move stock: what does not come back stays out",
		(_paid(), refunds("r1", {"l1": 1})),
		stands=_sold(cn("r1", "-10", {TEE: -1}, update_stock=0), paid_back("r1-t1", "10")),
		books=books(clearing="20", income="-15", shipping="-5", cogs="10", stock="-10"),
		settings={"invoice_updates_stock": True},
	),
)
