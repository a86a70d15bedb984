"""Workers in processes of their own that die where they are told to (crash_worker.py)."""

from __future__ import annotations

import json
import subprocess
import sys

import frappe


class Mortals:
	"""Has workers killed. The process that makes them starts with the first order."""

	def __init__(self) -> None:
		self._process: subprocess.Popen[str] | None = None

	def push_until(self, step: str) -> str:
		"""Push until a step, where the pusher is killed (*before_commit*: after a call); return `killed`, or what else became of it."""
		return self._work("push", step)

	def drain_until(self, step: str) -> str:
		"""Carry out events until a step, where the worker is killed; as :meth:`push_until`."""
		return self._work("drain", step)

	def backfill_until(self, run: str, steps: int) -> str:
		"""Go on with a backfill for so many of its steps, as :meth:`push_until`."""
		return self._work("backfill", f"{run}:{steps}")

	def reconcile_until(self, run: str, steps: int) -> str:
		"""Go on with a reconciliation for so many of its steps, as :meth:`push_until`."""
		return self._work("reconcile", f"{run}:{steps}")

	def operate_until(self, operation: str, steps: int) -> str:
		"""Go on with an operation for so many of its steps, as :meth:`push_until`."""
		return self._work("operate", f"{operation}:{steps}")

	def _work(self, work: str, step: str) -> str:
		order = {"work": work, "step": step, "shops": frappe.conf.get("shopify_sync_shops") or {}}
		process = self._process or self._start()
		assert process.stdin and process.stdout
		process.stdin.write(json.dumps(order) + "\n")
		process.stdin.flush()
		return process.stdout.readline().strip()

	def _start(self) -> subprocess.Popen[str]:
		script = [sys.executable, "-m", "shopify_sync.tests.crash_worker", frappe.local.site]
		sites = frappe.utils.get_bench_path() + "/sites"
		self._process = subprocess.Popen(script, cwd=sites, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
		assert self._process.stdout
		assert self._process.stdout.readline().strip() == "ready", "crash_worker.py did not start"
		return self._process

	def close(self) -> None:
		"""End the process that makes workers; the next order starts another one."""
		if self._process:
			self._process.communicate(timeout=30)
			self._process = None
