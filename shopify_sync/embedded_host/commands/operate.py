"""`retry`, `discard`, `map-item`: what an operator does to events. A running `serve` carries on within a second."""

from __future__ import annotations

from pathlib import Path

import click

from shopify_sync.core import keys

from .. import mapping
from ..database import Database
from .common import db_option, existing, operator_log, user_option


@click.command()
@click.argument("name", metavar="ID")
@db_option
@user_option
def retry(name: str, db: Path, user: str) -> None:
	"""Put an event back into the queue."""
	with existing(db) as database:
		operator_log(database).retry(name, user)
	click.echo(f"{name} is waiting for a worker.")


@click.command()
@click.argument("name", metavar="ID")
@db_option
@click.option("--reason", required=True, help="Why; kept with the event.")
@user_option
def discard(name: str, db: Path, reason: str, user: str) -> None:
	"""Put an event away for good, with a reason."""
	with existing(db) as database:
		operator_log(database).discard(name, user, reason)
	click.echo(f"{name} is discarded.")


@click.command("map-item")
@db_option
@click.option("--store", help="The store; may be left out where there is only one.")
@click.option("--sku", help="A SKU ...")
@click.option("--variant", help="... or the id of a variant ...")
@click.option("--inventory-item", help="... or the id of an inventory item.")
@click.option("--item", required=True, help="The item code.")
@user_option
def map_item(
	db: Path, store: str | None, sku: str | None, variant: str | None, inventory_item: str | None, item: str, user: str
) -> None:
	"""Say which Item something of Shopify's is, and let the events that waited for it go on."""
	given = {keys.SKU: sku, keys.VARIANT: variant, keys.INVENTORY_ITEM: inventory_item}
	named = [(resource, value.strip()) for resource, value in given.items() if value and value.strip()]
	if len(named) != 1:
		raise click.UsageError("Name exactly one of --sku, --variant and --inventory-item.")
	resource, shopify_id = named[0]
	if resource != keys.SKU and not shopify_id.isdigit():
		raise click.UsageError(f"--{resource.replace('_', '-')} takes Shopify's id, which is all digits, not {shopify_id!r}.")
	with existing(db) as database:
		store = _store(database, store)
		count = mapping.map_item(database, operator_log(database), store, resource, shopify_id, item, user)
	click.echo(f"{resource} {shopify_id} of {store} is Item {item} from now on. Events that go on: {count}.")


def _store(database: Database, store: str | None) -> str:
	known = mapping.stores(database)
	if store in known:
		return store
	if store is None and len(known) == 1:
		return known[0]
	raise click.UsageError(f"Name one of these stores with --store: {', '.join(known) or 'none yet'}.")
