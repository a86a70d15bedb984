"""What the legacy REST Admin API answers: shop, orders, customers, products, locations, inventory levels, webhooks.

Source: https://shopify.dev/docs/api/admin-rest, each resource's page. Shapes come from `simulator.rest`, as in webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..admin.api import Response
from ..admin.scopes import sees
from ..rest.topics import payload
from ..rest.values import stamp
from ..shop.errors import NotFound, UserError
from ..shop.records import Level, Order, Subscription
from ..shop.totals import financial_status, fulfillment_status
from .messages import answer, parse_object
from .rest_lists import BadParameter, in_time, paged, trimmed, with_ids

if TYPE_CHECKING:
	from ..shop.shop import Shop

_MOST_IDS = 50


class Refusal(Exception):
	"""A call that is refused. *errors* is what stands under `errors` in the body."""

	def __init__(self, status: int, errors: object) -> None:
		super().__init__(f"{status}: {errors}")
		self.status = status
		self.errors = errors


@dataclass(frozen=True)
class Call:
	"""A call that may be answered. *address* is its own, for links; *scopes* are the token's."""

	shop: Shop
	query: Mapping[str, str]
	body: bytes
	address: str
	scopes: frozenset[str]


Handler = Callable[..., Response]


def find(method: str, path: str) -> tuple[Handler, tuple[str, ...], str] | None:
	"""Return who answers, the ids in the path, and the scope that is needed ("" for none); None when nobody does."""
	for wanted, pattern, scope, handler in _TABLE:
		if wanted == method and (match := re.fullmatch(pattern, path)):
			return handler, match.groups(), scope
	return None


def _show_shop(call: Call) -> Response:
	return _show(call, "shop", "app/uninstalled", call.shop)


def _orders(call: Call, query: Mapping[str, str]) -> list[Order]:
	status = query.get("status", "open")
	if status not in _STATUSES:
		raise BadParameter("status", f"must be one of: {', '.join(_STATUSES)}")
	rows = [order for order in call.shop.orders.all.values() if _STATUSES[status](order) and _visible(call, order)]
	for name, state in (("financial_status", financial_status), ("fulfillment_status", fulfillment_status)):
		wanted = [_FULFILLMENT_NAMES.get(part.strip(), part.strip()) for part in query.get(name, "any").split(",")]
		if "any" not in wanted:
			rows = [order for order in rows if state(order) in wanted]
	return in_time(with_ids(rows, query), query)


_STATUSES: dict[str, Callable[[Order], bool]] = {
	"open": lambda order: order.closed_at is None and order.cancelled_at is None,
	"closed": lambda order: order.closed_at is not None,
	"cancelled": lambda order: order.cancelled_at is not None,
	"any": lambda _order: True,
}
#: What the filter calls them, and what the order says.
_FULFILLMENT_NAMES: dict[str, str | None] = {"shipped": "fulfilled", "unshipped": None, "unfulfilled": None}


def _visible(call: Call, order: Order) -> bool:
	return sees(call.scopes, order, call.shop.now())


def _list_orders(call: Call) -> Response:
	return _page(call, "orders", "orders/create", lambda query: _orders(call, query))


def _count_orders(call: Call) -> Response:
	return answer(200, {"count": len(_orders(call, call.query))})


def _show_order(call: Call, id: str) -> Response:
	order = call.shop.orders.all.get(id)
	return _show(call, "order", "orders/create", order if order is not None and _visible(call, order) else None)


def _list_customers(call: Call) -> Response:
	return _page(
		call, "customers", "customers/create", lambda query: in_time(with_ids(call.shop.customers.all.values(), query), query)
	)


def _show_customer(call: Call, id: str) -> Response:
	return _show(call, "customer", "customers/create", call.shop.customers.all.get(id))


def _list_products(call: Call) -> Response:
	return _page(
		call, "products", "products/create", lambda query: in_time(with_ids(call.shop.products.all.values(), query), query)
	)


def _show_product(call: Call, id: str) -> Response:
	return _show(call, "product", "products/create", call.shop.products.all.get(id))


def _list_locations(call: Call) -> Response:
	rows = call.shop.locations.all.values()
	return answer(200, {"locations": [payload(call.shop, "locations/create", row) for row in rows]})


def _show_location(call: Call, id: str) -> Response:
	return _show(call, "location", "locations/create", call.shop.locations.all.get(id))


