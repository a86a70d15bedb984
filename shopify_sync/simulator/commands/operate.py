"""One operation on a running store each: what a merchant or a customer does."""

from __future__ import annotations

from typing import Any

import click

from .client import Client, StoreError
from .common import client, port_option, shop_option


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="SKU[xN]...")
@click.option("--email", default="", help="Of the customer; a known one gets the order, otherwise it is a guest's.")
@click.option("--paid", "financial", flag_value="paid", help="Paid at once.")
@click.option("--authorized", "financial", flag_value="authorized", help="Paid when captured.")
@click.option("--pending", "financial", flag_value="pending", default=True, help="Not paid yet (the default).")
@click.option("--shipping", help="Price of shipping.")
@click.option("--discount", help="On the whole order.")
@port_option
@shop_option
def order(
	items: tuple[str, ...], email: str, financial: str, shipping: str | None, discount: str | None, port: int, shop: str
) -> None:
	"""Place an order, as: order SKU-001x2 SKU-003"""
	desk = client(port, shop)
	cart: dict[str, Any] = {"lines": [_line(desk, item) for item in items], "financial": financial, "email": email}
	if financial != "pending":
		cart["gateway"] = "shopify_payments"
	known = [found for found in desk.read("customers")["customers"] if email and found["email"] == email]
	if known:
		cart["customer_id"] = known[0]["id"]
	if shipping:
		cart["shipping"] = {"title": "Standard", "code": "standard", "price": shipping}
	if discount:
		cart["order_discount"] = discount
	made = desk.operate("orders", "place", **cart)
	click.echo(f"Placed {made['name']} ({made['id']}).")


@click.command()
@click.argument("order")
@click.option("--amount", help="Only a part of what is outstanding.")
@port_option
@shop_option
def pay(order: str, amount: str | None, port: int, shop: str) -> None:
	"""Pay ORDER (its name or id)."""
	desk = client(port, shop)
	found = desk.find("orders", _order_name(order))
	if amount:
		desk.operate("orders", "pay", id=found["id"], amount=amount)
	else:
		desk.operate("orders", "mark_as_paid", id=found["id"])
	click.echo(f"Paid {found['name']}.")


@click.command()
@click.argument("order")
@click.option("--tracking", default="", help="Tracking number.")
@port_option
@shop_option
def fulfill(order: str, tracking: str, port: int, shop: str) -> None:
	"""Send everything of ORDER that still waits."""
	desk = client(port, shop)
	found = desk.find("orders", _order_name(order))
	numbers = [tracking] if tracking else []
	made = desk.operate("fulfillments", "create", order_id=found["id"], tracking_numbers=numbers)
	click.echo(f"Sent {sum(made['lines'].values())} piece(s) of {found['name']}.")


@click.command()
@click.argument("order")
@click.option("--reason", default="customer", show_default=True)
@click.option("--no-refund", is_flag=True, help="Keep what was paid.")
@click.option("--no-restock", is_flag=True, help="The pieces are lost.")
@port_option
@shop_option
def cancel(order: str, reason: str, no_refund: bool, no_restock: bool, port: int, shop: str) -> None:
	"""Cancel ORDER."""
	desk = client(port, shop)
	found = desk.find("orders", _order_name(order))
	desk.operate("orders", "cancel", id=found["id"], reason=reason, refund=not no_refund, restock=not no_restock)
	click.echo(f"Cancelled {found['name']}.")


@click.command()
@click.argument("order")
@click.argument("items", nargs=-1, required=True, metavar="SKU[xN]...")
@click.option("--restock", "restock_type", default="no_restock", show_default=True, help="return, cancel or no_restock.")
@port_option
@shop_option
def refund(order: str, items: tuple[str, ...], restock_type: str, port: int, shop: str) -> None:
	"""Take pieces of ORDER back and pay for them."""
	desk = client(port, shop)
	found = desk.find("orders", _order_name(order))
	lines = []
	for sku, quantity in map(_item, items):
		lines.append([_line_of(found, sku)["id"], quantity, restock_type])
	made = desk.operate("refunds", "create", order_id=found["id"], lines=lines)
	paid = ", ".join(entry["amount"] for entry in made["transactions"]) or "nothing"
	click.echo(f"Refunded {found['name']}: {paid} paid back.")


