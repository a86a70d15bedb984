"""What can be mended right from a failure: which question is asked, and how the answer becomes a mapping for the whole group.

What a failure misses begins with a kind (`item:TEE-M`). Each kind has a fix here: fields of a dialog, and what is saved.
Where nothing can be saved from here, the fix is a place to go to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.event_causes import LONGEST
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import live, wake
from shopify_sync.erpnext_host.event_log import FrappeEventLog

from . import fix_items, fix_places, fix_rows, fix_settings
from .filters import escaped
from .fix import BadAnswer, Fix, checked

FIXES: Mapping[str, Fix] = {**fix_items.FIXES, **fix_rows.FIXES, **fix_settings.FIXES}
#: The kinds that are mended with an Item.
ITEMS = tuple(fix_items.FIXES)
#: What waits for exactly this, and what was put aside because of it: both go on.
_GO_ON = (Status.BLOCKED, Status.DEAD_LETTER)


def fix_of(store: str, category: str, event: Any) -> dict[str, Any] | None:
	"""Return how a failure is mended: `{"kind", "title", "fields", "needs", "allowed"}`, a place to open, or None.

	:param event: one of the events: `name`, `missing`, `document_type`, `document_name`.
	"""
	fix, what = _find(event.missing or "")
	if fix is None:
		return fix_places.place_of(store, category, event)
	return {
		"kind": fix.kind,
		"title": fix.title(what),
		"fields": fix.fields(store, what),
		"needs": fix.needs,
		"allowed": fix.is_allowed(),
	}


def needs_of(missing: str) -> str:
	"""Return what the fix for *missing* needs: `operate` or `set_up`. :raises BadAnswer: when there is none."""
	return _fix(missing).needs


def title_of(missing: str) -> str:
	"""Return what a fix does, for the record. :raises BadAnswer: when there is none."""
	return _fix(missing).title(split(missing)[1])


def save(store: str, missing: str, values: Mapping[str, Any]) -> tuple[str, int]:
	"""Save the answer to a fix and put back what waits for it. Return what was done, for a person, and how many events go on.

	:param values: what the fields of the dialog hold. :raises BadAnswer: when they are not what was asked for.
	"""
	fix, (_kind, what) = _fix(missing), split(missing)
	if not frappe.db.exists("Shopify Store", store):
		raise BadAnswer(_("There is no Shopify Store {0}.").format(store))
	answer = checked(fix.fields(store, what), values)
	said = fix.save(store, what, answer)
	return said, _go_on(store, missing, fix.helps(what, answer), said)


def split(missing: str | None) -> tuple[str, str]:
	"""Return kind and name of what is missing."""
	kind, _colon, what = (missing or "").partition(":")
	return kind, what


def _find(missing: str) -> tuple[Fix | None, str]:
	"""Return the fix for *missing*, or None, and the name of what is missing."""
	kind, what = split(missing)
	# A name that was cut off to fit the column cannot be saved as a mapping.
	return (FIXES.get(kind) if what and len(missing) < LONGEST else None), what


def _fix(missing: str) -> Fix:
	fix, _what = _find(missing)
	if fix is None:
		raise BadAnswer(_("{0} cannot be mended from here. Open the failure to see what to do.").format(missing or _("This")))
	return fix


def _go_on(store: str, missing: str, mended: str | None, said: str) -> int:
	"""Put back what waits for this, in the transaction of the mapping and once more after it: events may come to wait until then.

	:param mended: the beginning of what else was mended.
	:returns: how many were put back with the mapping.
	"""
	log = FrappeEventLog()

	def after_commit() -> None:
		for one in _all_of(store, missing, mended):
			log.requeue_after_commit(store, _GO_ON, missing=one, reason=said)
		wake.wake()
		wake.wake_pusher()
		live.changed(store)

	frappe.db.after_commit.add(after_commit)
	return sum(log.requeue(store, _GO_ON, missing=one, reason=said) for one in _all_of(store, missing, mended))


def _all_of(store: str, missing: str, mended: str | None) -> list[str]:
	if mended is None:
		return [missing]
	event = frappe.qb.DocType("Sync Event")
	waits = event.status.isin([str(status) for status in (*_GO_ON, Status.PROCESSING)])
	found = (
		frappe.qb.from_(event)
		.select(event.missing)
		.distinct()
		.where((event.store == store) & waits & event.missing.like(f"{escaped(mended)}%"))
		.run(pluck=True)
	)
	return sorted({missing, *found})
