"""Fulfillments: a Delivery Note for each parcel, from the warehouse of its place.

The basket: 2 TEE (cost 4.00 each) at 10.00, 1 MUG (cost 2.00) at 5.00, freight 5.00: 30.00.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Document, Refused, books, dn, pe, si, so
from ..order import NOWHERE, SECOND
from ..steps import fails, pays, placed, quietly, says, ships, tracked, unships
from ..wares import BASKET, CUSTOM, MUG, PIECES, TEE, TIP, custom, mug, six, tee, tip

_ALL = {"l1": 2, "l2": 1}
_PAID = placed(*BASKET, freight="5.00", pays="sale")


def _sold(status: str | None, *more: Document) -> tuple[Document, ...]:
	return (so("30", PIECES, status), si("30", PIECES), pe("t1", "30"), *more)


CASES = (
	Case(
		"two parcels",
		(_PAID, ships("f1", {"l1": 1, "l2": 1}), ships("f2", {"l1": 1})),
		stands=_sold("Completed", dn("f1", {TEE: 1, MUG: 1}), dn("f2", {TEE: 1})),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"two parcels from two places",
		(_PAID, ships("f1", {"l1": 2}), ships("f2", {"l2": 1}, SECOND)),
		stands=_sold("Completed", dn("f1", {TEE: 2}), dn("f2", {MUG: 1}, at=SECOND)),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"sent from a place that has no warehouse",
		(placed(*BASKET, freight="5.00"), ships("f1", {"l1": 1}, NOWHERE)),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
		refused=Refused("MISSING_WAREHOUSE", f"location:{NOWHERE}"),
		any_order=False,
	),
	Case(
		"the tracking number stands on the Delivery Note",
		(_PAID, ships("f1", _ALL, company="UPS", number="1Z1")),
		stands=_sold(
			"Completed",
			dn(
				"f1",
				PIECES,
				shopify_tracking_company="UPS",
				shopify_tracking_number="1Z1",
				shopify_tracking_url="https://parcels.example.com/1Z1",
			),
		),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"the tracking number comes later",
		(_PAID, ships("f1", _ALL), tracked("f1", "DHL Express", "JD014")),
		stands=_sold("Completed", dn("f1", PIECES, shopify_tracking_company="DHL Express", shopify_tracking_number="JD014")),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"a parcel that did not leave after all",
		(_PAID, ships("f1", {"l1": 2}), unships("f1")),
		stands=_sold("To Deliver", dn("f1", {TEE: 2}, docstatus=2)),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"cancelled and sent again",
		(_PAID, ships("f1", _ALL), unships("f1"), ships("f2", _ALL, SECOND)),
		stands=_sold("Completed", dn("f1", PIECES, docstatus=2), dn("f2", PIECES, at=SECOND)),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"a parcel that was cancelled before it was heard of",
		(placed(*BASKET, freight="5.00"), quietly(ships("f1", {"l1": 1})), unships("f1")),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"a fulfillment that failed is none",
		(placed(*BASKET, freight="5.00"), quietly(ships("f1", {"l1": 1})), fails("f1")),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"the tip goes with the last parcel: the order is completed",
		(placed(tee(1), tip("2.00"), pays="sale"), ships("f1", {"l1": 1})),
		stands=(
			so("12", {TEE: 1, TIP: 1}, "Completed"),
			si("12", {TEE: 1, TIP: 1}),
			pe("t1", "12"),
			dn("f1", {TEE: 1, TIP: 1}, at=None),
		),
		books=books(clearing="12", income="-10", tips="-2", cogs="4", stock="-4"),
	),
	Case(
		"a custom line is sent: nothing leaves the stock",
		(placed(custom("3.50", 2), tee(1), pays="sale"), ships("f1", {"c1": 2, "l1": 1})),
		stands=(
			so("17", {CUSTOM: 2, TEE: 1}, "Completed"),
			si("17", {CUSTOM: 2, TEE: 1}),
			pe("t1", "17"),
			dn("f1", {CUSTOM: 2, TEE: 1}, at=None),
		),
		books=books(clearing="17", income="-17", cogs="4", stock="-4"),
	),
	Case(
		"a price that does not divide, sent piece by piece: 3 for 29.00",
		(placed(tee(3, off="1.00"), pays="sale"), ships("f1", {"l1": 1}), ships("f2", {"l1": 2})),
		stands=(
			so("29", {TEE: 3}, "Completed"),
			si("29", {TEE: 3}),
			pe("t1", "29"),
			dn("f1", {TEE: 1}),
			dn("f2", {TEE: 2}),
		),
		books=books(clearing="29", income="-29", cogs="12", stock="-12"),
	),
	Case(
		"a box of six: 1 sold, 6 leave the stock",
		(placed(six(1), pays="sale"), ships("f1", {"l6": 1})),
		stands=(so("48", {TEE: 6}, "Completed"), si("48", {TEE: 6}), pe("t1", "48"), dn("f1", {TEE: 6})),
		books=books(clearing="48", income="-48", cogs="24", stock="-24"),
		# The embedded host knows no Items of several pieces.
		only="site",
	),
	Case(
		"boxes of six at a price that no sixth part has: 2 for 95.99",
		(placed(six(2, off="0.01"), pays="sale"), ships("f1", {"l6": 2})),
		stands=(so("95.99", {TEE: 12}, "Completed"), si("95.99", {TEE: 12}), pe("t1", "95.99"), dn("f1", {TEE: 12})),
		books=books(clearing="95.99", income="-95.99", cogs="48", stock="-48"),
		# The embedded host knows no Items of several pieces.
		only="site",
	),
	Case(
		"ERPNext is the side that sends: no Delivery Note",
		(_PAID, ships("f1", _ALL)),
		stands=_sold("To Deliver"),
		books=books(clearing="30", income="-25", shipping="-5"),
		settings={"fulfillment_by": "ERPNext"},
	),
	Case(
		"invoices move stock: the goods leave with the invoice, parcels are evidence",
		(_PAID, ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES, update_stock=1), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
		settings={"invoice_updates_stock": True},
	),
	Case(
		"the same product on two lines",
		(placed(tee(1), tee(1, "9.00", "l3"), mug(1), pays="sale"), ships("f1", {"l3": 1}), ships("f2", {"l1": 1, "l2": 1})),
		stands=(
			so("24", PIECES, "Completed"),
			si("24", PIECES),
			pe("t1", "24"),
			dn("f1", {TEE: 1}),
			dn("f2", {TEE: 1, MUG: 1}),
		),
		books=books(clearing="24", income="-24", cogs="10", stock="-10"),
	),
	Case(
		"told again and again: one Delivery Note",
		(_PAID, ships("f1", _ALL), says(), says("orders/fulfilled"), pays("t0", "1", status="failure")),
		stands=_sold("Completed", dn("f1", PIECES)),
		books=books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
)
