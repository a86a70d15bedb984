"""Every minute: wake a worker when anything is due. That finds lost wake-ups, retries, and the events of dead workers."""

from __future__ import annotations

from shopify_sync.erpnext_host import wake
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.push_host import FrappePushHost


def run() -> None:
	"""Look at the due index once each way; whatever is due has the same cure. What may not be sent now waits for its gate."""
	if FrappeEventLog().due():
		wake.wake(flag=False)
	if FrappePushHost().due_stores():
		wake.wake_pusher(flag=False)
