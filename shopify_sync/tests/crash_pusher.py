"""Pushers that kill themselves, one after the other, as power cuts would. Arguments: site, where shops answer (JSON).

Each line on its standard input names a step (`before_call`, `after_call`, `before_commit`); a process is forked that pushes until it
reaches that step and dies there, by SIGKILL, and a line with how it ended comes back. Forked, since Frappe takes seconds to load.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import frappe


def main(site: str, shops: str) -> None:
	"""Serve lines until the input ends."""
	import erpnext  # noqa: F401 - loaded once, for all who are forked

	from shopify_sync.core.outbound import pusher, stock_push  # noqa: F401
	from shopify_sync.erpnext_host import push_host  # noqa: F401

	print("ready", flush=True)
	for line in sys.stdin:
		if not (child := os.fork()):
			_push_until(site, shops, line.strip())
			os._exit(0)
		_pid, status = os.waitpid(child, 0)
		print("killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else "lived", flush=True)


def _push_until(site: str, shops: str, step: str) -> None:
	from shopify_sync.core.outbound.pusher import Pusher
	from shopify_sync.erpnext_host.host import FrappeTransaction
	from shopify_sync.erpnext_host.push_host import FrappePushHost

	reached: list[str] = []

	def die() -> None:
		os.kill(os.getpid(), signal.SIGKILL)

	class Host(FrappePushHost):
		@contextmanager
		def transaction(self) -> Iterator[FrappeTransaction]:
			with super().transaction() as tx:
				yield tx
				if step == "before_commit" and "after_call" in reached:
					die()

	def probe(name: str) -> None:
		reached.append(name)
		if name == step:
			die()

	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.conf.shopify_sync_shops = json.loads(shops)
	Pusher(Host(), probe).drain()


if __name__ == "__main__":
	main(*sys.argv[1:])
