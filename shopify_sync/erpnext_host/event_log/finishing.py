"""The end of an attempt, inside the attempt's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import frappe

from shopify_sync.core.events import LOOKED_AGAIN, SETTLED, Action, ClaimedEvent, Outcome, once_more
from shopify_sync.core.masking import redacted, speaks_of
from shopify_sync.core.plan import Redaction
from shopify_sync.core.ports import LeaseLost
from shopify_sync.core.statuses import FINAL, Status, check

from .. import attempts, times
from .rows import mark_superseded, requeue_one, shared_cause

_PARTS_WAIT = (str(Status.BLOCKED), str(Status.CONFLICT))


class Finishing:
	"""What a transaction of an attempt writes into the ledger (`core.ports.Transaction`)."""

	def finish(self, event: ClaimedEvent, outcome: Outcome) -> Outcome:
		"""See `core.ports.Transaction.finish`. Return what was written."""
		looks_again = _must_look_again(event, outcome)
		if looks_again:
			outcome = once_more(outcome, times.now())
		check(Status.PROCESSING, outcome.status)
		document_type, document_name = outcome.document or (None, None)
		now = times.now()
		waits = outcome.next_try_at if outcome.status is Status.RETRYING else None
		frappe.db.sql(
			"""UPDATE `tabSync Event` SET status = %s, category = %s, message = %s, missing = %s, cause = %s, not_applied = %s,
			document_type = COALESCE(%s, document_type), document_name = COALESCE(%s, document_name), superseded_by = %s, echo_of = %s,
			attempts = attempts - %s, due_at = %s, next_try_at = %s, finished_at = %s, modified = %s, lease_token = NULL, worker = NULL
			WHERE name = %s AND lease_token = %s AND status = 'Processing'""",
			(
				str(outcome.status), str(outcome.category) if outcome.category else None, outcome.message or None, (outcome.missing or "")[:140] or None,
				shared_cause(outcome.status, outcome.category, outcome.missing, outcome.message),
				"\n".join(outcome.not_applied) or None, document_type, document_name, outcome.superseded_by, outcome.echo_of,
				0 if outcome.costs_attempt else 1, times.to_naive_utc(waits), times.to_site(waits),
				times.to_site(now) if outcome.status in FINAL else None, times.to_site(now), event.name, event.lease,
			),
		)  # fmt: skip
		if frappe.db._cursor.rowcount != 1:
			raise LeaseLost(event.name)
		if looks_again:
			attempts.insert_note(event.name, event.attempts, Action.REQUEUE, str(outcome.status), "", reason=LOOKED_AGAIN)
		return outcome

	def supersede(self, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""See `core.ports.Transaction.supersede`."""
		rows = frappe.db.sql(
			"SELECT name FROM `tabSync Event` WHERE link = %s AND version < %s AND status IN %s AND name != %s",
			(event.signal.key, event.version, tuple(str(status) for status in statuses), event.name),
		)
		return mark_superseded([name for (name,) in rows], event.name)

	def requeue_parts(self, key: str) -> int:
		"""See `core.ports.Transaction.requeue_parts`."""
		rows = frappe.db.sql(
			"SELECT name, status FROM `tabSync Event` WHERE part_of = %s AND status IN %s",
			(key, (*_PARTS_WAIT, str(Status.PROCESSING))),
		)
		requeued = 0
		for name, status in rows:
			if status == Status.PROCESSING:
				frappe.db.sql("UPDATE `tabSync Event` SET look_again = 1 WHERE name = %s AND status = 'Processing'", (name,))
			elif requeue_one(name, Status(status), keep_attempts=True):
				attempts.insert_note(name, 0, Action.REQUEUE, str(Status.RECEIVED), "", reason=SETTLED)
				requeued += 1
		return requeued

	def redact(self, redaction: Redaction) -> None:
		"""See `core.ports.Transaction.redact`: takes what is personal out of payloads; everything else of the ledger stays."""
		rows = frappe.db.sql(
			"""SELECT name, link, payload FROM `tabSync Event` WHERE link IN %s
			UNION ALL SELECT name, link, payload FROM `tabSync Event` WHERE part_of IN %s
			UNION ALL SELECT name, link, payload FROM `tabSync Event` WHERE link IS NULL AND topic LIKE 'customers/%%'""",
			(redaction.links or ("",), redaction.links or ("",)),
			as_dict=True,
		)
		for row in rows:
			if row.link or speaks_of(row.payload, redaction.customer_id):
				# ERPNext names a Customer after the person; the link still leads to it.
				frappe.db.sql(
					"""UPDATE `tabSync Event` SET payload = %s,
					document_name = IF(document_type IN ('Customer', 'Contact', 'Address'), NULL, document_name) WHERE name = %s""",
					(redacted(row.payload), row.name),
				)


def _must_look_again(event: ClaimedEvent, outcome: Outcome) -> bool:
	"""Tell whether what the event would begin to wait for was saved since it was claimed; locks its row until the commit."""
	if outcome.status not in (Status.BLOCKED, Status.HELD):
		return False
	rows = frappe.db.sql(
		"SELECT look_again FROM `tabSync Event` WHERE name = %s AND lease_token = %s FOR UPDATE", (event.name, event.lease)
	)
	return bool(rows and rows[0][0])
