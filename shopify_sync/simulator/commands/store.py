"""`shopify-sync store`: a Shopify store on this machine, and what happens in it."""

from __future__ import annotations

import click

from .common import StoreCommands, client, port_option, shop_option
from .control import do, faults, rotate_secret, uninstall
from .day import Day
from .operate import cancel, customer, edit, fulfill, order, pay, refund, stock
from .serve import serve


@click.group(cls=StoreCommands)
def store() -> None:
	"""A Shopify store on 127.0.0.1. Without a command: serve."""


@click.command()
@click.option("--orders", default=50, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--seed", default="1", show_default=True, help="The same seed makes the same day.")
@port_option
@shop_option
def day(orders: int, seed: str, port: int, shop: str) -> None:
	"""Play a day: orders that are placed, paid, changed, sent, refunded and cancelled."""
	desk = client(port, shop)
	variants = [variant["id"] for product in desk.read("products")["products"] for variant in product["variants"]]
	if not variants:
		raise click.ClickException(f"The shop {desk.shop!r} sells nothing. Start the store with --products.")
	played = Day(desk, variants, f"{seed}/{len(desk.read('orders')['orders'])}", desk.read("state")["currency"])
	played.play(orders)
	for operation, times in sorted(played.done.items()):
		click.echo(f"{times:6}  {operation}")


for _command in (serve, day, order, pay, fulfill, cancel, refund, edit, customer, stock, do, faults, rotate_secret, uninstall):
	store.add_command(_command)

if __name__ == "__main__":
	store()
