"""The ledger on MariaDB. Nothing else writes a row of Sync Event, and every status is checked against core/statuses.py.

The due time is the queue: `due_at` (UTC) is set while an event waits for its turn and, as the end of the lease, while a worker
has it; it is NULL otherwise. One index finds new events, retries and the events of dead workers alike, of either way apart.

One module for each part of an event's life: `receiving`, `claiming`, `finishing`; `waiting` sets going what waited, `deciding` is what
people do. The outbound half, `outbound`, is erpnext_host/outbox.py's to fill and the pusher's to empty.
"""

from __future__ import annotations

from .deciding import Deciding
from .finishing import Finishing
from .older import Older
from .outbound import Outbound
from .receiving import Receiving
from .transactions import in_own_transaction, in_short_transaction
from .waiting import MENDS_ONE_THING, Waiting

__all__ = ["MENDS_ONE_THING", "FrappeEventLog", "in_own_transaction", "in_short_transaction"]


class FrappeEventLog(Receiving, Outbound, Finishing, Waiting, Deciding, Older):
	"""`core.ports.EventLog` and `core.outbound.ports.Outbox` on the doctype Sync Event.

	:param max_attempts: returns the limit of a store, for events whose workers die.
	"""
