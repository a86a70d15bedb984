"""A worker process that kills itself, as a power cut would, when the engine reaches a step. Arguments: site, step."""

from __future__ import annotations

import os
import signal
import sys

import frappe


def main(site: str, step: str) -> None:
	"""Drain the site's queue until *step* is reached."""
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.core.engine import Engine
	from shopify_sync.erpnext_host.host import FrappeHost

	def die(reached: str) -> None:
		if reached == step:
			os.kill(os.getpid(), signal.SIGKILL)

	Engine(FrappeHost(), die).drain()


if __name__ == "__main__":
	main(*sys.argv[1:])
