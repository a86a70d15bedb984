"""Keeps Frappe's own onboarding in step with the stores. The scheduler calls `run`; Shopify Store calls `store_saved`. Thin."""

from __future__ import annotations

import frappe

from shopify_sync.erpnext_host import onboarding
from shopify_sync.erpnext_host.log import warn


def run() -> None:
	"""Complete the steps that a store has done, every five minutes and after a store was saved."""
	onboarding.tell_frappe()
	frappe.db.commit()


def store_saved() -> None:
	"""Look again once the running transaction is committed, however many stores it saves. Without Redis the scheduler does it."""
	frappe.db.after_commit.add(_call)


def _call() -> None:
	try:
		frappe.enqueue("shopify_sync.jobs.onboarding.run", queue="short", job_id="shopify_sync_onboarding", deduplicate=True)
	except Exception as error:  # Redis away, or the queue is full
		warn(f"the onboarding is looked at later: {type(error).__name__}")
