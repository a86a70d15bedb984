"""Sync Holds: what people hold, and its release. The only module that writes the doctype.

A hold takes effect with the next event that a worker takes up: what one is busy with is carried out. A release puts what waited
back into the queue; what a worker finds held in that very moment is marked, so that it does not begin to wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.holds import Hold, Scope
from shopify_sync.core.operations import Refused

from .. import times
from ..event_log import FrappeEventLog, in_short_transaction
from .record import Entry
from .targets import Target, says

DOCTYPE = "Sync Hold"
_WHAT = {Scope.FLOW: "flow", Scope.TOPIC: "topic", Scope.RESOURCE: "link"}


def scope_of(target: Target) -> tuple[str, Scope, str]:
	"""Return (store, scope, what) of a target that can be held. :raises Refused: for any other."""
	if target.link:
		return target.link.partition("/")[0], Scope.RESOURCE, target.link
	if target.store and target.flow:
		return target.store, Scope.FLOW, str(target.flow)
	if target.store and target.topic:
		return target.store, Scope.TOPIC, target.topic.strip().lower()
	raise Refused(_("Choose a flow, a topic or a resource of a store. To hold all of a store, pause it."))


def whole(target: Target) -> Target:
	"""Return the target that a Sync Hold stands for, or *target* when it names none. :raises Refused: when there is no such hold."""
	if not target.hold:
		return target
	row = frappe.db.get_value(DOCTYPE, target.hold, ["store", "flow", "topic", "link"], as_dict=True)
	if not row:
		raise Refused(_("There is no such hold any more."))
	return Target(store=row.store, flow=row.flow or None, topic=row.topic or None, link=row.link or None)


def look_hold(target: Target) -> tuple[int, str]:
	"""Return how many events wait that a hold would keep, and what the person is asked. :raises Refused: when it is held already."""
	store, scope, what = scope_of(target)
	if not frappe.db.exists("Shopify Store", store):
		raise Refused(_("There is no store {0}.").format(store))
	if scope is Scope.RESOURCE and not frappe.db.exists("Shopify Link", what):
		raise Refused(_("There is no Shopify Link {0}.").format(what))
	if found := _active(store, scope, what):
		raise Refused(_("{0} holds it already. Release it first, to hold it with another reason.").format(found.user))
	text = _("Hold {0}? Its events wait, and use up no attempt, until somebody releases it.")
	return 1, text.format(says(target))


def hold(target: Target, reason: str, _options: Mapping[str, Any], user: str, entry: Entry) -> str:
	"""Hold a flow, a topic or a resource. Commits. Returns what was done, in words."""
	store, scope, what = scope_of(target)
	doc = {
		"doctype": DOCTYPE,
		"store": store,
		"scope": str(scope),
		_WHAT[scope]: what,
		"reason": reason.strip(),
		"user": user,
		"held_at": times.to_site(times.now()),
		"active_key": _active_key(store, scope, what),
	}

	def insert() -> None:
		if found := _active(store, scope, what):
			raise Refused(_("{0} holds it already.").format(found.user))
		frappe.get_doc(doc).insert(ignore_permissions=True)

	in_short_transaction(insert)
	entry.changed = 1
	return _("Held. Its events wait from now on; what a worker is busy with is still carried out.")


def check_release(target: Target) -> None:
	"""Return when something is held there. :raises Refused: when nothing is."""
	store, scope, what = scope_of(target)
	if not _active(store, scope, what):
		raise Refused(_("It is not held, or was released meanwhile."))


def release(target: Target, user: str, asked_at: datetime) -> None:
	"""Release what is held, as far as it is. Commits. The events that waited are put back by whoever carries the operation on.

	:param asked_at: UTC; what somebody held anew since then stays held, however late this is carried out, or carried on.
	"""
	store, scope, what = scope_of(target)

	def write() -> None:
		now = times.to_site(times.now())
		frappe.db.sql(
			"UPDATE `tabSync Hold` SET released_at = %s, released_by = %s, active_key = NULL, modified = %s WHERE active_key = %s AND held_at <= %s",
			(now, user, now, _active_key(store, scope, what), times.to_site(asked_at)),
		)

	in_short_transaction(write)
	# Whoever read the hold before is busy with its event, or has left it Held: the first looks again, the others are found.
	in_short_transaction(lambda: FrappeEventLog().look_again(store))


def of_names(names: Iterable[str]) -> tuple[Hold, ...]:
	"""Return holds as the rules see them, those of flows first: one sentence stands for many events then."""
	rows = frappe.db.sql(
		"SELECT scope, flow, topic, link, user, reason FROM `tabSync Hold` WHERE name IN %s ORDER BY FIELD(scope, 'Flow', 'Topic', 'Resource')",
		(tuple(names) or ("",),),
		as_dict=True,
	)
	return tuple(Hold(Scope(row.scope), row[_WHAT[Scope(row.scope)]] or "", row.user or "", row.reason or "") for row in rows)


def _active(store: str, scope: Scope, what: str) -> Any:
	return frappe.db.get_value(DOCTYPE, {"active_key": _active_key(store, scope, what)}, ["name", "user"], as_dict=True)


def _active_key(store: str, scope: Scope, what: str) -> str:
	return f"{store}|{scope}|{what}"[:140]
