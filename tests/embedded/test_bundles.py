"""Bundles: nothing personal is in them, and a replay ends as is recorded."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.cli import main
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.evidence import bundle
from shopify_sync.core.evidence.stand_ins import StandIns, dump_exactly
from shopify_sync.embedded_host import bundles, config
from shopify_sync.embedded_host.deliveries import Delivery
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.replay import replay as deliver
from tests.embedded import bundled
from tests.unit.strategies import ADDRESS

STORE: dict[str, Any] = {
	"store": "my-store",
	"shop_domain": "my-store.myshopify.com",
	"client_secret": "hush-hush-secret",
	"company": "My Company",
	"company_currency": "USD",
	"default_warehouse": "Main - MC",
	"tax_rules": [{"title": "VAT", "rate": None, "account": "VAT - MC"}],
	"shipping_rules": [["Standard", "Freight - MC"]],
	"gateway_rules": [{"gateway": "card", "clearing_account": "Card Clearing - MC", "mode_of_payment": "Card"}],
	"locations": [
		{"location_id": "5", "warehouse": "Main - MC", "direction": "Shopify → ERPNext", "valuation_rule": "Item's rate"}
	],
}
ITEMS = [{"item_code": "TEE-M", "valuation_rate": "7"}, {"item_code": "MUG-1", "valuation_rate": "3"}]
PERSON = {
	"id": 77,
	"first_name": "Wilhelmina",
	"last_name": "Quackenbush",
	"email": "Wilhelmina@Quack.example",
	"phone": "+491701234567",
}
HOME = {**ADDRESS, "first_name": "Wilhelmina", "last_name": "Quackenbush", "address1": "17 Zwiebelgasse", "city": "Entenhausen"}
PERSONAL = ("Wilhelmina", "Quackenbush", "quack.example", "491701234567", "Zwiebelgasse", "Entenhausen", "hush-hush-secret")


def order(number: int, **values: Any) -> dict[str, Any]:
	line = {
		"id": number * 10, "sku": "TEE-M", "variant_id": 21, "product_id": 31, "quantity": 2, "price": "20.00",
		"title": "For Wilhelmina Quackenbush", "tax_lines": [{"title": "VAT", "rate": 0.15, "price": "6.00"}],
	}  # fmt: skip
	return {
		"id": number, "name": f"#{number}", "created_at": "2026-11-20T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z", "currency": "USD",
		"email": PERSON["email"], "total_price": "46.00", "total_tax": "6.00", "financial_status": "pending", "customer": PERSON,
		"billing_address": HOME, "shipping_address": HOME, "line_items": [line], "note": "Call Wilhelmina at 491701234567",
		"browser_ip": "203.0.113.9", "client_details": {"user_agent": "Quackenbush/1.0"}, "landing_site": "/?name=Wilhelmina", **values,
	}  # fmt: skip


def run(folder: Path, deliveries: list[tuple[str, Any]], items: list[dict[str, Any]] | None = None, **store: Any) -> Path:
	"""Carry deliveries out and return the bundle of them."""
	settled = config.parse({"stores": [{**STORE, **store}], "items": ITEMS if items is None else items})
	with closing(Instance(folder / "site.db", settled)) as instance:
		for number, (topic, payload) in enumerate(deliveries):
			headers = (
				("X-Shopify-Topic", topic),
				("X-Shopify-Shop-Domain", STORE["shop_domain"]),
				("X-Shopify-Webhook-Id", f"w{number}"),
			)
			deliver(instance, [Delivery(headers, dump_exactly(payload).encode())], sign_unsigned=True)
		return bundled.write(instance, folder / "made.bundle.jsonl")


def level(available: int, location: int = 5) -> dict[str, Any]:
	gid = "gid://shopify/InventoryLevel/9?inventory_item_id=41"
	return {
		"inventory_item_id": 41, "location_id": location, "available": available, "updated_at": "2026-11-20T09:00:00Z",
		"admin_graphql_api_id": gid,
	}  # fmt: skip


def paid(number: int, gateway: str) -> list[tuple[str, Any]]:
	payment = {
		"id": number + 1, "order_id": number, "kind": "sale", "status": "success", "gateway": gateway, "amount": "46.00",
		"currency": "USD", "processed_at": "2026-11-20T09:00:00Z", "receipt": {"name": "Wilhelmina"},
	}  # fmt: skip
	return [("orders/create", order(number, financial_status="paid")), ("order_transactions/create", payment)]


def product() -> dict[str, Any]:
	variant = {"id": 21, "inventory_item_id": 41, "sku": "TEE-M", "price": "20.00", "title": "Default Title"}
	return {"id": 31, "title": "Tee", "variants": [variant], "updated_at": "2026-11-20T08:00:00Z"}


CASES: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
	"applied": (lambda folder: run(folder, [("orders/create", order(1001))]), ["Applied"]),
	"a guest": (lambda folder: run(folder, [("orders/create", order(1001, customer=None)), ("orders/create", order(1002, customer=None))]), ["Applied", "Applied"]),
	"applied, then no change": (
		lambda folder: run(folder, [("orders/create", order(1001)), ("orders/updated", order(1001, updated_at="2026-11-20T09:00:05Z"))]),
		["Applied", "No Change"],
	),
	"an old state": (
		lambda folder: run(folder, [("orders/updated", order(1001, updated_at="2026-11-20T10:00:00Z")), ("orders/create", order(1001))]),
		["Applied", "Superseded"],
	),
	"missing item": (lambda folder: run(folder, [("orders/create", order(1001))], items=[]), ["Blocked"]),
	"missing tax account": (lambda folder: run(folder, [("orders/create", order(1001))], tax_rules=[]), ["Blocked"]),
	"missing shipping account": (
		lambda folder: run(
			folder,
			[("orders/create", order(1001, total_price="51.00", shipping_lines=[{"id": 1, "title": "Express", "price": "5.00"}]))],
		),
		["Blocked"],
	),
	"missing location": (lambda folder: run(folder, [("inventory_levels/update", level(5, location=6))]), ["Blocked"]),
	"missing gateway": (lambda folder: run(folder, paid(1001, "cash")), ["Applied", "Blocked"]),
	"paid": (lambda folder: run(folder, paid(1001, "card")), ["Applied", "Applied"]),
	"missing state rule": (
		lambda folder: run(folder, [("orders/create", order(1001))], state_rules=[{"outcome": "Submitted", "financial_status": "paid"}]),
		["Blocked"],
	),
	"totals mismatch": (lambda folder: run(folder, [("orders/create", order(1001, total_price="46.01"))]), ["Dead Letter"]),
	"not valid": (lambda folder: run(folder, [("orders/create", {"id": 5, "updated_at": "2026-11-20T09:00:00Z"})]), ["Dead Letter"]),
	"nothing to do": (lambda folder: run(folder, [("orders/edited", {"id": 5})]), ["Ignored"]),
	"a product, then its stock": (
		lambda folder: run(folder, [("products/create", product()), ("inventory_levels/update", level(5))]),
		["Applied", "Applied"],
	),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_replay_ends_as_recorded(case: str, tmp_path: Path) -> None:
	make, statuses = CASES[case]
	path = make(tmp_path)
	verdicts = list(bundles.replay(path, tmp_path / "replay.db"))
	assert [verdict.recorded.status for verdict in verdicts] == statuses, [verdict.recorded for verdict in verdicts]
	assert [(verdict.same, verdict.differs) for verdict in verdicts] == [(True, ())] * len(verdicts)


def test_a_name_that_the_site_uses_too_is_left_where_it_is_the_sites(tmp_path: Path) -> None:
	"""Mr. Main may buy a TEEM-M, and it is still sent from Main - MC."""
	person, line = (
		{**PERSON, "first_name": "Main", "last_name": "Teem"},
		{**order(1001)["line_items"][0], "sku": "TEEM-M", "title": "TEEM-M"},
	)
	path = run(tmp_path, [("orders/create", order(1001, customer=person, line_items=[line]))], items=[{"item_code": "TEEM-M"}])
	(verdict,) = bundles.replay(path, tmp_path / "replay.db")
	assert (verdict.recorded.status, verdict.same, verdict.differs) == ("Applied", True, ())


@pytest.mark.parametrize("case", CASES)
def test_nothing_personal_is_in_a_bundle(case: str, tmp_path: Path) -> None:
	text = CASES[case][0](tmp_path).read_text().casefold()
	assert [value for value in PERSONAL if value.casefold() in text] == []
	assert "203.0.113.9" not in text


def test_what_ends_otherwise_is_told(tmp_path: Path) -> None:
	"""The same bundle with an Item taken out of its facts: the order is Blocked here, and the replay says so."""
	path = run(tmp_path, [("orders/create", order(1001))])
	lines = [line for line in path.read_text().splitlines() if '"key":"TEE-M"' not in line]
	path.write_text("\n".join(lines) + "\n")
	(verdict,) = bundles.replay(path, tmp_path / "replay.db")
	assert verdict.same is False
	assert verdict.differs[0] == "recorded as Applied, here Blocked"
	assert verdict.replayed.missing == "item:TEE-M"


def test_a_changed_price_is_told(tmp_path: Path) -> None:
	"""A field that is not as recorded shows with both values."""
	path = run(tmp_path, [("orders/create", order(1001))])
	text = path.read_text()
	assert '"grand_total"' not in text
	found = [json.loads(line) for line in text.splitlines()]
	for line in found:
		for change in line.get("changes") or ():
			for entry in change["fields"]:
				if entry["field"] == "currency":
					entry["after"] = "EUR"
	path.write_text("\n".join(json.dumps(line) for line in found))
	(verdict,) = bundles.replay(path, tmp_path / "replay.db")
	assert verdict.differs == ("Sales Order.currency: recorded EUR, here USD",)


@pytest.mark.parametrize(
	("spoil", "says"),
	[
		(lambda text: text[: len(text) // 2], "is not JSON"),
		(lambda text: "", "is empty"),
		(lambda text: text.replace('"format":1', '"format":99', 1), "is of format 99"),
		(lambda text: "\n".join(text.splitlines()[1:]), "does not begin with a bundle's header"),
	],
)
def test_a_file_that_is_no_bundle_is_refused(spoil: Callable[[str], str], says: str, tmp_path: Path) -> None:
	path = run(tmp_path, [("orders/create", order(1001))])
	path.write_text(spoil(path.read_text()))
	with pytest.raises(bundle.BadBundle, match=says):
		list(bundles.replay(path, tmp_path / "replay.db"))


def test_the_command_needs_nothing_but_the_file(tmp_path: Path) -> None:
	path = run(tmp_path, [("orders/create", order(1001)), ("orders/create", order(1002, total_price="1.00"))])
	done = CliRunner().invoke(main, ["replay", str(path)])
	assert done.exit_code == 0, done.output
	assert "2 events: 2 end as recorded, 0 differ, 0 cannot be compared." in done.output
	assert "recorded Dead Letter (Totals mismatch)" in done.output
	as_json = CliRunner().invoke(main, ["replay", str(path), "--json", "--db", str(tmp_path / "kept.db")])
	assert [verdict["same"] for verdict in json.loads(as_json.output)["verdicts"]] == [True, True]
	assert (tmp_path / "kept.db").exists()
	again = CliRunner().invoke(main, ["replay", str(path), "--db", str(tmp_path / "kept.db")])
	assert again.exit_code == 1
	assert "is there already" in again.output


def test_recorded_deliveries_still_need_a_config(tmp_path: Path) -> None:
	file = tmp_path / "deliveries.jsonl"
	file.write_text('{"headers": {}, "body": "{}"}\n')
	done = CliRunner().invoke(main, ["replay", str(file)])
	assert done.exit_code == 2
	assert "need --db and --config" in done.output


# ---------------------------------------------------------------- whatever people are called

_LETTERS = string.ascii_letters + "äöüéñøçßЖдλ'"
_name = st.text(_LETTERS, min_size=5, max_size=14).map(lambda text: f"Zq{text}")
_email = st.tuples(
	st.text(string.ascii_letters + string.digits, min_size=4, max_size=12), st.sampled_from(("mail.zq", "Post.ZQ"))
).map(lambda parts: f"zq{parts[0]}@{parts[1]}")
_phone = st.tuples(st.sampled_from(("+49", "+1 ", "0", "00")), st.integers(10**8, 10**9)).map(
	lambda parts: f"{parts[0]}{parts[1]}"
)
#: Where else a name turns up in what shops send.
_elsewhere = st.dictionaries(
	st.sampled_from(("custom", "buyer", "landing_site", "referring_site", "gift_message", "receipt")), _name, max_size=3
)


@st.composite
def people(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
	"""Draw an order of made-up people, and every personal value in it."""
	first, last, email, phone, street, city, company, note = (
		draw(one) for one in (_name, _name, _email, _phone, _name, _name, _name, _name)
	)
	address = {
		**HOME,
		"first_name": first,
		"last_name": last,
		"name": f"{first} {last}",
		"address1": street,
		"city": city,
		"phone": phone,
		"company": company,
	}
	person = {
		"id": 77,
		"first_name": first,
		"last_name": last,
		"email": email,
		"phone": phone,
		"note": note,
		"default_address": address,
	}
	more = draw(_elsewhere)
	line = {
		**order(1)["line_items"][0],
		"title": f"Mug for {first} {last}",
		"properties": [{"name": "Engraving", "value": first}],
	}
	payload = order(
		1001, email=email, customer=draw(st.sampled_from((person, None))), billing_address=address, shipping_address=address, note=note,
		phone=phone, note_attributes=[{"name": "gift", "value": note}], tags=f"{last}, vip", line_items=[line], contact_email=email,
		client_details={"who": first}, **more,
	)  # fmt: skip
	return payload, [first, last, email, phone.strip(), street, city, company, note, *more.values()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=people())
def test_no_personal_value_survives_anywhere(
	made: tuple[dict[str, Any], list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
	"""And the replay still ends as recorded: what people are called decides nothing."""
	payload, personal = made
	folder = tmp_path_factory.mktemp("bundle")
	path = run(folder, [("orders/create", payload)])
	text = path.read_text().casefold()
	escaped = json.dumps(text, ensure_ascii=True)
	assert [value for value in personal if value.casefold() in text or json.dumps(value)[1:-1].casefold() in escaped] == []
	assert [verdict.same for verdict in bundles.replay(path, folder / "replay.db")] == [True]


@settings(max_examples=100, deadline=None)
@given(first=_name, last=_name, email=_email, phone=_phone, secret=st.binary(min_size=32, max_size=32))
def test_the_same_person_is_the_same_again(first: str, last: str, email: str, phone: str, secret: bytes) -> None:
	"""Within a bundle: whatever the case of an e-mail, however a number is written, put together or apart. In another one: not."""
	stand_ins = StandIns(secret)
	assert stand_ins.email(email) == stand_ins.email(f" {email.upper()} ")
	assert stand_ins.words(f"{first} {last}") == f"{stand_ins.words(first)} {stand_ins.words(last)}"
	assert stand_ins.phone(phone) == stand_ins.phone(phone.replace(" ", "-"))
	assert stand_ins.phone(phone).startswith("+") == phone.startswith("+")
	assert stand_ins.email(email) != StandIns(secret[::-1] + b"other").email(email)
	assert stand_ins.email("") == stand_ins.words("") == stand_ins.tax_id("") == ""


@given(
	st.recursive(
		st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.text(),
		lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
	)
)
def test_json_is_written_digit_by_digit(value: Any) -> None:
	assert parse_json(dump_exactly(value)) == value
