"""`bench --site SITE shopify-sync simulate`: what it prints."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import frappe

from ..profiles import PROFILES
from ..result import Result
from ..runner import Case, Summary
from .runner import Unsuitable, run_many

_TRACE_LINES = 80


def simulate(seeds: int, start: int, profile: str, *, as_json: bool, trace: bool) -> bool:
	"""Run seeds on the connected site and print how they went. Return whether every rule held.

	:raises click.UsageError: for a profile that does not exist, or a site that is not there for tests.
	"""
	if profile not in PROFILES:
		raise click.UsageError(f"There is no profile {profile!r}; there are: {', '.join(sorted(PROFILES))}.")
	cases = [Case(seed, profile) for seed in range(start, start + seeds)]
	summary, began = Summary(), time.monotonic()
	try:
		with _progress(len(cases), quiet=as_json) as bar:

			def note(case: Case, result: Result) -> bool:
				summary.add(case, result)
				if trace and not as_json:
					click.echo("\n".join(result.trace))
				if bar:
					bar.update(1)
				return True

			run_many(cases, note)
	except Unsuitable as error:
		raise click.UsageError(str(error)) from error
	seconds = time.monotonic() - began
	if as_json:
		click.echo(json.dumps(_as_dict(summary, seconds, profile, start), indent=2))
	else:
		_print(summary, seconds)
	return not summary.failures


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Any]:
	if quiet:
		yield None
		return
	with click.progressbar(length=total, label="Days on the site", file=click.get_text_stream("stderr")) as bar:
		yield bar


def _again(case: Case) -> str:
	return f"bench --site {frappe.local.site} shopify-sync simulate --start {case.seed} --seeds 1 --profile {case.profile}"


def _as_dict(summary: Summary, seconds: float, profile: str, start: int) -> dict[str, Any]:
	failures = [
		{
			"seed": case.seed,
			"violations": [{"rule": one.rule, "about": one.about, "detail": one.detail} for one in violations],
			"command": _again(case),
			"trace": trace[-_TRACE_LINES:],
		}
		for case, violations, trace in summary.failures
	]
	return {
		"ok": not failures,
		"site": frappe.local.site,
		"profile": profile,
		"start": start,
		"seeds": summary.seeds,
		"seconds": round(seconds, 2),
		"counts": dict(sorted(summary.counts.items())),
		"failures": failures,
	}


def _print(summary: Summary, seconds: float) -> None:
	counts = summary.counts
	ends = ", ".join(
		f"{number} {name.partition('.')[2]}" for name, number in sorted(counts.items()) if name.startswith("status.")
	)
	rows = (
		("Days", f"{summary.seeds} in {seconds:.1f} s ({seconds / max(summary.seeds, 1):.1f} s each), {counts['worker.crash']} workers killed, {counts['worker.freeze']} frozen"),
		("Orders", f"{counts['orders']}, {counts['webhooks']} webhooks, {counts['intents']} deeds of people"),
		("Network", f"{counts['network.attempts']} deliveries; {counts['network.duplicated']} doubled, {counts['network.delayed']} late, {counts['network.lost']} lost"),
		("Events", ends),
	)  # fmt: skip
	click.echo()
	for label, text in rows:
		click.echo(f"  {label:9} {text}")
	click.echo()
	for case, violations, trace in summary.failures:
		click.secho(f"  WRONG  seed {case.seed}", fg="red")
		for violation in violations[:5]:
			click.echo(f"    {violation}")
		click.echo("\n".join(f"      {line}" for line in trace[-_TRACE_LINES:]))
		click.echo(f"    Again: {_again(case)}\n")
	if not summary.failures:
		click.secho("  OK  Every rule held on the site.", fg="green")
