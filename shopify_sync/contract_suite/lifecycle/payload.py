"""A made-up order as Shopify's webhooks show it: REST-shaped JSON, in the shapes of simulator/rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shopify_sync.core.money import ZERO, minor_units

from . import totals
from .order import START, Order
from .records import Fulfillment, Line, Refund, ShippingLine, TaxAmount, Transaction


def order(found: Order) -> dict[str, Any]:
	"""Return the whole order as it is now."""
	return {
		**_head(found),
		**_money(found),
		"discount_applications": [_application(share) for share in _shares(found)],
		"discount_codes": [],
		"fulfillments": [fulfillment(found, parcel) for parcel in found.fulfillments],
		"line_items": [line_item(found, line) for line in found.lines],
		"line_item_groups": [],
		"payment_terms": None,
		"refunds": [refund(found, back) for back in found.refunds],
		"returns": [],
		"shipping_lines": [_shipping_line(found, line) for line in found.shipping],
		**found.stated,
	}


def transaction(found: Order, made: Transaction) -> dict[str, Any]:
	"""Return a transaction, as order_transactions/create and refunds carry it. Its set says `currency`, not `currency_code`."""
	shown, rate = found.presentment if found.presentment and made.is_foreign else (found.currency, Decimal(1))
	unsettled = {"amount": _text(found, ZERO), "currency": found.currency}
	return {
		"id": made.id,
		"admin_graphql_api_id": f"gid://shopify/OrderTransaction/{made.id}",
		"order_id": found.id,
		"kind": made.kind,
		"gateway": made.gateway,
		"status": made.status,
		"message": None,
		"created_at": made.at,
		"processed_at": made.at,
		"test": False,
		"authorization": None,
		"location_id": None,
		"user_id": None,
		"parent_id": made.parent,
		"device_id": None,
		"error_code": None,
		"source_name": "web",
		"receipt": {},
		"amount": format(made.amount * rate, f".{minor_units(shown)}f"),
		"currency": shown,
		"payment_id": f"#{found.id}.{found.transactions.index(made) + 1}",
		"total_unsettled_set": {"presentment_money": dict(unsettled), "shop_money": dict(unsettled)},
		"manual_payment_gateway": made.gateway in ("manual", "bank_deposit", "Cash on Delivery (COD)"),
		"amount_rounding": _text(found, made.rounding) if made.rounding else None,
		**({"fees": [{"amount": _text(found, made.fee), "type": "processing_fee"}]} if made.fee else {}),
	}


def line_item(found: Order, line: Line) -> dict[str, Any]:
	"""Return a line as orders carry it."""
	return {**_line(found, line), "current_quantity": line.current}


def fulfillment(found: Order, parcel: Fulfillment) -> dict[str, Any]:
	"""Return a fulfillment as its order carries it; `quantity` is the pieces in the parcel."""
	lines = {line.id: line for line in found.lines}
	return {
		"id": parcel.id,
		"admin_graphql_api_id": f"gid://shopify/Fulfillment/{parcel.id}",
		"created_at": parcel.at,
		"updated_at": found.now,
		"location_id": int(parcel.location),
		"name": f"#{found.id}.{found.fulfillments.index(parcel) + 1}",
		"order_id": found.id,
		"origin_address": {},
		"receipt": {},
		"service": "manual",
		"shipment_status": None,
		"status": parcel.status,
		"tracking_company": parcel.company or None,
		"tracking_number": parcel.number or None,
		"tracking_numbers": [parcel.number] if parcel.number else [],
		"tracking_url": f"https://parcels.example.com/{parcel.number}" if parcel.number else None,
		"tracking_urls": [f"https://parcels.example.com/{parcel.number}"] if parcel.number else [],
		"line_items": [{**_line(found, lines[id]), "quantity": pieces} for id, pieces in parcel.pieces.items()],
	}


def refund(found: Order, back: Refund) -> dict[str, Any]:
	"""Return a refund; the amounts of its lines are JSON numbers."""
	return {
		"id": back.id,
		"admin_graphql_api_id": f"gid://shopify/Refund/{back.id}",
		"order_id": found.id,
		"created_at": back.at,
		"processed_at": back.at,
		"note": back.note or None,
		"user_id": None,
		"duties": [{"duty_id": back.id + 1, "amount_set": _set(found, back.duties)}] if back.duties else [],
		"total_duties_set": _set(found, back.duties),
		"return": None,
		"restock": any(line.restock != "no_restock" for line in back.lines),
		"refund_shipping_lines": _refunded_shipping(found, back),
		"order_adjustments": _adjustments(found, back),
		"refund_line_items": [
			{
				"id": line.id,
				"line_item_id": line.line.id,
				"quantity": line.quantity,
				"restock_type": line.restock,
				"location_id": int(line.location) if line.location else None,
				"subtotal": float(line.subtotal),
				"subtotal_set": _set(found, line.subtotal),
				"total_tax": float(line.tax),
				"total_tax_set": _set(found, line.tax),
				"line_item": _line(found, line.line),
			}
			for line in back.lines
		],
		"transactions": [transaction(found, made) for made in back.transactions],
	}


def _head(found: Order) -> dict[str, Any]:
	return {
		"id": found.id,
		"admin_graphql_api_id": f"gid://shopify/Order/{found.id}",
		"name": f"#{str(found.id)[-9:]}",
		"created_at": START.isoformat(),
		"processed_at": START.isoformat(),
		"updated_at": found.now,
		"cancelled_at": found.cancelled_at,
		"cancel_reason": "customer" if found.cancelled_at else None,
		"closed_at": found.cancelled_at,
		"currency": found.currency,
		"presentment_currency": found.presentment[0] if found.presentment else found.currency,
		"customer_locale": "en",
		"financial_status": totals.financial_status(found),
		"fulfillment_status": totals.fulfillment_status(found),
		"note": None,
		"note_attributes": [],
		"payment_gateway_names": list(dict.fromkeys(made.gateway for made in found.transactions)),
		"phone": None,
		"po_number": None,
		"source_name": "web",
		"tags": "",
		"tax_exempt": False,
		"taxes_included": found.taxes_included,
		"test": False,
	}


def _money(found: Order) -> dict[str, Any]:
	amounts = {
		"current_subtotal_price": totals.current_subtotal(found),
		"current_total_price": totals.current_total(found),
		"current_total_tax": totals.current_tax(found),
		"subtotal_price": totals.subtotal(found),
		"total_discounts": _discounts(found),
		"total_line_items_price": sum((line.price * line.quantity for line in found.lines if not line.is_tip), ZERO),
		"total_price": totals.total(found),
		"total_tax": totals.tax(found),
	}
	plain = {name: _text(found, amount) for name, amount in amounts.items()}
	rounding = sum((made.rounding for made in found.transactions if made.kind in ("sale", "capture")), ZERO)
	return {
		**plain,
		**{f"{name}_set": _set(found, amount) for name, amount in amounts.items()},
		"total_shipping_price_set": _set(found, totals.shipping(found)),
		"total_outstanding": _text(found, totals.outstanding(found)),
		"total_tip_received": _text(found, totals.tip(found)),
		"original_total_duties_set": _set(found, totals.duties(found)) if totals.duties(found) else None,
		"current_total_duties_set": _set(found, totals.duties(found)) if totals.duties(found) else None,
		"total_cash_rounding_payment_adjustment_set": _set(found, rounding),
		"total_cash_rounding_refund_adjustment_set": _set(found, ZERO),
		"tax_lines": _taxes(found, _summed(found)),
	}


def _discounts(found: Order) -> Decimal:
	return found.loose_discount + sum((share for share in _shares(found)), ZERO)


def _shares(found: Order) -> list[Decimal]:
	"""Return every share of a discount: of lines, then of shipping. Its place is its application's number."""
	shipping = [share for line in found.shipping if not line.is_removed for share in line.discounts]
	return [share for line in found.lines for share in line.discounts] + shipping


