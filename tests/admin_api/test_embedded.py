"""The embedded host's side: its config, its file, its command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from shopify_sync.admin_api.ports import CallFailed
from shopify_sync.cli import main
from shopify_sync.embedded_host.config import BadConfig, parse

from .world import SHOP, World


@pytest.mark.parametrize(
	("admin", "shops", "complaint"),
	[
		({"client_di": "x"}, {}, r"stores\[0\].admin.client_di: is no setting; known are"),
		("shpat_x", {}, r"stores\[0\].admin: must be an object"),
		({"client_id": 1}, {}, r"stores\[0\].admin.client_id: must be text"),
		({"client_id": "x", "access_token": "y"}, {}, "not both"),
		({"api_version": "2026-11"}, {}, "'2026-11' is no version"),
		({}, {f"{SHOP}.myshopify.com": "https://example.com"}, "shops: .* may only lead to this machine"),
		({}, ["x"], "shops: must be an object"),
	],
)
def test_a_mistake_in_the_config_is_told_with_its_place(shop: World, admin: Any, shops: Any, complaint: str) -> None:
	shop.config["stores"][0]["admin"] = admin
	shop.config["shops"] = shops
	with pytest.raises(BadConfig, match=complaint) as caught:
		parse(shop.config)
	assert "shpat_x" not in str(caught.value)


def test_without_a_section_nothing_is_sent(shop: World) -> None:
	del shop.config["stores"][0]["admin"]
	closed = shop.process().gate_of(SHOP)
	assert closed is not None
	assert "does not sign in" in closed.message


def test_the_command_shows_calls_and_connections_and_no_token(shop: World) -> None:
	shop.client.execute("Shop", {}, events=["e-1"])
	shop.faults(server_error_before=1.0)
	with pytest.raises(CallFailed):
		shop.client.execute("AppScopes", {})
	db = ["--db", str(shop.folder / "try.db")]
	told = CliRunner().invoke(main, ["calls", *db, "--json"])
	assert told.exit_code == 0, told.output
	found = json.loads(told.output)
	assert [(call["operation"], call["outcome"]) for call in found["calls"]] == [("AppScopes", "Failed"), ("Shop", "Answered")]
	(connection,) = found["connections"]
	assert (connection["state"], connection["circuit"]) == ("Signed in", "Open")
	assert shop.kept()["access_token"] not in told.output
	people = CliRunner().invoke(main, ["calls", *db, "--limit", "1"])
	assert f"{SHOP}: Signed in, circuit Open." in people.output
	assert "AppScopes" in people.output
