"""The client against a shop on 127.0.0.1: what is tried again, what is not, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, get_named_type, parse, visit

from shopify_sync.admin_api import operations
from shopify_sync.admin_api.client import THROTTLE_RETRIES, Priority
from shopify_sync.admin_api.evidence import scrubbed
from shopify_sync.admin_api.ports import CallFailed, ClosedBecause, HttpAnswer
from shopify_sync.core.calls import scopes
from shopify_sync.core.failures import Category
from shopify_sync.simulator.admin import schema
from shopify_sync.simulator.admin.scopes import _alternatives

from .world import SHOP, Impatient, Shelf, World, stocked, world

#: Each fault, and the category of the failure that it is.
FAULTS = {
	"server_error_before": Category.SHOPIFY_UNAVAILABLE,
	"server_error_after": Category.SHOPIFY_UNAVAILABLE,
	"timeout_before": Category.NETWORK,
	"timeout_after": Category.NETWORK,
	"reset_before": Category.NETWORK,
	"reset_after": Category.NETWORK,
	"garble_answer": Category.NETWORK,
	"throttle": Category.THROTTLED,
}


class Struck(Impatient):
	"""Real HTTP; right after the first GraphQL request nothing goes wrong any more."""

	site: Any = None

	def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]) -> HttpAnswer:
		"""Send it."""
		try:
			return super().post(url, headers, body, timeout)
		finally:
			if self.site is not None and url.endswith("graphql.json"):
				self.site.faults.set(**dict.fromkeys(FAULTS, 0.0))


@pytest.fixture
def struck(tmp_path: Path):
	transport = Struck()
	with world(tmp_path, transport=transport) as found:
		shelf = stocked(found.site)
		found.connection.token()
		transport.site = found.site
		yield found, shelf


@pytest.mark.parametrize("fault", FAULTS)
def test_a_query_is_asked_again(struck: tuple[World, Shelf], fault: str) -> None:
	shop, _shelf = struck
	shop.faults(**{fault: 1.0})
	assert shop.client.execute("Shop", {}).data["shop"]["name"] == SHOP
	(call,) = shop.calls()
	assert (call["outcome"], call["tries"]) == ("Answered", 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mutation_under_a_key_is_repeated_and_happens_once(struck: tuple[World, Shelf], fault: str) -> None:
	shop, shelf = struck
	shop.faults(**{fault: 1.0})
	answer = shop.client.execute("InventorySetQuantities", shelf.set_to(7), key="key-1")
	assert answer.data["inventorySetQuantities"]["userErrors"] == []
	assert shelf.on_hand() == 7
	(call,) = shop.calls()
	assert (call["outcome"], call["tries"], call["key"]) == ("Answered", 2, "key-1")


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"throttle"}))
def test_a_mutation_without_a_key_is_never_repeated(struck: tuple[World, Shelf], fault: str) -> None:
	shop, shelf = struck
	shop.faults(**{fault: 1.0})
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("FulfillmentCreate", shelf.parcel(), key="evidence")
	assert caught.value.may_have_arrived
	assert caught.value.failure.category is FAULTS[fault]
	assert shelf.sent() == (0 if fault.endswith("before") else 1)
	(call,) = shop.calls()
	assert (call["name"], call["outcome"], call["tries"]) == (caught.value.call, "Unknown", 1)


def test_a_mutation_that_was_throttled_is_repeated(struck: tuple[World, Shelf]) -> None:
	shop, shelf = struck
	shop.faults(throttle=1.0)
	shop.client.execute("FulfillmentCreate", shelf.parcel())
	assert (shelf.sent(), shop.calls()[0]["tries"]) == (1, 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_pass_is_told(fault: str, shop: World) -> None:
	shop.connection.token()
	shop.faults(**{fault: 1.0})
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("Shop", {})
	assert caught.value.failure.category is FAULTS[fault]
	(call,) = shop.calls()
	assert call["category"] == str(FAULTS[fault])
	if fault == "throttle":
		assert (call["tries"], call["outcome"], caught.value.may_have_arrived) == (THROTTLE_RETRIES + 1, "Refused", False)
		assert caught.value.closed is None
	else:
		assert call["tries"] == 4
		assert caught.value.closed is not None
		assert caught.value.closed.because is ClosedBecause.CIRCUIT_OPEN


def test_a_repetition_that_shopify_says_is_still_running(struck: tuple[World, Shelf]) -> None:
	shop, shelf = struck
	shop.client.execute("InventorySetQuantities", shelf.set_to(7), key="k")
	shop.faults(still_running=0.5)
	for _repetition in range(8):
		answer = shop.client.execute("InventorySetQuantities", shelf.set_to(7), key="k")
		assert answer.data["inventorySetQuantities"]["userErrors"] == []
	(call,) = shop.calls()
	assert call["tries"] > 9
	shop.faults(still_running=1.0)
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("InventorySetQuantities", shelf.set_to(7), key="k")
	assert caught.value.may_have_arrived
	assert shelf.on_hand() == 7


def test_nobody_listens(shop: World) -> None:
	shop.config["stores"][0]["admin"] = {"access_token": shop.site.token}
	shop.config["shops"][f"{SHOP}.myshopify.com"] = "http://127.0.0.1:1/shops/my-store"
	with pytest.raises(CallFailed) as caught:
		shop.process().client_of(SHOP).execute("FulfillmentCreate", {"fulfillment": {}})
	assert (caught.value.failure.category, caught.value.may_have_arrived) == (Category.NETWORK, False)
	assert shop.calls()[0]["outcome"] == "Not Sent"


def test_user_errors_are_the_callers(shop: World) -> None:
	shelf = stocked(shop.site)
	answer = shop.client.execute("InventorySetQuantities", shelf.set_to(7, was=3), key="k")
	codes = [error["code"] for error in answer.data["inventorySetQuantities"]["userErrors"]]
	assert codes == ["CHANGE_FROM_QUANTITY_STALE"]
	(call,) = shop.calls()
	assert (call["outcome"], call["category"]) == ("User Errors", None)
	assert "CHANGE_FROM_QUANTITY_STALE" in call["message"]


def test_a_call_that_needs_a_key_is_not_made_without_one(shop: World) -> None:
	with pytest.raises(ValueError, match="idempotency key"):
		shop.client.execute("InventorySetQuantities", {})
	assert shop.calls() == []


def test_what_the_shop_refuses_is_a_bug_of_ours(shop: World) -> None:
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("Order", {"id": "gid://shopify/Product/1"})
	assert caught.value.failure.category is Category.BUG
	assert not caught.value.may_have_arrived
	assert shop.calls()[0]["tries"] == 1


def test_a_missing_scope_is_named_before_the_call_goes_out(tmp_path: Path) -> None:
	with world(tmp_path, scopes=("read_orders",)) as shop:
		shop.connection.token()
		with pytest.raises(CallFailed) as caught:
			shop.client.execute("Locations", {})
		assert caught.value.failure.category is Category.PERMISSION
		assert caught.value.failure.missing == "scope:read_locations"
		assert shop.site.api.requests == 0
		with shop.site.lock:  # granted by a static token, of which nothing is known: then the shop says it
			shop.site.tokens.add_static("shpat_little", ("read_orders",))
	with world(tmp_path / "..", scopes=(), admin={"access_token": "shpat_little"}) as shop:
		with shop.site.lock:
			shop.site.tokens.add_static("shpat_little", ("read_orders",))
		with pytest.raises(CallFailed) as caught:
			shop.client.execute("Locations", {})
		assert caught.value.failure.category is Category.PERMISSION
		assert "read_locations" in str(caught.value)


@pytest.mark.parametrize("name", operations.names())
def test_every_operation_that_needs_a_scope_says_which(name: str) -> None:
	"""For whatever an operation asks for, by the sentences in Shopify's own schema, it names one of the scopes that are enough."""
	held = scopes.of_operation(name)
	for place, alternatives in required(name):
		# A location's bare id comes with orders and stock too; without the right to read locations it is null.
		if "read_locations" not in alternatives or name == "Locations":
			assert any(not scopes.missing(held, [scope]) for scope in alternatives), (name, place, alternatives)


