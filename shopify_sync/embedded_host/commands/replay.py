"""`replay`: recorded deliveries through the same path, or with --dry-run what they would lead to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .. import config as config_file
from .. import deliveries
from .. import replay as replaying
from ..config import Config
from ..deliveries import Delivery
from ..host import Instance
from .common import config_option, db_option, json_option, print_json


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@db_option
@config_option
@click.option("--dry-run", is_flag=True, help="Print the plan of each delivery and change nothing at all.")
@click.option("--unsigned", is_flag=True, help="Take deliveries that were recorded without a signature.")
@json_option
def replay(files: tuple[Path, ...], db: Path, config: Path, dry_run: bool, unsigned: bool, as_json: bool) -> None:
	"""Feed recorded deliveries (JSON lines) through the receiving path, then carry out what is due."""
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
