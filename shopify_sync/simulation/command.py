"""`shopify-sync simulate`: days of bad luck, as many as one wants, and a command that repeats any of them."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from . import runner
from .profiles import ALL, FAULTS, PROFILES
from .runner import Case, Summary
from .shrink import MAX_RUNS, shrink


def _numbers(_context: click.Context, _option: click.Parameter, text: str | None) -> frozenset[int] | None:
	if text is None:
		return None
	try:
		return frozenset(int(part) for part in text.split(",") if part.strip())
	except ValueError:
		raise click.BadParameter("write numbers of intents, separated by commas, as 3,17,22.") from None


def _faults(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, ...]:
	names = tuple(part.strip() for part in text.split(",") if part.strip())
	if names == (ALL,):
		return FAULTS
	for name in names:
		if name not in FAULTS:
			raise click.BadParameter(f"there is no fault {name!r}; there are: {', '.join(FAULTS)}; {ALL} leaves out all.")
	return names


@click.command()
@click.option("--seeds", default=100, show_default=True, type=click.IntRange(1), help="How many worlds.")
@click.option("--start", default=1, show_default=True, type=click.IntRange(0), help="The first seed.")
@click.option("--days", default=1.0, show_default=True, type=click.FloatRange(0.01, 60), help="How long each world lives.")
@click.option("--profile", default="default", show_default=True, type=click.Choice(sorted(PROFILES)), help="What kind of days.")
@click.option("--jobs", default=runner.default_jobs, show_default="cores", type=click.IntRange(1), help="Processes side by side.")
@click.option("--only", callback=_numbers, help="Keep only these intents (a shrunk failure names them).")
@click.option(
	"--without", default="", callback=_faults, help="Leave out these kinds of faults, e.g. worker.crash,skew; `all`: every kind."
)
@click.option("--max-failures", default=3, show_default=True, type=click.IntRange(1), help="Stop after so many failing seeds.")
@click.option("--no-shrink", is_flag=True, help="Do not look for a shorter trace.")
@click.option("--trace", is_flag=True, help="Print everything that happened.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with charts to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def simulate(
	seeds: int, start: int, days: float, profile: str, jobs: int, max_failures: int, no_shrink: bool, trace: bool,
	report: Path | None, as_json: bool, **narrowed: Any,
) -> None:  # fmt: skip
	"""Run the real engine in simulated worlds where everything goes wrong, and check that nothing is lost, doubled or drifts.

	Each seed is a world of its own: stores, customers, staff and operators, a network that loses and repeats, workers that are
	killed at any step. The same seed gives the same world, to the last byte.
	"""
	cases = [Case(seed, profile, days, **narrowed) for seed in range(start, start + seeds)]
	began = time.monotonic()
	if trace:
		_print_traces(cases)
		return
	with _progress(len(cases), as_json) as show:
		summary = runner.run_many(cases, min(jobs, len(cases)), lambda so_far: _go_on(so_far, show, max_failures))
	seconds = time.monotonic() - began
	failures = [_failure(case, not no_shrink, as_json) for case, _violations, _trace in summary.failures]
	if report:
		from .report import write_report

		write_report(report, summary, seconds, profile, failures)
	if as_json:
		click.echo(json.dumps(_as_dict(summary, seconds, profile, start, failures), indent=2))
	else:
		_print(summary, seconds, failures, report)
	if failures:
		raise click.exceptions.Exit(1)


def _go_on(summary: Summary, show: Callable[[int], None], max_failures: int) -> bool:
	show(summary.seeds)
	return len(summary.failures) < max_failures


@contextmanager
def _progress(total: int, as_json: bool) -> Iterator[Callable[[int], None]]:
	if as_json:
		yield lambda done: None
		return
	with click.progressbar(length=total, label="Simulated worlds", file=sys.stderr) as bar:
		yield lambda done: bar.update(done - bar.pos)


def _print_traces(cases: list[Case]) -> None:
	failed = False
	for case in cases:
		result = runner.run(case)
		click.echo(f"# seed {case.seed}")
		click.echo("\n".join(result.trace))
		failed = failed or bool(result.violations)
	if failed:
		raise click.exceptions.Exit(1)


def _failure(case: Case, shorten: bool, quiet: bool) -> dict[str, Any]:
	result = runner.run(case)
	if shorten:
		if quiet:
			case, result = shrink(case, result)
		else:
			with click.progressbar(length=MAX_RUNS, label=f"Shrinking seed {case.seed}", file=sys.stderr) as bar:
				case, result = shrink(case, result, lambda number: bar.update(number - bar.pos))
	return {
		"seed": case.seed,
		"violations": [
			{"rule": violation.rule, "about": violation.about, "detail": violation.detail} for violation in result.violations
		],
		"command": case.command(),
		"trace": result.trace,
	}


def _as_dict(summary: Summary, seconds: float, profile: str, start: int, failures: list[dict[str, Any]]) -> dict[str, Any]:
	return {
		"ok": not failures,
		"profile": profile,
		"start": start,
		"seeds": summary.seeds,
		"seconds": round(seconds, 2),
		"simulated_days": round(summary.simulated_days, 1),
		"counts": dict(sorted(summary.counts.items())),
		"failures": failures,
	}


def _print(summary: Summary, seconds: float, failures: list[dict[str, Any]], report: Path | None) -> None:
	counts = summary.counts
	bad_luck = sum(number for name, number in counts.items() if name.startswith(("worker.", "receiver.", "operator.")))
	rows = (
		("Worlds", f"{summary.seeds} in {seconds:.1f} s ({summary.seeds / max(seconds, 1e-9):.1f} a second); {summary.simulated_days:.0f} days simulated"),
		("Orders", f"{counts['orders']}, {counts['webhooks']} webhooks, {counts['intents']} deeds of people"),
		("Network", f"{counts['network.attempts']} deliveries; {counts['network.duplicated']} doubled, {counts['network.delayed']} late, {counts['network.lost']} lost"),
		("Bad luck", f"{bad_luck} times: {counts['worker.crash']} crashes, {counts['worker.freeze']} freezes, {counts['worker.deadlock']} deadlocks"),
		("Events", _by_status(counts, "status.")),
		("Pushes", f"{_by_status(counts, 'push.')}; {counts['set']} times stock was set, {counts['fulfilled']} parcels were sent, {counts['returned']} returns made"),
		("Calls", f"{_by_status(counts, 'call.')}; {counts['late calls']} arrived after they were given up"),
	)  # fmt: skip
	click.echo()
	for label, text in rows:
		click.echo(f"  {label:9} {text}")
	click.echo()
	for failure in failures:
		click.secho(f"  WRONG  seed {failure['seed']}", fg="red")
		for violation in failure["violations"][:5]:
			click.echo(f"    {violation['rule']}: {violation['about']}: {violation['detail']}")
		click.echo("\n".join(f"      {line}" for line in failure["trace"][-60:]))
		click.echo(f"    Again: {failure['command']}\n")
	if not failures:
		click.secho("  OK  Every rule held in every world.", fg="green")
	if report:
		click.echo(f"\n  {report} has the charts.")


def _by_status(counts: Counter[str], prefix: str) -> str:
	return ", ".join(f"{number} {name.partition('.')[2]}" for name, number in sorted(counts.items()) if name.startswith(prefix))
