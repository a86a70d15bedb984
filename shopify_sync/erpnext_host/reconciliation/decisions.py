"""What people decide about a discrepancy: heal it now, put the order back, accept it as it is, compare it again."""

from __future__ import annotations

import frappe

from shopify_sync.core import keys
from shopify_sync.core.operations import Refused
from shopify_sync.core.reconciliation.comparing import Comparing
from shopify_sync.core.reconciliation.discrepancy import LIVE, State
from shopify_sync.core.reconciliation.findings import SAFE, Finding, Kind, Proposal
from shopify_sync.core.reconciliation.ports import Shopify, Window
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth, Reason

from .. import times
from ..event_log import in_short_transaction
from . import discrepancies, running, runs
from .host import FrappeReconcileHost
from .runs import Wanted
from .settings import settings_of


def heal(name: str, user: str, shopify: Shopify | None = None) -> str:
	"""Carry out now what is proposed about a discrepancy; return what was done, in words. Commits.

	What Shopify has is read anew. :raises Refused: when it is not safe, or over. :raises SyncFailure: when Shopify does not answer.
	"""
	finding = _live(name)
	if finding.proposal not in SAFE:
		raise Refused("This one needs a person: it cannot be healed by pressing a button. See what is proposed.")
	return _carry_out(name, finding, user, shopify, "Healed by hand.")


def restore(name: str, user: str, shopify: Shopify | None = None) -> str:
	"""Make an order again whose Sales Order somebody cancelled or deleted: its link is set free, and Shopify's state comes anew.

	What was booked with the old Sales Order and is still there is not touched: the engine refuses where that stands in the way.
	:raises Refused: for anything but a missing order that waits for a person.
	"""
	finding = _live(name)
	if finding.difference.kind is not Kind.MISSING or finding.resource != keys.ORDER or finding.proposal is not Proposal.REVIEW:
		raise Refused("Only an order whose Sales Order was cancelled or deleted can be restored.")
	if _has_live_document(finding):
		raise Refused("There is a live Sales Order of this order. Compare again.")
	reader = shopify or running.reader_of(finding.store, settings_of(finding.store).share)
	page = _read(finding, reader)
	if finding.link not in page.payloads:
		raise Refused("Shopify has no such order any more.")
	in_short_transaction(lambda: _set_free(finding.link))
	return _apply(name, finding, page, user, "Restored from Shopify by hand.")


def dismiss(name: str, user: str, reason: str) -> None:
	"""Accept a discrepancy as it is, until one of both values changes. Commits. :raises Refused: without a reason, or when it is over."""
	if not reason.strip():
		raise Refused("Give a reason: it is kept with the discrepancy.")
	_live(name)
	in_short_transaction(lambda: discrepancies.decide(name, State.DISMISSED, user, reason.strip()))


def compare_again(name: str, user: str) -> str:
	"""Begin a run that compares the record of a discrepancy only; return its name. Commits.

	:raises Refused: when Shopify cannot be read now, or there is nothing to compare.
	"""
	kept = discrepancies.read(name)
	if kept is None:
		raise Refused("There is no such discrepancy any more.")
	finding = kept.one.finding
	running.check(finding.store)
	ids = _ids_of(finding)
	wanted = Wanted(finding.store, Depth.RECORDS, Reason.OPERATOR, None, times.now(), ids, dry_run=True, user=user)
	run = runs.begin(wanted)
	frappe.db.commit()
	return run


def _ids_of(finding: Finding) -> dict[str, tuple[str, ...]]:
	if finding.difference.kind is Kind.LEDGER:
		raise Refused("This was found in the ledger, and is looked at again by the next full run.")
	if finding.resource == keys.VARIANT:
		raise Refused("Links are compared product by product, by every full run: start one.")
	return {finding.resource: (finding.shopify_id,)}


def _live(name: str) -> Finding:
	kept = discrepancies.read(name)
	if kept is None:
		raise Refused("There is no such discrepancy any more.")
	if kept.one.state not in (*LIVE, State.DISMISSED):
		raise Refused("Both sides agree again.")
	return kept.one.finding


def _carry_out(name: str, finding: Finding, user: str, shopify: Shopify | None, words: str) -> str:
	reader = shopify or running.reader_of(finding.store, settings_of(finding.store).share)
	return _apply(name, finding, _read(finding, reader), user, words)


def _apply(name: str, finding: Finding, page: Comparing, user: str, words: str) -> str:
	if not page.can_heal(finding):
		raise Refused("Shopify has no such record any more. Compare again.")
	page.heal(finding)
	in_short_transaction(lambda: discrepancies.decide(name, State.HEALING, user, words))
	return words


def _read(finding: Finding, reader: Shopify) -> Comparing:
	"""Return a page that holds the record of a finding as Shopify has it now; nothing is compared."""
	if finding.resource == keys.VARIANT:
		raise Refused("Links are healed product by product, by every full run that heals: start one.")
	now = times.now()
	name = f"by-hand-{frappe.generate_hash(length=10)}"
	run = Run(name, finding.store, Depth.RECORDS, None, now, (finding.resource,))
	page = Comparing(FrappeReconcileHost(), reader, run)
	if finding.proposal not in (Proposal.PUSH, Proposal.SUBSCRIBE):
		for payload in reader.page(finding.resource, Window(None, now, (finding.shopify_id,)), None).payloads:
			page.payloads[finding.link] = payload
	return page


def _has_live_document(finding: Finding) -> bool:
	found = frappe.db.sql("SELECT name FROM `tabSales Order` WHERE shopify_key = %s AND docstatus < 2 LIMIT 1", (finding.link,))
	return bool(found)


def _set_free(link: str) -> None:
	"""Have a link forget the Sales Order that is no more, with what was booked of it; what Shopify told of payments stays."""
	frappe.db.sql("SELECT name FROM `tabShopify Link` WHERE name = %s FOR UPDATE", (link,))
	frappe.db.sql(
		"UPDATE `tabShopify Link` SET document_type = NULL, document_name = NULL, agreed = NULL, version = NULL WHERE name = %s",
		(link,),
	)
	frappe.db.sql("UPDATE `tabSales Order` SET shopify_key = NULL WHERE shopify_key = %s AND docstatus = 2", (link,))
