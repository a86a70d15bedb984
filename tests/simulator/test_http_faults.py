"""What goes wrong between a store and who calls it."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.http.app import CLIENT_ID

from .http_client import Answer, Caller, set_faults, stocked


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
