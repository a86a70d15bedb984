"""Prices and taxes: what Shopify charged is what is booked, to the cent.

Prices with tax inside are booked net, with the tax beside them. Freight is a charge of its own, net of its tax.
"""

from __future__ import annotations

from decimal import Decimal

from ..case import Case
from ..expectations import Refused, books, pe, si, so
from ..records import Freight, TaxRate, Ware
from ..steps import pays, placed, vat
from ..wares import CUSTOM, MUG, PIECES, TEE, TIP, custom, mug, tee, tip

_CITY = TaxRate("City", Decimal("0.05"))
_COMPOUND = (TaxRate("VAT", Decimal("0.2")), TaxRate("City", Decimal("0.1"), compound=True))

CASES = (
	Case(
		"20 % on top: 25.00 + 5.00 freight + 6.00 tax",
		(placed(tee(2), mug(1), freight="5.00", taxes=vat(), pays="sale"),),
		stands=(so("36", PIECES), si("36", PIECES), pe("t1", "36")),
		books=books(clearing="36", income="-25", shipping="-5", tax="-6"),
	),
	Case(
		"20 % inside: 24.00 + 6.00 + 6.00 freight hold 4.00 + 1.00 + 1.00 tax",
		(placed(tee(2, "12.00"), mug(1, "6.00"), freight="6.00", taxes=vat(), included=True, pays="sale"),),
		stands=(so("36", PIECES), si("36", PIECES), pe("t1", "36")),
		books=books(clearing="36", income="-25", shipping="-5", tax="-6"),
	),
	Case(
		"tax inside that does not divide: 3 × 19.99 hold 10.00 (59.97 ÷ 6 = 9.995)",
		(placed(tee(3, "19.99"), taxes=vat(), included=True, pays="sale"),),
		stands=(so("59.97", {TEE: 3}), si("59.97", {TEE: 3}), pe("t1", "59.97")),
		books=books(clearing="59.97", income="-49.97", tax="-10"),
	),
	Case(
		"tax on top is rounded per line: 2 × 0.33 at 7.5 % are 0.05 each",
		(placed(tee(2, "0.33"), mug(2, "0.33"), taxes=vat("7.5"), pays="sale"),),
		stands=(so("1.42"), si("1.42"), pe("t1", "1.42")),
		books=books(clearing="1.42", income="-1.32", tax="-0.10"),
	),
	Case(
		"two taxes beside each other: 20 % and 5 % of 10.00",
		(placed(tee(1), taxes=(*vat(), _CITY), pays="sale"),),
		stands=(so("12.50", {TEE: 1}), si("12.50", {TEE: 1}), pe("t1", "12.50")),
		books=books(clearing="12.50", income="-10", tax="-2", city_tax="-0.50"),
	),
	Case(
		"a tax on a tax: 20 % of 10.00, then 10 % of 12.00",
		(placed(tee(1), taxes=_COMPOUND, pays="sale"),),
		stands=(so("13.20", {TEE: 1}), si("13.20", {TEE: 1}), pe("t1", "13.20")),
		books=books(clearing="13.20", income="-10", tax="-2", city_tax="-1.20"),
	),
	Case(
		"one line is taxed, the other is not",
		(placed(tee(1), mug(1, taxable=False), taxes=vat(), pays="sale"),),
		stands=(so("17", {TEE: 1, MUG: 1}), si("17", {TEE: 1, MUG: 1}), pe("t1", "17")),
		books=books(clearing="17", income="-15", tax="-2"),
	),
	Case(
		"two rates of one tax: 20 % of 10.00 and 7 % of 5.00",
		(placed(tee(1, tax=(("VAT", "0.2", "2.00"),)), mug(1, tax=(("VAT", "0.07", "0.35"),)), pays="sale"),),
		stands=(so("17.35"), si("17.35"), pe("t1", "17.35")),
		books=books(clearing="17.35", income="-15", tax="-2.35"),
	),
	Case(
		"freight is not taxed",
		(placed(tee(1), freight=Freight("5.00", taxable=False), taxes=vat(), pays="sale"),),
		stands=(so("17", {TEE: 1}), si("17", {TEE: 1}), pe("t1", "17")),
		books=books(clearing="17", income="-10", shipping="-5", tax="-2"),
	),
	Case(
		"tax-exempt: no tax lines",
		(placed(tee(2), freight="5.00", pays="sale", tax_exempt=True),),
		stands=(so("25", {TEE: 2}), si("25", {TEE: 2}), pe("t1", "25")),
		books=books(clearing="25", income="-20", shipping="-5"),
	),
	Case(
		"a tax of zero needs no account",
		(placed(tee(1, tax=(("Mystery", "0", "0.00"),)), pays="sale"),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"a tax that the store does not map",
		(placed(tee(1, tax=(("Mystery", "0.1", "1.00"),)), pays="sale", quiet=True),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_TAX_ACCOUNT", "tax:Mystery@10"),
	),
	Case(
		"a way of sending that the store does not map",
		(placed(tee(1), freight=Freight("5.00", "Drone"), pays="sale", quiet=True),),
		stands=(),
		books=books(),
		refused=Refused("MISSING_SHIPPING_ACCOUNT", "shipping:Drone"),
	),
	Case(
		"free freight needs no account",
		(placed(tee(1), freight=Freight("0.00", "Drone"), pays="sale"),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"freight made free by a discount: 5.00 less 5.00",
		(placed(tee(1), freight=Freight("5.00", off="5.00"), pays="sale"),),
		stands=(so("10", {TEE: 1}), si("10", {TEE: 1}), pe("t1", "10")),
		books=books(clearing="10", income="-10"),
	),
	Case(
		"a discount on a line: 20.00 less 3.00",
		(placed(tee(2, off="3.00"), pays="sale"),),
		stands=(so("17", {TEE: 2}), si("17", {TEE: 2}), pe("t1", "17")),
		books=books(clearing="17", income="-17"),
	),
	Case(
		"a discount that does not divide: 3 for 29.00",
		(placed(tee(3, off="1.00"), pays="sale"),),
		stands=(so("29", {TEE: 3}), si("29", {TEE: 3}), pe("t1", "29")),
		books=books(clearing="29", income="-29"),
	),
	Case(
		"a discount on the order, spread by Shopify: 10.00 of 3 × 9.99 and 7 × 0.35",
		(placed(tee(3, "9.99"), mug(7, "0.35"), discount="10.00", pays="sale"),),
		stands=(so("22.42", {TEE: 3, MUG: 7}), si("22.42", {TEE: 3, MUG: 7}), pe("t1", "22.42")),
		books=books(clearing="22.42", income="-22.42"),
	),
	Case(
		"a discount that Shopify allocates to no line: 25.00 less 10.00",
		(placed(tee(2), mug(1), loose_discount="10.00", pays="sale"),),
		stands=(so("15", PIECES), si("15", PIECES), pe("t1", "15")),
		books=books(clearing="15", income="-15"),
	),
	Case(
		"everything is free",
		(placed(tee(1, off="10.00")),),
		stands=(so("0", {TEE: 1}), si("0", {TEE: 1})),
		books=books(),
	),
	Case(
		"one line is free",
		(placed(tee(1, off="10.00"), mug(1), pays="sale"),),
		stands=(so("5", {TEE: 1, MUG: 1}), si("5", {TEE: 1, MUG: 1}), pe("t1", "5")),
		books=books(clearing="5", income="-5"),
	),
	Case(
		"the smallest amounts: 3 for 0.01",
		(placed(tee(3, "0.01", off="0.02"), pays="sale"),),
		stands=(so("0.01", {TEE: 3}), si("0.01", {TEE: 3}), pe("t1", "0.01")),
		books=books(clearing="0.01", income="-0.01"),
	),
	Case(
		"a large order: 1,234 × 99.99",
		(placed(tee(1234, "99.99"), pays="sale"),),
		stands=(so("123387.66", {TEE: 1234}), si("123387.66", {TEE: 1234}), pe("t1", "123387.66")),
		books=books(clearing="123387.66", income="-123387.66"),
	),
	Case(
		"forty lines of 1.13 with 0.07 off and 20 %: 40 × 1.06 + 40 × 0.21",
		(
			placed(
				*(Ware(f"n{number}", TEE, 1, "1.13", off="0.07") for number in range(40)),
				taxes=vat(),
				pays="sale",
			),
		),
		stands=(so("50.80", {TEE: 40}), si("50.80", {TEE: 40}), pe("t1", "50.80")),
		books=books(clearing="50.80", income="-42.40", tax="-8.40"),
	),
	Case(
		"a tip in a line of its own",
		(placed(tee(1), tip("2.00"), pays="sale"),),
		stands=(so("12", {TEE: 1, TIP: 1}), si("12", {TEE: 1, TIP: 1}), pe("t1", "12")),
		books=books(clearing="12", income="-10", tips="-2"),
	),
	Case(
		"a tip without a line",
		(placed(tee(1), tip="2.00", pays="sale"),),
		stands=(so("12", {TEE: 1, TIP: 1}), si("12", {TEE: 1, TIP: 1}), pe("t1", "12")),
		books=books(clearing="12", income="-10", tips="-2"),
	),
	Case(
		"a tip, taxed goods and freight: 10.00 + 5.00 + 3.00 tax + 2.00 tip",
		(placed(tee(1), tip("2.00"), freight="5.00", taxes=vat(), pays="sale"),),
		stands=(so("20"), si("20"), pe("t1", "20")),
		books=books(clearing="20", income="-10", shipping="-5", tax="-3", tips="-2"),
	),
	Case(
		"duties of 3.00 on a line",
		(placed(tee(1, duty="3.00"), mug(1), pays="sale"),),
		stands=(so("18", {TEE: 1, MUG: 1}), si("18", {TEE: 1, MUG: 1}), pe("t1", "18")),
		books=books(clearing="18", income="-15", duty="-3"),
	),
	Case(
		"duties in a store that names no account for them",
		(placed(tee(1, duty="3.00"), pays="sale", quiet=True),),
		stands=(),
		books=books(),
		settings={"duty_account": None},
		refused=Refused("MISSING_ACCOUNT", "setting:duty_account"),
	),
	Case(
		"a custom line",
		(placed(tee(1), custom("3.50"), pays="sale"),),
		stands=(so("13.50", {TEE: 1, CUSTOM: 1}), si("13.50", {TEE: 1, CUSTOM: 1}), pe("t1", "13.50")),
		books=books(clearing="13.50", income="-13.50"),
	),
	Case(
		"a custom line in a store that names no Item for it",
		(placed(custom("3.50"), pays="sale", quiet=True),),
		stands=(),
		books=books(),
		settings={"custom_line_item": None},
		refused=Refused("MISSING_ITEM", "setting:custom_line_item"),
	),
	Case(
		"a total that is a cent off is never booked",
		(placed(tee(1), total_price="10.01", current_total_price="10.01"),),
		stands=(),
		books=books(),
		refused=Refused("TOTALS_MISMATCH"),
	),
	Case(
		"taxes that contradict the stated total of them are never booked",
		(placed(tee(1), taxes=vat(), total_tax="2.01"),),
		stands=(),
		books=books(),
		refused=Refused("TOTALS_MISMATCH"),
	),
	Case(
		"everything at once, to the cent",
		(
			placed(
				tee(3, "19.99", off="1.23"),
				mug(7, "0.35"),
				tip("1.11"),
				freight=Freight("6.66", off="0.99"),
				taxes=(*vat(), _CITY),
			),
			pays("t1"),
		),
		# Lines: 59.97 - 1.23 = 58.74 and 2.45; freight 5.67; VAT 11.75 + 0.49 + 1.13; City 2.94 + 0.12 + 0.28; tip 1.11.
		stands=(so("84.68"), si("84.68"), pe("t1", "84.68")),
		books=books(clearing="84.68", income="-61.19", shipping="-5.67", tax="-13.37", city_tax="-3.34", tips="-1.11"),
	),
)
