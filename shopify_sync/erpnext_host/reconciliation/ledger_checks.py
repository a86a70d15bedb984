"""What must hold in the ledger and in ERPNext whatever Shopify says, and no constraint of the database can hold.

Each check is one set-based statement, and yields findings of the kind *Ledger*: nothing of it is healed without a person. They
run at the end of every full run, that is, once a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Finding, Kind, Proposal
from shopify_sync.core.reconciliation.run import Run

from .. import policies, times
from ..event_log import in_short_transaction
from . import discrepancies, runs

#: An event is late when it should have been taken up so long ago: leases last five minutes, the sweeper looks every minute.
LATE = timedelta(hours=1)
#: What is not finished yet, or was just written, may still be in another transaction.
_SETTLED = timedelta(minutes=10)
#: Older events may have lost their attempts to retention, or their documents to people long ago.
_LOOKED_BACK = timedelta(days=3)
#: So many of a kind say enough.
_MOST = 500
#: The resource of a discrepancy about an event.
EVENT = "sync_event"


@dataclass(frozen=True)
class Check:
	"""One invariant.

	:ivar name: the discrepancy's field. *should*, *is_so*: what is expected and what is found, for people.
	:ivar query: returns id, label, document type, document, event, resource, detail.
	"""

	name: str
	should: str
	is_so: str
	query: str


#: What links of these resources lead to is told by their own comparison.
_COMPARED = (keys.ORDER, keys.CUSTOMER, keys.INVENTORY_LEVEL)
_DOCUMENTS = ("Customer", "Item", "Delivery Note", "Contact")

#: A Sales Order that somebody deleted is told by the comparison of orders; this is about one that never was.
_APPLIED_WITHOUT_DOCUMENT = Check(
	"applied without a document",
	"an applied event of an order has a Sales Order",
	"it has none",
	"""SELECT event.shopify_id AS id, event.order_name AS label, NULL AS document_type, NULL AS document_name, event.name AS event,
	'order' AS resource, '' AS detail FROM `tabSync Event` event
	LEFT JOIN `tabShopify Link` link ON link.name = event.link
	WHERE event.store = %(store)s AND event.status = 'Applied' AND event.resource_type = 'order' AND event.direction = 'Inbound'
	AND event.received_at > %(since)s AND event.finished_at < %(settled)s AND IFNULL(link.document_name, '') = ''
	AND NOT EXISTS (SELECT 1 FROM `tabSales Order` document WHERE document.shopify_key = event.link)
	GROUP BY event.shopify_id LIMIT %(most)s""",
)
_LATE = Check(
	"past its time",
	"an event is taken up when it is due",
	"it waits since",
	"""SELECT event.name AS id, event.order_name AS label, NULL AS document_type, NULL AS document_name, event.name AS event,
	'sync_event' AS resource, event.due_at AS detail FROM `tabSync Event` event
	WHERE event.direction IN ('Inbound', 'Outbound') AND event.due_at < %(late)s AND event.store = %(store)s LIMIT %(most)s""",
)
_APPLIED_WITHOUT_ATTEMPT = Check(
	"applied without evidence",
	"an applied event has an attempt that says what it changed",
	"it has none",
	"""SELECT event.name AS id, event.order_name AS label, event.document_type, event.document_name, event.name AS event,
	'sync_event' AS resource, '' AS detail FROM `tabSync Event` event
	WHERE event.store = %(store)s AND event.status = 'Applied' AND event.direction = 'Inbound' AND event.received_at > %(since)s
	AND event.finished_at < %(settled)s
	AND NOT EXISTS (SELECT 1 FROM `tabSync Attempt` attempt WHERE attempt.event = event.name AND attempt.outcome = 'Applied')
	LIMIT %(most)s""",
)
_DEAD_LINK = Check(
	"link to nothing",
	"a Shopify Link leads to a document",
	"there is no such document",
	" UNION ALL ".join(
		f"""(SELECT link.shopify_id AS id, link.document_name AS label, link.document_type, link.document_name, link.last_event AS event,
		link.resource_type AS resource, '' AS detail FROM `tabShopify Link` link
		LEFT JOIN `tab{doctype}` document ON document.name = link.document_name
		WHERE link.store = %(store)s AND link.document_type = '{doctype}' AND link.document_name != '' AND document.name IS NULL
		AND link.resource_type NOT IN %(compared)s
		LIMIT %(most)s)"""
		for doctype in _DOCUMENTS
	),
)
#: An amendment has no key, but its rows name the lines, and what it amends was the order's: live beside a document that has the
#: key, the order is booked twice.
_ORDERED_TWICE = Check(
	"two Sales Orders",
	"one live Sales Order for an order",
	"another one has the same lines",
	"""SELECT SUBSTRING_INDEX(own.shopify_key, '/', -1) AS id, own.shopify_order_name AS label, 'Sales Order' AS document_type,
	other.name AS document_name, NULL AS event, 'order' AS resource, own.name AS detail
	FROM `tabSales Order` other JOIN `tabSales Order Item` row ON row.parent = other.name AND row.shopify_line_item_id != ''
	JOIN `tabSales Order Item` own_row ON own_row.shopify_line_item_id = row.shopify_line_item_id AND own_row.parent != row.parent
	JOIN `tabSales Order` own ON own.name = own_row.parent AND own.docstatus = 1 AND own.shopify_key LIKE %(orders)s
	JOIN `tabSync Event` made ON made.link = own.shopify_key AND made.document_type = 'Sales Order'
	AND made.document_name = other.amended_from
	WHERE other.docstatus = 1 AND IFNULL(other.shopify_key, '') = '' AND other.amended_from IS NOT NULL
	GROUP BY own.name, other.name LIMIT %(most)s""",
)
_PAID_TWICE = Check(
	"two payments",
	"one live Payment Entry for a transaction",
	"another one has the same reference",
	"""SELECT SUBSTRING_INDEX(SUBSTRING_INDEX(own.shopify_key, '/', 3), '/', -1) AS id, '' AS label, 'Payment Entry' AS document_type,
	other.name AS document_name, NULL AS event, 'order' AS resource, own.name AS detail
	FROM `tabPayment Entry` other JOIN `tabPayment Entry` own
	ON own.reference_no = other.reference_no AND own.name != other.name AND own.docstatus = 1 AND own.party = other.party
	AND own.payment_type = other.payment_type AND own.shopify_key LIKE %(orders)s
	WHERE other.docstatus = 1 AND IFNULL(other.shopify_key, '') = '' AND other.amended_from IS NOT NULL
	GROUP BY own.name, other.name LIMIT %(most)s""",
)
#: An attempt says what it changed; the document that it says it made is not there, and nobody deleted it.
_CHANGE_WITHOUT_DOCUMENT = Check(
	"attempt without its change",
	"what an attempt made is there",
	"the Sales Order is not there, and nobody deleted it",
	"""SELECT event.name AS id, event.order_name AS label, NULL AS document_type, NULL AS document_name, event.name AS event,
	'sync_event' AS resource, event.document_name AS detail FROM `tabSync Event` event
	JOIN `tabSync Attempt` attempt ON attempt.event = event.name AND attempt.outcome = 'Applied' AND attempt.changes IS NOT NULL
	WHERE event.store = %(store)s AND event.status = 'Applied' AND event.resource_type = 'order' AND event.document_type = 'Sales Order'
	AND event.received_at > %(since)s AND event.finished_at < %(settled)s
	AND NOT EXISTS (SELECT 1 FROM `tabSales Order` document WHERE document.name = event.document_name)
	AND NOT EXISTS (SELECT 1 FROM `tabDeleted Document` gone
		WHERE gone.deleted_doctype = 'Sales Order' AND gone.deleted_name = event.document_name)
	GROUP BY event.name LIMIT %(most)s""",
)
CHECKS = (
	_APPLIED_WITHOUT_DOCUMENT,
	_LATE,
	_APPLIED_WITHOUT_ATTEMPT,
	_CHANGE_WITHOUT_DOCUMENT,
	_DEAD_LINK,
	_ORDERED_TWICE,
	_PAID_TWICE,
)


def keep(run: Run) -> int:
	"""Look at everything, and keep what does not hold as discrepancies of *run*; what holds again is over. Commits. Return how many."""
	now = times.now()
	found = look(run.store)

	def write() -> None:
		discrepancies.settle(run.name, found, (), now)
		where = "kind = %(kind)s AND IFNULL(last_run, '') != %(run)s"
		discrepancies.settle_all(run.store, where, {"kind": str(Kind.LEDGER), "run": run.name}, now)
		runs.count(run)

	in_short_transaction(write)
	return len(found)


def _findings(store: str, check: Check, now: datetime) -> Iterator[Finding]:
	for row in _rows(store, check, now):
		document = (row.document_type, row.document_name) if row.document_type and row.document_name else None
		detail = f" {row.detail}" if row.detail else ""
		difference = Difference(Kind.LEDGER, check.name, check.should, f"{check.is_so}{detail}", document=document)
		cause = Cause.BROKEN_LINK if check is _DEAD_LINK else Cause.UNKNOWN
		proposal = Proposal.MEND_EVENT if check is _LATE else Proposal.REVIEW
		explanation = Explanation(cause, event=row.event or None)
		yield Finding(store, row.resource or keys.ORDER, str(row.id), row.label or "", difference, explanation, proposal)


def _rows(store: str, check: Check, now: datetime) -> Sequence[Any]:
	values = {
		"store": store,
		"since": times.to_site(now - _LOOKED_BACK),
		"settled": times.to_site(now - _SETTLED),
		"late": times.to_naive_utc(now - LATE),
		"orders": f"{_escaped(store)}/order/%",
		"most": _MOST,
		"compared": (*_COMPARED, *((keys.VARIANT,) if policies.policy(store).sync_products else ())),
	}
	rows: Sequence[Any] = frappe.db.sql(check.query, values, as_dict=True)
	return rows


def _escaped(text: str) -> str:
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def look(store: str) -> list[Finding]:
	"""Return what does not hold in a store now, and keep nothing."""
	now = times.now()
	return [finding for check in CHECKS for finding in _findings(store, check, now)]
