"""Products that are read from the Admin API say what their webhooks say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shopify_sync.admin_api.ports import Answer, Cost
from shopify_sync.admin_api.products import as_webhook
from shopify_sync.admin_api.reading import windows
from shopify_sync.admin_api.reading.windows import Batch
from shopify_sync.core.calls.bucket import Priority
from shopify_sync.core.contracts.product import Product
from shopify_sync.core.reading import Position
from shopify_sync.simulator.rest import product as rest
from shopify_sync.simulator.shop.shop import Shop
from tests.simulator.admin_client import Client
from tests.simulator.shops import make_shop


class Executing:
	"""What reading needs of the client, on a simulated shop."""

	def __init__(self, shop: Shop) -> None:
		self.client = Client(shop)
		self.asked: list[str] = []

	def execute(self, operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		assert priority is Priority.BACKFILL, "an import lets everything else go first"
		self.asked.append(operation)
		return Answer(self.client.run(operation, **variables), Cost(), "", "")


ALL = Position("products")


def pages(client: Executing, position: Position = ALL) -> Iterator[Batch[dict[str, Any]]]:
	return windows.products(client, position)


@pytest.fixture
def shop() -> Shop:
	shop = make_shop()
	with shop.silently():
		shop.locations.create("Main")
	return shop


def _without_tracking(product: Product) -> Product:
	"""Return a product without what newer webhooks leave out."""
	variants = tuple(variant.model_copy(update={"tracked": None}) for variant in product.variants or ())
	return product.model_copy(update={"variants": variants})


def test_a_product_that_is_read_is_what_its_webhook_tells(shop: Shop) -> None:
	shop.products.create(
		"Tee & Co",
		[{"sku": "TEE-S", "title": "S", "barcode": "123", "price": "19.90"}, {"title": "M", "price": "7.00", "tracked": False}],
		tags=["soft", "new"],
		vendor="Example",
	)
	shop.products.create("Mug", [{"sku": "MUG", "price": "3.00"}], status="draft")
	(page,) = pages(Executing(shop))
	assert page.position.done and len(page.records) == len(shop.products.all)
	for payload in page.records:
		told = rest.payload(shop, shop.products.all[str(payload["id"])])
		read = Product.model_validate(payload)
		assert _without_tracking(read) == Product.model_validate(told)
		assert [variant.tracked for variant in read.variants or ()] == [
			shop.inventory.items[str(variant["inventory_item_id"])].tracked for variant in told["variants"]
		]
		# What the contract does not read is the same too, wherever both say it.
		same = set(payload) & set(told) - {"variants", "options", "created_at", "updated_at", "variant_gids"}
		assert {name: payload[name] for name in same} == {name: told[name] for name in same}
		for one, other in zip(payload["variants"], told["variants"], strict=True):
			both = set(one) & set(other) - {"created_at", "updated_at"}
			assert {name: one[name] for name in both} == {name: other[name] for name in both}


def test_every_product_comes_once_however_many_pages_there_are(shop: Shop) -> None:
	for number in range(31):
		shop.products.create(f"Product {number}", [{"sku": f"P-{number}"}])
	client = Executing(shop)
	found = list(pages(client))
	ids = [str(payload["id"]) for page in found for payload in page.records]
	assert sorted(ids) == sorted(shop.products.all)
	assert len(found) == len(client.asked) >= 3
	rest_of_it = [str(payload["id"]) for page in pages(client, found[0].position) for payload in page.records]
	assert rest_of_it == ids[len(found[0].records) :], "a stopped reader goes on behind the last page"


def test_variants_beyond_the_first_page_are_asked_for(shop: Shop) -> None:
	shop.products.create("Many", [{"sku": f"M-{number}", "title": str(number)} for number in range(170)])
	client = Executing(shop)
	(payload,) = [payload for page in pages(client) for payload in page.records if payload["title"] == "Many"]
	assert [variant["sku"] for variant in payload["variants"]] == [f"M-{number}" for number in range(170)]
	assert client.asked.count("ProductVariantsOf") == 2
	assert Product.model_validate(payload).variant_ids == {str(variant["id"]) for variant in payload["variants"]}


def test_a_product_that_is_deleted_while_it_is_read_ends_there(shop: Shop) -> None:
	shop.products.create("Many", [{"title": str(number)} for number in range(60)])
	client = Executing(shop)
	execute = client.execute

	def deleting(operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		if operation == "ProductVariantsOf":
			with shop.silently():
				shop.products.delete(variables["product"].rpartition("/")[2])
		return execute(operation, variables, priority=priority)

	client.execute = deleting  # type: ignore[method-assign]
	found = [payload for page in pages(client) for payload in page.records if payload["title"] == "Many"]
	assert [len(payload["variants"]) for payload in found] == [20]


def test_what_is_no_gid_is_refused() -> None:
	node = {"id": "gid://shopify/Product/x", "title": "", "handle": ""}
	with pytest.raises(ValueError, match="no id of Shopify's"):
		as_webhook(node, [])


def test_the_answer_of_another_version_is_the_same(shop: Shop) -> None:
	shop.products.create("Tee", [{"sku": "TEE-S"}])
	latest, oldest = Executing(shop), Executing(shop)
	oldest.client.version = "2025-10"
	assert [page.records for page in pages(latest)] == [page.records for page in pages(oldest)]
