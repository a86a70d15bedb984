"""Gift cards: sold they are owed, not earned; used they pay like any gateway, out of what is owed."""

from __future__ import annotations

from ..case import Case
from ..expectations import Refused, books, cn, dn, paid_back, pe, si, so
from ..steps import GIFT_CARD, pays, placed, refunds, ships
from ..wares import BASKET, CARD, PIECES, TEE, card, tee

CASES = (
	Case(
		"a gift card of 50.00 is sold: the shop owes 50.00",
		(placed(card(), pays="sale"),),
		stands=(so("50", {CARD: 1}), si("50", {CARD: 1}), pe("t1", "50")),
		books=books(clearing="50", gift_card="-50"),
	),
	Case(
		"two gift cards and goods: only the goods are earned",
		(placed(tee(1), card("25.00", 2), pays="sale"),),
		stands=(so("60", {TEE: 1, CARD: 2}), si("60", {TEE: 1, CARD: 2}), pe("t1", "60")),
		books=books(clearing="60", gift_card="-50", income="-10"),
	),
	Case(
		"a store that names no gift card account earns what it sells",
		(placed(card(), pays="sale"),),
		stands=(so("50", {CARD: 1}), si("50", {CARD: 1}), pe("t1", "50")),
		books=books(clearing="50", income="-50"),
		settings={"gift_card_account": None},
		# ERPNext remembers the account that an Item was last sold on, and takes it when the row names none.
		only="embedded",
	),
	Case(
		"a gift card is sent by mail: no stock moves",
		(placed(card(), pays="sale"), ships("f1", {"g1": 1})),
		stands=(so("50", {CARD: 1}, "Completed"), si("50", {CARD: 1}), pe("t1", "50"), dn("f1", {CARD: 1}, at=None)),
		books=books(clearing="50", gift_card="-50"),
	),
	Case(
		"paid with a gift card altogether",
		(placed(*BASKET, freight="5.00", pays="sale", by=GIFT_CARD),),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30")),
		books=books(gift_card="30", income="-25", shipping="-5"),
	),
	Case(
		"a gift card of 12.50 pays a part",
		(placed(*BASKET, freight="5.00"), pays("t1", "12.50", GIFT_CARD), pays("t2", "17.50")),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "12.50"), pe("t2", "17.50")),
		books=books(gift_card="12.50", clearing="17.50", income="-25", shipping="-5"),
	),
	Case(
		"a refund goes back to the gift card: the shop owes again",
		(placed(*BASKET, freight="5.00", pays="sale", by=GIFT_CARD), refunds("r1", {"l1": 1}, gateway=GIFT_CARD)),
		stands=(so("30", PIECES), si("30", PIECES), pe("t1", "30"), cn("r1", "-10", {TEE: -1}), paid_back("r1-t1", "10")),
		books=books(gift_card="20", income="-15", shipping="-5"),
	),
	Case(
		"a gift card that was sold is taken back",
		(placed(card(), pays="sale"), refunds("r1", {"g1": 1})),
		stands=(so("50", {CARD: 1}), si("50", {CARD: 1}), pe("t1", "50"), cn("r1", "-50", {CARD: -1}), paid_back("r1-t1", "50")),
		books=books(),
	),
	Case(
		"a gift card without an Item to sell it as",
		(placed(card(), pays="sale", quiet=True),),
		stands=(),
		books=books(),
		settings={"gift_card_item": None},
		refused=Refused("MISSING_ITEM", "setting:gift_card_item"),
	),
)