def test_no_operation_names_a_scope_that_it_does_not_need() -> None:
	for name in operations.names():
		for scope in scopes.of_operation(name):
			# Of fulfillmentCancel and of payouts the schema does not say it; their manual pages do.
			is_known = name in ("FulfillmentCancel", "Payouts", "BalanceTransactions") or any(
				scope in enough for _place, enough in required(name)
			)
			assert is_known, (name, scope)


def required(name: str) -> list[tuple[str, tuple[str, ...]]]:
	"""Return what an operation touches, with the scopes of which one is enough for it."""
	loaded = schema.load(schema.latest())
	info = TypeInfo(loaded.graphql)
	found: list[tuple[str, tuple[str, ...]]] = []

	class Fields(Visitor):
		def enter_field(self, node: Any, *_more: Any) -> None:
			parent, kind = info.get_parent_type(), get_named_type(info.get_type())
			verb = "write" if parent.name == "Mutation" else "read"
			for place in (f"{parent.name}.{node.name.value}", kind.name):
				if alternatives := _alternatives(loaded.required_access.get(place, ""), verb):
					found.append((place, alternatives))

	visit(parse(operations.load(name)), TypeInfoVisitor(info, Fields()))
	return found


def test_the_variables_in_the_evidence_are_masked(shop: World) -> None:
	shelf = stocked(shop.site)
	variables = shelf.parcel()
	variables["fulfillment"]["originAddress"] = {"address1": "Way 1", "city": "Town", "countryCode": "DE", "zip": "12345"}
	with pytest.raises(CallFailed):  # the simulator knows no addresses of origin
		shop.client.execute("FulfillmentCreate", variables, events=["e-1", "e-2"])
	(call,) = shop.calls()
	for personal in ("carrier.example", "Way 1", "Town", "12345"):
		assert personal not in call["variables"]
	for plain in ("FulfillmentOrderLineItem", "T-1", '"quantity":1', "DE"):
		assert plain in call["variables"]
	assert call["events"] == "e-1\ne-2"


