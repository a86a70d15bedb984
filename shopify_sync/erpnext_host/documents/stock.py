"""Stock: the Item of an inventory item, its Bin, and the rates that a valuation rule may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core.snapshots import LinkState, StockNeeds, StockSnapshot

from .. import policies
from .items import linked_item
from .stock_then import read_booked


def read_stock(needs: StockNeeds, locked: Mapping[str, LinkState]) -> StockSnapshot:
	"""Return what ERPNext knows of a stock level."""
	link = locked[needs.key]
	item = linked_item(needs.item_key)
	if item is None:
		return StockSnapshot(link, None)
	bin_row = frappe.db.get_value(
		"Bin", {"item_code": item.code, "warehouse": needs.warehouse}, ["actual_qty", "valuation_rate"], as_dict=True
	)
	rates = frappe.db.get_value("Item", item.code, ["valuation_rate", "last_purchase_rate"], as_dict=True)
	return StockSnapshot(
		link=link,
		item=item,
		quantity=_decimal(bin_row.actual_qty if bin_row else 0) or Decimal(0),
		bin_rate=_decimal(bin_row.valuation_rate) if bin_row else None,
		item_rate=_decimal(rates.valuation_rate),
		last_purchase_rate=_decimal(rates.last_purchase_rate),
		price_list_rate=_price_list_rate(item.code, needs.price_list),
		booked=read_booked(needs, item, policies.as_of_attempt(needs.key.partition("/")[0]).company),
	)


def _price_list_rate(item_code: str, price_list: str | None) -> Decimal | None:
	if not price_list:
		return None
	filters = {"item_code": item_code, "price_list": price_list}
	return _decimal(frappe.db.get_value("Item Price", filters, "price_list_rate", order_by="valid_from desc"))


def _decimal(value: Any) -> Decimal | None:
	return Decimal(str(value)).normalize() if value else None
