"""Shopify's own library for Python, ShopifyAPI, talks to the store as it is: sessions, GraphQL, resources, OAuth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPErrorProcessor, build_opener

import pyactiveresource.connection
import pytest
import shopify

from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.store import Store

VERSION = "2026-10"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
	# urllib honours a proxy that the machine may have.
	monkeypatch.setenv("no_proxy", "127.0.0.1")
	# The library refuses callbacks that are a day old, by the machine's clock.
	clock = ManualClock(datetime.now(timezone.utc))
	with Store.running(clock=clock) as store:
		for name, currency in (("one", "USD"), ("two", "JPY")):
			site = store.open(name, currency=currency)
			with site.lock:
				stock_up(site.shop, ["TEE", "MUG"])
		yield store
	shopify.ShopifyResource.clear_session()
	shopify.Session.setup(api_key=None, secret=None)


def sign_in(store: Store, name: str, token: str = "") -> shopify.Session:
	"""Begin a session with one of the shops, as the library's users do for a store that is not at Shopify."""
	session = shopify.Session(f"{name}.myshopify.com", VERSION, token or store.site(name).token)
	session.protocol = "http"
	session.url = f"127.0.0.1:{store.server.server_port}/shops/{name}"
	shopify.ShopifyResource.activate_session(session)
	return session


def place(store: Store, name: str, pieces: int = 1) -> str:
	site = store.site(name)
	with site.lock:
		variant = next(iter(site.shop.products.variants))
		return site.shop.orders.place([{"variant_id": variant, "quantity": pieces}], email="ada@example.com").id


def test_several_shops_on_one_port(store: Store) -> None:
	for name, currency in (("one", "USD"), ("two", "JPY"), ("one", "USD")):
		sign_in(store, name)
		shop = shopify.Shop.current()
		assert (shop.myshopify_domain, shop.currency) == (f"{name}.myshopify.com", currency)


def test_graphql(store: Store) -> None:
	sign_in(store, "one")
	id = place(store, "one", 3)
	query = "query order($id: ID!) { order(id: $id) { name lineItems(first: 5) { nodes { sku quantity } } } }"
	answer = json.loads(shopify.GraphQL().execute(query, {"id": f"gid://shopify/Order/{id}"}))
	assert "errors" not in answer
	assert answer["data"]["order"] == {"name": "#1001", "lineItems": {"nodes": [{"sku": "TEE", "quantity": 3}]}}


def test_orders_are_found_and_paged(store: Store) -> None:
	sign_in(store, "one")
	ids = [place(store, "one", number) for number in range(1, 6)]
	page = shopify.Order.find(status="any", limit=2)
	found = [str(order.id) for order in page]
	while page.has_next_page():
		page = page.next_page()
		found += [str(order.id) for order in page]
	assert found == ids[::-1]
	assert page.has_previous_page()
	one = shopify.Order.find(int(ids[0]))
	assert (one.name, one.line_items[0].sku, one.email) == ("#1001", "TEE", "ada@example.com")
	assert shopify.Order.count(status="any") == 5
	with pytest.raises(pyactiveresource.connection.ResourceNotFound):
		shopify.Order.find(1)


def test_changed_orders_are_found_by_time(store: Store) -> None:
	sign_in(store, "one")
	early = place(store, "one")
	assert isinstance(store.clock, ManualClock)
	store.clock.advance(120)
	late = place(store, "one")
	since = (store.clock.now() - timedelta(seconds=60)).isoformat()
	assert [str(order.id) for order in shopify.Order.find(status="any", updated_at_min=since)] == [late]
	assert [str(order.id) for order in shopify.Order.find(status="any", updated_at_max=since)] == [early]


def test_the_other_resources(store: Store) -> None:
	sign_in(store, "one")
	(location,) = shopify.Location.find()
	assert {product.variants[0].sku for product in shopify.Product.find()} == {"TEE", "MUG"}
	levels = shopify.InventoryLevel.find(location_ids=location.id)
	assert [level.available for level in levels] == [1000, 1000]
	site = store.site("one")
	with site.lock:
		customer = site.shop.customers.create("Ada", "Example", "ada@example.com")
	assert shopify.Customer.find(int(customer.id)).first_name == "Ada"
	assert {"read_orders", "write_orders"} <= {scope.handle for scope in shopify.AccessScope.find()}


def test_webhook_subscriptions(store: Store) -> None:
	sign_in(store, "one")
	made = shopify.Webhook.create({"topic": "orders/create", "address": "http://127.0.0.1:1/hook", "format": "json"})
	assert made.id
	again = shopify.Webhook.create({"topic": "orders/create", "address": "http://127.0.0.1:1/hook", "format": "json"})
	assert again.errors.full_messages() == ["address for this topic has already been taken"]
	assert [webhook.topic for webhook in shopify.Webhook.find()] == ["orders/create"]
	made.destroy()
	assert list(shopify.Webhook.find()) == []


def test_the_call_limit_is_read(store: Store) -> None:
	sign_in(store, "one")
	shopify.Shop.current()
	assert shopify.Limits.credit_limit() == 40
	assert shopify.Limits.credit_used() == 1
	for _number in range(39):
		shopify.Shop.current()
	assert shopify.Limits.credit_maxed()
	with pytest.raises(pyactiveresource.connection.ClientError) as refused:
		shopify.Shop.current()
	assert refused.value.code == 429
	assert refused.value.response.headers["Retry-After"] == "2.0"


def test_a_wrong_token_is_unauthorized(store: Store) -> None:
	sign_in(store, "one", token="shpat_wrong")
	with pytest.raises(pyactiveresource.connection.UnauthorizedAccess):
		shopify.Shop.current()


class _Stay(HTTPErrorProcessor):
	"""Shows a redirect instead of following it."""

	def http_response(self, request, response):  # type: ignore[no-untyped-def]
		return response


def test_the_librarys_oauth_ends_in_a_token_that_works(store: Store) -> None:
	shopify.Session.setup(api_key=CLIENT_ID, secret=CLIENT_SECRET)
	session = sign_in(store, "one", token="none yet")
	address = session.create_permission_url(["read_orders", "read_products"], "https://app.example.com/auth", "nonce")
	answer = build_opener(_Stay).open(address.replace("https://", "http://", 1))
	parameters = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
	assert parameters["state"] == "nonce"
	assert shopify.Session.validate_params(parameters)
	# `request_token` insists on https; this is its call.
	form = urlencode({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": parameters["code"]}).encode()
	given = json.loads(build_opener().open(f"{store.address('one')}/admin/oauth/access_token?", form).read())
	assert shopify.ApiAccess(given["scope"]) == shopify.ApiAccess("read_orders,read_products")
	sign_in(store, "one", given["access_token"])
	assert list(shopify.Order.find(status="any")) == []
	with pytest.raises(pyactiveresource.connection.ForbiddenAccess):
		shopify.Location.find()