def _list_levels(call: Call) -> Response:
	return _page(call, "inventory_levels", "inventory_levels/update", lambda query: _levels(call, query))


def _levels(call: Call, query: Mapping[str, str]) -> list[Level]:
	items, places = _ids(query, "inventory_item_ids"), _ids(query, "location_ids")
	if not items and not places:
		raise Refusal(422, ["inventory_item_ids or location_ids must be specified"])
	found = [
		level
		for level in call.shop.inventory.levels.values()
		if (not items or level.inventory_item_id in items) and (not places or level.location_id in places)
	]
	return in_time(found, query)


def _list_webhooks(call: Call) -> Response:
	wanted = {name: call.query[name] for name in ("topic", "address") if name in call.query}
	rows = [_webhook(call.shop, row) for row in call.shop.subscriptions.all.values()]
	return answer(200, {"webhooks": [row for row in rows if wanted.items() <= row.items()]})


def _show_webhook(call: Call, id: str) -> Response:
	return answer(200, {"webhook": _webhook(call.shop, _subscription(call, id))})


def _create_webhook(call: Call) -> Response:
	given = parse_object(call.body).get("webhook")
	if not isinstance(given, dict):
		raise Refusal(400, {"webhook": "Required parameter missing or invalid"})
	if given.get("format", "json") != "json":
		raise Refusal(422, {"format": ["is not included in the list"]})
	fields = [str(name) for name in given.get("fields") or ()]
	try:
		made = call.shop.subscriptions.create(str(given.get("topic") or ""), str(given.get("address") or ""), fields)
	except UserError as error:
		name = "topic" if "topic" in error.field else "address"
		raise Refusal(422, {name: [error.message.removeprefix("Address ")]}) from error
	return answer(201, {"webhook": _webhook(call.shop, made)})


def _delete_webhook(call: Call, id: str) -> Response:
	call.shop.subscriptions.delete(_subscription(call, id).id)
	return answer(200, {})


def _subscription(call: Call, id: str) -> Subscription:
	try:
		return call.shop.subscriptions.get(id)
	except NotFound:
		raise Refusal(404, "Not Found") from None


def _webhook(shop: Shop, row: Subscription) -> dict[str, Any]:
	return {
		"id": int(row.id),
		"address": row.uri,
		"topic": row.topic,
		"created_at": stamp(shop, row.created_at),
		"updated_at": stamp(shop, row.updated_at),
		"format": "json",
		"fields": row.include_fields,
		"metafield_namespaces": [],
		"api_version": shop.api_version,
		"private_metafield_namespaces": [],
	}


def _page(call: Call, name: str, topic: str, select: Callable[[Mapping[str, str]], Iterable[Any]]) -> Response:
	page = paged(call.query, call.address, select)
	rows = [trimmed(payload(call.shop, topic, row), call.query) for row in page.rows]
	return answer(200, {name: rows}, **({"Link": page.link} if page.link else {}))


def _show(call: Call, name: str, topic: str, record: object) -> Response:
	if record is None:
		raise Refusal(404, "Not Found")
	return answer(200, {name: trimmed(payload(call.shop, topic, record), call.query)})


def _ids(query: Mapping[str, str], name: str) -> list[str]:
	found = [part.strip() for part in query.get(name, "").split(",") if part.strip()]
	if len(found) > _MOST_IDS:
		raise Refusal(422, [f"{name}: {_MOST_IDS} at most"])
	return found


_ID = r"(\d+)"
_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
	("GET", "shop", "", _show_shop),
	("GET", "orders", "read_orders", _list_orders),
	("GET", "orders/count", "read_orders", _count_orders),
	("GET", f"orders/{_ID}", "read_orders", _show_order),
	("GET", "customers", "read_customers", _list_customers),
	("GET", f"customers/{_ID}", "read_customers", _show_customer),
	("GET", "products", "read_products", _list_products),
	("GET", f"products/{_ID}", "read_products", _show_product),
	("GET", "locations", "read_locations", _list_locations),
	("GET", f"locations/{_ID}", "read_locations", _show_location),
	("GET", "inventory_levels", "read_inventory", _list_levels),
	("GET", "webhooks", "", _list_webhooks),
	("GET", f"webhooks/{_ID}", "", _show_webhook),
	("POST", "webhooks", "", _create_webhook),
	("DELETE", f"webhooks/{_ID}", "", _delete_webhook),
)
