"""A worker process that kills itself, as a power cut would, when the engine reaches a step. Arguments: site, step, what it does
(`drain` or `push`), and where shops answer, as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys

import frappe


def main(site: str, step: str, work: str, shops: str) -> None:
	"""Drain the site's queue until *step* is reached."""
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.core.engine import Engine
	from shopify_sync.core.outbound.pusher import Pusher
	from shopify_sync.erpnext_host.host import FrappeHost
	from shopify_sync.erpnext_host.push_host import FrappePushHost

	def die(reached: str) -> None:
		if reached == step:
			os.kill(os.getpid(), signal.SIGKILL)

	frappe.conf.shopify_sync_shops = json.loads(shops)
	if work == "push":
		Pusher(FrappePushHost(), die).drain()
	else:
		Engine(FrappeHost(), die).drain()


if __name__ == "__main__":
	main(*sys.argv[1:])
