"""Order states: which documents each combination of statuses asks for, by the default rules and by a store's own.

The basket is 2 TEE at 10.00, 1 MUG at 5.00, freight 5.00, no tax: 30.00 in all. It costs 2 × 4.00 + 2.00 = 10.00.
"""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, dn, pe, si, so
from ..steps import captures, expires, pays, placed, ships, voids
from ..wares import BASKET, PIECES, TEE

_ALL = {"l1": 2, "l2": 1}
_SOLD = books(receivable="30", income="-25", shipping="-5")
_PAID = books(clearing="30", income="-25", shipping="-5")
_SENT_AND_PAID = books(clearing="30", income="-25", shipping="-5", cogs="10", stock="-10")


def _rule(outcome: str, financial: str | None = None, fulfillment: str | None = None, **more: object) -> dict[str, object]:
	return {"outcome": outcome, "financial_status": financial, "fulfillment_status": fulfillment, **more}


#: Rules of a store that invoices what has left, and not before.
_INVOICE_WHEN_SENT = [
	_rule("Submitted", None, "fulfilled", cancelled=False, invoice=True, payment=True, delivery=True, priority=20),
	_rule("Submitted", cancelled=False, payment=True, delivery=True, priority=10),
	_rule("Cancelled", cancelled=True, invoice=True, payment=True, priority=100),
]

