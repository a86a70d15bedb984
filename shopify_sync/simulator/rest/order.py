"""An order (https://shopify.dev/docs/api/admin-rest/latest/resources/order)."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..shop.records import DiscountApplication, Order, OrderEdit, TaxLine
from ..shop.totals import Totals, financial_status, fulfillment_status, totals
from . import customer, fulfillment, refund
from .lines import line_item, shipping_line
from .values import address, gid, money_set, money_writer, stamp, tax_lines, whole

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, order: Order) -> dict[str, Any]:
	"""Return the whole order as it is now."""
	figures = totals(order)
	return {
		**_head(shop, order, figures),
		**_money(shop, order, figures),
		"billing_address": address(order.billing_address),
		"shipping_address": address(order.shipping_address),
		"customer": _customer(shop, order),
		"discount_applications": [_application(shop, found) for found in order.discount_applications],
		"discount_codes": [
			{"code": found.code, "amount": money_writer(shop)(found.value), "type": found.value_type}
			for found in order.discount_applications
			if found.code
		],
		"fulfillments": [fulfillment.inside_order(shop, order, found) for found in order.fulfillments],
		"line_items": [line_item(shop, line) for line in order.line_items],
		"line_item_groups": [],
		"payment_terms": None,
		"refunds": [refund.payload(shop, (order, found)) for found in order.refunds],
		"returns": [],
		"shipping_lines": [shipping_line(shop, line) for line in order.shipping_lines],
	}


def deleted(shop: Shop, order: Order) -> dict[str, Any]:
	"""Return what orders/delete tells."""
	return {"id": int(order.id)}


def edited(shop: Shop, edit: OrderEdit) -> dict[str, Any]:
	"""Return what orders/edited tells: which lines gained and lost how many pieces."""
	return {
		"order_edit": {
			"id": int(edit.id),
			"app_id": None,
			"created_at": stamp(shop, edit.created_at),
			"notify_customer": edit.notify_customer,
			"order_id": int(edit.order_id),
			"staff_note": edit.staff_note,
			"user_id": None,
			"committed_at": stamp(shop, edit.committed_at),
			"line_items": {"additions": _deltas(edit.additions), "removals": _deltas(edit.removals)},
			# Shopify documents these lists without showing an entry.
			"discounts": {"line_item": {"additions": [], "removals": []}},
			"shipping_lines": {"additions": [], "removals": []},
		}
	}


def _deltas(changes: dict[str, int]) -> list[dict[str, int]]:
	return [{"id": int(id), "delta": pieces} for id, pieces in changes.items()]


def _head(shop: Shop, order: Order, figures: Totals) -> dict[str, Any]:
	created = stamp(shop, order.created_at)
	return {
		"id": int(order.id),
		"admin_graphql_api_id": gid("Order", order.id),
		"app_id": None,
		"browser_ip": None,
		"buyer_accepts_marketing": False,
		"cancel_reason": order.cancel_reason,
		"cancelled_at": stamp(shop, order.cancelled_at),
		"cart_token": None,
		"checkout_token": None,
		"client_details": None,
		"closed_at": stamp(shop, order.closed_at),
		"confirmation_number": order.confirmation_number,
		"confirmed": True,
		"contact_email": order.email or None,
		"created_at": created,
		"currency": order.currency,
		"customer_locale": "en",
		"device_id": None,
		"duties_included": False,
		"email": order.email,
		"estimated_taxes": False,
		"financial_status": financial_status(order, figures),
		"fulfillment_status": fulfillment_status(order),
		"landing_site": None,
		"landing_site_ref": None,
		"location_id": whole(order.location_id),
		"merchant_business_entity_id": "MTU0ODM4MDAwOQ",
		"merchant_of_record_app_id": None,
		"name": order.name,
		"note": order.note or None,
		"note_attributes": [],
		# `number` counts from 1, `order_number` from where the shop's numbers begin; the name shows the latter.
		"number": order.number - shop.first_order_number + 1,
		"order_number": order.number,
		"order_status_url": f"https://{shop.domain}/{shop.id}/orders/{order.token}/authenticate?key={order.token[:16]}",
		"payment_gateway_names": order.gateways,
		"phone": order.phone or None,
		"po_number": None,
		"presentment_currency": order.currency,
		"processed_at": created,
		"reference": None,
		"referring_site": None,
		"source_identifier": None,
		"source_name": order.source_name,
		"source_url": None,
		"tags": ", ".join(order.tags),
		"tax_exempt": False,
		"taxes_included": order.taxes_included,
		"test": order.test,
		"token": order.token,
		"total_weight": sum(line.grams * line.quantity for line in order.line_items),
		"updated_at": stamp(shop, order.updated_at),
		"user_id": None,
		# Dropped with 2026-04.
		**({"checkout_id": None, "company": None} if shop.api_version < "2026-04" else {}),
	}


def _money(shop: Shop, order: Order, figures: Totals) -> dict[str, Any]:
	write, currency, zero = money_writer(shop), order.currency, Decimal(0)
	found: dict[str, Any] = {
		"current_total_additional_fees_set": None,
		"current_total_duties_set": None,
		"original_total_additional_fees_set": None,
		"original_total_duties_set": None,
		"tax_lines": tax_lines(shop, summed_taxes(order)),
		"total_outstanding": write(figures.outstanding),
		"total_tip_received": write(figures.tip),
	}
	for name, amount in (
		("current_subtotal_price", figures.current_subtotal),
		("current_total_discounts", figures.current_discounts),
		("current_total_price", figures.current_total),
		("current_total_tax", figures.current_tax),
		("subtotal_price", figures.subtotal),
		("total_discounts", figures.discounts),
		("total_line_items_price", figures.line_items),
		("total_price", figures.total),
		("total_tax", figures.tax),
	):
		found[name] = text = write(amount)
		found[name + "_set"] = money_set(text, currency)
	for name, amount in (
		("current_shipping_price_set", figures.current_shipping),
		("total_shipping_price_set", figures.shipping),
		("total_cash_rounding_payment_adjustment_set", zero),
		("total_cash_rounding_refund_adjustment_set", zero),
	):
		found[name] = money_set(write(amount), currency)
	return found


def summed_taxes(order: Order) -> list[TaxLine]:
	"""Return the order's taxes as placed, one per title and rate."""
	sums: dict[tuple[str, Decimal], Decimal] = {}
	lines = [line.tax_lines for line in order.line_items]
	lines += [line.tax_lines for line in order.shipping_lines if not line.is_removed]
	for tax in chain.from_iterable(lines):
		sums[(tax.title, tax.rate)] = sums.get((tax.title, tax.rate), Decimal(0)) + tax.price
	return [TaxLine(title, rate, price) for (title, rate), price in sums.items()]


def _customer(shop: Shop, order: Order) -> dict[str, Any] | None:
	found = shop.customers.all.get(order.customer_id or "")
	return customer.inside_order(shop, found) if found else None


def _application(shop: Shop, found: DiscountApplication) -> dict[str, Any]:
	return {
		"target_type": found.target_type,
		"type": found.type,
		"value": str(found.value),
		"value_type": found.value_type,
		"allocation_method": found.allocation_method,
		"target_selection": found.target_selection,
		"title": found.title,
		"description": found.title,
		**({"code": found.code} if found.code else {}),
	}
