"""Tokens: every grant, what becomes of them, and who is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from shopify_sync.admin_api import authorization
from shopify_sync.admin_api.authorization import CallbackRefused
from shopify_sync.admin_api.connection import StoreConnection
from shopify_sync.admin_api.ports import CallFailed, ClosedBecause, Shop
from shopify_sync.admin_api.shops import BadAddress, check_version, is_shop_domain, shop, version_ends
from shopify_sync.admin_api.sign_in import Credentials, SignInBy, SignInState
from shopify_sync.core.calls import scopes
from shopify_sync.core.failures import Category
from shopify_sync.core.policy import Direction, FulfillmentSide, LocationRule, ReturnPush, StorePolicy
from shopify_sync.embedded_host import connections
from shopify_sync.simulator.auth.callback import callback_url, signature
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET

from .world import SHOP, World, world

SCOPES = ("read_orders", "write_inventory")


def by_code(found: World, **credentials: str) -> StoreConnection:
	"""Return a connection of a store that signs in by authorization code."""
	old = found.connection
	given = {"client_id": CLIENT_ID, "secrets": (CLIENT_SECRET,), **credentials}
	return StoreConnection(
		old.shop,
		Credentials(SHOP, SignInBy.AUTHORIZATION_CODE, **given),
		old._store,
		old._budget,
		found._transport,
		now=found.clock.now,
		jitter=lambda: 0.5,
	)


def signed_in(found: World) -> StoreConnection:
	connection = by_code(found)
	with found.site.lock:
		code = found.site.tokens.authorize(CLIENT_ID)
	connection.exchange(code)
	return connection


def test_client_credentials_are_used_when_a_token_is_needed_and_before_it_ends(shop: World) -> None:
	assert shop.connections.gate_of(SHOP) is None
	first = shop.connection.token()
	shop.pass_(seconds=86_399 - 301)
	assert shop.connection.token() == first
	shop.pass_(seconds=2)
	second = shop.connection.token()
	assert second != first
	assert shop.site.token_calls == 2


def test_a_static_token_is_used_as_it_is(tmp_path: Path) -> None:
	with world(tmp_path, admin={"access_token": "shpat_mine"}) as found:
		with found.site.lock:
			found.site.tokens.add_static("shpat_mine")
		found.pass_(days=400)
		assert found.client.execute("Shop", {}).data["shop"]["name"] == SHOP
		assert found.site.token_calls == 0


def test_a_store_without_credentials_is_closed(tmp_path: Path) -> None:
	with world(tmp_path, admin={}) as found:
		closed = found.connections.gate_of(SHOP)
		assert closed is not None
		assert closed.because is ClosedBecause.NOT_SIGNED_IN


def test_workers_that_need_a_token_at_once_get_the_same_one(tmp_path: Path) -> None:
	with world(tmp_path, real_time=True) as found:
		tokens: list[str] = []
		gate = threading.Barrier(8)

		def work() -> None:
			gate.wait()
			tokens.append(found.connection.token())

		threads = [threading.Thread(target=work) for _number in range(8)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		assert len(tokens) == 8
		assert len(set(tokens)) == 1
		assert found.site.token_calls == 1


def test_a_code_gives_a_token_that_is_refreshed(shop: World) -> None:
	connection = signed_in(shop)
	tokens = [connection.token()]
	for _hour in range(30):
		shop.pass_(hours=1)
		tokens.append(connection.token())
		assert shop.site.tokens.check(tokens[-1]) is not None
	assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("fault", ["reset_after", "timeout_after", "garble_answer", "server_error_after", "reset_before"])
def test_a_refresh_whose_answer_is_lost_is_repeated(shop: World, fault: str) -> None:
	connection = signed_in(shop)
	shop.pass_(hours=2)
	shop.faults(**{fault: 1.0})
	with pytest.raises(CallFailed) as caught:
		connection.token()
	assert caught.value.failure.category in (Category.NETWORK, Category.SHOPIFY_UNAVAILABLE)
	shop.faults(**{fault: 0.0})
	assert shop.site.tokens.check(connection.token()) is not None


def test_a_token_that_still_lives_is_used_while_no_new_one_can_be_had(shop: World) -> None:
	first = shop.connection.token()
	shop.pass_(seconds=86_399 - 200)
	shop.faults(server_error_before=1.0)
	assert shop.connection.token() == first
	shop.pass_(seconds=190)
	with pytest.raises(CallFailed):
		shop.connection.token()


def test_a_refresh_token_that_ended_closes_the_gate(shop: World) -> None:
	connection = signed_in(shop)
	shop.pass_(days=91)
	with pytest.raises(CallFailed) as caught:
		connection.token()
	assert caught.value.closed is not None
	assert caught.value.closed.because is ClosedBecause.REJECTED
	assert connection.gate() is not None
	with shop.site.lock:
		code = shop.site.tokens.authorize(CLIENT_ID)
	connection.exchange(code)
	assert connection.gate() is None


def test_a_revoked_token_is_replaced_once(shop: World) -> None:
	shop.client.execute("Shop", {})
	with shop.site.lock:
		shop.site.tokens.revoke_all()
	assert shop.client.execute("Shop", {}).data["shop"]["name"] == SHOP
	assert [call["tries"] for call in shop.calls()] == [1, 2]
	assert shop.site.token_calls == 2


def test_a_shop_that_refuses_every_token_is_left_alone(shop: World) -> None:
	with shop.site.lock:
		shop.site.api._check = lambda token: None
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("Shop", {})
	assert caught.value.failure.category is Category.AUTHENTICATION
	assert caught.value.closed is not None
	assert caught.value.closed.because is ClosedBecause.REJECTED
	requests, tokens = shop.site.api.requests, shop.site.token_calls
	assert (requests, tokens) == (2, 2)
	for _worker in range(5):
		with pytest.raises(CallFailed):
			shop.process().client_of(SHOP).execute("Shop", {})
	assert (shop.site.api.requests, shop.site.token_calls) == (requests, tokens)
	assert len(shop.calls()) == 1


def test_a_late_refusal_of_the_old_token_does_not_touch_the_new_one(shop: World) -> None:
	connection = signed_in(shop)
	old = connection.token()
	signed_in(shop)
	assert connection.rejected(old, "401") is True
	assert connection.gate() is None
	assert connection.token() != old


def test_a_refusal_does_not_close_the_gate_that_somebody_just_opened(shop: World) -> None:
	connection = signed_in(shop)
	old = connection.token()
	# No other one can be had for it: its refresh token is not there any more.
	connection._save(replace(connection._read().sign_in, refresh_token=""))
	store = connection._store
	renewing = store.renewing

	@contextmanager
	def after_somebody_signed_in() -> Iterator[bool]:
		store.renewing = renewing  # type: ignore[method-assign]
		signed_in(shop)
		with renewing() as is_ours:
			yield is_ours

	store.renewing = after_somebody_signed_in  # type: ignore[method-assign]
	assert connection.rejected(old, "401") is True
	assert connection.gate() is None
	assert connection.token() != old


def test_new_credentials_open_the_gate(tmp_path: Path) -> None:
	with world(tmp_path, admin={"access_token": "shpat_wrong"}) as found:
		with pytest.raises(CallFailed):
			found.client.execute("Shop", {})
		assert found.process().gate_of(SHOP) is not None
		found.config["stores"][0]["admin"] = {"access_token": found.site.token}
		fresh = found.process()
		assert fresh.gate_of(SHOP) is None
		assert fresh.client_of(SHOP).execute("Shop", {}).data["shop"]["name"] == SHOP


def test_a_secret_is_rotated_without_downtime(shop: World) -> None:
	store = shop.config["stores"][0]
	shop.client.execute("Shop", {})
	# The new secret is entered first; Shopify still knows only the old one.
	store |= {"client_secret": "newer", "previous_client_secret": CLIENT_SECRET}
	shop.pass_(days=1)
	assert shop.process().client_of(SHOP).execute("Shop", {}).data["shop"]["name"] == SHOP
	with shop.site.lock:
		shop.site.shop.rotate_secret("newer")
	shop.pass_(days=1)
	assert shop.process().client_of(SHOP).execute("Shop", {}).data["shop"]["name"] == SHOP
	store["previous_client_secret"] = ""
	shop.pass_(days=1)
	assert shop.process().client_of(SHOP).execute("Shop", {}).data["shop"]["name"] == SHOP
	assert shop.kept()["sign_in"]["state"] == str(SignInState.SIGNED_IN)


def test_a_wrong_secret_is_told_and_nothing_of_it(shop: World) -> None:
	shop.config["stores"][0]["client_secret"] = "a-wrong-secret"
	with pytest.raises(CallFailed) as caught:
		shop.process().client_of(SHOP).execute("Shop", {})
	assert "invalid_client" in str(caught.value)
	assert "a-wrong-secret" not in repr(caught.value) + str(vars(caught.value))


def test_a_token_that_ends_soon_is_replaced_ahead(shop: World) -> None:
	assert shop.connection.refresh_soon(timedelta(minutes=20)) is False  # there is none yet
	shop.connection.token()
	assert shop.connection.refresh_soon(timedelta(minutes=20)) is False
	shop.pass_(seconds=86_399 - 19 * 60)
	assert shop.connection.refresh_soon(timedelta(minutes=20)) is True
	assert shop.site.token_calls == 2


def test_no_secret_in_logs_errors_or_evidence(shop: World, caplog: pytest.LogCaptureFixture) -> None:
	caplog.set_level(logging.DEBUG)
	shop.client.execute("Shop", {})
	token = shop.connection.token()
	texts = []
	for fault in ("reset_after", "timeout_after", "garble_answer", "server_error_before"):
		shop.faults(**{fault: 1.0})
		with pytest.raises(CallFailed) as caught:
			shop.client.execute("Shop", {})
		texts += [str(caught.value), repr(caught.value), repr(caught.value.failure)]
		shop.faults(**{fault: 0.0})
		shop.connection.reset_circuit()
	signed_in(shop)
	texts += [caplog.text, str(shop.calls()), repr(shop.connection.credentials), repr(shop.connection._store.read())]
	shown = connections.shown(shop.database)
	for secret in (token, CLIENT_SECRET, shop.kept()["refresh_token"], shop.kept()["access_token"]):
		assert secret
		assert secret not in "".join(texts)
		assert secret not in str(shown)


# The authorization code's way through the browser.


def consent() -> tuple[Shop, str, dict[str, str]]:
	target = shop(SHOP, f"{SHOP}.myshopify.com")
	address = authorization.consent_address(target, CLIENT_ID, SCOPES, "https://erp.example/callback", "random")
	return target, address, dict(parse_qsl(urlsplit(address).query))


def callback(**change: str) -> dict[str, str]:
	given = {"code": "c0de", "host": "aG9zdA", "shop": f"{SHOP}.myshopify.com", "state": "random", "timestamp": "1763719200"}
	given = {name: value for name, value in {**given, **change}.items() if value}
	return {**given, "hmac": signature(CLIENT_SECRET, given)}


def test_the_way_to_consent() -> None:
	_shop, address, asked = consent()
	assert address.startswith(f"https://{SHOP}.myshopify.com/admin/oauth/authorize?")
	assert asked == {
		"client_id": CLIENT_ID,
		"scope": "read_orders,write_inventory",
		"redirect_uri": "https://erp.example/callback",
		"state": "random",
	}


def test_on_this_machine_the_way_leads_to_the_simulator(shop: World) -> None:
	address = authorization.consent_address(shop.connection.shop, CLIENT_ID, SCOPES, "https://erp.example/back", "s")
	assert address.startswith(f"{shop.store.address(SHOP)}/admin/oauth/authorize?")


def test_what_comes_back_is_checked(shop: World) -> None:
	moment = shop.clock.now()
	target, stamp = shop.connection.shop, str(int(shop.clock.now().timestamp()))
	kept = authorization.digest("random")

	def check(parameters: dict[str, str], secrets: tuple[str, ...] = (CLIENT_SECRET,), digest: str = kept) -> str:
		return authorization.code_of(parameters, target, secrets, digest, moment)

	good = callback(timestamp=stamp)
	assert check(good) == "c0de"
	assert check(good, ("newer", CLIENT_SECRET)) == "c0de"
	late = str(int(stamp) - 3600)
	for words, parameters, more in (
		("signature", {**good, "code": "other"}, {}),
		("signature", {**good, "hmac": good["hmac"][:-1]}, {}),
		("signature", {name: value for name, value in good.items() if name != "hmac"}, {}),
		("signature", good, {"secrets": ("newer",)}),
		("signature", good, {"secrets": ("", " ")}),
		("another shop", callback(timestamp=stamp, shop="other.myshopify.com"), {}),
		("Nobody waits", callback(timestamp=stamp, state="guessed"), {}),
		("Nobody waits", callback(timestamp=stamp, state=""), {}),
		("Nobody waits", good, {"digest": ""}),
		("too old", callback(timestamp=late), {}),
		("too old", callback(timestamp="soon"), {}),
		("no code", callback(timestamp=stamp, code=""), {}),
	):
		with pytest.raises(CallbackRefused, match=words):
			check(parameters, **more)


def test_the_simulators_own_callback_passes(shop: World) -> None:
	now = shop.clock.now()
	address = callback_url(
		"https://erp.example/back",
		CLIENT_SECRET,
		code="x=y&z",
		shop_domain=shop.site.shop.domain,
		state="s",
		timestamp=int(now.timestamp()),
	)
	parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
	found = authorization.code_of(parameters, shop.connection.shop, [CLIENT_SECRET], authorization.digest("s"), now)
	assert found == "x=y&z"
	assert urlencode(parameters)


# Scopes, versions, addresses.


def policy(**values: object) -> StorePolicy:
	flows = {"sync_orders": False, "sync_customers": False, "sync_inventory": False, "sync_products": False}
	return StorePolicy(store=SHOP, company="C", company_currency="USD", **{**flows, **values})


def test_no_more_is_asked_for_than_the_flows_need() -> None:
	outbound = (LocationRule("1", "Stores", Direction.OUTBOUND),)
	inbound = (LocationRule("1", "Stores", Direction.INBOUND),)
	assert scopes.needed(policy()) == frozenset()
	assert scopes.needed(policy(sync_customers=True)) == {"read_customers"}
	assert scopes.needed(policy(sync_inventory=True, locations=inbound)) == {"read_inventory", "read_products", "read_locations"}
	assert "write_inventory" in scopes.needed(policy(sync_inventory=True, locations=outbound))
	assert "read_inventory" not in scopes.needed(policy(sync_inventory=True, locations=outbound))
	sends = scopes.needed(policy(sync_orders=True, fulfillment_by=FulfillmentSide.ERPNEXT))
	assert "write_merchant_managed_fulfillment_orders" in sends
	for side, asked in ((FulfillmentSide.BOTH, True), (FulfillmentSide.ERPNEXT, True), (FulfillmentSide.SHOPIFY, False)):
		returns = scopes.needed(policy(sync_orders=True, fulfillment_by=side, push_returns=ReturnPush.RETURN))
		assert ("write_returns" in returns) is asked
	assert "write_returns" not in sends
	assert not any(scope.startswith("write_") for scope in scopes.needed(policy(sync_orders=True)))


def test_who_may_write_may_read() -> None:
	assert scopes.missing({"write_inventory"}, {"read_inventory", "write_inventory"}) == ()
	assert scopes.missing({"read_inventory"}, {"read_inventory", "write_inventory"}) == ("write_inventory",)
	assert scopes.missing((), {"b", "a"}) == ("a", "b")


def test_versions_and_when_they_end() -> None:
	for good in ("2025-01", "2026-04", "2030-10"):
		check_version(good)
	for bad in ("2026-02", "unstable", "", "2026-10 ", "latest", "../2026-10"):
		with pytest.raises(BadAddress):
			check_version(bad)
	ends = version_ends("2026-01")
	assert ends is not None
	assert f"{ends:%Y-%m-%d}" == "2027-01-16"
	assert version_ends("nonsense") is None


def test_an_override_leads_to_this_machine_and_nowhere_else() -> None:
	domain = f"{SHOP}.myshopify.com"
	for good in ("http://127.0.0.1:8100/shops/x", "http://localhost:1/", "http://[::1]:80"):
		assert shop(SHOP, domain, "", {domain: good}).base == good.rstrip("/")
	for bad in (
		"https://example.com/shops/x",
		"http://127.0.0.1.example.com/",
		"http://user@127.0.0.1/",
		"http://127.0.0.1/?x=1",
		"file:///etc/passwd",
		"127.0.0.1:80",
		"http://10.0.0.1/",
	):
		with pytest.raises(BadAddress):
			shop(SHOP, domain, "", {domain: bad})
	assert shop(SHOP, domain, "", {"other.myshopify.com": "http://127.0.0.1:1"}).base == f"https://{domain}"
	assert is_shop_domain(domain)
	assert not is_shop_domain("evil.example")
