"""Same seed, same commit: the same trace, byte for byte, whatever process it runs in and whatever ran before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shopify_sync.simulation.profiles import PROFILES
from shopify_sync.simulation.runner import Case, run

ROOT = Path(__file__).parents[2]


def in_a_process(hash_seed: str, *options: str) -> bytes:
	"""Return what the command prints in a process whose dicts and sets are hashed otherwise."""
	command = [sys.executable, "-m", "shopify_sync.cli", "simulate", "--trace", *options]
	environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
	return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_two_processes_print_the_same_bytes(profile: str) -> None:
	options = ("--seeds", "2", "--start", "41", "--profile", profile)
	first = in_a_process("1", *options)
	assert first == in_a_process("2", *options)
	assert first.count(b"\n") > 100, "a trace that is empty would be the same too"


def test_what_ran_before_makes_no_difference() -> None:
	alone = run(Case(7)).trace
	run(Case(8, "crashes"))
	assert run(Case(7)).trace == alone


def test_another_seed_is_another_world() -> None:
	assert run(Case(7)).trace != run(Case(9)).trace