CASES = (
	Case(
		"pending: only the Sales Order",
		(placed(*BASKET, freight="5.00"),),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"authorized: the authorization is evidence, nothing is booked",
		(placed(*BASKET, freight="5.00", pays="authorization"),),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"expired: the order waits for another payment",
		(placed(*BASKET, freight="5.00", pays="authorization"), expires()),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
	),
	Case(
		"partially paid: the whole is invoiced, 10.00 of it paid",
		(placed(*BASKET, freight="5.00"), pays("t1", "10")),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES, outstanding="20"), pe("t1", "10")),
		books=books(receivable="20", clearing="10", income="-25", shipping="-5"),
	),
	Case(
		"paid at once",
		(placed(*BASKET, freight="5.00", pays="sale"),),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
	),
	Case(
		"paid later",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
	),
	Case(
		"paid, a part is sent",
		(placed(*BASKET, freight="5.00", pays="sale"), ships("f1", {"l1": 1})),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30"), dn("f1", {TEE: 1})),
		books=books(clearing="30", income="-25", shipping="-5", cogs="4", stock="-4"),
	),
	Case(
		"paid, then sent: completed",
		(placed(*BASKET, freight="5.00", pays="sale"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=_SENT_AND_PAID,
	),
	Case(
		"sent, then paid: completed",
		(placed(*BASKET, freight="5.00"), ships("f1", _ALL), pays("t1")),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=_SENT_AND_PAID,
	),
	Case(
		"pending, a part is sent: nothing is invoiced yet",
		(placed(*BASKET, freight="5.00"), ships("f1", {"l1": 1})),
		stands=(so("30", PIECES, "To Deliver and Bill"), dn("f1", {TEE: 1})),
		books=books(cogs="4", stock="-4"),
	),
	Case(
		"pending, all is sent: now the customer owes it",
		(placed(*BASKET, freight="5.00"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES, outstanding="30"), dn("f1", PIECES)),
		books=books(receivable="30", income="-25", shipping="-5", cogs="10", stock="-10"),
	),
	Case(
		"authorized, all is sent: to be billed when the money is captured",
		(placed(*BASKET, freight="5.00", pays="authorization"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "To Bill"), dn("f1", PIECES)),
		books=books(cogs="10", stock="-10"),
	),
	Case(
		"authorized, sent, captured: completed",
		(placed(*BASKET, freight="5.00", pays="authorization"), ships("f1", _ALL), captures("t1")),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=_SENT_AND_PAID,
	),
	Case(
		"voided after it was authorized: held for review, the Sales Order stays",
		(placed(*BASKET, freight="5.00", pays="authorization"), voids()),
		stands=(so("30", PIECES),),
		books=books(),
		refused=Refused("REVIEW"),
		any_order=False,
	),
	Case(
		"voided when it is first heard of: held for review, nothing is made",
		(placed(*BASKET, freight="5.00", financial_status="voided"),),
		stands=(),
		books=books(),
		refused=Refused("REVIEW"),
	),
	Case(
		"on hold is not sent",
		(placed(*BASKET, freight="5.00", pays="sale", fulfillment_status="on_hold"),),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
	),
	Case(
		"scheduled is not sent",
		(placed(*BASKET, freight="5.00", pays="sale", fulfillment_status="scheduled"),),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
	),
	Case(
		"restocked is not sent",
		(placed(*BASKET, freight="5.00", pays="sale", fulfillment_status="restocked"),),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
	),
	Case(
		"a financial status that nobody knows has no rule",
		(placed(*BASKET, freight="5.00", financial_status="haggled"),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_STATE_RULE", "state:haggled|unfulfilled|no"),
	),
	Case(
		"a fulfilment status that nobody knows has no rule",
		(placed(*BASKET, freight="5.00", pays="sale", quiet=True, fulfillment_status="teleported"),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_STATE_RULE", "state:paid|teleported|no"),
	),
	Case(
		"a store's own rules do not cover pending",
		(placed(*BASKET, freight="5.00"),),
		stands=(),
		books=books(),
		settings={"state_rules": [_rule("Submitted", "paid", invoice=True, payment=True, priority=1)]},
		refused=Refused("MISSING_STATE_RULE", "state:pending|unfulfilled|no"),
	),
	Case(
		"own rule: pending orders are drafts",
		(placed(*BASKET, freight="5.00"),),
		stands=(so("30", PIECES, "Draft", docstatus=0),),
		books=books(),
		settings={"state_rules": [_rule("Draft", "pending", priority=1)]},
	),
	Case(
		"own rule: a draft is submitted and invoiced when it is paid",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
		settings={
			"state_rules": [
				_rule("Draft", "pending", priority=1),
				_rule("Submitted", "paid", invoice=True, payment=True, delivery=True, priority=1),
			]
		},
	),
	Case(
		"own rule: nothing stands until the order is paid",
		(placed(*BASKET, freight="5.00"),),
		stands=(),
		books=books(),
		settings={"state_rules": [_rule("No document", "pending", priority=1)]},
	),
	Case(
		"own rule: nothing stood, and with the payment everything does",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES), pe("t1", "30")),
		books=_PAID,
		settings={
			"state_rules": [
				_rule("No document", "pending", priority=1),
				_rule("Submitted", "paid", invoice=True, payment=True, delivery=True, priority=1),
			]
		},
	),
	Case(
		"own rule: invoice what has left; money before that is an advance on the Sales Order",
		(placed(*BASKET, freight="5.00", pays="sale"),),
		stands=(so("30", PIECES, "To Deliver and Bill"), pe("t1", "30")),
		books=books(receivable="-30", clearing="30"),
		settings={"state_rules": _INVOICE_WHEN_SENT},
	),
	Case(
		"own rule: the invoice takes the advance when the goods leave",
		(placed(*BASKET, freight="5.00", pays="sale"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=_SENT_AND_PAID,
		settings={"state_rules": _INVOICE_WHEN_SENT},
	),
	Case(
		"own rule: two advances, one invoice",
		(placed(*BASKET, freight="5.00"), pays("t1", "12"), pays("t2", "18", "paypal"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES), pe("t1", "12"), pe("t2", "18"), dn("f1", PIECES)),
		books=books(clearing="12", paypal="18", income="-25", shipping="-5", cogs="10", stock="-10"),
		settings={"state_rules": _INVOICE_WHEN_SENT},
	),
	Case(
		"own rule: an advance of 12.00 leaves 18.00 open on the invoice",
		(placed(*BASKET, freight="5.00"), pays("t1", "12"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Completed"), si("30", PIECES, outstanding="18"), pe("t1", "12"), dn("f1", PIECES)),
		books=books(receivable="18", clearing="12", income="-25", shipping="-5", cogs="10", stock="-10"),
		settings={"state_rules": _INVOICE_WHEN_SENT},
	),
	Case(
		"own rule: of several that fit the one with the highest priority counts",
		(placed(*BASKET, freight="5.00"),),
		stands=(so("30", PIECES, "To Deliver and Bill"),),
		books=books(),
		settings={"state_rules": [_rule("No document", "pending", priority=1), _rule("Submitted", None, priority=2)]},
	),
	Case(
		"own rule: hold what is paid for review",
		(placed(*BASKET, freight="5.00"), pays("t1")),
		stands=None,
		books=books(),
		settings={"state_rules": [_rule("Submitted", "pending", priority=1), _rule("Hold for review", "paid", priority=1)]},
		refused=Refused("REVIEW"),
		any_order=False,
	),
	Case(
		"own rule: an order that is paid and sent is closed",
		(placed(*BASKET, freight="5.00", pays="sale"), ships("f1", _ALL)),
		stands=(so("30", PIECES, "Closed"), si("30", PIECES), pe("t1", "30"), dn("f1", PIECES)),
		books=_SENT_AND_PAID,
		settings={
			"state_rules": [
				_rule("Closed", "paid", "fulfilled", invoice=True, payment=True, delivery=True, priority=2),
				_rule("Submitted", "paid", invoice=True, payment=True, delivery=True, priority=1),
			]
		},
	),
	Case(
		"own rule: invoices, but payments are booked by hand",
		(placed(*BASKET, freight="5.00", pays="sale"),),
		stands=(so("30", PIECES, "To Deliver"), si("30", PIECES, outstanding="30")),
		books=_SOLD,
		settings={"state_rules": [_rule("Submitted", "paid", invoice=True, priority=1)]},
	),
)