def _application(share: Decimal) -> dict[str, Any]:
	return {
		"target_type": "line_item",
		"type": "manual",
		"value": str(share),
		"value_type": "fixed_amount",
		"allocation_method": "across",
		"target_selection": "explicit",
		"title": "Discount",
		"description": "Discount",
	}


def _summed(found: Order) -> list[TaxAmount]:
	sums: dict[tuple[str, Decimal], Decimal] = {}
	lines = [line.taxes for line in found.lines]
	lines += [line.taxes for line in found.shipping if not line.is_removed]
	for tax in (tax for taxes in lines for tax in taxes):
		sums[tax.title, tax.rate] = sums.get((tax.title, tax.rate), ZERO) + tax.price
	return [TaxAmount(title, rate, price) for (title, rate), price in sums.items()]


def _line(found: Order, line: Line) -> dict[str, Any]:
	ware = line.ware
	is_product = ware.kind in ("product", "gift card")
	title = {"tip": "Tip", "custom": "Engraving", "gift card": "Gift card"}.get(ware.kind, ware.sku)
	return {
		"id": line.id,
		"admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
		"discount_allocations": _allocations(found, line.discounts),
		"duties": [_duty(found, line)] if Decimal(ware.duty) else [],
		"fulfillable_quantity": line.fulfillable,
		"fulfillment_service": "gift_card" if ware.kind == "gift card" else "manual",
		"fulfillment_status": _sent(line),
		"gift_card": ware.kind == "gift card",
		"grams": 0,
		"name": title,
		"price": _text(found, line.price),
		"price_set": _set(found, line.price),
		"product_exists": is_product,
		"product_id": 7_000_000_001 if is_product else None,
		"properties": [],
		"quantity": line.quantity,
		"requires_shipping": ware.ships and is_product,
		"sku": ware.sku or None,
		"tax_lines": _taxes(found, line.taxes),
		"taxable": ware.taxable,
		"title": title,
		"total_discount": _text(found, ZERO),
		"total_discount_set": _set(found, ZERO),
		"variant_id": _variant(ware.sku) if is_product else None,
		"variant_inventory_management": "shopify" if is_product else None,
		"variant_title": None,
		"vendor": None,
	}


