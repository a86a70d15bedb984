"""What hangs on an order: lines, taxes, discounts, shipping, transactions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...rest.values import gid
from ...shop.payouts import FLAT, RATE, fee_of
from ...shop.records import ZERO, DiscountApplication
from ...shop.totals import open_amount, shipping_price
from ..call import TYPE_NAMES, Bag, Call, register, time_text
from .common import Money, bag
from .views import LineView, ShippingView, TransactionView

_KINDS = {
	"manual": "ManualDiscountApplication", "discount_code": "DiscountCodeApplication",
	"automatic": "AutomaticDiscountApplication", "script": "ScriptDiscountApplication",
}  # fmt: skip


@dataclass(frozen=True)
class Application:
	"""A discount of an order, at its place in the list of them."""

	index: int
	granted: DiscountApplication


@dataclass(frozen=True)
class Fee:
	"""What the gateway keeps of a transaction, whose number it has."""

	number: str
	amount: Decimal


@dataclass(frozen=True)
class Percentage:
	"""A discount in percent."""

	percentage: float


def _line(read: Any) -> Any:
	return lambda call, view: read(call, view.line)


def _price(read: Any) -> Any:
	return lambda call, view: bag(call, read(view.line))


def _unit(call: Call, view: LineView) -> Bag:
	"""Return the price of a piece after all discounts. It is a fraction of a cent where they do not divide evenly."""
	line = view.line
	return bag(call, (line.price * line.quantity - line.discount) / line.quantity if line.quantity else line.price)


def _unfulfilled(view: LineView) -> int:
	return view.line.fulfillable_quantity


register(
	"LineItem",
	{
		"id": lambda _c, view: gid("LineItem", view.line.id),
		"title": _line(lambda _c, line: line.title),
		"name": _line(lambda _c, line: line.name),
		"variantTitle": _line(lambda _c, line: line.variant_title or None),
		"sku": _line(lambda _c, line: line.sku or None),
		"vendor": _line(lambda _c, line: line.vendor or None),
		"quantity": _line(lambda _c, line: line.quantity),
		"currentQuantity": _line(lambda _c, line: line.current_quantity),
		"unfulfilledQuantity": lambda _c, view: _unfulfilled(view),
		"fulfillableQuantity": lambda _c, view: _unfulfilled(view),
		"refundableQuantity": _line(lambda _c, line: line.current_quantity),
		"requiresShipping": _line(lambda _c, line: line.requires_shipping),
		"taxable": _line(lambda _c, line: line.taxable),
		"isGiftCard": _line(lambda _c, line: line.gift_card),
		"product": _line(lambda call, line: call.shop.products.all.get(line.product_id or "")),
		"variant": _line(lambda call, line: call.shop.products.variants.get(line.variant_id or "")),
		"originalUnitPriceSet": _price(lambda line: line.price),
		"originalTotalSet": _price(lambda line: line.price * line.quantity),
		"totalDiscountSet": _price(lambda line: line.discount),
		"discountedUnitPriceAfterAllDiscountsSet": _unit,
		"discountAllocations": lambda _c, view: [(view.order, share) for share in view.line.allocations],
		"taxLines": lambda _c, view, first=None: view.line.tax_lines if first is None else view.line.tax_lines[:first],
		"duties": lambda _c, _view: [],
	},
	value=LineView,
)


register(
	"DiscountAllocation",
	{
		"allocatedAmountSet": lambda call, pair: bag(call, pair[1].amount),
		"discountApplication": lambda _c, pair: Application(
			pair[1].application, pair[0].discount_applications[pair[1].application]
		),
	},
)


def _value(call: Call, found: Application) -> Any:
	if found.granted.value_type == "percentage":
		return Percentage(float(found.granted.value))
	return Money(found.granted.value, call.shop.currency)


_APPLICATION = {
	"index": lambda _c, found: found.index,
	"allocationMethod": lambda _c, found: found.granted.allocation_method.upper(),
	"targetSelection": lambda _c, found: found.granted.target_selection.upper(),
	"targetType": lambda _c, found: found.granted.target_type.upper(),
	"value": _value,
}
for _kind in _KINDS.values():
	register(_kind, _APPLICATION)
register("PricingPercentageValue", {"percentage": lambda _c, found: found.percentage}, value=Percentage)
for _kind in ("ManualDiscountApplication", "AutomaticDiscountApplication", "ScriptDiscountApplication"):
	register(_kind, {"title": lambda _c, found: found.granted.title})
register("DiscountCodeApplication", {"code": lambda _c, found: found.granted.code})


TYPE_NAMES[Application] = lambda found: _KINDS[found.granted.type]


register(
	"ShippingLine",
	{
		"id": lambda _c, view: gid("ShippingLine", view.line.id),
		"title": _line(lambda _c, line: line.title),
		"code": _line(lambda _c, line: line.code or None),
		"isRemoved": _line(lambda _c, line: line.is_removed),
		"custom": _line(lambda _c, line: not line.code),
		"originalPriceSet": _price(lambda line: line.price),
		"discountedPriceSet": _price(shipping_price),
		"discountAllocations": lambda _c, view: [(view.order, share) for share in view.line.allocations],
		"taxLines": _line(lambda _c, line: line.tax_lines),
	},
	value=ShippingView,
)


def _transaction(read: Any) -> Any:
	return lambda call, view: read(call, view.transaction)


def _parent(_call: Call, view: TransactionView) -> TransactionView | None:
	found = (t for t in view.order.transactions if t.id == view.transaction.parent_id)
	return next((TransactionView(view.order, transaction) for transaction in found), None)


def _fees(call: Call, view: TransactionView) -> list[Fee]:
	fee = fee_of(call.shop, view.transaction)
	return [Fee(view.transaction.id, fee)] if fee else []


def _capturable(_call: Call, view: TransactionView) -> bool:
	held = view.transaction
	is_held = held.kind == "authorization" and held.status == "success" and not view.order.expired_at
	return is_held and open_amount(view.order, held.id) > 0


register(
	"OrderTransaction",
	{
		"id": lambda _c, view: gid("OrderTransaction", view.transaction.id),
		"kind": _transaction(lambda _c, t: t.kind.upper()),
		"status": _transaction(lambda _c, t: t.status.upper()),
		"gateway": _transaction(lambda _c, t: t.gateway),
		"formattedGateway": _transaction(lambda _c, t: t.gateway.replace("_", " ").title()),
		"amountSet": _transaction(lambda call, t: bag(call, t.amount)),
		"createdAt": _transaction(lambda _c, t: time_text(t.created_at)),
		"processedAt": _transaction(lambda _c, t: time_text(t.created_at)),
		"parentTransaction": _parent,
		"manuallyCapturable": _capturable,
		"order": lambda _c, view: view.order,
		"test": lambda _c, view: view.order.test,
		"fees": _fees,
	},
	value=TransactionView,
)
register(
	"TransactionFee",
	{
		"id": lambda _c, fee: gid("TransactionFee", fee.number),
		"type": lambda _c, _fee: "processing_fee",
		"amount": lambda call, fee: Money(fee.amount, call.shop.currency),
		"taxAmount": lambda call, _fee: Money(ZERO, call.shop.currency),
		"flatFee": lambda call, _fee: Money(FLAT, call.shop.currency),
		"flatFeeName": lambda _c, _fee: None,
		"rate": lambda _c, _fee: str(RATE),
		"rateName": lambda _c, _fee: None,
	},
)
