"""Needs → snapshot: one reader per kind of need. Everything here is a plain read, after the links are locked."""

from __future__ import annotations

from collections.abc import Mapping

from shopify_sync.core.snapshots import (
	CustomerNeeds,
	LinkOnlyNeeds,
	LinkState,
	Needs,
	OrderNeeds,
	Snapshot,
	StockNeeds,
)

from .customers import read_customer
from .orders import read_order
from .stock import read_stock


def read(needs: Needs, locked: Mapping[str, LinkState]) -> Snapshot:
	"""Return the snapshot that *needs* asks for."""
	if isinstance(needs, OrderNeeds):
		return read_order(needs, locked)
	if isinstance(needs, CustomerNeeds):
		return read_customer(needs, locked)
	if isinstance(needs, StockNeeds):
		return read_stock(needs, locked)
	if isinstance(needs, LinkOnlyNeeds):
		return locked[needs.key]
	raise TypeError(f"Nothing reads {type(needs).__name__}.")
