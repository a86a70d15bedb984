"""The store over real sockets: signing in, GraphQL, the control desk and deliveries."""

from __future__ import annotations

import json
import socket
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from shopify_sync.core.receiving import is_signed
from shopify_sync.simulator.auth.callback import signature
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.commands.day import Day
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.fast_clock import FastClock
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.webhooks.post import NotLocal, post

from .http_client import START, Caller, Hook, consent, set_faults, stocked

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


def test_a_site_is_reached_by_its_name_on_this_machine(hook: Hook) -> None:
	port = urlsplit(hook.url).port
	assert post(f"http://my-site.localhost:{port}/hook", {"X-Shopify-Topic": "a/b"}, b"{}") == 200
	((headers, _body),) = hook.deliveries
	assert headers.get("topic") == "a/b"
	assert hook.hosts == [f"my-site.localhost:{port}"]


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
