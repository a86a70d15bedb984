"""Marks what changed in ERPNext for the way out, in the transaction that changes it.

What is marked is collected while the transaction runs and written once, right before its commit: one row for each resource,
however many entries a document has, and no lock before everything else is done. If a mark cannot be written, the document is
not committed either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.outbound.marks import Mark
from shopify_sync.core.outbound.open_deliveries import changed_in_shopify, fulfilled_anew
from shopify_sync.core.plan import DocRef, LinkUpdate
from shopify_sync.core.snapshots import LinkState

from . import mark_lock, stock_marks, wake
from .documents import deliveries
from .event_log import FrappeEventLog, in_own_transaction
from .log import warn
from .stock_marks import Change

_LOCAL = "shopify_sync_outbox"


class _Pending:
	"""What a transaction has changed so far. Frappe drops its callbacks, and with them this, when the transaction is rolled back.

	A rollback to a savepoint drops nothing: the mark is then one too many, and its push finds nothing to say.
	"""

	def __init__(self) -> None:
		self.db = frappe.db
		self.marks: set[Mark] = set()
		self.changes: set[Change] = set()

	def write(self) -> None:
		"""Write the marks, within the transaction that is about to be committed."""
		_forget(self)
		marks = self.marks | stock_marks.marks_of(self.changes)
		if marks:
			mark_lock.hold_until_the_end()
			FrappeEventLog().mark(marks)
			frappe.db.after_commit.add(wake.wake_pusher)
		if self.changes:
			frappe.db.after_commit.add(lambda: _look_again(self.changes, marks))


def mark(marks: Iterable[Mark]) -> None:
	"""Have *marks* written with the running transaction."""
	if found := set(marks):
		_pending().marks |= found


def changed(changes: Iterable[Change]) -> None:
	"""Have everything marked whose stock in Shopify these changes may bear on; what that is, is found out before the commit."""
	if found := set(changes):
		_pending().changes |= found


def deliveries_settled(push_key: str) -> None:
	"""Mark the stock of an order's deliveries: they were fulfilled, or a person put their push away. Not added back any more."""
	changed(Change(item, warehouse) for item, warehouse in deliveries.touched(push_key))


def link_written(update: LinkUpdate, created: Mapping[str, str], before: LinkState | None) -> None:
	"""Mark an inventory item that a plan links to an Item, or says something new of: that it is tracked now, or is back.

	What was fulfilled of an order is looked at too: its stock is no longer added back, and a push may have been on its way.

	:param created: keys of documents made in the plan → names. *before*: the link as it was locked; None: not known.
	"""
	store, resource, inventory_item = update.key.split("/", 2)
	if resource == keys.FULFILLMENT_PUSH and update.facts is not None:
		_deliveries_written(update.key, before.facts if before else {}, update.facts)
	if resource != keys.INVENTORY_ITEM:
		return
	document = update.document
	code = created.get(document.key) if isinstance(document, DocRef) else (document or _document_of(before))[1]
	is_new = before is None or (update.document is not None and code != before.document_name)
	says_more = before is not None and update.facts is not None and dict(update.facts) != dict(before.facts)
	if code and (is_new or says_more):
		# What is remembered of its levels may be from before Shopify stopped counting them; of a new link nothing is.
		mark(stock_marks.marks_of_link(store, inventory_item, code, look=says_more and not is_new))


def _deliveries_written(push_key: str, before: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
	if not fulfilled_anew(before, facts):
		return
	deliveries_settled(push_key)
	store = push_key.split("/", 1)[0]
	for location, lines in changed_in_shopify(before, facts).items():
		mark(stock_marks.marks_of_store(store, [location], deliveries.of_lines(push_key, lines), look=True))


def _document_of(link: LinkState | None) -> tuple[str, str]:
	return (link.document_type or "", link.document_name or "") if link else ("", "")


class NothingToPush(Exception):
	"""There is no stock that could be pushed; the message says why."""


def push_stock(store: str | None, locations: Sequence[str] | None = None, items: Sequence[str] | None = None) -> int:
	"""Mark stock in the running transaction, whether it changed or not; what Shopify has is read. Return how many levels.

	:param store: None: all enabled stores. *locations*: by Shopify's id; *items*: codes. None: all.
	:raises NothingToPush:
	"""
	stores = frappe.get_all("Shopify Store", filters={"enabled": 1, **({"name": store} if store else {})}, pluck="name")
	if not stores:
		raise NothingToPush(f"There is no enabled Shopify Store {store}." if store else "There is no enabled Shopify Store.")
	marks = {found for name in stores for found in stock_marks.marks_of_store(name, locations, items, look=True)}
	if not marks:
		raise NothingToPush(
			"Nothing to push: no inventory item that is linked to such an Item belongs to a store with such a location whose "
			"direction is ERPNext → Shopify."
		)
	mark(marks)
	return len(marks)


def _pending() -> _Pending:
	pending: _Pending | None = getattr(frappe.local, _LOCAL, None)
	if pending is None or pending.db is not frappe.db:
		pending = _Pending()
		setattr(frappe.local, _LOCAL, pending)
		frappe.db.before_commit.add(pending.write)
		frappe.db.after_rollback.add(_forgetting(pending))
	return pending


def _forgetting(pending: _Pending) -> Callable[[], None]:
	return lambda: _forget(pending)


def _forget(pending: Any) -> None:
	if getattr(frappe.local, _LOCAL, None) is pending:
		setattr(frappe.local, _LOCAL, None)


def _look_again(changes: set[Change], known: set[Mark]) -> None:
	"""Mark what was linked to an Item while the transaction ran, which could not see that yet. Runs after its commit.

	Whoever linked it marked it too, but that push may have read the stock before this transaction was committed.
	"""

	def again() -> int:
		missed = stock_marks.marks_of(changes) - known
		return FrappeEventLog().mark(missed) if missed else 0

	try:
		if in_own_transaction(again):
			wake.wake_pusher()
	except Exception as error:
		# The document is committed: nothing may make its user think otherwise.
		warn(f"links made meanwhile were not looked for: {type(error).__name__}")
