"""The store over real sockets: signing in, GraphQL, the legacy reads, faults, the control desk and deliveries."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from shopify_sync.core.receiving import Headers, is_signed
from shopify_sync.simulator.auth.callback import signature
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.commands.day import Day
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.bucket import Bucket
from shopify_sync.simulator.http.fast_clock import FastClock
from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.webhooks.post import NotLocal, post

START = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)


class Answer:
	"""What came back."""

	def __init__(self, response: http.client.HTTPResponse) -> None:
		self.status = response.status
		self.headers = {name.lower(): value for name, value in response.getheaders()}
		self.body = response.read()

	def json(self) -> Any:
		return json.loads(self.body)


class Caller:
	"""Calls one shop of a running store."""

	def __init__(self, store: Store, name: str = "dev") -> None:
		self.store = store
		self.site: Site = store.site(name)
		self.base = f"/shops/{name}"

	def call(self, method: str, path: str, body: Any = None, timeout: float = 10, **headers: str) -> Answer:
		connection = http.client.HTTPConnection("127.0.0.1", self.store.server.server_port, timeout=timeout)
		try:
			data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
			named = {name.replace("_", "-"): value for name, value in headers.items()}
			connection.request(method, path if path.startswith("http") else self.base + path, data, named)
			return Answer(connection.getresponse())
		finally:
			connection.close()

	def admin(
		self, method: str, path: str, body: Any = None, *, version: str = "2026-10", token: str = "", **query: Any
	) -> Answer:
		asked = f"?{urlencode(query)}" if query else ""
		path = f"/admin/api/{version}/{path}{asked}"
		return self.call(method, path, body, X_Shopify_Access_Token=token or self.site.token)

	def graphql(self, query: str, /, **variables: Any) -> Answer:
		return self.admin("POST", "graphql.json", {"query": query, "variables": variables})

	def token(self, **form: str) -> Answer:
		form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
		body = urlencode(form).encode()
		return self.call("POST", "/admin/oauth/access_token", body, Content_Type="application/x-www-form-urlencoded")

	def operate(self, desk: str, operation: str, **arguments: Any) -> Any:
		answer = self.call("POST", f"/control/{desk}/{operation}", arguments)
		assert answer.status == 200, answer.body
		return answer.json()["result"]


@pytest.fixture
def clock() -> ManualClock:
	return ManualClock(START)


@pytest.fixture
def store(clock: ManualClock) -> Iterator[Store]:
	with Store.running(shops=["dev", "other"], clock=clock, hold_seconds=0.5) as store:
		yield store


@pytest.fixture
def shop(store: Store) -> Caller:
	return Caller(store)


def stocked(caller: Caller) -> list[str]:
	with caller.site.lock:
		return stock_up(caller.site.shop, ["TEE", "MUG"])


class Hook:
	"""Somebody who takes webhooks, and answers what *statuses* say, then 200."""

	def __init__(self, statuses: tuple[int, ...] = (), seconds: float = 0) -> None:
		self.deliveries: list[tuple[Headers, bytes]] = []
		answers = iter(statuses)
		hook = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers["Content-Length"]))
				hook.deliveries.append((Headers(self.headers.items()), body))
				time.sleep(seconds)
				self.send_response(next(answers, 200))
				self.send_header("Content-Length", "0")
				self.send_header("Location", "http://127.0.0.1:1/elsewhere")
				self.end_headers()

			def log_message(self, *_args: Any) -> None:
				pass

		self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
		threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

	def close(self) -> None:
		self.server.shutdown()
		self.server.server_close()

	def topics(self) -> list[str]:
		return [headers.get("topic") for headers, _body in self.deliveries]


@pytest.fixture
def hook() -> Iterator[Hook]:
	hook = Hook()
	yield hook
	hook.close()


# --- signing in


def test_client_credentials_as_form_and_as_json(shop: Caller) -> None:
	answer = shop.token(grant_type="client_credentials")
	assert answer.status == 200
	assert answer.json()["expires_in"] == 86_399
	fields = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
	second = shop.call("POST", "/admin/oauth/access_token", fields, Content_Type="application/json").json()
	for token in (answer.json()["access_token"], second["access_token"]):
		assert shop.admin("GET", "shop.json", token=token).status == 200


def test_a_token_ends_with_its_lifetime(shop: Caller, clock: ManualClock) -> None:
	token = shop.token(grant_type="client_credentials").json()["access_token"]
	clock.advance(86_399)
	answer = shop.admin("GET", "shop.json", token=token)
	assert answer.status == 401
	assert answer.json() == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
	assert shop.admin("POST", "graphql.json", {"query": "{ shop { name } }"}, token=token).status == 401


def test_a_token_of_one_shop_is_none_of_another(store: Store) -> None:
	one, other = Caller(store, "dev"), Caller(store, "other")
	assert other.admin("GET", "shop.json", token=one.site.token).status == 401


@pytest.mark.parametrize(
	("form", "error"),
	[
		({"grant_type": "client_credentials", "client_secret": "wrong"}, "invalid_client"),
		({"grant_type": "password"}, "unsupported_grant_type"),
		({"code": "invented"}, "invalid_request"),
		({"grant_type": "refresh_token", "refresh_token": "shprt_invented"}, "invalid_grant"),
	],
)
def test_what_is_refused_says_why(shop: Caller, form: dict[str, str], error: str) -> None:
	answer = shop.token(**form)
	assert answer.status == 400
	assert answer.json()["error"] == error
	assert "shpat_" not in str(answer.body)


def consent(shop: Caller, **query: str) -> dict[str, str]:
	"""Let a merchant consent. Return the parameters of the redirect."""
	asked = {"client_id": CLIENT_ID, "redirect_uri": "https://app.example.com/auth", "state": "nonce", **query}
	answer = shop.call("GET", f"/admin/oauth/authorize?{urlencode(asked)}")
	assert answer.status == 302
	address = urlsplit(answer.headers["location"])
	assert f"{address.scheme}://{address.netloc}{address.path}" == "https://app.example.com/auth"
	return dict(parse_qsl(address.query))


def test_an_authorization_code_brings_an_expiring_token_that_is_refreshed(shop: Caller, clock: ManualClock) -> None:
	parameters = consent(shop)
	assert parameters["hmac"] == signature(CLIENT_SECRET, parameters)
	assert (parameters["shop"], parameters["state"]) == ("dev.myshopify.com", "nonce")
	assert int(parameters["timestamp"]) == START.timestamp()
	first = shop.token(code=parameters["code"], expiring="1").json()
	assert (first["expires_in"], first["refresh_token_expires_in"]) == (3_600, 7_776_000)
	assert shop.token(code=parameters["code"]).status == 400
	clock.advance(3_600)
	assert shop.admin("GET", "shop.json", token=first["access_token"]).status == 401
	second = shop.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
	assert shop.admin("GET", "shop.json", token=second["access_token"]).status == 200


def test_a_code_for_fewer_scopes_opens_less(shop: Caller) -> None:
	parameters = consent(shop, scope="read_products")
	token = shop.token(code=parameters["code"]).json()["access_token"]
	assert shop.admin("GET", "products.json", token=token).status == 200
	refused = shop.admin("GET", "orders.json", token=token)
	assert refused.status == 403
	assert "read_orders" in refused.json()["errors"]
	scopes = shop.call("GET", "/admin/oauth/access_scopes.json", X_Shopify_Access_Token=token)
	assert scopes.json() == {"access_scopes": [{"handle": "read_products"}]}


def test_an_address_without_the_shop_is_found_by_domain_or_token(shop: Caller) -> None:
	shop.base = ""
	by_token = shop.call("GET", "/admin/oauth/access_scopes.json", X_Shopify_Access_Token=shop.site.token)
	assert {"handle": "read_orders"} in by_token.json()["access_scopes"]
	by_host = shop.call("GET", "/admin/api/2026-10/shop.json", Host="dev.myshopify.com", X_Shopify_Access_Token=shop.site.token)
	assert by_host.json()["shop"]["myshopify_domain"] == "dev.myshopify.com"
	assert shop.call("GET", "/admin/api/2026-10/shop.json", X_Shopify_Access_Token="shpat_unknown").status == 404


# --- GraphQL


def test_graphql_answers_with_shopifys_headers(shop: Caller) -> None:
	answer = shop.graphql("{ shop { name myshopifyDomain } }")
	assert answer.json()["data"] == {"shop": {"name": "dev", "myshopifyDomain": "dev.myshopify.com"}}
	assert answer.headers["x-shopify-api-version"] == "2026-10"
	assert answer.headers["x-request-id"]
	assert "throttleStatus" in answer.json()["extensions"]["cost"]


def test_graphql_is_post_only(shop: Caller) -> None:
	assert shop.admin("GET", "graphql.json").status == 405


def test_a_subscription_made_over_graphql_is_delivered_to(shop: Caller, hook: Hook) -> None:
	mutation = """mutation make($topic: WebhookSubscriptionTopic!, $uri: String!) {
		webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
			webhookSubscription { id } userErrors { field message } } }"""
	made = shop.graphql(mutation, topic="CUSTOMERS_CREATE", uri=hook.url).json()["data"]["webhookSubscriptionCreate"]
	assert made["userErrors"] == []
	shop.operate("customers", "create", first_name="Ada")
	assert shop.store.settle()
	assert hook.topics() == ["customers/create"]


def test_a_bulk_operation_ends_by_itself_and_its_result_is_fetched(shop: Caller, clock: ManualClock, hook: Hook) -> None:
	stocked(shop)
	shop.operate("subscriptions", "create", topic="bulk_operations/finish", uri=hook.url)
	mutation = """mutation run($query: String!) {
		bulkOperationRunQuery(query: $query) { bulkOperation { id } userErrors { message } } }"""
	started = shop.graphql(mutation, query="{ products { edges { node { id title } } } }").json()["data"]["bulkOperationRunQuery"]
	assert started["userErrors"] == []
	clock.advance(60)
	# Nobody asks: the webhook tells.
	deadline = time.monotonic() + 5
	while not hook.deliveries:
		assert time.monotonic() < deadline
		time.sleep(0.01)
	id = started["bulkOperation"]["id"]
	assert json.loads(hook.deliveries[0][1])["admin_graphql_api_id"] == id
	question = "query($id: ID!) { node(id: $id) { ... on BulkOperation { status url objectCount } } }"
	done = shop.graphql(question, id=id).json()["data"]["node"]
	assert (done["status"], done["objectCount"]) == ("COMPLETED", "2")
	shop.base = ""
	result = shop.call("GET", done["url"].removeprefix(shop.store.url))
	assert result.headers["content-type"] == "application/jsonl"
	titles = [json.loads(line)["title"] for line in result.body.splitlines()]
	assert titles == ["Sample TEE", "Sample MUG"]
	assert shop.call("GET", "/shops/dev/bulk/1.jsonl").status == 404


# --- legacy REST


def test_an_order_reads_as_its_webhook_says(shop: Caller, hook: Hook) -> None:
	variants = stocked(shop)
	shop.operate("subscriptions", "create", topic="orders/create", uri=hook.url)
	placed = shop.operate("orders", "place", lines=[{"variant_id": variants[0], "quantity": 2}], email="ada@example.com")
	assert shop.store.settle()
	((headers, body),) = hook.deliveries
	assert is_signed(body, headers.get("hmac-sha256"), [CLIENT_SECRET])
	assert json.loads(body) == shop.admin("GET", f"orders/{placed['id']}.json").json()["order"]
	assert shop.admin("GET", "orders/1.json").status == 404
	trimmed = shop.admin("GET", f"orders/{placed['id']}.json", fields="id,name").json()
	assert trimmed == {"order": {"id": int(placed["id"]), "name": "#1001"}}


def placed_over_time(shop: Caller, clock: ManualClock, count: int) -> list[str]:
	"""Place orders a minute apart. Return their ids, oldest first."""
	variants = stocked(shop)
	ids = []
	for _number in range(count):
		ids.append(shop.operate("orders", "place", lines=[{"variant_id": variants[0], "quantity": 1}])["id"])
		clock.advance(60)
	return ids


def ids_of(answer: Answer) -> list[str]:
	assert answer.status == 200, answer.body
	(rows,) = answer.json().values()
	return [str(row["id"]) for row in rows]


def links(answer: Answer) -> dict[str, str]:
	found = {}
	for part in filter(None, answer.headers.get("link", "").split(", ")):
		address, rel = part.split("; ")
		found[rel.split('"')[1]] = address[1:-1]
	return found


def follow(shop: Caller, address: str) -> Answer:
	assert address.startswith(shop.store.address("dev"))
	return shop.call("GET", address.removeprefix(shop.store.address("dev")), X_Shopify_Access_Token=shop.site.token)


def test_pages_walk_through_all_forwards_and_back(shop: Caller, clock: ManualClock) -> None:
	newest_first = placed_over_time(shop, clock, 7)[::-1]
	page = shop.admin("GET", "orders.json", status="any", limit=3)
	assert ids_of(page) == newest_first[:3]
	assert set(links(page)) == {"next"}
	# A new order while somebody pages moves nothing.
	shop.operate("orders", "place", lines=[{"title": "Gift wrap", "price": "1.00", "quantity": 1}])
	page = follow(shop, links(page)["next"])
	assert ids_of(page) == newest_first[3:6]
	assert set(links(page)) == {"next", "previous"}
	back = links(page)["previous"]
	page = follow(shop, links(page)["next"])
	assert ids_of(page) == newest_first[6:]
	assert set(links(page)) == {"previous"}
	assert ids_of(follow(shop, back)) == newest_first[:3]


def test_orders_are_filtered(shop: Caller, clock: ManualClock) -> None:
	first, second, third, fourth = placed_over_time(shop, clock, 4)
	shop.operate("orders", "cancel", id=second)
	shop.operate("orders", "mark_as_paid", id=third)
	shop.operate("orders", "close", id=fourth)

	def found(**query: Any) -> list[str]:
		rows = ids_of(shop.admin("GET", "orders.json", **query))
		assert shop.admin("GET", "orders/count.json", **query).json() == {"count": len(rows)}
		return rows

	assert found() == [third, first]
	assert found(status="any") == [fourth, third, second, first]
	assert found(status="cancelled") == [second]
	assert found(status="any", financial_status="paid") == [third]
	assert found(status="any", ids=f"{first},{third}") == [third, first]
	assert ids_of(shop.admin("GET", "orders.json", status="any", since_id=second)) == [third, fourth]
	changed = (START + timedelta(minutes=4)).isoformat()
	assert found(status="any", updated_at_min=changed) == [fourth, third, second]
	assert found(status="any", created_at_min=(START + timedelta(minutes=1)).isoformat(), created_at_max=changed) == [
		fourth,
		third,
		second,
	]
	assert found(status="any", updated_at_max=(START + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")) == [first]


@pytest.mark.parametrize(
	"query",
	[
		{"limit": "0"},
		{"limit": "251"},
		{"limit": "x"},
		{"status": "everything"},
		{"updated_at_min": "yesterday"},
		{"page_info": "invented"},
		{"page_info": "e30=", "status": "any"},
		{"since_id": "-1"},
	],
)
def test_a_parameter_that_cannot_be_used_is_400(shop: Caller, query: dict[str, str]) -> None:
	answer = shop.admin("GET", "orders.json", **query)
	assert answer.status == 400
	assert answer.json()["errors"]


def test_old_orders_need_a_scope_of_their_own(shop: Caller, clock: ManualClock) -> None:
	(id,) = placed_over_time(shop, clock, 1)
	token = shop.token(code=consent(shop, scope="read_orders")["code"]).json()["access_token"]
	clock.advance(59 * 86_400)
	assert ids_of(shop.admin("GET", "orders.json", token=token)) == [id]
	clock.advance(86_400)
	assert ids_of(shop.admin("GET", "orders.json", token=token)) == []
	assert shop.admin("GET", f"orders/{id}.json", token=token).status == 404
	assert ids_of(shop.admin("GET", "orders.json")) == [id]


def test_the_other_reads(shop: Caller) -> None:
	variants = stocked(shop)
	customer = shop.operate("customers", "create", first_name="Ada", email="ada@example.com")
	(location,) = shop.admin("GET", "locations.json").json()["locations"]
	assert shop.admin("GET", f"customers/{customer['id']}.json").json()["customer"]["email"] == "ada@example.com"
	products = shop.admin("GET", "products.json").json()["products"]
	assert sorted(row["variants"][0]["sku"] for row in products) == ["MUG", "TEE"]
	assert sorted(str(row["variants"][0]["id"]) for row in products) == sorted(variants)
	assert shop.admin("GET", "inventory_levels.json").status == 422
	levels = shop.admin("GET", "inventory_levels.json", location_ids=location["id"]).json()["inventory_levels"]
	assert [level["available"] for level in levels] == [1000, 1000]
	one = shop.admin("GET", "inventory_levels.json", inventory_item_ids=levels[0]["inventory_item_id"])
	assert one.json()["inventory_levels"] == levels[:1]
	about = shop.admin("GET", "shop.json").json()["shop"]
	assert (about["myshopify_domain"], about["currency"]) == ("dev.myshopify.com", "USD")


def test_webhook_subscriptions_over_rest(shop: Caller, hook: Hook) -> None:
	wanted = {"webhook": {"topic": "customers/create", "address": hook.url, "format": "json"}}
	made = shop.admin("POST", "webhooks.json", wanted)
	assert made.status == 201
	again = shop.admin("POST", "webhooks.json", wanted)
	assert again.status == 422
	assert again.json() == {"errors": {"address": ["for this topic has already been taken"]}}
	assert shop.admin("POST", "webhooks.json", {"webhook": {"topic": "carts/invented", "address": hook.url}}).status == 422
	(listed,) = shop.admin("GET", "webhooks.json", topic="customers/create").json()["webhooks"]
	assert listed == made.json()["webhook"]
	assert shop.admin("GET", "webhooks.json", topic="orders/create").json() == {"webhooks": []}
	shop.operate("customers", "create", first_name="Ada")
	assert shop.store.settle()
	assert hook.topics() == ["customers/create"]
	assert shop.admin("DELETE", f"webhooks/{listed['id']}.json").status == 200
	assert shop.admin("DELETE", f"webhooks/{listed['id']}.json").status == 404
	assert shop.admin("GET", "webhooks.json").json() == {"webhooks": []}


def test_the_bucket_refuses_the_forty_first_call_and_leaks_two_a_second(shop: Caller, clock: ManualClock) -> None:
	answers = [shop.admin("GET", "shop.json") for _number in range(41)]
	assert [answer.status for answer in answers] == [200] * 40 + [429]
	assert [answer.headers["x-shopify-shop-api-call-limit"] for answer in answers] == [
		*(f"{number}/40" for number in range(1, 41)),
		"40/40",
	]
	assert answers[-1].headers["retry-after"] == "2.0"
	clock.advance(1)
	assert [shop.admin("GET", "shop.json").status for _number in range(3)] == [200, 200, 429]


def test_a_bigger_plan_has_a_bigger_bucket() -> None:
	bucket = Bucket("plus")
	assert sum(bucket.take(START) for _number in range(500)) == 400
	assert sum(bucket.take(START + timedelta(seconds=1)) for _number in range(500)) == 20


@pytest.mark.parametrize(
	("asked", "served"), [("2026-10", "2026-10"), ("2026-07", "2026-07"), ("2020-01", "2025-10"), ("2025-07", "2025-10")]
)
def test_a_closed_version_falls_forward(shop: Caller, asked: str, served: str) -> None:
	assert shop.admin("GET", "shop.json", version=asked).headers["x-shopify-api-version"] == served


@pytest.mark.parametrize("version", ["2099-01", "2026-02", "latest", "26-10"])
def test_a_version_that_is_none_is_404(shop: Caller, version: str) -> None:
	assert shop.admin("GET", "shop.json", version=version).status == 404


@pytest.mark.parametrize(
	"path", ["/shops/nobody/admin/api/2026-10/shop.json", "/", "/shops/dev", "/shops/dev/admin/api/2026-10/nothing.json"]
)
def test_other_addresses_are_404(shop: Caller, path: str) -> None:
	shop.base = ""
	answer = shop.call("GET", path, X_Shopify_Access_Token=shop.site.token)
	assert (answer.status, answer.json()) == (404, {"errors": "Not Found"})
	assert answer.headers["x-request-id"]


# --- what goes wrong on the way


def set_faults(shop: Caller, **faults: float) -> None:
	assert shop.call("POST", "/control/faults", faults).status == 200


def create_webhook(shop: Caller, timeout: float = 10) -> Answer:
	body = {"webhook": {"topic": "orders/create", "address": "http://127.0.0.1:1/"}}
	path = "/admin/api/2026-10/webhooks.json"
	return shop.call("POST", path, body, timeout, X_Shopify_Access_Token=shop.site.token)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_error_before_or_after_the_effect(shop: Caller, when: str) -> None:
	set_faults(shop, **{f"server_error_{when}": 1.0})
	assert create_webhook(shop).status in (500, 502, 503)
	assert len(shop.site.shop.subscriptions.all) == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reset_before_or_after_the_effect(shop: Caller, when: str) -> None:
	set_faults(shop, **{f"reset_{when}": 1.0})
	with pytest.raises(ConnectionResetError):
		create_webhook(shop)
	assert len(shop.site.shop.subscriptions.all) == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_timeout_before_or_after_the_effect(shop: Caller, when: str) -> None:
	set_faults(shop, **{f"timeout_{when}": 1.0})
	with pytest.raises(TimeoutError):
		create_webhook(shop, timeout=0.2)
	assert len(shop.site.shop.subscriptions.all) == (when == "after")
	# Whoever waits longer than it is held finds the connection closed without an answer.
	with pytest.raises(http.client.RemoteDisconnected):
		create_webhook(shop)


def test_a_rest_read_sees_the_state_before_the_last_change(shop: Caller, clock: ManualClock) -> None:
	variants = stocked(shop)
	set_faults(shop, stale_read=1.0)
	shop.operate("orders", "place", lines=[{"variant_id": variants[0]}])
	assert shop.admin("GET", "orders/count.json").json() == {"count": 0}
	clock.advance(10)
	assert shop.admin("GET", "orders/count.json").json() == {"count": 1}


def test_an_answer_over_rest_is_cut_short_after_the_effect(shop: Caller) -> None:
	set_faults(shop, garble_answer=1.0)
	answer = create_webhook(shop)
	assert answer.status == 201
	with pytest.raises(json.JSONDecodeError):
		answer.json()
	assert len(shop.site.shop.subscriptions.all) == 1


def test_a_refresh_whose_answer_was_lost_is_repeated(shop: Caller) -> None:
	code = shop.site.tokens.authorize(CLIENT_ID)
	pair = shop.token(code=code, expiring="1").json()
	set_faults(shop, reset_after=1.0)
	with pytest.raises(ConnectionResetError):
		shop.token(grant_type="refresh_token", refresh_token=pair["refresh_token"])
	assert shop.admin("GET", "shop.json", token=pair["access_token"]).status == 401
	set_faults(shop, reset_after=0.0, server_error_before=1.0)
	assert shop.token(grant_type="refresh_token", refresh_token=pair["refresh_token"]).status in (500, 502, 503)
	set_faults(shop, server_error_before=0.0)
	again = shop.token(grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()
	assert shop.admin("GET", "shop.json", token=again["access_token"]).status == 200


def test_graphql_calls_are_dropped_too(shop: Caller) -> None:
	set_faults(shop, reset_before=1.0)
	with pytest.raises(ConnectionResetError):
		shop.graphql("{ shop { name } }")


def test_a_refusal_out_of_the_blue(shop: Caller) -> None:
	set_faults(shop, throttle=1.0)
	answer = shop.admin("GET", "shop.json")
	assert (answer.status, answer.headers["retry-after"]) == (429, "2.0")


def test_bodies_that_are_none(shop: Caller) -> None:
	assert shop.admin("POST", "webhooks.json", b"no json").status == 400
	assert shop.admin("POST", "webhooks.json", b"[]").status == 400
	bad = shop.call("POST", "/admin/oauth/access_token", b"no json", Content_Type="application/json")
	assert (bad.status, bad.json()["error"]) == (400, "invalid_request")


def test_a_body_without_a_length_is_refused(shop: Caller) -> None:
	with socket.create_connection(("127.0.0.1", shop.store.server.server_port), timeout=5) as raw:
		raw.sendall(
			b"POST /shops/dev/admin/oauth/access_token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
		)
		assert b" 411 " in raw.recv(1000)


# --- the control desk


def test_an_operation_that_shopify_refuses_is_422(shop: Caller) -> None:
	answer = shop.call("POST", "/control/orders/place", {"lines": []})
	assert answer.status == 422
	assert answer.json()["errors"][0].keys() == {"field", "message", "code"}
	assert shop.call("POST", "/control/orders/cancel", {"id": "1"}).status == 404


@pytest.mark.parametrize(
	("path", "body", "word"),
	[
		("nothing/place", {}, "no desk 'nothing'"),
		("orders/nothing", {}, "no operation 'nothing'"),
		("orders/_checked", {}, "no operation"),
		("orders/all", {}, "no operation"),
		("orders/changed", {"order": "1"}, "it has: cancel, capture, close"),
		("orders/place", {"wrong": 1}, "The arguments are: lines"),
		("orders/place", {"lines": [], "tip": "much"}, "no amount"),
		("orders/place", {"lines": [], "shipping_address": {"planet": "Mars"}}, "planet"),
		("faults", {"duplicat": 1}, "There is no fault 'duplicat'"),
		("faults", {"duplicate": 2}, "no probability"),
		("faults", {"duplicate": "often"}, "no probability"),
		("rotate_secret", {}, "new"),
	],
)
def test_what_cannot_be_understood_is_400(shop: Caller, path: str, body: Any, word: str) -> None:
	answer = shop.call("POST", f"/control/{path}", body)
	assert answer.status == 400
	assert word in answer.json()["errors"][0]["message"]


def test_the_state_of_all_shops_and_faults_for_all(shop: Caller) -> None:
	shop.base = ""
	assert shop.call("POST", "/control/faults", {"lose": 0.5}).status == 200
	assert shop.call("POST", "/control/faults", {"lose": 5}).status == 400
	shops = shop.call("GET", "/control/state").json()["shops"]
	assert list(shops) == ["dev", "other"]
	assert shops["other"]["faults"] == {"lose": 0.5}
	assert shops["dev"]["counts"]["orders"] == 0


def test_a_rotation_and_an_uninstall(shop: Caller, clock: ManualClock, hook: Hook) -> None:
	assert shop.call("POST", "/control/rotate_secret", {"new": "fresh"}).status == 200
	assert shop.token(grant_type="client_credentials").status == 200
	clock.advance(3_600)
	assert shop.token(grant_type="client_credentials").status == 400
	assert shop.token(grant_type="client_credentials", client_secret="fresh").status == 200
	shop.operate("subscriptions", "create", topic="app/uninstalled", uri=hook.url)
	assert shop.call("POST", "/control/uninstall").status == 200
	assert shop.store.settle()
	((headers, body),) = hook.deliveries
	assert headers.get("topic") == "app/uninstalled"
	assert is_signed(body, headers.get("hmac-sha256"), ["fresh"])
	assert shop.admin("GET", "shop.json").status == 401


# --- deliveries


def test_the_secret_is_rotated_by_chance_once_an_hour(shop: Caller, clock: ManualClock, hook: Hook) -> None:
	set_faults(shop, rotate_secret=1.0)
	shop.operate("subscriptions", "create", topic="locations/create", uri=hook.url)
	for number in range(20):
		shop.operate("locations", "create", name=f"Place {number}")
	assert shop.store.settle()
	new, old = shop.call("GET", "/control/state").json()["client_secrets"]
	assert old == CLIENT_SECRET != new
	signed = [{secret for secret in (new, old) if is_signed(body, h.get("hmac-sha256"), [secret])} for h, body in hook.deliveries]
	assert sorted(map(len, signed)) == [1] * 20
	assert set.union(*signed) == {new, old}
	clock.advance(3_600)
	assert shop.call("GET", "/control/state").json()["client_secrets"] == [new]
	assert shop.token(grant_type="client_credentials").status == 400
	shop.operate("locations", "create", name="Later")
	assert len(shop.call("GET", "/control/state").json()["client_secrets"]) == 2


def test_a_refused_delivery_comes_again_when_its_time_has_come(shop: Caller, clock: ManualClock) -> None:
	hook = Hook((500, 301))
	try:
		shop.operate("subscriptions", "create", topic="customers/create", uri=hook.url)
		shop.operate("customers", "create", first_name="Ada")
		for expected, wait in ((1, 10), (2, 30), (3, 0)):
			deadline = time.monotonic() + 5
			while len(hook.deliveries) < expected or shop.site.courier._under_way:
				assert time.monotonic() < deadline
				time.sleep(0.01)
			clock.advance(wait)
		assert shop.store.settle()
	finally:
		hook.close()
	assert len({body for _headers, body in hook.deliveries}) == 1
	assert len({headers.get("webhook-id") for headers, _body in hook.deliveries}) == 1
	assert shop.site.courier.counters["delivered"] == 1


def test_post_waits_no_longer_than_the_deadline() -> None:
	slow = Hook(seconds=1.0)
	began = time.monotonic()
	assert post(slow.url, {}, b"{}", total_seconds=0.3) is None
	assert time.monotonic() - began < 0.8
	slow.close()


def test_post_does_not_wait_for_one_byte_after_the_other() -> None:
	with socket.socket() as listening:
		listening.bind(("127.0.0.1", 0))
		listening.listen()

		def drip() -> None:
			taken, _address = listening.accept()
			with taken:
				for byte in b"HTTP/1.1 200 OK\r\n":
					try:
						taken.sendall(bytes([byte]))
					except OSError:
						return
					time.sleep(0.1)

		dripping = threading.Thread(target=drip, daemon=True)
		dripping.start()
		began = time.monotonic()
		assert post(f"http://127.0.0.1:{listening.getsockname()[1]}/", {}, b"{}", total_seconds=0.4) is None
		assert time.monotonic() - began < 1
		dripping.join(5)


def test_post_to_nobody_is_no_answer() -> None:
	with socket.socket() as unused:
		unused.bind(("127.0.0.1", 0))
		assert post(f"http://127.0.0.1:{unused.getsockname()[1]}/", {}, b"{}") is None


@pytest.mark.parametrize(
	"uri", ["http://example.com/hook", "https://127.0.0.1/hook", "pubsub://project:topic", "http://10.0.0.1/"]
)
def test_nothing_leaves_the_machine(uri: str) -> None:
	with pytest.raises(NotLocal):
		post(uri, {}, b"{}")


def test_the_fast_clock_runs_faster() -> None:
	slow = ManualClock(START)
	fast = FastClock(60, slow)
	slow.advance(2)
	assert fast.now() == START + timedelta(minutes=2)
	with pytest.raises(ValueError, match="above 0"):
		FastClock(0)


def test_it_listens_on_the_loopback_only(store: Store) -> None:
	assert store.server.server_address[0] == "127.0.0.1"


def test_a_shop_cannot_be_opened_twice(store: Store) -> None:
	with pytest.raises(ValueError, match="already"):
		store.open("dev")


def test_a_day_is_the_same_for_the_same_seed(clock: ManualClock) -> None:
	def played(seed: int) -> tuple[dict[str, int], list[bytes]]:
		bodies: list[bytes] = []
		with Store.running(shops=["dev"], clock=ManualClock(START)) as store:
			shop = Caller(store)
			variants = stocked(shop)
			shop.site.shop.listeners.append(lambda webhook: bodies.append(webhook.body))
			shop.operate("subscriptions", "create", topic="orders/updated", uri="http://127.0.0.1:1/")
			day = Day(shop, variants, seed)
			day.play(15)
		return dict(day.done), bodies

	assert played(1) == played(1)
	assert played(1) != played(2)
