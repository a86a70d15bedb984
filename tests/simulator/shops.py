"""Shops to test with, and a story in which everything happens that can happen in one."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.rest.topics import PAYLOADS
from shopify_sync.simulator.shop.records import Address, BulkEnd, Order, Webhook
from shopify_sync.simulator.shop.shop import Shop

START = datetime(2026, 11, 1, 8, 30, 15, 250_000, tzinfo=timezone.utc)
HOME = Address(
	first_name="Ada",
	last_name="Example",
	address1="1 Example Road",
	address2="Flat 2",
	city="London",
	province="England",
	zip="N1 1AA",
	country="United Kingdom",
	country_code="GB",
	company="Example Ltd",
	phone="+441234",
	province_code="ENG",
)


def make_shop(name: str = "acme", *, seed: object = 1, **kwargs: Any) -> Shop:
	"""Return an empty shop whose clock is a :class:`ManualClock`."""
	return Shop(name, secret="hush", clock=ManualClock(START), dice=Dice(seed), **kwargs)


def stocked_shop(name: str = "acme", *, products: int = 3, available: int = 10, price: str = "", **kwargs: Any) -> Shop:
	"""Return a shop with two locations and some products, set up without a webhook.

	Each product has one variant, SKU `SKU-0`…, of which *available* lie at each location.
	"""
	shop = make_shop(name, **kwargs)
	with shop.silently():
		places = [shop.locations.create(title, address=HOME) for title in ("Shop", "Warehouse")]
		for number in range(products):
			quantities = {place.id: available for place in places}
			cost = price or str(shop.quantum * (1999 + 1000 * number))
			shop.products.create(f"Product {number}", [{"sku": f"SKU-{number}", "price": cost, "quantities": quantities}])
	return shop


def watch(shop: Shop, uri: str = "https://hooks.example.com/shopify") -> list[Webhook]:
	"""Subscribe to every topic and return the list into which the webhooks come."""
	for topic in PAYLOADS:
		shop.subscriptions.create(topic, uri)
	found: list[Webhook] = []
	shop.listeners.append(found.append)
	return found


def cart(shop: Shop, *quantities: int, **more: Any) -> list[dict[str, Any]]:
	"""Return lines of an order: so many pieces of each product's first variant."""
	products = list(shop.products.all.values())
	return [
		{"variant_id": product.variants[0].id, "quantity": pieces, **more}
		for product, pieces in zip(products, quantities, strict=False)
		if pieces
	]


def payload(shop: Shop, order: Order) -> dict[str, Any]:
	"""Return an order's payload as it is now."""
	return PAYLOADS["orders/updated"](shop, order)


def play(shop: Shop) -> None:
	"""Let everything happen once: every operation of every desk, an hour apart."""
	_setting_up(shop)
	_people(shop)
	_orders(shop)
	_parcels(shop)
	_stock(shop)
	shop.end_bulk_operation(BulkEnd("123", "FAILED", "INTERNAL_SERVER_ERROR", shop.now(), shop.now()))
	shop.uninstall()
	shop.redact()


def _wait(shop: Shop, seconds: float = 3600) -> None:
	shop.clock.advance(seconds)  # type: ignore[attr-defined]


def _setting_up(shop: Shop) -> None:
	places = [shop.locations.create(title, address=HOME) for title in ("Shop", "Warehouse", "Cellar")]
	quantities = {place.id: 20 for place in places[:2]}
	given = {
		"sku": "TEA",
		"price": "12.50",
		"title": "Green",
		"barcode": "4006381333931",
		"quantities": quantities,
		"cost": Decimal(4),
	}
	product = shop.products.create("Tea", [given, {"sku": "TEA-B", "price": "9.99", "quantities": quantities}], tags=["hot"])
	shop.products.create("Cup", [{"sku": "CUP", "price": "30", "quantities": quantities}], vendor="Potters")
	_wait(shop)
	shop.products.update(product.id, title="Fine tea", vendor="Growers")
	shop.products.update_variant(product.variants[0].id, price="13.00", sku="TEA-G")
	gone = shop.products.create("Mistake", [{"sku": "X", "price": "1"}])
	shop.products.delete(gone.id)
	_wait(shop)
	shop.locations.update(places[2].id, name="Old cellar")
	shop.locations.deactivate(places[2].id)
	shop.locations.activate(places[2].id)
	shop.locations.deactivate(places[2].id)
	shop.locations.delete(places[2].id)


def _people(shop: Shop) -> None:
	ada = shop.customers.create("Ada", "Example", "ada@example.com", "+4412", HOME, note="Likes tea")
	twin = shop.customers.create("Ada", "Example", "ada.e@example.com", "+4413", HOME, note="The same")
	bob = shop.customers.create("Bob", "Sample", "bob@example.com", "+4414", HOME, note="Moves away")
	_wait(shop)
	shop.customers.update(ada.id, phone="+4415")
	shop.customers.enable(ada.id)
	shop.customers.disable(ada.id)
	shop.customers.merge(ada.id, twin.id)
	shop.customers.request_data(ada.id)
	shop.customers.redact(bob.id)
	shop.customers.delete(bob.id)


