"""Every minute: wake a worker when anything is due. That finds lost wake-ups, retries, and the events of dead workers."""

from __future__ import annotations

from shopify_sync.erpnext_host import wake
from shopify_sync.erpnext_host.event_log import FrappeEventLog


def run() -> None:
	"""Look at the due index once; whatever is due has the same cure."""
	if FrappeEventLog().due():
		wake.wake(flag=False)
