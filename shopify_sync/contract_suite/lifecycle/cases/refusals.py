"""What ERPNext refuses, or what is missing: each a category of its own, and nothing half done.

On a site only, because only there is an accounting period, a credit limit, a batch. The circumstance comes into the world before
the last step; what stood before it stays as it was.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, so
from ..people import somebody
from ..records import Ware
from ..steps import pays, placed, ships
from ..wares import BASKET, BATCHED, DISABLED, PIECES, TEE, nobody_knows, tee

_NOTHING = books()


CASES = (
	Case(
		"the accounting period is closed: the Sales Order stands, the invoice does not",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=(so("30", PIECES),),
		books=_NOTHING,
		refused=Refused("PERIOD_CLOSED"),
		circumstance="closed period",
		any_order=False,
	),
	Case(
		"the accounts are frozen up to a date",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=(so("30", PIECES),),
		books=_NOTHING,
		refused=Refused("ACCOUNTS_FROZEN"),
		circumstance="frozen accounts",
		any_order=False,
	),
	Case(
		"the customer is frozen",
		(placed(*BASKET, freight="5.00", customer=somebody), pays("t1")),
		stands=(so("30", PIECES),),
		books=_NOTHING,
		refused=Refused("CUSTOMER_BLOCKED"),
		circumstance="frozen customer",
		any_order=False,
	),
	Case(
		"the customer is over the credit limit",
		(placed(*BASKET, freight="5.00", customer=somebody), ships("f1", {"l1": 2, "l2": 1})),
		stands=(so("30", PIECES),),
		books=_NOTHING,
		refused=Refused("CREDIT_LIMIT"),
		circumstance="credit limit",
		any_order=False,
	),
	Case(
		"the stock is not there",
		(placed(tee(1), freight="5.00"), ships("f1", {"l1": 1})),
		stands=(so("15", {TEE: 1}),),
		books=_NOTHING,
		refused=Refused("STOCK_UNAVAILABLE"),
		circumstance="no stock",
		any_order=False,
	),
	Case(
		"an Item with batches, and no batch is named",
		(placed(Ware("b1", BATCHED, 1, "10.00")), ships("f1", {"b1": 1})),
		stands=(so("10", {BATCHED: 1}),),
		books=_NOTHING,
		refused=Refused("SERIAL_OR_BATCH"),
		any_order=False,
		only="site",
	),
	Case(
		"an Item that is disabled",
		(placed(Ware("b1", DISABLED, 1, "10.00"), pays="sale", quiet=True),),
		stands=(),
		books=_NOTHING,
		refused=Refused("ITEM_DISABLED"),
	),
	Case(
		"an unknown SKU: not a part of the order is booked",
		(placed(tee(1), nobody_knows(), pays="sale", quiet=True),),
		stands=(),
		books=_NOTHING,
		refused=Refused("MISSING_ITEM", "item:LIFE-NOBODY"),
	),
	Case(
		"an order without lines",
		(placed(freight="5.00"),),
		stands=(),
		books=_NOTHING,
		refused=Refused("UNSUPPORTED"),
	),
	Case(
		"a payload without its lines' prices",
		(placed(tee(1), line_items=[{"id": 1, "quantity": 1}]),),
		stands=(),
		books=_NOTHING,
		refused=Refused("INVALID_PAYLOAD"),
	),
)
