"""ERPNext's users: they edit customers, cancel a Sales Order by hand, and count stock, and tell nobody."""

from __future__ import annotations

from decimal import Decimal

from shopify_sync.core import keys

from .. import shops
from ..stage import Stage
from ..story import Intent


def edit_customer(stage: Stage, intent: Intent) -> str:
	"""Somebody changes a field of a Customer or its Contact."""
	shop, field = stage.shop(intent), intent.args["field"]
	every = list(shop.customers.all)
	customer = every[intent.args["customer"] % len(every)]
	resource, doctype = (keys.CUSTOMER, "Customer") if field == "customer_name" else (keys.CONTACT, "Contact")
	key = keys.key(stage.store(intent).name, resource, customer)
	number = stage.dice.between(1000000, 9999999, intent.number, "phone")
	value = f"+1555{number}" if field == "mobile_no" else f"Edited{shops.CANARY}{intent.number:05d}"
	if not stage.target.edit(doctype, key, field, value):
		return f"there is no {doctype} yet"
	stage.deeds.edits[doctype, key, field] = value
	return f"{doctype}.{field} of {key}"


def cancel_sales_order(stage: Stage, intent: Intent) -> str:
	"""Somebody cancels a Sales Order that is live in Shopify."""
	made = stage.made.get(intent.of) if intent.of is not None else None
	if made is None:
		return "there is no such order"
	key = keys.key(stage.store(intent).name, keys.ORDER, made)
	if not stage.target.cancel_sales_order(key):
		return "there is no submitted Sales Order"
	stage.deeds.cancelled.add(key)
	return key


def count_stock(stage: Stage, intent: Intent) -> str:
	"""Somebody counts an Item in the warehouse and writes what he finds."""
	item = stage.dice.pick(shops.ITEMS, intent.number, "item")
	quantity = Decimal(stage.dice.between(1, 50, intent.number, "quantity"))
	place = shops.warehouse(stage.store(intent))
	stage.target.count_stock(item, place, quantity)
	stage.deeds.counted.add((item, place))
	return f"{quantity} of {item} in {place}"


def count_floor(stage: Stage, intent: Intent) -> str:
	"""Somebody counts an Item on the shop floor, whose stock goes to Shopify."""
	item = stage.dice.pick(shops.ITEMS, intent.number, "item")
	quantity = Decimal(stage.dice.between(-2, 30, intent.number, "quantity"))
	place = shops.floor(stage.store(intent))
	stage.target.count_stock(item, place, quantity)
	return f"{quantity} of {item} in {place}"


def deliver(stage: Stage, intent: Intent) -> str:
	"""Somebody sends everything that is left of an order from the shop floor."""
	return _deliver(stage, intent, most=None)


def deliver_part(stage: Stage, intent: Intent) -> str:
	"""Somebody sends a piece of an order from the shop floor."""
	return _deliver(stage, intent, most=1)


def _deliver(stage: Stage, intent: Intent, most: int | None) -> str:
	key = _order_key(stage, intent)
	note = stage.target.deliver_note(key, shops.floor(stage.store(intent)), f"NOTE-{intent.number}", most) if key else None
	return note or "there is nothing to send"


def track_delivery(stage: Stage, intent: Intent) -> str:
	"""Somebody enters the number of a parcel."""
	key = _order_key(stage, intent)
	return (stage.target.track_note(key, f"TRACK{intent.number}") if key else None) or "there is no Delivery Note"


def cancel_delivery(stage: Stage, intent: Intent) -> str:
	"""Somebody cancels a Delivery Note."""
	key = _order_key(stage, intent)
	return (stage.target.cancel_note(key) if key else None) or "there is no Delivery Note"


def take_back(stage: Stage, intent: Intent) -> str:
	"""Goods that were sent from the shop floor come back there: somebody makes a return against the Delivery Note."""
	key, most = _order_key(stage, intent), stage.dice.between(1, 3, intent.number, "most")
	return (stage.target.take_back(key, f"RETURN-{intent.number}", most) if key else None) or "there is nothing to take back"


def cancel_return(stage: Stage, intent: Intent) -> str:
	"""Somebody cancels a return."""
	key = _order_key(stage, intent)
	return (stage.target.cancel_return(key) if key else None) or "there is no return"


def _order_key(stage: Stage, intent: Intent) -> str | None:
	made = stage.made.get(intent.of) if intent.of is not None else None
	return keys.key(stage.store(intent).name, keys.ORDER, made) if made else None
