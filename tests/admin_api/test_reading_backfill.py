"""What a backfill asks Shopify for beyond reconciliation: only what is open, or what was placed from a day on, and how many there are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.simulation.shop_reader import ShopReader

from .test_reading_store import all_pages, filled, reading, shop, whole
from .world import World

__all__ = ["shop"]


@pytest.mark.parametrize("share", [1.0, 0.0001], ids=["pages", "bulk"])
def test_only_open_orders(share: float, shop: World) -> None:
	filled(shop, orders=30)
	with shop.site.lock:
		orders = list(shop.site.shop.orders.all.values())
		open_ = {order.id for order in orders if not order.cancelled_at and not order.closed_at}
		for order in [order for order in orders if order.id in open_][:5]:
			shop.site.shop.orders.close(order.id)
			open_.discard(order.id)
	assert 0 < len(open_) < len(orders)
	window = Window(None, None, only_open=True)
	found, total, _pages = all_pages(shop, keys.ORDER, window, share)
	assert {str(payload["id"]) for payload in found} == open_
	assert total == reading(shop).count(keys.ORDER, window) == ShopReader(shop.site.shop).count(keys.ORDER, window) == len(open_)


@pytest.mark.parametrize("share", [1.0, 0.0001], ids=["pages", "bulk"])
def test_orders_placed_from_a_day_on_whenever_they_changed(share: float, shop: World) -> None:
	filled(shop, orders=30)
	with shop.site.lock:
		orders = sorted(shop.site.shop.orders.all.values(), key=lambda order: order.created_at)
		since = orders[len(orders) // 2].created_at.replace(microsecond=0) - timedelta(seconds=1)
		shop.site.shop.orders.update(orders[0].id, note="changed today, and placed before")
	wanted = {order.id for order in orders if order.created_at >= since}
	assert 0 < len(wanted) < len(orders)
	window = Window(since, None, placed=True)
	found, total, _pages = all_pages(shop, keys.ORDER, window, share)
	assert {str(payload["id"]) for payload in found} == wanted
	assert total == len(wanted) == ShopReader(shop.site.shop).count(keys.ORDER, window)


@pytest.mark.parametrize("resource", [keys.CUSTOMER, keys.PRODUCT])
def test_how_many_there_are_without_reading_them(resource: str, shop: World) -> None:
	filled(shop, orders=10)
	calls = len(shop.calls())
	count = reading(shop).count(resource, Window(None, None))
	assert len(shop.calls()) == calls + 1
	assert count == len(all_pages(shop, resource, whole(shop))[0]) == ShopReader(shop.site.shop).count(resource, whole(shop))
