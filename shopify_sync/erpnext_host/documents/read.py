"""Needs → snapshot: one reader per kind of need. Everything here is a plain read, after the links are locked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from shopify_sync.core.snapshots import (
	CustomerMergeNeeds,
	CustomerMergeSnapshot,
	CustomerNeeds,
	DeliveryPushNeeds,
	LevelNeeds,
	LevelSnapshot,
	LinkOnlyNeeds,
	LinkState,
	Needs,
	OrderNeeds,
	ProductNeeds,
	Snapshot,
	StockNeeds,
	StockPushNeeds,
)

from .customers import read_customer
from .deliveries import read_deliveries
from .orders import find_exchange_rate, read_order
from .products import read_product
from .stock import read_stock
from .stock_push import read_stock_push


def exchange_rate(needs: Needs) -> Decimal | None:
	"""Return the rate that *needs* will want, if any. May call out, so this comes before anything is locked."""
	return find_exchange_rate(needs) if isinstance(needs, OrderNeeds) else None


def read(needs: Needs, locked: Mapping[str, LinkState], rate: Decimal | None) -> Snapshot:
	"""Return the snapshot that *needs* asks for.

	:param rate: what :func:`exchange_rate` returned.
	"""
	if isinstance(needs, OrderNeeds):
		return read_order(needs, locked, rate)
	if isinstance(needs, CustomerNeeds):
		return read_customer(needs, locked)
	if isinstance(needs, CustomerMergeNeeds):
		return CustomerMergeSnapshot(read_customer(needs.kept, locked), read_customer(needs.deleted, locked))
	if isinstance(needs, StockNeeds):
		return read_stock(needs, locked)
	if isinstance(needs, ProductNeeds):
		return read_product(needs, locked)
	if isinstance(needs, StockPushNeeds):
		return read_stock_push(needs, locked)
	if isinstance(needs, DeliveryPushNeeds):
		return read_deliveries(needs, locked)
	if isinstance(needs, LevelNeeds):
		found = read_stock(needs.stock, locked) if needs.stock else None
		return LevelSnapshot(locked[needs.key], locked[needs.push_key], found)
	if isinstance(needs, LinkOnlyNeeds):
		return locked[needs.key]
	raise TypeError(f"Nothing reads {type(needs).__name__}.")
