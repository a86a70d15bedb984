"""The stores of a story on both sides: the shop with its products, and the settings under which the host books it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shopify_sync.simulator.clock import Clock, SkewedClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.shop.records import Address
from shopify_sync.simulator.shop.shop import Shop

from .story import StoreFacts
from .target import StoreSetUp

#: Items that ERPNext has from the start. Every store sells them.
ITEMS = ("SIM-TEE", "SIM-MUG", "SIM-CAP")
COMPANY_CURRENCY = "USD"
#: Pieces of each Item, on both sides, before the first day.
OPENING_STOCK = Decimal(40)
FLOOR_STOCK = Decimal(10)
RATES = {"EUR-USD": "1.08", "JPY-USD": "0.0066", "KWD-USD": "3.25"}
_PRICES = {
	"USD": ("19.90", "7.50", "33.33"),
	"EUR": ("18.50", "6.95", "29.99"),
	"JPY": ("2980", "990", "4500"),
	"KWD": ("6.125", "2.250", "10.335"),
}
_TAX_TITLE = "VAT"
#: What the first letters of every personal value are, so that a leak can be found in any text.
CANARY = "qz"
#: Shipping that every store maps, and the one that a gap leaves out.
SHIPPING, EXPRESS = ("Standard", "std"), ("Express", "exp")
_SHIPPING_PRICE = {"USD": "4.90", "EUR": "4.90", "JPY": "500", "KWD": "1.500"}


def new_item(store: StoreFacts) -> str:
	"""Return the SKU that ERPNext does not know until somebody creates the Item."""
	return f"SIM-NEW-{store.edition}{store.index}"


def open_shop(store: StoreFacts, clock: Clock, dice: Dice) -> Shop:
	"""Return the store's shop with locations, products, stock and nobody in it."""
	shop = Shop(
		store.shop_name,
		secret=f"hush-{store.shop_name}",
		clock=SkewedClock(clock, store.skew) if store.skew else clock,
		dice=dice,
		currency=store.currency,
		taxes_included=store.taxes_included,
		tax_title=_TAX_TITLE,
		tax_rate=Decimal("0.19") if store.taxes_included else Decimal("0.0825"),
		first_id=5_000_000_000_000 + store.index * 1_000_000_000,
		first_order_number=1001 + store.index * 10_000,
	)
	with shop.silently():
		inbound, other = shop.locations.create("Warehouse"), shop.locations.create("Shop floor")
		skus = [*ITEMS, *([new_item(store)] if "item" in store.gaps else [])]
		for number, sku in enumerate(skus):
			price = Decimal(_PRICES[store.currency][number % 3])
			variant = {"sku": sku, "price": price, "quantities": {inbound.id: int(OPENING_STOCK), other.id: int(FLOOR_STOCK)}}
			shop.products.create(sku.title(), variants=[variant])
	return shop


def inbound_location(shop: Shop) -> str:
	"""Return the location whose stock ERPNext takes over."""
	return next(iter(shop.locations.all))


def warehouse(store: StoreFacts) -> str:
	"""Return the warehouse that stands for the store's inbound location."""
	return f"Simulated {store.index} - SIM"


def outbound_location(shop: Shop) -> str:
	"""Return the location that takes its stock from ERPNext, where the store pushes."""
	return list(shop.locations.all)[1]


def floor(store: StoreFacts) -> str:
	"""Return the warehouse that stands for the shop floor."""
	return f"Floor {store.index} - SIM" if store.pushes else "Elsewhere - SIM"


def set_up(store: StoreFacts, shop: Shop) -> StoreSetUp:
	"""Return how the host books the store at the start: everything mapped but the gaps."""
	settings: dict[str, Any] = {
		"company": "Simulated Ltd",
		"company_currency": COMPANY_CURRENCY,
		"order_prefix": f"SIM{store.index}-",
		"customer_group": "All Customer Groups",
		"territory": "All Territories",
		"tax_rules": [] if "tax" in store.gaps else tax_rows(),
		"shipping_rules": shipping_rows(express="shipping" not in store.gaps),
		"locations": [] if "location" in store.gaps else location_rows(store, shop),
		"gateway_rules": [] if "gateway" in store.gaps else gateway_rows(),
		"adjustment_account": "Adjustments - SIM",
		"fulfillment_by": store.sends,
		"push_returns": "Return in Shopify" if store.tells_returns else "Nothing",
		"max_attempts": 5,
	}
	return StoreSetUp(store.name, shop.domain, shop.secret, settings)


def tax_rows() -> list[dict[str, Any]]:
	"""Return the complete tax mapping."""
	return [{"title": _TAX_TITLE, "rate": None, "account": "VAT - SIM"}]


def gateway_rows() -> list[dict[str, Any]]:
	"""Return the complete gateway mapping."""
	return [{"gateway": gateway, "account": "Clearing - SIM"} for gateway in ("shopify_payments", "manual")]


def shipping_rows(*, express: bool) -> list[list[str]]:
	"""Return the shipping mapping, with or without the express row."""
	return [[SHIPPING[0], "Freight - SIM"], *([[EXPRESS[0], "Freight - SIM"]] if express else [])]


def location_rows(store: StoreFacts, shop: Shop) -> list[dict[str, Any]]:
	"""Return the complete location mapping: the first location is taken over, the second is ERPNext's, or nobody's business."""
	inbound, other = list(shop.locations.all)[:2]
	return [
		{"location_id": inbound, "warehouse": warehouse(store), "direction": "Shopify → ERPNext"},
		{"location_id": other, "warehouse": floor(store), "direction": "ERPNext → Shopify" if store.pushes else "None"},
	]


def shipping_price(shop: Shop) -> Decimal:
	"""Return what standard shipping costs in the shop's currency."""
	return Decimal(_SHIPPING_PRICE[shop.currency])


def person(dice: Dice, *name: object) -> dict[str, Any]:
	"""Return somebody who does not exist, as arguments for `customers.create`."""
	mark = f"{CANARY}{dice.bits('person', *name) % 10**9:09d}"
	return {
		"first_name": f"Ada{mark}",
		"last_name": f"Sample{mark}",
		"email": f"{mark}@example.com",
		"phone": f"+1555{dice.between(1000000, 9999999, 'phone', *name)}",
		"default_address": address(dice, *name),
	}


def address(dice: Dice, *name: object) -> Address:
	"""Return where nobody lives."""
	mark = f"{CANARY}{dice.bits('address', *name) % 10**9:09d}"
	return Address(
		first_name="Ada", last_name=f"Sample{mark}", address1=f"1 {mark} Street", city=f"{mark}ville", zip="12345",
		country="United States", country_code="US",
	)  # fmt: skip
