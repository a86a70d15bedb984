"""The page that a long run draws: how much was simulated, what went wrong on purpose, how events ended, how long they took."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .runner import Summary

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --page: #ffffff; --bar: #2f6f9f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --page: #0d1117; --bar: #6cb0e0; --bad: #ff7b72; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; } p, figcaption { color: var(--soft); } figure { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 1.5rem 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; } .tile b { display: block; font-size: 1.5rem; }
.bad { color: var(--bad); } svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg rect { fill: var(--bar); } svg line { stroke: var(--line); } svg path { stroke: var(--bar); fill: none; stroke-width: 2; }
code { overflow-wrap: anywhere; }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; padding: 1rem; font-size: 12px; }
"""
_FAULTS = {
	"network.duplicated": "delivered twice",
	"network.delayed": "late by minutes or hours",
	"network.reordered": "overtaken by a later one",
	"network.lost": "never delivered",
	"network.garbled": "cut short on the way",
	"receiver.crash_before": "receiver killed before the commit",
	"receiver.crash_after": "receiver killed after the commit",
	"receiver.lost_answer": "answer lost",
	"receiver.lost_wake": "nobody woken (Redis away)",
	"worker.crash": "worker killed",
	"worker.freeze": "worker frozen",
	"worker.deadlock": "database deadlock",
	"worker.error": "unexpected error",
	"operator.crash": "operator's process killed",
	"late calls": "call that arrived after it was given up",
	"act.network api_outage": "Admin API away",
}
#: Bins of the latency chart: from, to (seconds), label.
_BINS = (
	(0, 0.25, "< ¼ s"), (0.25, 1, "¼–1 s"), (1, 5, "1–5 s"), (5, 15, "5–15 s"), (15, 60, "15–60 s"), (60, 300, "1–5 min"),
	(300, 900, "5–15 min"), (900, 3600, "15–60 min"), (3600, 86_400, "1–24 h"), (86_400, math.inf, "> 1 day"),
)  # fmt: skip


def write_report(path: Path, summary: Summary, seconds: float, profile: str, failures: Sequence[dict[str, Any]]) -> None:
	"""Write the page to *path*: one file, which needs nothing else."""
	path.write_text(_page(summary, seconds, profile, failures), encoding="utf-8")


def _page(summary: Summary, seconds: float, profile: str, failures: Sequence[dict[str, Any]]) -> str:
	counts = summary.counts
	verdict = f'<b class="bad">{len(failures)}</b> worlds broke a rule' if failures else "<b>0</b> worlds broke a rule"
	tiles = (
		f"<b>{summary.seeds:,}</b> worlds, {summary.simulated_days:,.0f} days",
		verdict,
		f"<b>{summary.seeds / max(seconds, 1e-9):,.1f}</b> worlds a second",
		f"<b>{counts['orders']:,}</b> orders",
		f"<b>{counts['network.attempts']:,}</b> deliveries, {counts['network.attempts'] / max(seconds, 1e-9):,.0f} a second",
		f"<b>{counts['attempts']:,}</b> Sync Attempts",
	)
	parts = [
		f"<h1>Simulated worlds: profile {html.escape(profile)}</h1>",
		"<p>The real engine, worlds made from seeds, everything going wrong at once. Each world was checked while it ran, at rest and "
		"after reconciliation.</p>",
		f'<div class="tiles">{"".join(f"<div class=tile>{tile}</div>" for tile in tiles)}</div>',
		_figure("What went wrong on purpose", _bars(_faults(counts)), "How often each fault struck, over all worlds."),
		_figure("How events ended", _bars(_statuses(counts)), "Sync Events by status after everything had come to rest."),
		_figure("How pushes ended", _bars(_statuses(counts, "push.")), "Sync Events on their way to Shopify by status."),
		_figure("Calls to Shopify", _bars(_statuses(counts, "call.")), "How calls of the Admin API ended."),
		_figure(
			"How long an event took",
			_bars(_latencies(summary.latencies)),
			f"From the acknowledgement to the end of an attempt, in simulated time; {_percentiles(summary.latencies)}.",
		),
		*(_failure(failure) for failure in failures),
	]
	return (
		f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
		f"<title>Simulation report</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
	)


def _faults(counts: Counter[str]) -> list[tuple[str, int]]:
	return [(label, counts[name]) for name, label in _FAULTS.items()]


def _statuses(counts: Counter[str], prefix: str = "status.") -> list[tuple[str, int]]:
	rows = [(name.partition(".")[2], number) for name, number in counts.items() if name.startswith(prefix)]
	return sorted(rows, key=lambda row: -row[1])


def _latencies(latencies: Sequence[float]) -> list[tuple[str, int]]:
	return [(label, sum(low <= value < high for value in latencies)) for low, high, label in _BINS]


def _percentiles(latencies: Sequence[float]) -> str:
	if not latencies:
		return "nothing was measured"
	ordered = sorted(latencies)
	shown = ((share, ordered[min(int(len(ordered) * share / 100), len(ordered) - 1)]) for share in (50, 95, 99))
	return ", ".join(f"p{share} {value:,.1f} s" for share, value in shown)


def _bars(rows: Iterable[tuple[str, int]]) -> str:
	"""Return a bar chart: a row each, the number at the bar's end."""
	rows = list(rows)
	largest = max((number for _label, number in rows), default=0) or 1
	lines = []
	for index, (label, number) in enumerate(rows):
		y = index * 26
		width = max(520 * number / largest, 1 if number else 0)
		lines.append(
			f'<text x="222" y="{y + 17}" text-anchor="end">{html.escape(label)}</text>'
			f'<rect x="232" y="{y + 5}" width="{width:.1f}" height="16" rx="2"></rect>'
			f'<text class="soft" x="{238 + width:.1f}" y="{y + 17}">{number:,}</text>'
		)
	height = len(rows) * 26 + 4
	axis = f'<line x1="231.5" x2="231.5" y1="0" y2="{height}"></line>'
	return f'<svg viewBox="0 0 840 {height}" role="img">{axis}{"".join(lines)}</svg>'


def _figure(title: str, chart: str, caption: str) -> str:
	return f"<h2>{html.escape(title)}</h2><figure>{chart}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _failure(failure: dict[str, Any]) -> str:
	broken = "".join(
		f"<li>{html.escape(one['rule'])}: {html.escape(one['about'])}: {html.escape(one['detail'])}</li>"
		for one in failure["violations"][:10]
	)
	trace = html.escape("\n".join(failure["trace"][-80:]))
	return (
		f'<h2 class="bad">Seed {failure["seed"]}</h2><ul>{broken}</ul>'
		f"<p>Again: <code>{html.escape(failure['command'])}</code></p><pre>{trace}</pre>"
	)
