"""`replay`: recorded deliveries through the same path, or with --dry-run what they would lead to."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from shopify_sync.core.evidence import bundle
from shopify_sync.core.evidence.verdict import Verdict

from .. import bundles, deliveries
from .. import config as config_file
from .. import replay as replaying
from ..config import Config
from ..deliveries import Delivery
from ..host import Instance
from .common import json_option, print_json

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--db", type=_FILE, help="The database file. Of a bundle: a new file to keep; without it nothing is kept.")
@click.option("--config", type=_FILE, help="The JSON config file. A bundle needs none.")
@click.option("--dry-run", is_flag=True, help="Print the plan of each delivery and change nothing at all.")
@click.option("--unsigned", is_flag=True, help="Take deliveries that were recorded without a signature.")
@json_option
def replay(files: tuple[Path, ...], db: Path | None, config: Path | None, dry_run: bool, unsigned: bool, as_json: bool) -> None:
	"""Feed recorded deliveries (JSON lines) through the receiving path, then carry out what is due.

	A bundle that a site exported holds its own settings: each event is run, and compared with how it ended on the site.
	"""
	if any(_is_bundle(file) for file in files):
		_replay_bundle(files, db, as_json)
		return
	if db is None or config is None:
		raise click.UsageError("Recorded deliveries need --db and --config. (A bundle that a site exported needs neither.)")
	settings = config_file.load(config)
	# The whole of every file is checked first: half a replay is no replay.
	for _delivery in _all(files):
		pass
	if dry_run:
		refused = _show_plans(db, settings, _all(files), unsigned, as_json)
	else:
		refused = _carry_out(db, settings, _all(files), unsigned, as_json)
	if refused:
		raise click.exceptions.Exit(1)


def _is_bundle(file: Path) -> bool:
	with file.open("rb") as lines:
		return bundle.is_bundle(lines.readline())


def _replay_bundle(files: tuple[Path, ...], db: Path | None, as_json: bool) -> None:
	"""Replay one bundle, and say of each event whether it ends as recorded. Ends with 1 when one does not."""
	if len(files) > 1:
		raise click.UsageError("A bundle is replayed by itself: name one file.")
	with nullcontext(db) if db else bundles.temporary_database() as database:
		assert database is not None
		verdicts = list(bundles.replay(files[0], database))
	if as_json:
		print_json({"verdicts": [asdict(verdict) for verdict in verdicts]})
	else:
		for verdict in verdicts:
			_print_verdict(verdict)
		click.echo(_summary(verdicts))
	if any(verdict.same is False for verdict in verdicts):
		raise click.exceptions.Exit(1)


def _print_verdict(verdict: Verdict) -> None:
	word = {True: "same", False: "DIFFERS", None: "not comparable"}[verdict.same]
	before = " (came before)" if verdict.role == bundle.BEFORE else ""
	about = " ".join(part for part in (verdict.topic, verdict.label, verdict.event) if part)
	click.echo(f"{about}{before}")
	click.echo(f"  {word}: recorded {verdict.recorded.says}, here {verdict.replayed.says}")
	for line in verdict.differs:
		click.echo(f"    {line}")
	for line in verdict.limits:
		click.echo(f"    note: {line}")
	if verdict.same is False and verdict.replayed.message:
		click.echo(f"    here it says: {verdict.replayed.message}")


def _summary(verdicts: list[Verdict]) -> str:
	counts = Counter(verdict.same for verdict in verdicts)
	events = "1 event" if len(verdicts) == 1 else f"{len(verdicts)} events"
	return f"{events}: {counts[True]} end as recorded, {counts[False]} differ, {counts[None]} cannot be compared."


def _all(files: tuple[Path, ...]) -> Iterator[Delivery]:
	return itertools.chain.from_iterable(deliveries.read(file) for file in files)


def _carry_out(db: Path, settings: Config, given: Iterator[Delivery], unsigned: bool, as_json: bool) -> bool:
	with closing(Instance(db, settings)) as instance:
		summary = replaying.replay(instance, given, sign_unsigned=unsigned)
	if as_json:
		print_json(asdict(summary))
		return bool(summary.refused)
	click.echo(f"{summary.deliveries} deliveries: {summary.recorded} recorded, {summary.duplicates} known already.")
	for refusal in summary.refused:
		click.echo(f"refused: {_refusal(refusal)}", err=True)
	click.echo("Events: " + (", ".join(f"{number} {status}" for status, number in summary.statuses.items()) or "none") + ".")
	return bool(summary.refused)


def _show_plans(db: Path, settings: Config, given: Iterator[Delivery], unsigned: bool, as_json: bool) -> bool:
	plans = []
	for plan in replaying.dry_run(db, settings, given, sign_unsigned=unsigned):
		plans.append(plan)
		if not as_json:
			_print_plan(plan)
	if as_json:
		print_json({"plans": plans})
	return any(plan["decision"] == "refused" for plan in plans)


def _print_plan(plan: Mapping[str, Any]) -> None:
	click.echo(f"{plan['place']}  {plan.get('topic', '')} {plan.get('label', '')}".rstrip())
	if plan["decision"] == "refused":
		click.echo(f"  refused: {_refusal(plan)}")
		return
	if plan["decision"] == "plan":
		for change in plan["changes"]:
			click.echo(f"  {change['action']} {change['doctype']} {change['name'] or change['key']}")
		for note in plan["not_applied"]:
			click.echo(f"  not applied: {note}")
		if not plan["changes"]:
			click.echo(f"  no change: {plan['reason']}")
		if plan["mode"] != "Live":
			click.echo(f"  (the store is in {plan['mode']} mode: this would not be carried out now)")
		return
	what = plan.get("category") or plan.get("status") or plan["decision"]
	click.echo(f"  {what}: {plan.get('message') or plan.get('reason')}")


def _refusal(refusal: Mapping[str, Any]) -> str:
	hint = " Recorded without a signature? Then add --unsigned." if refusal["message"] == "wrong signature" else ""
	return f"{refusal['place']}: {refusal['status']} {refusal['message']}.{hint}"
