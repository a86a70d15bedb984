"""Watches the stores. The scheduler calls `run` every minute and `digests` every five; RQ calls `tell` and `send_digest`. Thin."""

from __future__ import annotations

import frappe

from shopify_sync.erpnext_host.alerts import digest, evaluating, telling
from shopify_sync.erpnext_host.log import warn

#: A channel that does not answer is given up after this: below what a worker of the queue may take.
_SECONDS = 120


def run() -> list[str]:
	"""Look at every store, and have told what is due. Every minute. Return the alerts that somebody is told of."""
	called: list[str] = []
	for store in frappe.get_all("Shopify Store", pluck="name", order_by="name"):
		try:
			due = evaluating.evaluate(store)
		except Exception as error:  # one store must not keep the others from being watched, nor this the sync from working
			frappe.db.rollback()
			warn(f"the alerts of {store} could not be looked at: {type(error).__name__}: {error}")
			continue
		for name in due:
			call(name)
		called += due
	return called


def call(name: str) -> None:
	"""Have a worker tell an alert. What Redis loses is called again by the next evaluation."""
	try:
		# One that waits already is enough: without workers there would be another each minute.
		job = {"job_id": f"shopify_sync_alert_{name}", "deduplicate": True}
		frappe.enqueue("shopify_sync.jobs.alerts.tell", queue="default", timeout=_SECONDS, alert=name, **job)
	except Exception as error:
		warn(f"no worker was called to tell alert {name}: {type(error).__name__}")


def tell(alert: str) -> None:
	"""Tell an alert."""
	frappe.set_user("Administrator")
	telling.tell(alert)


def digests() -> list[str]:
	"""Have the digests sent that are due. Every five minutes. Return their stores."""
	stores = digest.stores_due()
	for store in stores:
		try:
			job = {"job_id": f"shopify_sync_digest_{store}", "deduplicate": True}
			frappe.enqueue("shopify_sync.jobs.alerts.send_digest", queue="long", store=store, **job)
		except Exception as error:
			warn(f"no worker was called for the digest of {store}: {type(error).__name__}")
	return stores


def send_digest(store: str) -> None:
	"""Send the digest of a store, if it is still due."""
	frappe.set_user("Administrator")
	digest.send_if_due(store)
