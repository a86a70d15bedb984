"""`shopify-sync simulate`: what it prints of a good run and of a bad one, and that a failure can be seen again exactly."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shopify_sync.cli import main

from .mutations import MUTATIONS


def simulate(*options: str) -> Result:
	return CliRunner().invoke(main, ["simulate", "--jobs", "1", *options])


def broken(name: str) -> Any:
	"""Switch a deliberate bug on for the block."""
	return next(mutation for mutation in MUTATIONS if mutation.name == name).switch()


def test_a_good_run_says_so(tmp_path: Path) -> None:
	done = simulate("--seeds", "3", "--report", str(tmp_path / "report.html"))
	assert done.exit_code == 0, done.output
	assert "Every rule held in every world." in done.output
	page = (tmp_path / "report.html").read_text()
	assert "<b>3</b> worlds" in page and page.count("<svg") == 5


def test_json_is_for_programs() -> None:
	done = simulate("--seeds", "2", "--json")
	data = json.loads(done.stdout)
	assert data["ok"] is True and data["seeds"] == 2 and data["failures"] == []
	assert data["counts"]["webhooks"] > 0


def test_a_failing_seed_prints_itself_its_rule_a_short_trace_and_the_command_that_repeats_it() -> None:
	with broken("a cancellation is not carried over"):
		done = simulate("--seeds", "10", "--max-failures", "1")
		assert done.exit_code == 1
		assert re.search(r"WRONG  seed [123]\b", done.stdout)
		assert re.search(r"orders agree: store-\d/order/\d+: is cancelled, and SIM\d-\d+ is live", done.stdout)
		command = shlex.split(done.stdout.split("Again: ")[1].splitlines()[0])
		kept = command[command.index("--only") + 1].split(",")
		assert len(kept) <= 4, "an order, its cancellation, and what happened to it between"
		# The command shows the very same thing: every line of the trace.
		again = simulate(*command[2:], "--trace")
		assert again.exit_code == 1
		shown = [line.strip() for line in done.stdout.splitlines() if re.match(r"\s+\d+d \d\d:\d\d", line)]
		assert shown == [line.strip() for line in again.stdout.splitlines() if line[:1].isdigit()][-len(shown) :]
	assert simulate(*command[2:]).exit_code == 0, "without the bug nothing is wrong"


def test_json_of_a_failure_has_everything() -> None:
	with broken("evidence is not masked"):
		data = json.loads(simulate("--seeds", "1", "--json").stdout)
	(failure,) = data["failures"]
	assert not data["ok"] and failure["seed"] == 1
	assert failure["violations"][0]["rule"] == "nothing personal or secret is shown"
	assert failure["trace"] and failure["command"].startswith("shopify-sync simulate --start 1 --seeds 1")


@pytest.mark.parametrize(
	("options", "advice"),
	[
		(("--without", "gravity"), "there is no fault 'gravity'; there are: network.duplicate"),
		(("--only", "one"), "write numbers of intents, separated by commas"),
		(("--profile", "sunny"), "'sunny' is not one of"),
		(("--seeds", "0"), "0 is not in the range"),
	],
)
def test_nonsense_is_refused_with_what_to_write(options: tuple[str, ...], advice: str) -> None:
	done = simulate(*options)
	assert done.exit_code == 2 and advice in done.output


def test_faults_can_be_left_out_by_name() -> None:
	data = json.loads(simulate("--seeds", "5", "--json", "--without", "network.duplicate,worker.crash").stdout)
	assert data["counts"].get("network.duplicated", 0) == 0 and data["counts"].get("worker.crash", 0) == 0
	assert data["counts"]["network.reordered"] > 0
