"""`calls`: the calls to Shopify, and whether any go out."""

from __future__ import annotations

from pathlib import Path

import click

from .. import connections
from .common import db_option, existing, json_option, print_json, print_table

_COLUMNS = (
	("started_at", 19), ("store", 16), ("operation", 24), ("outcome", 11), ("tries", 5), ("actual_cost", 11), ("points_left", 11),
	("key", 24), ("message", 60),
)  # fmt: skip


@click.command()
@db_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, the newest first.")
@json_option
def calls(db: Path, limit: int, as_json: bool) -> None:
	"""List the calls to Shopify, and how each store is connected."""
	with existing(db) as database:
		rows, stores = connections.calls(database, limit), connections.shown(database)
	if as_json:
		print_json({"calls": rows, "connections": stores})
		return
	print_table(_COLUMNS, rows)
	click.echo(f"\n{len(rows)} shown.")
	for store in stores:
		click.echo(
			f"{store['store']}: {store['state'] or 'No token'}, circuit {store['circuit']}. {store['reason'] or ''}".rstrip()
		)
