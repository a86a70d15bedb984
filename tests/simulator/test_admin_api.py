"""The Admin API at its edges: versions, tokens, scopes, errors, costs, faults."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.admin_api import operations
from shopify_sync.simulator.admin import schema
from shopify_sync.simulator.admin.call import REGISTRY
from shopify_sync.simulator.admin.idempotency import KEYED
from shopify_sync.simulator.admin.scopes import Access
from shopify_sync.simulator.admin.throttle import MAXIMUM_COST, Throttle
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.faults import Dropped, Faults
from shopify_sync.simulator.http.site import SCOPES as DEFAULT_SCOPES

from .admin_client import SCOPES, TOKEN, Client, gid
from .shops import START, cart, make_shop, stocked_shop

SHOP = "{ shop { name } }"


@pytest.fixture
def client() -> Client:
	return Client(stocked_shop())


def post(client: Client, version: str, token: str = TOKEN, body: bytes | None = None):
	return client.api.graphql(version, token, json.dumps({"query": SHOP}).encode() if body is None else body)


@pytest.mark.parametrize(
	("asked", "answering"),
	[("2026-10", "2026-10"), ("2026-01", "2026-01"), ("2025-07", "2025-10"), ("2020-01", "2025-10")],
)
def test_a_closed_version_falls_forward_and_only_the_header_tells(client: Client, asked: str, answering: str) -> None:
	response = post(client, asked)
	assert (response.status, response.headers["X-Shopify-API-Version"]) == (200, answering)


@pytest.mark.parametrize("asked", ["2027-01", "2026-02", "latest", "", "../2026-10"])
def test_a_version_that_is_none_is_not_found(client: Client, asked: str) -> None:
	assert post(client, asked).status == 404


def test_an_unknown_token_is_refused(client: Client) -> None:
	response = post(client, "2026-10", "wrong")
	assert response.status == 401
	assert "Invalid API key or access token" in response.json()["errors"]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b'{"query": 1}', b'{"query":"{shop{name}}","variables":[]}'])
def test_a_body_that_cannot_be_read_is_refused(client: Client, body: bytes) -> None:
	assert post(client, "2026-10", body=body).status == 400


@pytest.mark.parametrize(
	("query", "code", "message"),
	[
		("{ shop { nothing } }", "undefinedField", "Field 'nothing' doesn't exist on type 'Shop'"),
		("{ shop(x: 1) { name } }", "argumentNotAccepted", "Field 'shop' doesn't accept argument 'x'"),
		("{ order { id } }", "missingRequiredArguments", "Field 'order' is missing required arguments: id"),
		("{ shop }", "selectionMismatch", "Field must have selections (field 'shop' returns Shop"),
		("query A($x: ID!) { shop { name } }", "variableNotUsed", "Variable $x is declared by A but not used"),
		("query A { order(id: $x) { id } }", "variableNotDefined", "Variable $x is used by A but not declared"),
		("query A($x: String) { order(id: $x) { id } }", "variableMismatch", "Type mismatch on variable $x"),
		("{ shop { name @nothing } }", "undefinedDirective", "Directive @nothing is not defined"),
	],
)
def test_what_is_not_valid_is_told_in_shopifys_words(client: Client, query: str, code: str, message: str) -> None:
	response = client.send(query)
	[error] = response.json()["errors"]
	assert response.status == 200
	assert "data" not in response.json()
	assert error["message"].startswith(message)
	assert error["extensions"]["code"] == code
	assert error["locations"]


def test_an_error_names_its_path(client: Client) -> None:
	[error] = client.errors("query Mine { orders(first: 1) { nodes { nothing } } }")
	assert error["path"] == ["query Mine", "orders", "nodes", "nothing"]


def test_a_syntax_error(client: Client) -> None:
	[error] = client.errors("{ shop { ")
	assert error["message"].startswith("syntax error")


def test_variables_are_checked_against_their_types(client: Client) -> None:
	query = operations.load("InventorySetQuantities")
	[error] = client.errors(
		query, key="k", input={"name": "available", "reason": "correction", "quantities": [{"quantity": "x"}]}
	)
	assert error["extensions"]["code"] == "INVALID_VARIABLE"
	paths = [problem["path"] for problem in error["extensions"]["problems"]]
	assert ["quantities", "0", "inventoryItemId"] in [path[:3] for path in paths] or ["quantities", "0"] in [
		path[:2] for path in paths
	]
	[error] = client.errors(query, key="k")
	assert error["message"] == "Variable $input of type InventorySetQuantitiesInput! was provided invalid value"


def test_what_the_simulator_cannot_do_is_an_error_before_anything_happens(client: Client) -> None:
	shop = client.shop
	order = shop.orders.place(cart(shop, 1))
	query = 'mutation { orderMarkAsPaid(input: {id: "%s"}) { order { id metafield(key: "a") { id } } } }'
	[error] = client.errors(query % gid("Order", order.id))
	assert error["message"] == "The simulator does not implement Order.metafield"
	assert [transaction.status for transaction in order.transactions] == ["pending"]


def test_an_argument_that_would_have_no_effect_is_an_error(client: Client) -> None:
	[error] = client.errors('{ orders(first: 1, savedSearchId: "gid://shopify/SavedSearch/1") { nodes { id } } }')
	assert "orders(savedSearchId:)" in error["message"]
	[error] = client.errors("query A($s: ID) { orders(first: 1, savedSearchId: $s) { nodes { id } } }", s="x")
	assert "orders(savedSearchId:)" in error["message"]


def test_each_root_field_needs_its_scope(client: Client) -> None:
	client.scopes = frozenset({"read_products"})
	answer = client.send("{ shop { name } orders(first: 1) { nodes { id } } products(first: 1) { nodes { title } } }").json()
	# Connections are not nullable: what is denied takes the whole answer with it.
	assert answer["data"] is None
	[error] = answer["errors"]
	assert error["extensions"]["code"] == "ACCESS_DENIED"
	assert "`read_orders` access scope" in error["extensions"]["requiredAccess"]
	assert error["message"].startswith("Access denied for orders field. Required access: ")


def test_a_mutation_that_is_denied_changes_nothing(client: Client) -> None:
	order = client.shop.orders.place(cart(client.shop, 1))
	client.scopes = SCOPES - {"write_orders"}
	[error] = client.errors(operations.load("OrderMarkAsPaid"), id=gid("Order", order.id))
	assert error["extensions"]["code"] == "ACCESS_DENIED"
	assert order.transactions[-1].status == "pending"


def test_a_customer_of_an_order_is_null_and_an_error_without_its_scope(client: Client) -> None:
	shop = client.shop
	ada = shop.customers.create("Ada", "Example", "ada@example.com")
	order = shop.orders.place(cart(shop, 1), customer_id=ada.id)
	client.scopes = SCOPES - {"write_customers"}
	answer = client.send("query A($id: ID!) { order(id: $id) { name customer { id } } }", {"id": gid("Order", order.id)}).json()
	assert answer["data"]["order"] == {"name": order.name, "customer": None}
	assert answer["errors"][0]["path"] == ["order", "customer"]
	assert answer["errors"][0]["extensions"]["requiredAccess"] == "`read_customers` access scope."


def test_protected_customer_data_needs_approval(client: Client) -> None:
	ada = client.shop.customers.create("Ada", "Example", "ada@example.com")
	client.api.protected_customer_data = False
	answer = client.send("query A($id: ID!) { customer(id: $id) { id firstName email } }", {"id": gid("Customer", ada.id)}).json()
	assert answer["data"]["customer"] == {"id": gid("Customer", ada.id), "firstName": None, "email": None}
	assert "not approved to use the firstName field" in answer["errors"][0]["message"]


@pytest.mark.parametrize("version", schema.versions())
def test_the_apps_default_scopes_reach_everything_that_is_implemented(version: str) -> None:
	access = Access(version, frozenset(DEFAULT_SCOPES))
	for root in ("QueryRoot", "Mutation"):
		for field in REGISTRY[root]:
			if field in schema.schema(version).type_map[root].fields:  # type: ignore[attr-defined]
				access.demand(root, field)


def test_writing_implies_reading_and_node_is_no_way_around(client: Client) -> None:
	ada = client.shop.customers.create("Ada", "Example", "ada@example.com")
	query = "query A($id: ID!) { node(id: $id) { id } }"
	assert client.ask(query, id=gid("Customer", ada.id))["node"]
	client.scopes = frozenset({"read_orders"})
	[error] = client.errors(query, id=gid("Customer", ada.id))
	assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_orders_older_than_sixty_days_need_a_scope_of_their_own(client: Client) -> None:
	shop = client.shop
	order = shop.orders.place(cart(shop, 1))
	shop.clock.advance(61 * 86_400)  # type: ignore[attr-defined]
	query = "query A($id: ID!) { order(id: $id) { id } orders(first: 5) { nodes { id } } ordersCount { count } }"
	found = client.ask(query, id=gid("Order", order.id))
	assert (found["order"]["id"], found["ordersCount"]["count"]) == (gid("Order", order.id), 1)
	client.scopes = SCOPES - {"read_all_orders"}
	assert client.ask(query, id=gid("Order", order.id)) == {"order": None, "orders": {"nodes": []}, "ordersCount": {"count": 0}}


def test_ids_are_checked(client: Client) -> None:
	assert client.ask('{ order(id: "gid://shopify/Order/1") { id } }') == {"order": None}
	assert client.errors('{ order(id: "1") { id } }')[0]["message"] == "Invalid global id '1'"
	assert client.errors('{ order(id: "gid://shopify/Product/1") { id } }')[0]["message"] == "Invalid id: gid://shopify/Product/1"


def test_deprecated_fields_are_told_in_a_header(client: Client) -> None:
	assert "X-Shopify-API-Deprecated-Reason" not in client.send(SHOP).headers
	response = client.send("{ customers(first: 1) { nodes { email } } }")
	assert "Customer.email" in response.headers["X-Shopify-API-Deprecated-Reason"]


def test_every_request_has_an_id_of_its_own(client: Client) -> None:
	assert len({client.send(SHOP).headers["X-Request-Id"] for _time in range(5)}) == 5


def test_the_operation_is_chosen_by_its_name(client: Client) -> None:
	two = "query A { shop { name } } query B { shop { id } }"
	assert client.send(two, operationName="A").json()["data"] == {"shop": {"name": "acme"}}
	assert "errors" in client.send(two).json()
	assert "errors" in client.send(two, operationName="C").json()


# Costs


@pytest.mark.parametrize(
	("query", "requested"),
	[
		(SHOP, 1),
		("{ shop { plan { publicDisplayName } } }", 2),
		("{ customers(first: 10) { nodes { id } } }", 12),
		("{ customers(first: 10) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 12),
		("{ orders(first: 5) { nodes { lineItems(first: 10) { nodes { id } } } } }", 2 + 5 * (1 + 2 + 10)),
		("query A($n: Int = 7) { orders(last: $n) { nodes { id } } }", 9),
		('mutation { orderMarkAsPaid(input: {id: "gid://shopify/Order/1"}) { order { id } userErrors { message } } }', 10),
		('{ node(id: "gid://shopify/Order/1") { ... on Order { customer { id } } ... on Shop { id } } }', 2),
	],
)
def test_what_a_query_costs(client: Client, query: str, requested: int) -> None:
	assert client.send(query).json()["extensions"]["cost"]["requestedQueryCost"] == requested


def test_only_what_was_found_is_paid(client: Client) -> None:
	shop = client.shop
	shop.orders.place(cart(shop, 1, 1))
	answer = client.send("{ orders(first: 50) { nodes { lineItems(first: 10) { nodes { id } } } } }").json()
	cost = answer["extensions"]["cost"]
	assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (2 + 50 * 13, 2 + 1 + 2 + 2)
	assert cost["throttleStatus"] == {"maximumAvailable": 2000.0, "currentlyAvailable": 1993, "restoreRate": 100.0}


def test_one_query_may_not_ask_for_too_much(client: Client) -> None:
	[error] = client.errors("{ orders(first: 200) { nodes { lineItems(first: 10) { nodes { id } } } } }")
	assert error["extensions"] == {
		"code": "MAX_COST_EXCEEDED", "cost": 2602, "maxCost": MAXIMUM_COST, "documentation": error["extensions"]["documentation"],
	}  # fmt: skip


def test_every_operation_of_the_app_fits(client: Client) -> None:
	from graphql import parse, value_from_ast_untyped

	from shopify_sync.simulator.admin.cost import Costs

	for name in operations.names():
		document = parse(operations.load(name))
		operation, *fragments = document.definitions
		defaults = {
			part.variable.name.value: value_from_ast_untyped(part.default_value)
			for part in operation.variable_definitions  # type: ignore[attr-defined]
			if part.default_value
		}
		cost = Costs(schema.schema("2026-10"), fragments, defaults).requested(operation)  # type: ignore[arg-type]
		assert cost <= MAXIMUM_COST, (name, cost)


def test_an_empty_bucket_throttles_with_200_and_fills_again(client: Client) -> None:
	for _number in range(150):
		client.shop.orders.place([{"title": "Thing", "price": "1", "quantity": 1}])
	query = "{ orders(first: 150) { nodes { lineItems(first: 1) { nodes { id } } } } }"  # 602 points, all of them found
	assert [client.send(query).json()["extensions"]["cost"]["actualQueryCost"] for _time in range(3)] == [602, 602, 602]
	response = client.send(query)
	answer = response.json()
	assert (response.status, "data" in answer) == (200, False)
	assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
	assert answer["extensions"]["cost"] == {
		"requestedQueryCost": 602, "actualQueryCost": None,
		"throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 194, "restoreRate": 100.0},
	}  # fmt: skip
	client.shop.clock.advance(4)  # type: ignore[attr-defined]
	assert "errors" in client.send(query).json()
	client.shop.clock.advance(0.1)  # type: ignore[attr-defined]
	assert client.ask(query)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 30)), max_size=40))
def test_the_bucket_is_never_below_zero_nor_above_full(steps: list[tuple[int, int, float]]) -> None:
	clock = ManualClock(START)
	throttle = Throttle(clock, "basic")
	for asked, used, seconds in steps:
		before = throttle.available()
		taken = throttle.take(asked)
		assert taken == (before >= asked)
		if taken:
			throttle.give_back(max(asked - used, 0))
		assert 0 <= throttle.available() <= throttle.maximum
		clock.advance(seconds)
	clock.advance(20)
	assert throttle.available() == throttle.maximum


@pytest.mark.parametrize(("plan", "rate"), [("basic", 100), ("advanced", 200), ("plus", 1000), ("enterprise", 2000)])
def test_the_plan_decides_the_rate(plan: str, rate: int) -> None:
	status = Client(make_shop(plan=plan)).send(SHOP).json()["extensions"]["cost"]["throttleStatus"]
	assert (status["restoreRate"], status["maximumAvailable"]) == (rate, 20 * rate)


# Faults


@pytest.mark.parametrize("kind", ["timeout", "reset"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_request_took_effect_or_did_not(kind: str, when: str) -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 1))
	client = Client(shop, faults=Faults(**{f"{kind}_{when}": 1.0}))
	with pytest.raises(Dropped) as raised:
		client.run("OrderMarkAsPaid", id=gid("Order", order.id))
	assert raised.value.kind == kind
	assert (order.transactions[-1].status == "success") == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_error_took_effect_or_did_not(when: str) -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 1))
	client = Client(shop, faults=Faults(**{f"server_error_{when}": 1.0}))
	response = client.send(operations.load("OrderMarkAsPaid"), {"id": gid("Order", order.id)})
	assert response.status in (500, 502, 503)
	assert (order.transactions[-1].status == "success") == (when == "after")


def test_a_throttled_request_had_no_effect() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 1))
	client = Client(shop, faults=Faults(throttle=1.0))
	[error] = client.errors(operations.load("OrderMarkAsPaid"), id=gid("Order", order.id))
	assert error == {
		"message": "Throttled",
		"extensions": {"code": "THROTTLED", "documentation": error["extensions"]["documentation"]},
	}
	assert order.transactions[-1].status == "pending"


def test_a_single_stale_read_sees_the_state_before_the_last_change() -> None:
	shop = stocked_shop()
	client = Client(shop, faults=Faults(stale_read=1.0))
	order = shop.orders.place(cart(shop, 1))
	# Asked for the first time, and only after the change.
	assert client.ask("{ ordersCount { count } }")["ordersCount"]["count"] == 0
	assert client.run("Order", id=gid("Order", order.id))["order"] is None
	shop.clock.advance(6)  # type: ignore[attr-defined]
	shop.orders.mark_as_paid(order.id)
	status = "query($id: ID!) { order(id: $id) { displayFinancialStatus } }"
	assert client.ask(status, id=gid("Order", order.id))["order"]["displayFinancialStatus"] == "PENDING"
	level = '{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1) { nodes { quantities(names: "available") { quantity } } } } } }'
	[item] = client.ask(level)["inventoryItems"]["nodes"]
	assert item["inventoryLevels"]["nodes"][0]["quantities"][0]["quantity"] == 9
	client.faults.set(stale_read=0)
	assert client.ask(status, id=gid("Order", order.id))["order"]["displayFinancialStatus"] == "PAID"


def test_a_stale_read_is_never_older_than_some_seconds_and_changes_nothing() -> None:
	shop = stocked_shop()
	client = Client(shop, faults=Faults(stale_read=1.0))
	query = "{ ordersCount { count } }"
	shop.orders.place(cart(shop, 1))
	shop.clock.advance(4)  # type: ignore[attr-defined]
	shop.orders.place(cart(shop, 1))
	assert client.ask(query)["ordersCount"]["count"] == 0
	shop.clock.advance(5.999)  # type: ignore[attr-defined]
	assert client.ask(query)["ordersCount"]["count"] == 0
	shop.clock.advance(0.001)  # type: ignore[attr-defined]
	assert client.ask(query)["ordersCount"]["count"] == 2
	# A mutation works on what is, and its answer shows it.
	order = shop.orders.place(cart(shop, 1))
	paid = client.run("OrderMarkAsPaid", id=gid("Order", order.id))["orderMarkAsPaid"]
	assert paid["userErrors"] == []
	assert order.transactions[-1].status == "success"
	assert len(shop.orders.all) == 3


def test_an_answer_is_cut_short_after_the_effect() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 1))
	client = Client(shop, faults=Faults(garble_answer=1.0))
	response = client.send(operations.load("OrderMarkAsPaid"), {"id": gid("Order", order.id)})
	assert response.status == 200
	with pytest.raises(json.JSONDecodeError):
		response.json()
	assert order.transactions[-1].status == "success"


def test_the_same_dice_give_the_same_faults() -> None:
	def told(seed: int) -> list[str]:
		client = Client(stocked_shop(), faults=Faults(server_error_before=0.3, timeout_before=0.3, throttle=0.3), seed=seed)
		found = []
		for _number in range(20):
			try:
				found.append(client.send(SHOP).body.decode())
			except Dropped as dropped:
				found.append(dropped.kind)
		return found

	assert told(1) == told(1)
	assert told(1) != told(2)


def test_the_mutations_that_need_a_key_exist() -> None:
	mutations = schema.schema("2026-10").mutation_type
	assert mutations is not None
	assert KEYED - set(mutations.fields) == set()


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=60))
def test_no_body_breaks_the_api(body: bytes) -> None:
	client = Client(make_shop())
	assert client.api.graphql("2026-10", TOKEN, body).status in (200, 400)
