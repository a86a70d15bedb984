"""The morning of the first day, the same on every host: stores subscribe, stock is counted, Items are mapped, people sign up."""

from __future__ import annotations

from shopify_sync.core.topics import RESOURCE_OF_TOPIC
from shopify_sync.simulator.rest.topics import PAYLOADS
from shopify_sync.simulator.shop.shop import Shop

from . import shops
from .actors import operator
from .stage import Stage

#: What the stores subscribe to: every topic that is handled, and some that are not.
TOPICS = (
	*(topic for topic in RESOURCE_OF_TOPIC if topic in PAYLOADS),
	"orders/edited", "refunds/create",
)  # fmt: skip
#: Where the webhooks of every simulated store go.
ADDRESS = "https://erp.example.com/receive"


def subscribe(shop: Shop) -> None:
	"""Make the subscriptions that a shop does not have (any more)."""
	with shop.silently():
		for topic in TOPICS:
			if not shop.subscriptions.for_topic(topic):
				shop.subscriptions.create(topic, ADDRESS)


def open_stores(stage: Stage) -> None:
	"""Bring the shops and the host to where a story begins."""
	for index, (store, shop) in enumerate(zip(stage.story.stores, stage.shops, strict=True)):
		subscribe(shop)
		for item in shops.ITEMS:
			stage.target.count_stock(item, shops.warehouse(store), shops.OPENING_STOCK)
			if store.pushes:
				stage.target.count_stock(item, shops.floor(store), shops.FLOOR_STOCK)
			if not (item == shops.ITEMS[0] and "inventory_item" in store.gaps):
				operator.map_inventory_item(stage, index, item)
		for number in range(store.customers):
			shop.customers.create(**shops.person(stage.dice, store.index, number))
