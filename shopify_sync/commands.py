"""`bench --site SITE shopify-sync …`: status, drain, push, worker, backfill, reconcile, replay, preview, export, simulate."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import frappe
from frappe.commands import get_site, pass_context

_WATCH_SECONDS = 2.0


@click.group("shopify-sync")
def shopify_sync() -> None:
	"""Look at and operate the sync between Shopify and ERPNext."""


@shopify_sync.command("status")
@click.option("--store", help="Only this Shopify Store.")
@click.option("--watch", is_flag=True, help="Look again every two seconds until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option("--check", is_flag=True, help="Exit with 1 unless every store is Good.")
@pass_context
def status(context: Any, store: str | None, watch: bool, as_json: bool, check: bool) -> None:
	"""Show how the stores are: verdict and what to do, mode, circuit, what waits, what failed and why, drift."""
	with _site(context):
		from shopify_sync.erpnext_host import report

		while True:
			try:
				found = report.stores(store)
			except ValueError as error:
				raise click.ClickException(str(error)) from error
			if watch and not as_json:
				click.clear()
			for line in [frappe.as_json(found, indent=None)] if as_json else report.lines(found):
				click.echo(line)
			if not watch:
				break
			time.sleep(_WATCH_SECONDS)
		if check and not report.is_good(found):
			raise click.exceptions.Exit(1)


@shopify_sync.command("drain")
@click.option("--seconds", default=200.0, show_default=True, help="Stop after this long.")
@pass_context
def drain(context: Any, seconds: float) -> None:
	"""Carry out what is due, here and now, without a worker."""
	with _site(context):
		from shopify_sync.jobs.drain import run

		click.echo(f"{run(seconds, linger=0)} event(s) carried out.")


@shopify_sync.command("push")
@click.option("--seconds", default=200.0, show_default=True, help="Stop after this long.")
@pass_context
def push(context: Any, seconds: float) -> None:
	"""Push to Shopify what is due, here and now, without a worker."""
	with _site(context):
		from shopify_sync.jobs.push import run

		click.echo(f"{run(seconds, linger=0)} event(s) pushed.")


@shopify_sync.command("push-stock")
@click.option("--store", help="Only this Shopify Store.")
@click.option("--item", "items", multiple=True, help="Only this Item; may be repeated.")
@click.option("--location", "locations", multiple=True, help="Only this location, by Shopify's id; may be repeated.")
@pass_context
def push_stock(context: Any, store: str | None, items: tuple[str, ...], locations: tuple[str, ...]) -> None:
	"""Mark stock to be pushed to Shopify, whether it changed or not; what agrees already is not changed there."""
	with _site(context):
		from shopify_sync.erpnext_host.outbox import NothingToPush, push_stock

		try:
			marked = push_stock(store, locations or None, items or None)
		except NothingToPush as error:
			raise click.ClickException(str(error)) from error
		frappe.db.commit()
		click.echo(f"{marked} inventory level(s) marked.")


@shopify_sync.command("worker")
@click.option("--push/--no-push", default=True, show_default=True, help="Also push what goes out to Shopify.")
@pass_context
def worker(context: Any, push: bool) -> None:
	"""Drain without end: for high volume, beside or instead of RQ workers. Ctrl-C or SIGTERM ends it after the event at hand."""
	with _site(context):
		from shopify_sync.jobs.worker import run

		run(click.echo, push)


@shopify_sync.command("backfill")
@click.argument("store")
@click.option(
	"--products", is_flag=True, help="Every product: its variants are linked to Items, or become Items, as the store says."
)
@click.option("--customers", is_flag=True, help="Every customer.")
@click.option("--orders", metavar="open|FROM_DATE", help="Orders that are open, or placed from a date on (site's time zone).")
@click.option("--stock", is_flag=True, help="The stock at every mapped location, in the location's direction.")
@click.option("--rehearse", is_flag=True, help="Only say what would fail: nothing is written.")
@click.option("--again", is_flag=True, help="Begin anew, also when the last one was stopped half-way.")
@pass_context
def backfill(context: Any, store: str, again: bool, **wanted: Any) -> None:
	"""Import what a store has already. Without options: all that the store syncs, of orders those that are open.

	Workers carry out what is read; what is live goes first. One that was stopped (Ctrl-C too) goes on where it was.
	"""
	with _site(context):
		from shopify_sync.core.failures import SyncFailure
		from shopify_sync.core.operations import Refused
		from shopify_sync.erpnext_host.backfill import console

		frappe.set_user("Administrator")
		try:
			name = console.begun(store, again=again, **wanted)
			with click.progressbar(length=1000, label=name, file=click.get_text_stream("stderr"), show_eta=False) as bar:

				def show(percent: float, left: Any) -> None:
					bar.label = name if left is None else f"{name}, about {str(left).partition('.')[0]} left"
					bar.update(max(0, int(percent * 10) - bar.pos))

				console.carry_on(name, show)
		except (Refused, SyncFailure, frappe.DoesNotExistError, ValueError) as error:
			raise click.ClickException(str(error)) from error
		for line in console.summary(name):
			click.echo(line)


@shopify_sync.command("reconcile")
@click.argument("store")
@click.option("--full", is_flag=True, help="Compare everything, and say what Shopify does not have.")
@click.option("--since", help="Compare what changed from this time on (site's time zone), e.g. '2026-11-20 08:00'.")
@click.option("--until", help="… and before this time.")
@click.option("--order", help="Compare this order only: its name, its id, or its Sales Order.")
@click.option("--item", help="Compare the stock of this Item only.")
@click.option("--heal/--dry-run", default=None, help="Heal what is safe, or only find it. Without: as the store is set.")
@click.option("--resume", is_flag=True, help="Go on with the run of the store that is not over.")
@pass_context
def reconcile(context: Any, store: str, resume: bool, **wanted: Any) -> None:
	"""Compare a store with ERPNext, here and now, and say how much was compared and what differs.

	Without options: what changed since the last comparison.
	"""
	with _site(context):
		from shopify_sync.core.failures import SyncFailure
		from shopify_sync.core.operations import Refused
		from shopify_sync.erpnext_host.reconciliation import console

		frappe.set_user("Administrator")
		try:
			name = console.resumed(store) if resume else console.begun(store, **wanted)
			with click.progressbar(length=1000, label=name, file=click.get_text_stream("stderr")) as bar:
				console.carry_on(name, lambda done: bar.update(max(0, int(done * 10) - bar.pos)))
		except (Refused, SyncFailure, frappe.DoesNotExistError, ValueError) as error:
			raise click.ClickException(str(error)) from error
		for line in console.summary(name):
			click.echo(line)


@shopify_sync.command("replay")
@click.argument("events", nargs=-1)
@click.option("--from", "since", help="Received at or after this time (site's time zone), e.g. '2026-11-20 08:00'.")
@click.option("--to", "until", help="Received before this time.")
@click.option("--topic", help="Only this topic, e.g. orders/create.")
@click.option("--status", "status_", help="Only events in this status, e.g. 'Dead Letter'.")
@click.option("--store", help="Only this Shopify Store.")
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def replay(context: Any, events: tuple[str, ...], dry_run: bool, yes: bool, **filters: str | None) -> None:
	"""Run events through the engine again: those named, or those that the options select. What agrees already is not changed."""
	with _site(context):
		from shopify_sync.erpnext_host.replay import replay_events, select_events

		try:
			names = list(events) or select_events(**filters)
		except ValueError as error:
			raise click.UsageError(str(error)) from error
		click.echo(f"{len(names)} event(s) selected.")
		if dry_run or not names:
			return
		if not yes and len(names) > 1:
			click.confirm(f"Replay {len(names)} events?", abort=True)
		with click.progressbar(names, label="Replaying") as bar:
			done, refused = replay_events(bar, user="Administrator")
		click.echo(f"{done} put back into the queue, {len(refused)} refused.")
		for name, why in refused.items():
			click.echo(f"  {name}: {why}")


@shopify_sync.command("preview")
@click.argument("order_or_event")
@click.option("--store", help="Only this Shopify Store, when several have an order of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@pass_context
def preview(context: Any, order_or_event: str, store: str | None, as_json: bool) -> None:
	"""Show what would be done now about an order (#1001, its id, or its Sales Order) or an event. Nothing is changed."""
	with _site(context):
		from shopify_sync.core.preview import as_text
		from shopify_sync.erpnext_host import previews

		try:
			described = previews.preview(previews.find_event(order_or_event, store))
		except previews.NothingToPreview as error:
			raise click.ClickException(str(error)) from error
		if as_json:
			click.echo(frappe.as_json(described))
			return
		about = (described["order_name"], described["topic"], described["name"], described["status"])
		click.echo(" · ".join(part for part in about if part))
		for line in as_text(described):
			click.echo(line)


@shopify_sync.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
@click.option("--event", help="This Sync Event, with the earlier ones of its record.")
@click.option("--link", help="Everything of this record, e.g. my-store/order/820982911946154508.")
@click.option("--store", help="Events of this Shopify Store.")
@click.option("--status", "statuses", multiple=True, help="… in this status, e.g. 'Dead Letter'; may be repeated.")
@click.option("--category", help="… of this category, e.g. 'Totals mismatch'.")
@click.option("--from", "since", help="… received at or after this time (site's time zone), e.g. '2026-11-20 08:00'.")
@click.option("--to", "until", help="… received until this time.")
@pass_context
def export(context: Any, file: str, event: str | None, link: str | None, **given: Any) -> None:
	"""Write events to FILE as a bundle that `shopify-sync replay FILE` reproduces on a laptop; it holds no personal values."""
	with _site(context):
		from shopify_sync.core.operations import Refused
		from shopify_sync.erpnext_host.command_center.filters import BadFilter
		from shopify_sync.erpnext_host.evidence import exports

		frappe.set_user("Administrator")
		names = {"statuses": "status", "since": "received_from", "until": "received_to"}
		filters = {names.get(name, name): list(value) if name == "statuses" else value for name, value in given.items() if value}
		try:
			with Path(file).open("wb") as out:
				done = exports.to_file(exports.asked(event, link, filters), out, lambda _done: None)
		except (Refused, BadFilter) as error:
			Path(file).unlink()
			raise click.ClickException(str(error)) from error
		click.echo(f"{done} event(s) written to {file}. Replay them with: shopify-sync replay {file}")


@shopify_sync.command("simulate")
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="How many days.")
@click.option("--start", default=1, show_default=True, type=click.IntRange(0), help="The first seed.")
@click.option("--profile", default="site", show_default=True, help="What kind of day; `shopify-sync simulate --help` names them.")
@click.option("--trace", is_flag=True, help="Print everything that happened.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@pass_context
def simulate(context: Any, seeds: int, start: int, profile: str, trace: bool, as_json: bool) -> None:
	"""Let simulated days go by on this site, with real workers that are killed, and check that nothing is lost or doubled.

	For test sites only (`allow_tests` in site_config.json): it writes orders, customers and stock, and removes most of it again.
	"""
	with _site(context):
		from shopify_sync.simulation.site.command import simulate as run

		if not run(seeds, start, profile, as_json=as_json, trace=trace):
			raise click.exceptions.Exit(1)


@shopify_sync.command("lifecycles")
@click.option("--count", default=1000, show_default=True, type=click.IntRange(1), help="How many orders.")
@click.option("--seed", default="1", show_default=True, help="What settles their lives.")
@pass_context
def lifecycles(context: Any, count: int, seed: str) -> None:
	"""Let random orders live on this site, and compare its trial balance with what their payloads come to.

	For test sites only (`allow_tests` in site_config.json): what it posts stays. Nobody else may post meanwhile.
	"""
	with _site(context):
		if not frappe.conf.allow_tests:
			raise click.UsageError(f"{frappe.local.site} is no test site: allow_tests is not set in its site_config.json.")
		from shopify_sync.tests.lifecycles import run, told

		frappe.set_user("Administrator")
		with click.progressbar(length=count, label="Lives", file=click.get_text_stream("stderr")) as bar:
			outcome = run(count, seed, lambda _outcome: bar.update(1))
		for line in told(outcome):
			click.echo(line)
		if not outcome.is_good:
			raise click.exceptions.Exit(1)


class _site:
	"""Connect to the site of the context for the block, and say so clearly when there is none."""

	def __init__(self, context: Any) -> None:
		self._site = get_site(context)

	def __enter__(self) -> None:
		frappe.init(site=self._site)
		frappe.connect()

	def __exit__(self, *_error: object) -> None:
		frappe.destroy()


commands = [shopify_sync]
