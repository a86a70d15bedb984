"""Lists: pages, cursors, filters, counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.admin.cursors import Window, encode, page
from shopify_sync.simulator.admin.errors import ApiError

from .admin_client import Client, gid
from .shops import cart, stocked_shop

PAGE = """query Page($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean, $query: String, $key: OrderSortKeys) {
	orders(first: $first, last: $last, after: $after, before: $before, reverse: $reverse, query: $query, sortKey: $key) {
		nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
	}
}"""


def place(client: Client) -> str:
	"""Place an order and return its global id."""
	return gid("Order", client.shop.orders.place([{"title": "Thing", "price": "1", "quantity": 1}]).id)


@settings(max_examples=60, deadline=None)
@given(
	st.integers(0, 12),
	st.integers(1, 5),
	st.booleans(),
	st.booleans(),
	st.sampled_from(["CREATED_AT", "UPDATED_AT", "ID", "TOTAL_PRICE"]),
	st.lists(st.integers(0, 2), max_size=12),
)
def test_cursors_walk_every_record_exactly_once_while_records_are_inserted(
	count: int, size: int, reverse: bool, backwards: bool, key: str, insertions: list[int]
) -> None:
	client = Client(stocked_shop())
	before = []
	for place_in_time in range(count):
		before.append(place(client))
		if place_in_time % 3 == 2:  # some share a second
			client.shop.clock.advance(1)  # type: ignore[attr-defined]
	seen: list[str] = []
	cursor, more = None, True
	steps = iter(insertions)
	while more:
		client.api.throttle.give_back(1000)
		sizes = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
		found = client.ask(PAGE, reverse=reverse, key=key, **sizes)["orders"]
		ids = [node["id"] for node in found["nodes"]]
		seen = ids + seen if backwards else seen + ids
		info = found["pageInfo"]
		cursor = info["startCursor"] if backwards else info["endCursor"]
		more = info["hasPreviousPage"] if backwards else info["hasNextPage"]
		for _new in range(next(steps, 0)):
			client.shop.clock.advance(1)  # type: ignore[attr-defined]
			place(client)
	assert len(seen) == len(set(seen))
	expected = before[::-1] if reverse else before
	assert [id for id in seen if id in set(before)] == expected


def test_nobody_pages_beyond_25_000_records() -> None:
	records = range(25_001)
	found = page(records, lambda number: (number, number), Window(first=1, after=encode((24_998, 24_998))))
	assert (found.nodes, found.has_next) == ([24_999], True)
	with pytest.raises(ApiError, match="25,000"):
		page(records, lambda number: (number, number), Window(first=1, after=found.cursors[0]))


def test_a_page_tells_what_is_around_it() -> None:
	client = Client(stocked_shop())
	ids = [place(client) for _number in range(5)]
	first = client.ask(PAGE, first=2, key="ID")["orders"]
	assert first["pageInfo"]["hasNextPage"] and not first["pageInfo"]["hasPreviousPage"]
	middle = client.ask(PAGE, first=2, after=first["pageInfo"]["endCursor"], key="ID")["orders"]
	assert [node["id"] for node in middle["nodes"]] == ids[2:4]
	assert middle["pageInfo"]["hasNextPage"] and middle["pageInfo"]["hasPreviousPage"]
	assert [edge["cursor"] for edge in middle["edges"]] == [middle["pageInfo"]["startCursor"], middle["pageInfo"]["endCursor"]]
	none = client.ask(PAGE, first=2, query="id:1")["orders"]
	assert none == {
		"nodes": [], "edges": [],
		"pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
	}  # fmt: skip


@pytest.mark.parametrize(
	("arguments", "message"),
	[
		({}, "you must provide one of first or last"),
		({"first": 1, "last": 1}, "providing both first and last is not supported"),
		({"first": 251}, "first cannot exceed 250"),
		({"first": -1}, "first must be between 0 and 250"),
		({"first": 1, "after": "nonsense"}, "Invalid cursor for current pagination sort."),
		({"first": 1, "after": "WzEsMiwzXQ=="}, "Invalid cursor for current pagination sort."),
	],
)
def test_what_cannot_be_paged_is_refused(arguments: dict, message: str) -> None:
	client = Client(stocked_shop())
	place(client)
	[error] = client.errors(PAGE, **arguments)
	assert error["message"] == message


def test_orders_are_found_by_the_window_in_which_they_changed() -> None:
	client = Client(stocked_shop())
	ids, moments = [], []
	for _number in range(4):
		client.shop.clock.advance(60)  # type: ignore[attr-defined]
		ids.append(place(client))
		moments.append(client.shop.now())
	start, end = moments[1].isoformat(), moments[3].isoformat()
	query = f"updated_at:>='{start}' updated_at:<'{end}'"
	found = client.run("OrderIds", query=query)["orders"]["nodes"]
	assert [order["id"] for order in found] == ids[1:3]
	assert client.run("OrdersCount", query=query)["ordersCount"] == {"count": 2, "precision": "EXACT"}
	later = (moments[3] + timedelta(seconds=1)).isoformat()
	assert client.run("OrdersCount", query=f"created_at:>{later}")["ordersCount"]["count"] == 0


def test_filters_of_orders() -> None:
	shop = stocked_shop()
	client = Client(shop)
	paid = shop.orders.place(cart(shop, 1), financial="paid", email="ada@example.com", tags=["vip"])
	owed = shop.orders.place(cart(shop, 0, 1), email="bob@example.com")
	shop.fulfillments.create(paid.id)
	gone = shop.orders.place(cart(shop, 1))
	shop.orders.cancel(gone.id)

	def found(query: str) -> list[str]:
		return [node["id"].rsplit("/", 1)[1] for node in client.ask(PAGE, first=10, key="ID", query=query)["orders"]["nodes"]]

	assert found("financial_status:paid") == [paid.id]
	assert found("fulfillment_status:shipped") == [paid.id]
	assert found("fulfillment_status:unshipped AND status:open") == [owed.id]
	assert found("status:cancelled") == [gone.id]
	assert found("email:ADA@example.com") == [paid.id]
	assert found("sku:SKU-1") == [owed.id]
	assert found(f"name:'{owed.name}'") == [owed.id] == found(f"name:{owed.name[1:]}")
	assert found(f"id:{paid.id} OR id:{gone.id}") == [paid.id, gone.id]
	assert found(f"id:>{paid.id}") == [owed.id, gone.id]
	assert found("-status:cancelled tag:vip") == [paid.id]
	assert found("NOT financial_status:paid status:any") == [owed.id, gone.id]
	assert found("email:ada*") == [paid.id]


def test_a_filter_that_is_not_known_is_an_error_and_so_is_a_value_that_is_none() -> None:
	client = Client(stocked_shop())
	place(client)
	assert "search filter `colour`" in client.errors(PAGE, first=1, query="colour:red")[0]["message"]
	assert "search filter `default`" in client.errors(PAGE, first=1, query="red")[0]["message"]
	assert (
		client.errors(PAGE, first=1, query="updated_at:>soon")[0]["message"] == "Invalid timestamp for query filter `updated_at`."
	)
	assert "Invalid search query" in client.errors(PAGE, first=1, query="name:(")[0]["message"]
	assert "orders(sortKey: DESTINATION)" in client.errors(PAGE, first=1, key="DESTINATION")[0]["message"]


def test_counts_end_at_ten_thousand_unless_told_otherwise() -> None:
	from shopify_sync.simulator.admin.resolvers.shop import count_of

	assert count_of(10_000, 10_000) == {"count": 10_000, "precision": "EXACT"}
	assert count_of(10_001, 10_000) == {"count": 10_000, "precision": "AT_LEAST"}
	client = Client(stocked_shop())
	place(client)
	place(client)
	query = "query Count($limit: Int) { ordersCount(limit: $limit) { count precision } }"
	assert client.ask(query, limit=1)["ordersCount"] == {"count": 1, "precision": "AT_LEAST"}
	assert client.ask(query, limit=None)["ordersCount"] == {"count": 2, "precision": "EXACT"}


def test_locations_that_are_closed_are_left_out_unless_asked_for() -> None:
	shop = stocked_shop()
	closed = shop.locations.create("Closed")
	shop.locations.deactivate(closed.id)
	client = Client(shop)
	names = [node["name"] for node in client.ask("{ locations(first: 9) { nodes { name } } }")["locations"]["nodes"]]
	assert names == ["Shop", "Warehouse"]
	assert {node["name"]: node["isActive"] for node in client.run("Locations")["locations"]["nodes"]} == {
		"Closed": False, "Shop": True, "Warehouse": True,
	}  # fmt: skip


def test_the_other_operations_that_read() -> None:
	shop = stocked_shop()
	ada = shop.customers.create("Ada", "Example", "ada@example.com")
	client = Client(shop)
	assert client.run("Customer", id=gid("Customer", ada.id))["customer"]["firstName"] == "Ada"
	assert len(client.run("CustomersPage", query="updated_at:>=2026-01-01")["customers"]["nodes"]) == 1
	variants = client.run("ProductVariantsPage", query="sku:SKU-1")["productVariants"]["nodes"]
	assert [(node["sku"], node["price"]) for node in variants] == [("SKU-1", "29.99")]
	item = variants[0]["inventoryItem"]["id"]
	levels = client.run("InventoryItemLevels", ids=[item, gid("InventoryItem", "1")], names=["available", "on_hand"])["nodes"]
	assert levels[1] is None
	assert [level["quantities"] for level in levels[0]["inventoryLevels"]["nodes"]] == [
		[{"name": "available", "quantity": 10}, {"name": "on_hand", "quantity": 10}]
	] * 2
	place_id = levels[0]["inventoryLevels"]["nodes"][0]["location"]["id"]
	one = client.run("InventoryItemLevel", itemId=item, locationId=place_id, names=["available"])["inventoryItem"]
	assert one["inventoryLevel"]["quantities"] == [{"name": "available", "quantity": 10}]
	scopes = client.run("AppScopes")["currentAppInstallation"]["accessScopes"]
	assert {scope["handle"] for scope in scopes} == client.scopes
	assert client.run("Shop")["shop"]["myshopifyDomain"] == "acme.myshopify.com"
	order = shop.orders.place(cart(shop, 1, 1))
	lines = client.run("OrderLines", id=gid("Order", order.id), first=1)["order"]["lineItems"]
	rest = client.run("OrderLines", id=gid("Order", order.id), first=1, after=lines["pageInfo"]["endCursor"])["order"][
		"lineItems"
	]
	assert [node["id"] for node in lines["nodes"] + rest["nodes"]] == [gid("LineItem", line.id) for line in order.line_items]


def test_several_records_by_their_ids_and_never_more_than_250() -> None:
	client = Client(stocked_shop())
	query = "query Several($ids: [ID!]!) { nodes(ids: $ids) { id } }"
	assert client.errors(query, ids=[gid("Order", "1")] * 251)[0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
	assert client.errors(query, ids=[gid("Nonsense", "1")])[0]["message"] == "Invalid id: gid://shopify/Nonsense/1"
	assert "does not implement node(id:) for Metafield" in client.errors(query, ids=[gid("Metafield", "1")])[0]["message"]