def test_what_shopify_says_of_a_call_does_not_repeat_a_person(shop: World) -> None:
	variables = {"id": "gid://shopify/Order/1", "firstName": "Wilhelmina", "lines": {"email": "w@example.com"}}
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("Order", variables)
	text = scrubbed("Wilhelmina <w@example.com> is no gid://shopify/Order/1", variables)
	assert text == "••• <•••> is no gid://shopify/Order/1"
	assert "Wilhelmina" not in str(caught.value) + str(shop.calls())


def test_an_hour_of_503_and_back(shop: World) -> None:
	shop.client.execute("Shop", {})
	shop.faults(server_error_before=1.0)
	before, calls = shop.site.api.requests, 0
	for _minute in range(60):
		for _worker in range(5):
			if shop.connections.gate_of(SHOP):
				continue
			calls += 1
			with pytest.raises(CallFailed) as caught:
				shop.client.execute("Shop", {})
			assert caught.value.closed is not None
		shop.pass_(minutes=1)
	assert shop.site.api.requests - before == calls + 3  # the first call made four requests, each probe one
	assert calls < 25
	shop.faults(server_error_before=0.0)
	shop.pass_(minutes=5)
	assert shop.client.execute("Shop", {}).data["shop"]["name"] == SHOP
	assert shop.connections.gate_of(SHOP) is None
	states = [entry["state"] for entry in shop.kept()["history"]]
	assert states[:3] == ["Open", "Half Open", "Open"]
	assert states[-2:] == ["Half Open", "Closed"]


def test_one_probe_at_a_time(shop: World) -> None:
	shop.client.execute("Shop", {})
	shop.faults(server_error_before=1.0)
	with pytest.raises(CallFailed):
		shop.client.execute("Shop", {})
	shop.pass_(minutes=1)
	other = shop.process().connection_of(SHOP)
	assert shop.connection.allow() is None
	denied = other.allow()
	assert denied is not None
	assert denied.because is ClosedBecause.CIRCUIT_OPEN
	shop.pass_(minutes=2)  # the first worker died with its probe
	assert other.allow() is None


def test_a_version_that_fell_forward_and_a_deprecated_call_are_kept(tmp_path: Path) -> None:
	with world(tmp_path, admin={"client_id": "shopify-sync-store", "api_version": "2025-07"}) as shop:
		shop.client.execute("Shop", {})
		assert shop.kept()["answered_version"] == "2025-10"
		shop.client.execute("CurrentBulkOperation", {})
		assert shop.calls()[0]["api_version"] == "2025-07"
	with world(tmp_path) as shop:
		shop.client.execute("CurrentBulkOperation", {})
		assert "currentBulkOperation" in shop.kept()["deprecated"]


def test_an_operation_that_the_version_does_not_know_is_refused_here(tmp_path: Path) -> None:
	with world(tmp_path, admin={"client_id": "shopify-sync-store", "api_version": "2025-10"}) as shop:
		with pytest.raises(CallFailed) as caught:
			shop.client.execute("InventorySetQuantities", {}, key="k")
		assert "needs API version 2026-01" in str(caught.value)
		assert not caught.value.may_have_arrived


def test_calls_of_a_low_priority_leave_something(shop: World) -> None:
	"""With four fifths of the bucket gone backfill waits; an operator does not."""
	shop.client.execute("Shop", {})
	with shop.site.lock:
		shop.site.api.throttle.take(1600)
	shop.client.execute("Shop", {})
	shop.waits.clear()
	shop.client.execute("Shop", {}, priority=Priority.OPERATOR)
	assert sum(shop.waits) == 0
	shop.client.execute("Shop", {}, priority=Priority.BACKFILL)
	assert sum(shop.waits) == pytest.approx(4, abs=0.5)


def test_time_goes_by_while_a_call_waits_for_points_and_it_gives_up_in_time(shop: World) -> None:
	shop.client.execute("Shop", {})
	with shop.site.lock:
		shop.site.api.throttle.restore_rate = 0.5
		shop.site.api.throttle.take(1990)
	shop.client.execute("Shop", {}, priority=Priority.OPERATOR)
	with pytest.raises(CallFailed) as caught:
		shop.client.execute("Shop", {}, priority=Priority.BACKFILL)
	assert caught.value.closed is not None
	assert caught.value.closed.because is ClosedBecause.BUDGET
	assert caught.value.closed.until is not None
	assert caught.value.closed.until > shop.clock.now() + timedelta(minutes=10)
	assert shop.calls()[-1]["outcome"] == "Not Sent"


@pytest.mark.parametrize("name", operations.names())
def test_the_client_knows_which_operations_may_be_repeated(name: str) -> None:
	text = operations.load(name)
	assert operations.is_mutation(name) == any(line.startswith("mutation") for line in text.splitlines())
	assert operations.takes_key(name) == ("@idempotent" in text)