@click.command()
@click.argument("order")
@click.argument("item", metavar="SKUxN")
@port_option
@shop_option
def edit(order: str, item: str, port: int, shop: str) -> None:
	"""Make it N pieces of a SKU in ORDER; a SKU that is not in it is added."""
	desk = client(port, shop)
	found = desk.find("orders", _order_name(order))
	sku, quantity = _item(item)
	begun = desk.operate("edits", "begin", order_id=found["id"])
	if any(line["sku"] == sku for line in found["line_items"]):
		line = _line_of(found, sku)
		desk.operate("edits", "set_quantity", edit_id=begun, line_item_id=line["id"], quantity=quantity)
	else:
		desk.operate("edits", "add_variant", edit_id=begun, variant_id=_variant(desk, sku)["id"], quantity=quantity)
	desk.operate("edits", "commit", edit_id=begun)
	click.echo(f"Edited {found['name']}.")


@click.command()
@click.argument("email")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--phone", default="")
@port_option
@shop_option
def customer(email: str, first_name: str, last_name: str, phone: str, port: int, shop: str) -> None:
	"""Create a customer, or change the one with that EMAIL."""
	desk = client(port, shop)
	given = {"first_name": first_name, "last_name": last_name, "phone": phone}
	known = [found for found in desk.read("customers")["customers"] if found["email"] == email]
	if known:
		changes = {name: value for name, value in given.items() if value}
		desk.operate("customers", "update", id=known[0]["id"], **changes)
		click.echo(f"Changed customer {known[0]['id']}.")
		return
	made = desk.operate("customers", "create", email=email, **given)
	click.echo(f"Created customer {made['id']}.")


@click.command()
@click.argument("sku")
@click.argument("available", type=int)
@click.option("--location", default="", help="Its name or id; can be left out when there is only one.")
@port_option
@shop_option
def stock(sku: str, available: int, location: str, port: int, shop: str) -> None:
	"""Set how many pieces of SKU are available."""
	desk = client(port, shop)
	places = desk.read("locations")["locations"]
	if not location and len(places) != 1:
		raise StoreError(f"Name a --location: {', '.join(place['name'] for place in places)}.")
	place = desk.find("locations", location) if location else places[0]
	setting = [_variant(desk, sku)["inventory_item_id"], place["id"], available, None]
	desk.operate("inventory", "set_quantities", name="available", quantities=[setting], reason="correction")
	click.echo(f"{available} piece(s) of {sku} are available at {place['name']}.")


def _order_name(text: str) -> str:
	"""Return an order's name or id as it is stored: a shell takes `#1001` for a comment, so `1001` is understood too."""
	return f"#{text}" if text.isdigit() and len(text) < 12 else text


def _item(text: str) -> tuple[str, int]:
	"""Read `SKU`, or `SKUx3`."""
	sku, x, number = text.rpartition("x")
	return (sku, int(number)) if x and sku and number.isascii() and number.isdigit() else (text, 1)


def _line(desk: Client, item: str) -> dict[str, Any]:
	sku, quantity = _item(item)
	return {"variant_id": _variant(desk, sku)["id"], "quantity": quantity}


def _variant(desk: Client, sku: str) -> dict[str, Any]:
	products = desk.read("products")["products"]
	for product in products:
		for variant in product["variants"]:
			if variant["sku"] == sku:
				return dict(variant)
	known = [variant["sku"] for product in products for variant in product["variants"]]
	raise StoreError(f"Nothing has the SKU {sku!r}. There are: {', '.join(known[:20])}.")


def _line_of(order: dict[str, Any], sku: str) -> dict[str, Any]:
	for line in order["line_items"]:
		if line["sku"] == sku:
			return dict(line)
	raise StoreError(f"{order['name']} has no line with the SKU {sku!r}.")
