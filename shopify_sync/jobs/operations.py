"""Carries what operators asked for on. RQ calls `run`; the scheduler calls `schedule`. Thin."""

from __future__ import annotations

from shopify_sync.erpnext_host.operations import running


def schedule() -> list[str]:
	"""Have those gone on with that no worker is at: after a restart, a killed worker, a lost call. Every minute. Return their names.

	What no worker could go on with is ended.
	"""
	running.end_interrupted()
	names = running.KIND.silent(running.waiting())
	for name in names:
		call(name)
	return names


def call(name: str) -> None:
	"""Have a worker go on with an operation. What Redis loses is called again by the scheduler."""
	running.KIND.call(name)


def run(name: str) -> None:
	"""Go on with an operation, as far as the time in the queue allows; then have the next piece called."""
	running.KIND.run(name, lambda keep_on: running.carry_on(name, keep_on))
