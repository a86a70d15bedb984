"""Workers that kill themselves, one after the other, as power cuts would. Argument: the site. mortals.py talks to it.

Each line on its standard input is JSON: what is done (`drain` or `push`), at which step the worker dies, and where shops answer.
A process is forked that works until it reaches that step and dies there, by SIGKILL, and a line with how it ended comes back.
Forked, since Frappe and ERPNext take seconds to load.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import frappe


def main(site: str) -> None:
	"""Serve lines until the input ends."""
	# Loaded once, for all who are forked.
	from erpnext.accounts.doctype.sales_invoice import sales_invoice  # noqa: F401
	from erpnext.selling.doctype.sales_order import sales_order  # noqa: F401
	from erpnext.stock.doctype.item import item  # noqa: F401

	from shopify_sync.erpnext_host import host, push_host  # noqa: F401

	print("ready", flush=True)
	for line in sys.stdin:
		if not (child := os.fork()):
			_be_mortal(site, **json.loads(line))
		_pid, status = os.waitpid(child, 0)
		killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
		print("killed" if killed else f"lived ({os.waitstatus_to_exitcode(status)})", flush=True)


def _be_mortal(site: str, work: str, step: str, shops: Mapping[str, str]) -> None:
	"""Work until the step; never returns, or the child would serve lines as well."""
	try:
		frappe.init(site=site, sites_path=".")
		frappe.connect()
		frappe.set_user("Administrator")
		frappe.conf.shopify_sync_shops = shops
		{"push": _push, "drain": _drain, "backfill": _backfill, "reconcile": _reconcile, "operate": _operate}[work](step)
	except BaseException:
		traceback.print_exc()
		os._exit(1)
	os._exit(0)


def _die() -> None:
	os.kill(os.getpid(), signal.SIGKILL)


def _probe(step: str, reached: list[str]) -> Callable[[str], None]:
	def probe(name: str) -> None:
		reached.append(name)
		if name == step:
			_die()

	return probe


def _drain(step: str) -> None:
	from shopify_sync.core.engine import Engine
	from shopify_sync.erpnext_host.host import FrappeHost

	Engine(FrappeHost(), _probe(step, [])).drain()


def _backfill(step: str) -> None:
	"""Go on with a backfill. *step*: its name, and how many steps it lives."""
	from shopify_sync.erpnext_host.backfill import running

	from .backfilled import Draining

	name, _colon, lives = step.partition(":")
	running.carry_on(name, host=Draining(), probe=_mortal_after(int(lives)))


def _reconcile(step: str) -> None:
	"""Go on with a reconciliation, as :func:`_backfill`."""
	from shopify_sync.erpnext_host.reconciliation import running

	name, _colon, lives = step.partition(":")
	running.carry_on(name, probe=_mortal_after(int(lives)))


def _operate(step: str) -> None:
	"""Go on with an operation. *step*: its name, and how many steps it lives."""
	from shopify_sync.erpnext_host.operations import running

	name, _colon, lives = step.partition(":")
	running.carry_on(name, probe=_mortal_after(int(lives)), paced=False)


def _mortal_after(steps: int) -> Callable[[str], None]:
	left = steps

	def probe(_name: str) -> None:
		nonlocal left
		left -= 1
		if left < 0:
			_die()

	return probe


def _push(step: str) -> None:
	from shopify_sync.core.outbound.pusher import Pusher
	from shopify_sync.erpnext_host.host import FrappeTransaction
	from shopify_sync.erpnext_host.push_host import FrappePushHost

	reached: list[str] = []

	class Host(FrappePushHost):
		@contextmanager
		def transaction(self, *args: Any, **kwargs: Any) -> Iterator[FrappeTransaction]:
			with super().transaction(*args, **kwargs) as tx:
				yield tx
				if step == "before_commit" and "after_call" in reached:
					_die()

	Pusher(Host(), _probe(step, reached)).drain()


if __name__ == "__main__":
	main(*sys.argv[1:])