def _variant(sku: str) -> int:
	"""Return an id that belongs to the SKU. No link knows it: items are found by SKU."""
	return 8_000_000_000 + sum(ord(letter) << place for place, letter in enumerate(sku))


def _sent(line: Line) -> str | None:
	if not line.fulfilled:
		return None
	return "partial" if line.fulfillable else "fulfilled"


def _duty(found: Order, line: Line) -> dict[str, Any]:
	amount = _set(found, Decimal(line.ware.duty))
	return {
		"id": line.id + 1,
		"admin_graphql_api_id": f"gid://shopify/Duty/{line.id + 1}",
		"harmonized_system_code": "610910",
		"country_code_of_origin": "CN",
		**amount,
		"tax_lines": [],
	}


def _allocations(found: Order, shares: list[Decimal]) -> list[dict[str, Any]]:
	return [
		{"amount": _text(found, share), "amount_set": _set(found, share), "discount_application_index": 0} for share in shares
	]


def _taxes(found: Order, taxes: list[TaxAmount]) -> list[dict[str, Any]]:
	return [
		{
			"channel_liable": False,
			"price": _text(found, tax.price),
			"price_set": _set(found, tax.price),
			"rate": float(tax.rate),
			"title": tax.title,
		}
		for tax in taxes
	]


def _shipping_line(found: Order, line: ShippingLine) -> dict[str, Any]:
	price, discounted = _text(found, line.price), _text(found, line.net)
	return {
		"id": line.id,
		"carrier_identifier": None,
		"code": line.freight.title.upper()[:3],
		"current_discounted_price_set": _set(found, ZERO if line.is_removed else line.net),
		"discounted_price": discounted,
		"discounted_price_set": _set(found, line.net),
		"is_removed": line.is_removed,
		"phone": None,
		"price": price,
		"price_set": _set(found, line.price),
		"requested_fulfillment_service_id": None,
		"source": "shopify",
		"title": line.freight.title,
		"tax_lines": _taxes(found, line.taxes),
		"discount_allocations": _allocations(found, line.discounts),
	}


def _refunded_shipping(found: Order, back: Refund) -> list[dict[str, Any]]:
	if not back.shipping or back.old_shipping:
		return []
	return [
		{
			"id": back.id + 2,
			"shipping_line_id": found.shipping[0].id,
			"subtotal_amount_set": _set(found, back.shipping),
			"tax_amount_set": _set(found, back.shipping_tax),
		}
	]


def _adjustments(found: Order, back: Refund) -> list[dict[str, Any]]:
	"""Return what was given back beyond the pieces, negative; above zero: what was kept."""
	made = []
	if back.shipping and back.old_shipping:
		made.append(("shipping_refund", "Shipping refund", -back.shipping, -back.shipping_tax))
	if back.adjustment:
		made.append(("refund_discrepancy", "Refund discrepancy", -back.adjustment, ZERO))
	return [
		{
			"id": back.id + 3 + place,
			"order_id": found.id,
			"refund_id": back.id,
			"kind": kind,
			"reason": reason,
			"amount": _text(found, amount),
			"amount_set": _set(found, amount),
			"tax_amount": _text(found, tax),
			"tax_amount_set": _set(found, tax),
		}
		for place, (kind, reason, amount, tax) in enumerate(made)
	]


def _text(found: Order, amount: Decimal) -> str:
	return format(amount, f".{minor_units(found.currency)}f")


def _set(found: Order, amount: Decimal) -> dict[str, Any]:
	shown, rate = found.presentment or (found.currency, Decimal(1))
	theirs = format(amount * rate, f".{minor_units(shown)}f")
	return {
		"shop_money": {"amount": _text(found, amount), "currency_code": found.currency},
		"presentment_money": {"amount": theirs, "currency_code": shown},
	}
