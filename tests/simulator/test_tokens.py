"""Signing in: each grant, its lifetimes, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
import shopify
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.simulator.auth.callback import callback_url, signature
from shopify_sync.simulator.auth.tokens import CODE_SECONDS, REFRESH_SECONDS, REUSE_SECONDS, Refused, Tokens
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice

APP = ("the-app", "the-secret")


class Desk:
	"""Tokens, the clock they look at, and the secrets that are good."""

	def __init__(self) -> None:
		self.clock = ManualClock(datetime(2026, 11, 21, 10, tzinfo=timezone.utc))
		self.secrets = ["the-secret"]
		self.tokens = Tokens("the-app", lambda: self.secrets, ("write_orders", "read_customers"), self.clock, Dice(1))

	def pair(self) -> tuple[str, str]:
		"""Sign in with a code for an expiring token. Return it and its refresh token."""
		issued = self.tokens.exchange(*APP, self.tokens.authorize("the-app"), expiring=True)
		assert issued.refresh_token
		return issued.access_token, issued.refresh_token

	def refresh(self, refresh_token: str) -> tuple[str, str]:
		issued = self.tokens.refresh(*APP, refresh_token)
		assert issued.refresh_token
		return issued.access_token, issued.refresh_token

	def is_good(self, token: str) -> bool:
		return self.tokens.check(token) is not None


@pytest.fixture
def desk() -> Desk:
	return Desk()


def test_client_credentials_live_a_day(desk: Desk) -> None:
	issued = desk.tokens.client_credentials(*APP)
	assert issued.as_json() == {
		"access_token": issued.access_token,
		"scope": "write_orders,read_customers",
		"expires_in": 86_399,
	}
	grant = desk.tokens.check(issued.access_token)
	assert grant is not None
	assert grant.scopes == {"write_orders", "read_orders", "read_customers"}
	desk.clock.advance(86_398)
	assert desk.is_good(issued.access_token)
	desk.clock.advance(1)
	assert not desk.is_good(issued.access_token)


@pytest.mark.parametrize("who", [("the-app", "wrong"), ("another", "the-secret"), ("the-app", ""), ("", "")])
def test_every_grant_refuses_another_client(desk: Desk, who: tuple[str, str]) -> None:
	code = desk.tokens.authorize("the-app")
	_access, refresh = desk.pair()
	for grant in (
		lambda: desk.tokens.client_credentials(*who),
		lambda: desk.tokens.exchange(*who, code),
		lambda: desk.tokens.refresh(*who, refresh),
	):
		with pytest.raises(Refused) as refused:
			grant()
		assert (refused.value.error, refused.value.status) == ("invalid_client", 400)
	# A stranger's try uses nothing up.
	assert desk.tokens.exchange(*APP, code).access_token
	assert desk.refresh(refresh)


def test_an_empty_secret_is_nobodys(desk: Desk) -> None:
	desk.secrets = [""]
	with pytest.raises(Refused):
		desk.tokens.client_credentials("the-app", "")


def test_both_secrets_are_good_after_a_rotation_until_the_old_one_ends(desk: Desk) -> None:
	desk.secrets = ["new", "the-secret"]
	assert desk.tokens.client_credentials("the-app", "new")
	assert desk.tokens.client_credentials(*APP)
	desk.secrets = ["new"]
	with pytest.raises(Refused):
		desk.tokens.client_credentials(*APP)


def test_a_code_is_good_once_and_for_ten_minutes(desk: Desk) -> None:
	code = desk.tokens.authorize("the-app")
	issued = desk.tokens.exchange(*APP, code)
	assert issued.as_json() == {"access_token": issued.access_token, "scope": "write_orders,read_customers"}
	late = desk.tokens.authorize("the-app")
	desk.clock.advance(CODE_SECONDS)
	for used in (code, late, "invented"):
		with pytest.raises(Refused, match="authorization code was not found or was already used"):
			desk.tokens.exchange(*APP, used)
	desk.clock.advance(10 * 365 * 86_400)
	assert desk.is_good(issued.access_token)


def test_a_merchant_is_asked_for_no_more_than_the_app_is_configured_for(desk: Desk) -> None:
	assert desk.tokens.exchange(*APP, desk.tokens.authorize("the-app", ["read_orders"])).scope == "read_orders"
	with pytest.raises(Refused, match="write_products"):
		desk.tokens.authorize("the-app", ["write_products"])
	with pytest.raises(Refused):
		desk.tokens.authorize("another")


def test_an_expiring_token_lives_an_hour_and_is_refreshed(desk: Desk) -> None:
	issued = desk.tokens.exchange(*APP, desk.tokens.authorize("the-app"), expiring=True)
	assert issued.as_json().keys() == {"access_token", "scope", "expires_in", "refresh_token", "refresh_token_expires_in"}
	assert (issued.expires_in, issued.refresh_token_expires_in) == (3_600, 7_776_000)
	desk.clock.advance(3_600)
	assert not desk.is_good(issued.access_token)
	access, refresh = desk.refresh(issued.refresh_token or "")
	assert desk.is_good(access)
	assert refresh != issued.refresh_token


def test_a_refresh_ends_the_token_before_it(desk: Desk) -> None:
	access, refresh = desk.pair()
	desk.refresh(refresh)
	assert not desk.is_good(access)


def test_a_refresh_whose_answer_was_lost_can_be_repeated_until_its_replacement_is_used(desk: Desk) -> None:
	_access, first = desk.pair()
	lost, second = desk.refresh(first)
	desk.clock.advance(5 * 86_400)
	again, same = desk.refresh(first)
	assert same == second
	assert desk.is_good(again)
	assert not desk.is_good(lost)
	_third_access, third = desk.refresh(second)
	assert third not in (first, second)
	with pytest.raises(Refused) as refused:
		desk.refresh(first)
	assert refused.value.error == "invalid_grant"


def test_a_used_refresh_token_can_be_repeated_for_thirty_days_at_most(desk: Desk) -> None:
	_access, first = desk.pair()
	_lost, second = desk.refresh(first)
	desk.clock.advance(REUSE_SECONDS)
	with pytest.raises(Refused):
		desk.refresh(first)
	assert desk.refresh(second)


def test_a_refresh_token_lives_ninety_days(desk: Desk) -> None:
	_access, refresh = desk.pair()
	desk.clock.advance(REFRESH_SECONDS - 1)
	_lost, second = desk.refresh(refresh)
	desk.clock.advance(1)
	with pytest.raises(Refused):
		desk.refresh(refresh)
	assert desk.refresh(second)


def test_a_repetition_does_not_lengthen_the_replacements_life(desk: Desk) -> None:
	_access, first = desk.pair()
	desk.refresh(first)
	desk.clock.advance(86_400)
	issued = desk.tokens.refresh(*APP, first)
	assert issued.refresh_token_expires_in == REFRESH_SECONDS - 86_400


def test_a_static_token_is_good_until_it_is_revoked(desk: Desk) -> None:
	desk.tokens.add_static("shpat_old", ["read_orders"])
	desk.clock.advance(10 * 365 * 86_400)
	grant = desk.tokens.check("shpat_old")
	assert grant is not None
	assert (grant.scopes, grant.expires_at) == ({"read_orders"}, None)


def test_an_uninstall_ends_everything(desk: Desk) -> None:
	desk.tokens.add_static("shpat_old")
	access, refresh = desk.pair()
	code = desk.tokens.authorize("the-app")
	desk.tokens.revoke_all()
	assert not any(map(desk.is_good, ("shpat_old", access, "", "shpat_")))
	with pytest.raises(Refused):
		desk.refresh(refresh)
	with pytest.raises(Refused):
		desk.tokens.exchange(*APP, code)


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(0, 40 * 86_400))
def test_only_the_last_two_refresh_tokens_are_ever_good(choices: list[int], pause: int) -> None:
	"""Whatever an app tries, at most one access token is good, and an older refresh token than the last but one is refused."""
	desk = Desk()
	access, refresh = desk.pair()
	accesses, refreshes = [access], [refresh]
	for back in choices:
		place = max(len(refreshes) - 1 - back, 0)
		try:
			access, refresh = desk.refresh(refreshes[place])
		except Refused:
			assert place < len(refreshes) - 2 or pause
		else:
			assert place >= len(refreshes) - 2
			accesses.append(access)
			if refresh not in refreshes:
				refreshes.append(refresh)
		desk.clock.advance(pause / 12)
		assert sum(map(desk.is_good, accesses)) <= 1


@pytest.mark.parametrize("state", ["nonce", "a=b&c%d", "schön"])
@pytest.mark.parametrize("redirect_uri", ["https://app.example.com/auth", "https://app.example.com/auth?shop_hint=1&a%26b=c"])
def test_shopifys_library_accepts_the_callback(state: str, redirect_uri: str) -> None:
	now = datetime.now(timezone.utc) - timedelta(minutes=1)
	address = callback_url(
		redirect_uri, "hush", code="c0de", shop_domain="dev.myshopify.com", state=state, timestamp=int(now.timestamp())
	)
	parameters = dict(parse_qsl(urlsplit(address).query))
	assert parameters["state"] == state
	assert parameters["code"] == "c0de"
	assert parameters["shop"] == "dev.myshopify.com"
	shopify.Session.setup(api_key="the-app", secret="hush")
	try:
		assert shopify.Session.validate_params(parameters)
		assert not shopify.Session.validate_params({**parameters, "shop": "other.myshopify.com"})
	finally:
		shopify.Session.setup(api_key=None, secret=None)


def test_the_signature_covers_everything_but_itself() -> None:
	parameters = {"code": "1", "shop": "a.myshopify.com"}
	assert signature("s", {**parameters, "hmac": "x"}) == signature("s", parameters)
	assert signature("s", parameters) != signature("t", parameters)
