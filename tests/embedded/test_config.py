"""The config file: what is read, and that every mistake is named with its place and its cure."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.core.policy import Direction, Mode
from shopify_sync.embedded_host import demo_orders
from shopify_sync.embedded_host.config import BadConfig, load, parse
from tests.contract.embedded_bench import settings

SECRET = "do not print me"


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
	data = copy.deepcopy(settings(client_secret=SECRET))
	change(data)
	return data


def store(**values: Any) -> Callable[[dict[str, Any]], object]:
	return lambda data: data["stores"][0].update(values)


def test_a_good_file(tmp_path: Path) -> None:
	path = tmp_path / "config.json"
	path.write_text(json.dumps({**settings(mode="Shadow"), "exchange_rates": {"EUR-USD": "1.08"}}))
	config = load(path)
	policy = config.store("suite").policy
	assert (policy.mode, policy.max_attempts, policy.company_currency) == (Mode.SHADOW, 3, "USD")
	assert policy.locations[0].direction is Direction.INBOUND
	assert (config.rate("EUR", "USD"), config.rate("USD", "USD"), config.rate("JPY", "USD")) == (
		Decimal("1.08"),
		Decimal(1),
		None,
	)
	assert [item.item_code for item in config.items] == ["SUITE-TEE", "SUITE-MUG", "SUITE-UNVALUED"]


def test_the_demos_own_config_is_good() -> None:
	assert parse(demo_orders.config()).accept_any_sku


@pytest.mark.parametrize(
	("change", "complaint"),
	[
		(store(mode="Lvie"), "stores[0].mode: Input should be 'Live', 'Shadow' or 'Paused'"),
		(store(mod="Live"), "stores[0].mod: is no setting; did you mean 'mode'?"),
		(store(store="My Store"), "stores[0].store: use lower-case letters"),
		(store(shop_domain="my store"), "stores[0].shop_domain: write the domain"),
		(store(client_secret="  "), "stores[0].client_secret: write the app's client secret"),
		(store(company_currency="dollar"), "stores[0].company_currency: write the ISO code"),
		(store(time_zone="Berlin"), "stores[0].time_zone: write an IANA name"),
		(store(max_attempts=0), "stores[0].max_attempts: must be at least 1"),
		(store(rounding_tolerance="-1"), "stores[0].rounding_tolerance: must not be below 0"),
		(store(order_prefix=7), "stores[0].order_prefix: must be text, in quotes"),
		(store(enabled="yes"), "stores[0].enabled: must be true or false"),
		(store(max_body_mb=-1), "stores[0].max_body_mb: must be a number above 0"),
		(store(tax_rules=[{"title": "VAT", "rate": "x", "account": "A"}]), "stores[0].tax_rules[0].rate"),
		(store(tax_rules=[{"title": "VAT", "rate": None, "acount": "A"}]), "stores[0].tax_rules[0].acount: is no setting; did you mean 'account'?"),
		(store(locations=[{"location_id": 5, "warehouse": "W", "direction": "None"}]), "stores[0].locations[0].location_id: must be text"),
		(store(locations=[{"location_id": "5", "warehouse": "W", "direction": "None", "valuation_rule": "Fixed rate"}]), "fixed_rate: must be above 0"),
		(lambda data: data["stores"][0].pop("company"), "stores[0].company: is missing"),
		(lambda data: data.pop("stores"), "stores: name at least one store"),
		(lambda data: data["stores"].append(data["stores"][0]), "store: 'suite' is named twice"),
		(lambda data: data["items"].append({"item_code": "SUITE-TEE"}), "item_code: 'SUITE-TEE' is named twice"),
		(lambda data: data["items"].append({"code": "X"}), "items[3].item_code: is missing"),
		(lambda data: data.update(exchange_rates={"EUR/USD": "1.08"}), 'exchange_rates.EUR/USD: write "EUR-USD": "1.08"'),
		(lambda data: data.update(exchange_rates={"EUR-USD": "-1"}), "exchange_rates.EUR-USD"),
		(lambda data: data.update(item=[]), "item: is no setting; did you mean 'items'?"),
	],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_its_cure(change: Callable[[dict[str, Any]], object], complaint: str) -> None:
	with pytest.raises(BadConfig) as caught:
		parse(changed(change))
	assert complaint in str(caught.value)
	assert SECRET not in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
	with pytest.raises(BadConfig) as caught:
		parse(changed(store(mode="x", shop_domain="", max_body_mb=0)))
	assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(("text", "complaint"), [("{", "is not JSON"), ("[]", "must be a JSON object")])
def test_a_file_that_is_none(tmp_path: Path, text: str, complaint: str) -> None:
	path = tmp_path / "config.json"
	path.write_text(text)
	with pytest.raises(BadConfig, match=complaint):
		load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
	with pytest.raises(BadConfig, match="cannot be read: No such file"):
		load(tmp_path / "nowhere.json")


def test_the_fingerprint_changes_with_what_events_may_wait_for_and_with_nothing_else() -> None:
	base = parse(settings()).fingerprint("suite")
	assert parse(settings(client_secret="another")).fingerprint("suite") == base
	assert parse(settings(default_warehouse="W")).fingerprint("suite") != base
	assert parse({**settings(), "items": []}).fingerprint("suite") != base
	assert parse({**settings(), "exchange_rates": {"EUR-USD": "2"}}).fingerprint("suite") != base
