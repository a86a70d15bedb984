"""Every sample payload of Shopify's, through the whole embedded host: delivered, signed, carried out, looked up."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.contract_suite.bench import INBOUND_LOCATION
from shopify_sync.contract_suite.checks import CANCELLED
from shopify_sync.core import keys
from shopify_sync.core.masking import personal_values, redacted
from shopify_sync.core.receiving import sign
from shopify_sync.core.topics import RESOURCE_OF_TOPIC
from tests.contract.embedded_bench import WAREHOUSES, EmbeddedBench

from .catalogue import NEWER, VERSIONS, Sample, confirmed, consistent, personal_strings, samples, uncancelled

ORDERS, LEVELS = samples("orders/"), samples("inventory_levels/")
CUSTOMERS = [sample for sample in samples("customers/") if RESOURCE_OF_TOPIC[sample.topic] == keys.CUSTOMER]
NEWS = [sample for sample in samples("customers") if RESOURCE_OF_TOPIC[sample.topic] != keys.CUSTOMER]
PRODUCTS = [sample for sample in samples("products/") if RESOURCE_OF_TOPIC[sample.topic] == keys.PRODUCT]
STOCKED = [sample for sample in samples("inventory_items/") if RESOURCE_OF_TOPIC[sample.topic] == keys.INVENTORY_ITEM]
DELETIONS = [sample for sample in samples() if sample.topic in ("products/delete", "inventory_items/delete")]
SETTINGS = {
	"tax_rules": [{"title": "State tax", "rate": None, "account": "Tax - S"}],
	"shipping_account": "Freight - S",
	"default_tax_account": "Tax - S",
	"locations": [{"location_id": "24826418", "warehouse": WAREHOUSES[INBOUND_LOCATION], "direction": "Shopify → ERPNext"}],
}


class SampleBench(EmbeddedBench):
	"""A store that knows every SKU of the samples."""

	def knowing_every_sku(self) -> SampleBench:
		self.set_up(**SETTINGS)
		self._settings["accept_any_sku"] = True
		self._open()
		return self

	def take(self, sample: Sample, payload: dict[str, Any], probe: Callable[[str], None] | None = None) -> str:
		body = json.dumps(payload).encode()
		headers = {
			"X-Shopify-Topic": sample.topic,
			"X-Shopify-Shop-Domain": self.shop_domain,
			"X-Shopify-API-Version": sample.version,
			"X-Shopify-Webhook-Id": str(sample),
			"X-Shopify-Hmac-Sha256": sign(self.secret, body),
		}
		assert self.deliver(headers, body).status == 200
		self.drain(probe)
		return str(sample)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[SampleBench]:
	bench = SampleBench(tmp_path).knowing_every_sku()
	yield bench
	bench.close()


def test_no_version_and_no_topic_is_left_out() -> None:
	found = {(sample.version, sample.topic) for sample in samples()}
	wanted = {(version, topic) for version in VERSIONS for topic in RESOURCE_OF_TOPIC if topic not in NEWER}
	assert wanted <= found
	assert {topic for _version, topic in found} == set(RESOURCE_OF_TOPIC)
	assert len(STATED_LEVELS) >= 10
	assert min(map(len, (PRODUCTS, STOCKED, DELETIONS))) >= len(VERSIONS)


@pytest.mark.parametrize("sample", ORDERS, ids=str)
def test_an_order_as_it_comes_is_cancelled_and_ends_in_no_live_document(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	assert event.status == "No Change"
	assert "cancelled" in event.message
	assert [document for document in bench.documents("Sales Order") if document.docstatus != CANCELLED] == []


@pytest.mark.parametrize("make", [consistent, confirmed], ids=["allocated", "confirmed by the subtotal"])
@pytest.mark.parametrize("sample", ORDERS, ids=str)
def test_an_order_made_consistent_becomes_the_sales_order(
	sample: Sample, make: Callable[[dict[str, Any]], dict[str, Any]], bench: SampleBench
) -> None:
	payload = make(sample.payload)
	event = bench.event(bench.take(sample, payload))
	assert event.status == "Applied", event.message
	(order,) = bench.documents("Sales Order")
	assert order.docstatus == 1
	assert Decimal(order.values["grand_total"]) == Decimal(payload["total_price"])
	assert order.key == f"suite/order/{payload['admin_graphql_api_id'].rpartition('/')[2]}"
	assert sum(row["qty"] for row in order.values["items"]) == sum(line["quantity"] for line in payload["line_items"])
	assert len(bench.documents("Customer")) == 1


@pytest.mark.parametrize("sample", ORDERS, ids=str)
def test_an_uncancelled_order_whose_figures_disagree_is_a_totals_mismatch(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, uncancelled(sample.payload)))
	assert (event.status, event.category) == ("Dead Letter", "Totals mismatch")
	assert bench.documents("Sales Order") + bench.documents("Customer") == []


@pytest.mark.parametrize("sample", CUSTOMERS, ids=str)
def test_a_customer_becomes_a_customer_with_its_contact_and_address(sample: Sample, bench: SampleBench) -> None:
	payload = {**sample.payload, "updated_at": sample.payload.get("updated_at") or "2021-12-31T19:00:00-05:00"}
	event = bench.event(bench.take(sample, payload))
	assert event.status == "Applied", event.message
	(customer,) = bench.documents("Customer")
	assert customer.values["customer_name"] == f"{payload['first_name']} {payload['last_name']}"
	# Some versions show a customer whom nobody could reach: then there is nothing to make a Contact of.
	reachable = payload["email"] or (payload.get("default_address") or {}).get("phone")
	assert [contact.values["email_id"] for contact in bench.documents("Contact")] == [payload["email"] or ""] * bool(reachable)
	assert len(bench.documents("Address")) == bool(payload.get("default_address"))
	assert customer.key == f"suite/customer/{payload['admin_graphql_api_id'].rpartition('/')[2]}"


@pytest.mark.parametrize("sample", NEWS, ids=str)
def test_news_of_a_customer_that_nobody_knows_makes_nothing(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	# Shopify's sample of a merge is one that failed, and its sample of a consent says neither yes nor no.
	assert event.status in ("Ignored", "No Change"), event.message
	assert bench.documents("Customer") + bench.documents("Contact") + bench.documents("Address") == []
	again = bench.take(Sample(sample.version, sample.topic), sample.payload)
	assert bench.event(again).status == event.status


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_a_redacted_payload_names_nobody_and_keeps_its_figures(sample: Sample) -> None:
	payload = sample.payload
	kept = redacted(json.dumps(payload))
	# What leads to a person: names, addresses, numbers; four characters or longer.
	assert [value for value in {*personal_values(payload), *personal_strings(payload)} if f'"{value}"' in kept] == []
	assert redacted(kept) == kept
	if "total_price" in payload:
		assert str(payload["total_price"]) in kept


#: In some versions Shopify's sample of a stock level is an empty object, in others the quantity is null.
EMPTY_LEVELS = [sample for sample in LEVELS if not sample.payload]
STATED_LEVELS = [sample for sample in LEVELS if sample.payload]


@pytest.mark.parametrize("sample", EMPTY_LEVELS, ids=str)
def test_an_empty_stock_level_is_a_dead_letter(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	assert (event.status, event.category) == ("Dead Letter", "Invalid payload")


@pytest.mark.parametrize("sample", STATED_LEVELS, ids=str)
def test_a_stock_level_as_it_comes(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	assert event.status == ("Ignored" if sample.payload["available"] is None else "Blocked")


@pytest.mark.parametrize("sample", STATED_LEVELS, ids=str)
def test_a_stock_level_with_a_quantity_ends_in_the_bin_once_its_item_is_mapped(sample: Sample, bench: SampleBench) -> None:
	payload = {**sample.payload, "available": 10}
	inventory_item = payload["admin_graphql_api_id"].rpartition("=")[2]
	name = bench.take(sample, payload)
	assert bench.event(name).missing == f"inventory_item:{inventory_item}"
	bench.map_item("inventory_item", inventory_item, "SUITE-TEE")
	bench.drain()
	assert bench.event(name).status == "Applied", bench.event(name).message
	assert bench.stock("SUITE-TEE", INBOUND_LOCATION) == 10


@pytest.mark.parametrize("sample", PRODUCTS, ids=str)
def test_a_product_links_its_variants(sample: Sample, bench: SampleBench) -> None:
	payload = {**sample.payload, "updated_at": sample.payload.get("updated_at") or "2021-12-31T19:00:00-05:00"}
	variants = [
		{**one, "sku": one["sku"] or "SUITE-TEE", "inventory_item_id": 900 + place}
		for place, one in enumerate(payload["variants"])
	]
	event = bench.event(bench.take(sample, {**payload, "variants": variants}))
	assert event.status == "Applied", event.message
	for place, variant in enumerate(variants):
		variant_id = variant["admin_graphql_api_id"].rpartition("/")[2]
		found = bench.link("variant", variant_id), bench.link("inventory_item", str(900 + place))
		assert [one.item for one in found] == [variant["sku"]] * 2
		assert found[0].agreed["product_id"] == payload["admin_graphql_api_id"].rpartition("/")[2]
		if "inventory_management" in variant:
			assert found[1].facts == ({"tracked": bool(variant["inventory_management"])})
	assert event.not_applied == ""


@pytest.mark.parametrize("sample", PRODUCTS, ids=str)
def test_a_product_as_it_comes_names_the_variants_without_an_item(sample: Sample, bench: SampleBench) -> None:
	payload = {**sample.payload, "updated_at": sample.payload.get("updated_at") or "2021-12-31T19:00:00-05:00"}
	event = bench.event(bench.take(sample, payload))
	unknown = [one for one in payload["variants"] if not one["sku"]]
	assert event.status == ("No Change" if len(unknown) == len(payload["variants"]) else "Applied")
	assert len(event.not_applied.splitlines()) == len(unknown)


@pytest.mark.parametrize("sample", STOCKED, ids=str)
def test_an_inventory_item_says_whether_it_is_tracked(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	assert event.status == "Applied", event.message
	found = bench.link("inventory_item", sample.payload["admin_graphql_api_id"].rpartition("/")[2])
	assert (found.item, found.facts["tracked"], found.facts["sku"]) == (
		None,
		sample.payload["tracked"],
		sample.payload["sku"] or "",
	)


@pytest.mark.parametrize("sample", DELETIONS, ids=str)
def test_what_is_deleted_is_marked(sample: Sample, bench: SampleBench) -> None:
	event = bench.event(bench.take(sample, sample.payload))
	assert event.status == "Applied", event.message
	resource = "product" if sample.topic == "products/delete" else "inventory_item"
	gid = sample.payload.get("admin_graphql_api_id") or str(sample.payload["id"])
	assert bench.link(resource, gid.rpartition("/")[2]).facts["deleted"]


@pytest.mark.parametrize("sample", ORDERS + CUSTOMERS, ids=str)
def test_nothing_personal_reaches_evidence_messages_or_logs(
	sample: Sample, bench: SampleBench, caplog: pytest.LogCaptureFixture
) -> None:
	caplog.set_level(logging.DEBUG)
	payload = {**sample.payload, "updated_at": "2021-12-31T19:00:00-05:00"}
	personal = set(personal_strings(payload))
	assert len(personal) >= 3

	def fail(step: str) -> None:
		if step == "linked":
			raise RuntimeError(f"quoting {' and '.join(sorted(personal))}")

	statuses = set()
	for variant in _variants(sample, payload):
		bench.knowing_every_sku()
		name = bench.take(sample, variant, fail)
		bench.let_pass(7200)
		bench.drain()
		statuses.add(bench.event(name).status)
		rows = bench._query("SELECT message, missing, not_applied FROM sync_event") + bench._query("SELECT * FROM sync_attempt")
		kept = " ".join(str(tuple(row)) for row in rows) + caplog.text
		assert [value for value in personal if value in kept] == []
		assert ("quoting" in kept) == (bench.event(name).status == "Applied"), "the error was met, and recorded"
	assert statuses == ({"Applied", "Blocked", "Dead Letter"} if sample in ORDERS else {"Applied"})


def _variants(sample: Sample, payload: dict[str, Any]) -> list[dict[str, Any]]:
	"""Return the payload as it is booked and, of an order, as it is refused in two ways."""
	if sample not in ORDERS:
		return [payload]
	good = consistent(payload)
	unknown = [{**line, "sku": None, "variant_id": None, "product_id": None} for line in good["line_items"]]
	return [good, {**good, "total_price": "0.01"}, {**good, "line_items": unknown}]
