"""`demo`: a day of orders with a crash in the middle, and a summary that a person can read."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .. import demo as running
from ..demo import Report
from .common import json_option, print_json


@click.command()
@click.option("--orders", default=200, show_default=True, type=click.IntRange(5, 100_000), help="How many orders the day has.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same day.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep database, config and log in this folder.")
@json_option
def demo(orders: int, seed: int, keep: Path | None, as_json: bool) -> None:
	"""Run a day of orders through a server that is killed half-way, and check every one of them."""
	with _folder(keep) as folder, _progress(as_json) as on_progress:
		try:
			report = running.run(folder, orders, seed, on_progress)
		except running.DemoFailed as error:
			raise click.ClickException(str(error)) from error
	if as_json:
		print_json(report.as_dict())
	else:
		_print(report, keep)
	if report.problems:
		raise click.exceptions.Exit(1)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
	if keep is None:
		with tempfile.TemporaryDirectory(prefix="shopify-sync-demo-") as folder:
			yield Path(folder)
		return
	if (keep / "demo.db").exists():
		raise click.ClickException(f"{keep} holds the database of an earlier demo. Name another folder with --keep.")
	keep.mkdir(parents=True, exist_ok=True)
	yield keep


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[int, int], None]]:
	if as_json:
		yield lambda done, total: None
		return
	# The length is known with the first delivery; the bar is on stderr, so that the summary can be piped.
	with click.progressbar(length=1, label="A day of orders", file=sys.stderr) as bar:

		def show(done: int, total: int) -> None:
			bar.length = total
			bar.update(done - bar.pos)

		yield show


_FOLLOWING = (
	("Sales Invoice", "invoices"),
	("Payment Entry", "payments"),
	("Delivery Note", "deliveries"),
	("Credit note", "credit notes"),
	("Return", "returns"),
)


def _print(report: Report, keep: Path | None) -> None:
	rows = (
		("Orders", f"{report.orders} in {', '.join(report.currencies)}"),
		("Deliveries", f"{report.deliveries_sent} sent, signed, over HTTP; {report.out_of_order} out of order"),
		("Repetitions", f"{report.delivered_twice} delivered twice; {report.duplicates_counted} duplicates counted, none booked"),
		("Events", f"{report.events} recorded; {report.superseded} superseded by a newer state of their order"),
		(
			"Crash",
			f"server killed (SIGKILL) after {report.killed_after_deliveries} deliveries, back in {report.recovery_seconds} s",
		),
		(
			"Recovery",
			f"{report.workers_died} event(s) in work were taken over; {report.sent_again_after_crash} delivery sent again",
		),
		("Sales Orders", f"{report.orders_booked} live, {report.orders_cancelled} orders cancelled"),
		("Followed by", ", ".join(f"{report.documents.get(kind, 0)} {words}" for kind, words in _FOLLOWING)),
		("Time", f"{report.seconds} s, the crash included: {report.events_per_second} events a second"),
	)
	click.echo()
	for label, text in rows:
		click.echo(f"  {label:13} {text}")
	click.echo()
	for problem in report.problems[:20]:
		click.secho(f"  WRONG  {problem}", fg="red")
	if not report.problems:
		click.secho(
			"  OK  Every live order stands exactly once; billed, paid, refunded and delivered agree with Shopify to the cent.",
			fg="green",
		)
	if keep:
		click.echo(f"\n  Look around: shopify-sync events --db {keep / 'demo.db'}")
