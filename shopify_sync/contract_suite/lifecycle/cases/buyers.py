"""Who buys: customers, guests, passers-by at the counter, companies; and what else an order says of itself."""

from __future__ import annotations

from ...payloads import new_id
from ..case import Case
from ..expectations import Refused, books, dn, pe, si, so
from ..people import BUYER, NOBODY, guest, somebody
from ..steps import BANK, CASH, pays, placed, ships
from ..wares import BASKET, PASSER_BY, PIECES, TEE, tee

_COMPANY = {
	"company": {"id": int(new_id()), "location_id": int(new_id())},
	"po_number": "PO-77",
	"billing_address": {**BUYER["billing_address"], "company": "Example Works"},
	"shipping_address": {**BUYER["shipping_address"], "company": "Example Works"},
}

CASES = (
	Case(
		"a guest with an e-mail address",
		(placed(*BASKET, freight="5.00", pays="sale", **guest()),),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(clearing="30", income="-25", shipping="-5"),
	),
	Case(
		"at the counter: no customer, no freight, cash, goods handed over",
		(placed(tee(2), pays="sale", by=CASH, **NOBODY), ships("f1", {"l1": 2})),
		stands=(
			so("20", {TEE: 2}, "Completed", customer=PASSER_BY),
			si("20", {TEE: 2}, customer=PASSER_BY),
			pe("t1", "20"),
			dn("f1", {TEE: 2}),
		),
		books=books(cash="20", income="-20", cogs="8", stock="-8"),
	),
	Case(
		"at the counter: shipping_lines is null, and other sections too",
		(placed(tee(1), pays="sale", by=CASH, shipping_lines=None, refunds=None, discount_applications=None, **NOBODY),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(cash="10", income="-10"),
	),
	Case(
		"nobody, in a store that names no Customer for it",
		(placed(tee(1), **NOBODY),),
		stands=(),
		books=books(),
		settings={"guest_customer": None},
		refused=Refused("MISSING_CUSTOMER", "setting:guest_customer"),
	),
	Case(
		"a guest in a store that holds guests' orders",
		(placed(tee(1), **guest()),),
		stands=(),
		books=books(),
		settings={"guest_policy": "Hold"},
		refused=Refused("MISSING_CUSTOMER"),
	),
	Case(
		"a company orders on account",
		(placed(*BASKET, freight="5.00", **_COMPANY), ships("f1", {"l1": 2, "l2": 1}), pays("t1", "30", BANK)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=books(bank="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"the order's number of the customer's own goes to the field that the store names",
		# ERPNext takes such a number once for each customer.
		(placed(tee(1), po_number="PO-77", customer=somebody),),
		stands=(so("10", {TEE: 1}, po_no="PO-77"),),
		books=books(),
		settings={"field_rules": [["po_number", "po_no"]]},
	),
)
