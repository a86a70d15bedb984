"""What every command shares: its options, its errors in one line, and how tables are printed."""

from __future__ import annotations

import getpass
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from shopify_sync.core.evidence.bundle import BadBundle
from shopify_sync.core.operations import Refused

from ..config import BadConfig
from ..database import Database, NotOurs
from ..deliveries import BadDelivery
from ..event_log import EventLog, UnknownEvent
from ..mapping import UnknownItem

#: Errors whose message is written for the person at the keyboard.
_FOR_PEOPLE = (BadBundle, BadConfig, BadDelivery, NotOurs, Refused, UnknownEvent, UnknownItem)

db_option = click.option("--db", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The database file.")
config_option = click.option(
	"--config", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The JSON config file."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
user_option = click.option("--user", default=getpass.getuser, show_default="you", help="Who does this, for the evidence.")


class Commands(click.Group):
	"""A group whose commands end in one clear line, not in a traceback, when the person can mend the cause."""

	def invoke(self, ctx: click.Context) -> Any:
		"""Run a command."""
		try:
			return super().invoke(ctx)
		except _FOR_PEOPLE as error:
			raise click.ClickException(str(error)) from error
		except sqlite3.OperationalError as error:
			raise click.ClickException(
				f"The database cannot be used: {error}. Is the disk full, or the file read-only?"
			) from error


@contextmanager
def existing(db: Path) -> Iterator[Database]:
	"""Open a database that must exist, for the length of the block."""
	database = Database(db, create=False)
	try:
		yield database
	finally:
		database.close()


def operator_log(database: Database) -> EventLog:
	"""Return the ledger for an operator's action, which claims nothing and so needs no store's settings."""

	def no_policy(store: str) -> Any:
		raise AssertionError(f"an operator's action asked for the settings of {store}")

	return EventLog(database, no_policy)


def print_json(data: Any) -> None:
	"""Print plain data for programs."""
	click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[tuple[str, int]], rows: Iterable[Mapping[str, Any]]) -> None:
	"""Print rows under headings; each column is as wide as its content, up to the width given."""
	cells = [[_cell(row.get(name), width) for name, width in columns] for row in rows]
	headings = [name.replace("_", " ").upper() for name, _width in columns]
	widths = [max(len(row[index]) for row in [headings, *cells]) for index in range(len(columns))]
	for row in [headings, *cells]:
		click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any, width: int) -> str:
	text = " ".join(str("" if value is None else value).split())
	return text if len(text) <= width else text[: width - 1] + "…"
