"""Global ids and pages, as the modules of several resources read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopify_sync.core.contracts.base import id_from_gid
from shopify_sync.core.failures import Category, Failure


def gid(kind: str, number: str) -> str:
	"""Return the global id of a number: `gid://shopify/Order/1`."""
	return f"gid://shopify/{kind}/{number}"


def number(gid: object) -> str:
	"""Return the number in a global id; empty where it is none."""
	return id_from_gid(gid) or ""


def next_page(connection: Mapping[str, Any]) -> str | None:
	"""Return the cursor after which a connection goes on, or None at its end."""
	page = connection["pageInfo"]
	return str(page["endCursor"]) if page["hasNextPage"] else None


def unknown_order(order: str) -> Failure:
	"""Return why nothing can be done about an order that Shopify does not show."""
	message = (
		f"Shopify shows no order {order}: it was deleted, or is older than 60 days and the app lacks the scope read_all_orders."
	)
	return Failure(Category.FULFILLMENT_REFUSED, message)
