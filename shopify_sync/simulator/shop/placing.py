"""A checkout: from what was put into the cart to an order whose figures add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .errors import NotFound, UserError
from .pricing import spread, tax_lines
from .records import ZERO, Allocation, DiscountApplication, LineItem, Order, ShippingLine, TaxLine
from .totals import line_subtotal

if TYPE_CHECKING:
	from .shop import Shop


@dataclass(frozen=True)
class Cart:
	"""What is bought, before it is checked. See :meth:`Orders.place` for the keys."""

	lines: Sequence[Mapping[str, Any]]
	shipping: Mapping[str, Any] | None = None
	order_discount: Decimal | int | str | None = None
	tip: Decimal | int | str | None = None
	tax_exempt: bool = False


def fill(shop: Shop, order: Order, cart: Cart) -> None:
	"""Put lines, shipping, discounts and taxes into an order that nobody has seen yet. :raises UserError: for nonsense."""
	if not cart.lines:
		raise UserError(("lineItems",), "Line items must have at least one line item", "INVALID")
	for place, given in enumerate(cart.lines):
		line = make_line(shop, given, ("lineItems", str(place)))
		order.line_items.append(line)
		_discount(order, line, shop.amount(given.get("discount") or 0, "discount"), line.title)
	if cart.shipping is not None:
		order.shipping_lines.append(_shipping(shop, order, cart.shipping))
	_spread_discount(shop, order, cart.order_discount)
	for line in order.line_items:
		retax(shop, line, order.taxes_included, cart.tax_exempt)
	for shipping_line in order.shipping_lines:
		rate = ZERO if cart.tax_exempt else shop.tax_rate
		shipping_line.tax_lines = taxes(shop, shipping_line.price - shipping_line.discount, rate, order.taxes_included)
	if cart.tip is not None and (tip := shop.amount(cart.tip, "tip")):
		order.tip = tip
		order.line_items.append(tip_line(shop, tip))


def make_line(shop: Shop, given: Mapping[str, Any], path: tuple[str, ...]) -> LineItem:
	"""Return a line without discounts and taxes. :raises UserError: for an unknown variant, no title, no pieces."""
	quantity = given.get("quantity", 1)
	if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
		raise UserError((*path, "quantity"), "Quantity must be greater than or equal to 1", "INVALID")
	if given.get("variant_id"):
		return _variant_line(shop, given, path, quantity)
	title = str(given.get("title") or "").strip()
	if not title:
		raise UserError((*path, "title"), "Title can't be blank", "BLANK")
	return LineItem(
		id=shop.new_id("LineItem"),
		title=title,
		quantity=quantity,
		current_quantity=quantity,
		price=shop.amount(given.get("price", 0), "price"),
		sku=str(given.get("sku") or ""),
		gift_card=bool(given.get("gift_card", False)),
		taxable=bool(given.get("taxable", not given.get("gift_card"))),
		requires_shipping=bool(given.get("requires_shipping", not given.get("gift_card"))),
	)


def _variant_line(shop: Shop, given: Mapping[str, Any], path: tuple[str, ...], quantity: int) -> LineItem:
	variant = shop.products.variants.get(str(given["variant_id"]))
	if variant is None:
		raise NotFound((*path, "variantId"), "Product variant does not exist", "INVALID")
	product = shop.products.all[variant.product_id]
	item = shop.inventory.items[variant.inventory_item_id]
	price = given.get("price")
	return LineItem(
		id=shop.new_id("LineItem"),
		title=product.title,
		quantity=quantity,
		current_quantity=quantity,
		price=variant.price if price is None else shop.amount(price, "price"),
		variant_id=variant.id,
		product_id=product.id,
		sku=variant.sku,
		gift_card=product.gift_card,
		taxable=variant.taxable,
		requires_shipping=item.requires_shipping,
		variant_title="" if variant.title == "Default Title" else variant.title,
		vendor=product.vendor,
		grams=variant.grams,
		tracked=item.tracked,
	)


def tip_line(shop: Shop, tip: Decimal) -> LineItem:
	"""Return the line in which an order carries a tip: no product, no tax, nothing to send."""
	return LineItem(shop.new_id("LineItem"), "Tip", 1, 1, tip, taxable=False, requires_shipping=False, is_tip=True)


def retax(shop: Shop, line: LineItem, included: bool, exempt: bool = False) -> None:
	"""Compute the taxes of a line from its pieces, price and discount."""
	rate = shop.tax_rate if line.taxable and not exempt else ZERO
	line.tax_lines = taxes(shop, line_subtotal(line), rate, included)


def taxes(shop: Shop, amount: Decimal, rate: Decimal, included: bool) -> list[TaxLine]:
	"""Return the tax lines on an amount, rounded to the currency. Shopify rounds per line."""
	return tax_lines(amount, shop.tax_title, rate, included, shop.quantum)


def _shipping(shop: Shop, order: Order, given: Mapping[str, Any]) -> ShippingLine:
	title = str(given.get("title") or "Standard")
	line = ShippingLine(
		shop.new_id("ShippingLine"), title, str(given.get("code") or title), shop.amount(given.get("price", 0), "price")
	)
	_discount(order, line, shop.amount(given.get("discount") or 0, "discount"), title, target="shipping_line")
	return line


def _discount(order: Order, line: LineItem | ShippingLine, amount: Decimal, title: str, target: str = "line_item") -> None:
	"""Take a discount off one line. :raises UserError: when it is more than the line costs."""
	if not amount:
		return
	full = line.price * line.quantity if isinstance(line, LineItem) else line.price
	if amount > full:
		raise UserError(("lineItems", "discount"), "Discount can't be greater than the price", "INVALID")
	order.discount_applications.append(DiscountApplication(title, amount, target_type=target))
	line.allocations.append(Allocation(len(order.discount_applications) - 1, amount))
	line.discount += amount


def _spread_discount(shop: Shop, order: Order, given: Decimal | int | str | None) -> None:
	"""Spread a discount on the order over its lines. Gift cards are never discounted."""
	amount = shop.amount(given or 0, "order_discount")
	if not amount:
		return
	lines = [line for line in order.line_items if not line.gift_card]
	weights = [line_subtotal(line) for line in lines]
	if amount > sum(weights, ZERO):
		raise UserError(("appliedDiscount",), "Discount can't be greater than the subtotal", "INVALID")
	order.discount_applications.append(DiscountApplication("Order discount", amount, target_selection="all"))
	place = len(order.discount_applications) - 1
	for line, share in zip(lines, spread(amount, weights, shop.quantum), strict=True):
		if share:
			line.allocations.append(Allocation(place, share))
			line.discount += share
