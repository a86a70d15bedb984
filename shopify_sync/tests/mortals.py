"""Pushers in processes of their own that die where they are told to (crash_pusher.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe


@contextmanager
def mortals() -> Iterator[Callable[[str], str]]:
	"""Give a function that pushes until a step, where the pusher is killed; it returns `killed`, or what else became of it."""
	shops = json.dumps(frappe.conf.shopify_sync_shops)
	script = [sys.executable, "-m", "shopify_sync.tests.crash_pusher", frappe.local.site, shops]
	sites = frappe.utils.get_bench_path() + "/sites"
	with subprocess.Popen(script, cwd=sites, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
		assert process.stdin and process.stdout
		assert process.stdout.readline().strip() == "ready"

		def push_until(step: str) -> str:
			assert process.stdin and process.stdout
			process.stdin.write(step + "\n")
			process.stdin.flush()
			return process.stdout.readline().strip()

		yield push_until
		process.stdin.close()