def _place(shop: Shop, **more: Any) -> Order:
	_wait(shop)
	given: dict[str, Any] = {
		"customer_id": next(iter(shop.customers.all)),
		"billing_address": HOME,
		"shipping_address": HOME,
		"shipping": {"title": "Standard", "code": "STD", "price": "5", "discount": "1"},
		"gateway": "shopify_payments",
		"financial": "paid",
	}
	order = shop.orders.place(more.pop("lines", None) or cart(shop, 3, 2), **{**given, **more})
	_wait(shop)
	return order


def _orders(shop: Shop) -> None:
	paid = _place(shop, order_discount="7.77", tip="2.00", tags=["vip"], note="Ring twice")
	shop.orders.update(paid.id, note="Ring once", tags=["vip", "calm"])
	shop.orders.close(paid.id)
	shop.orders.open(paid.id)
	held = _place(shop, financial="authorized")
	shop.orders.capture(held.id, "10")
	shop.orders.capture(held.id)
	shop.orders.void(_place(shop, financial="authorized").id)
	shop.orders.expire(_place(shop, financial="authorized").id)
	owed = _place(shop, financial="pending", gateway="shopify_payments")
	shop.orders.pay(owed.id, "12")
	shop.orders.mark_as_paid(owed.id)
	_wait(shop)
	shop.orders.cancel(_place(shop).id, "inventory")
	shop.orders.cancel(_place(shop, financial="authorized").id, refund=False, restock=False)
	shop.orders.delete(_place(shop, financial="pending", gateway="manual").id)
	_edit(shop, _place(shop))
	_guest(shop)


def _guest(shop: Shop) -> None:
	"""A sale at the counter: nobody knows the customer, nothing is shipped, and one thing has no product."""
	counter = next(iter(shop.locations.all))
	order = shop.orders.place(
		[*cart(shop, 1), {"title": "Repair", "price": "15", "quantity": 1}],
		financial="paid",
		gateway="cash",
		source_name="pos",
		location_id=counter,
	)
	shop.fulfillments.create(order.id)


def _edit(shop: Shop, order: Order) -> None:
	edit = shop.edits.begin(order.id)
	added = shop.edits.add_variant(edit, next(iter(shop.products.variants)), 2)
	shop.edits.add_discount(edit, added, "1.50")
	shop.edits.add_custom_item(edit, "Engraving", "4", 1)
	shop.edits.set_quantity(edit, order.line_items[0].id, 1)
	shop.edits.set_quantity(edit, order.line_items[1].id, 4)
	shop.edits.commit(edit, notify=True)


def _parcels(shop: Shop) -> None:
	order = _place(shop)
	tea, cup = order.line_items[:2]
	first = shop.fulfillments.create(order.id, {tea.id: 1}, tracking_company="UPS", tracking_numbers=["1Z827WK74630"])
	shop.fulfillments.update_tracking(first.id, "UPS", ["1Z827WK74631"])
	shop.fulfillments.cancel(first.id)
	fulfillment_order = order.fulfillment_orders[-1]
	shop.fulfillments.hold(fulfillment_order.id, "other", "Ask first", "ask")
	shop.fulfillments.release(fulfillment_order.id)
	other = next(place for place in shop.locations.all if place != fulfillment_order.location_id)
	shop.fulfillments.move(fulfillment_order.id, other)
	_wait(shop)
	shop.fulfillments.create(order.id, location_id=other, tracking_company="UPS", tracking_numbers=["1Z827WK74632"])
	shop.fulfillments.create(order.id, tracking_company="UPS", tracking_numbers=["1Z827WK74633"])
	_wait(shop)
	shop.refunds.create(order.id, [(tea.id, 1, "return"), (cup.id, 1, "no_restock")], shipping="1.50", note="Too hot")
	shop.refunds.create(order.id, adjustment="0.50", note="Sorry")
	waiting = _place(shop)
	shop.refunds.create(waiting.id, [(waiting.line_items[0].id, 2, "cancel")], note="Changed mind")


def _stock(shop: Shop) -> None:
	item, place = next(key for key, level in shop.inventory.levels.items() if not level.quantity("committed"))
	_wait(shop)
	shop.inventory.set_quantities("on_hand", [(item, place, 50, None)], "cycle_count_available")
	shop.inventory.adjust("available", item, place, -2, "damaged")
	shop.inventory.move(item, place, "available", "damaged", 1)
	shop.inventory.disconnect(item, place)
	shop.inventory.connect(item, place, 7)
	shop.inventory.update_item(item, cost=Decimal("4.25"))
