"""How the fields of Shopify's types are answered from the state of a shop, one file per part of it."""

from __future__ import annotations

from importlib import import_module

_PARTS = (
	"shop",
	"products",
	"inventory",
	"stock_changes",
	"customers",
	"orders",
	"order_parts",
	"fulfillments",
	"fulfillment_changes",
	"refunds",
	"returns",
	"payouts",
	"edits",
	"bulk",
	"webhooks",
	"nodes",
)


def load() -> None:
	"""Register all resolvers; a second time changes nothing."""
	for part in _PARTS:
		import_module(f"{__name__}.{part}")
