"""What operators do from the Desk, to one event or to ten thousand: prepared, started, stopped, and on record.

Each function checks the role first; the rules are core/operations.py's, and what an operation is about is data, never SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host.command_center.filters import stores
from shopify_sync.erpnext_host.operations import record, running, starting, targets
from shopify_sync.erpnext_host.operations.starting import Person

from .roles import MAY_LOOK, MAY_OPERATE, MAY_SET_UP, has_one_of, only_for, sees_all_stores

_MOST_RECENT = 200


@frappe.whitelist(methods=["GET", "POST"])
def prepare(action: str, target: str | dict) -> dict[str, Any]:
	"""Return what an operation would touch; nothing is changed.

	:param target: see `erpnext_host/operations/targets.py: Target`; a dict, or its JSON.
	:returns: `{count, count_is_exact, will, refused: {why: n}, says, confirm, needs_reason, dangerous, counted_at}`.
	"""
	only_for(MAY_OPERATE)

	def count() -> dict[str, Any]:
		wanted, about = starting.action_of(action), targets.parse(target)
		_only_for_managers(wanted, about)
		return starting.prepare(wanted, about, _person())

	return _told(count, _("This cannot be done"))


@frappe.whitelist(methods=["POST"])
def start(
	action: str,
	target: str | dict,
	request: str,
	reason: str = "",
	options: str | dict | None = None,
	counted_at: str | None = None,
) -> dict[str, Any]:
	"""Begin an operation: few events are done when this returns, many are carried on in the background.

	:param request: an id that the browser makes up; the same one leads to the same operation, so a double click acts once.
	:param options: of Resume `{mode}`; of Resolve Conflict `{resolution, value}`; of Reconcile `{depth, since, until, order, item, heal}`.
	:param counted_at: what :func:`prepare` said when the person was asked: events that came since are left alone.
	:returns: the operation, as :func:`get` has it.
	"""
	only_for(MAY_OPERATE)

	def begin() -> dict[str, Any]:
		wanted, about = starting.action_of(action), targets.parse(target)
		_only_for_managers(wanted, about)
		return starting.start(wanted, about, request, _person(), reason or "", _loaded(options), counted_at or None)

	return _told(begin, _("Not done"))


@frappe.whitelist(methods=["POST"])
def stop(operation: str) -> dict[str, Any]:
	"""Have an operation end after the batch at hand. What it did stays done. :returns: the operation."""
	only_for(MAY_OPERATE)
	_there_is(operation)
	running.stop(operation)
	return record.as_dict(operation)


@frappe.whitelist(methods=["GET", "POST"])
def get(operation: str) -> dict[str, Any]:
	"""Return an operation: `{operation, action, status, store, target_says, reason, user, total, done, changed, refused, refusals,
	examples, progress, message, started_at, ended_at}`."""
	only_for(MAY_LOOK)
	_there_is(operation)
	return record.as_dict(operation)


@frappe.whitelist(methods=["GET", "POST"])
def recent(store: str | None = None, limit: str | int = 20) -> list[dict[str, Any]]:
	"""Return the last operations of a store, or of all stores, the newest first; at most 200."""
	only_for(MAY_LOOK)
	user = frappe.session.user
	return record.recent(store or None, stores(user), user, min(max(cint(limit), 1), _MOST_RECENT))


def _person() -> Person:
	return Person(frappe.session.user, has_one_of(MAY_SET_UP))


def _only_for_managers(action: Any, target: targets.Target) -> None:
	if starting.needs_manager(action, target):
		only_for(MAY_SET_UP)


def _there_is(operation: str) -> None:
	"""Check that there is such an operation, and that it is not about a store of others.

	What is about several stores is its own user's, and theirs from whom no store is kept.
	"""
	row = frappe.db.get_value(record.DOCTYPE, operation, ["name", "store", "user"], as_dict=True)
	user = frappe.session.user
	if not row or not (row.store in stores(user) if row.store else row.user == user or sees_all_stores()):
		frappe.throw(_("There is no operation {0}.").format(frappe.utils.escape_html(operation)), frappe.DoesNotExistError)


def _loaded(options: str | dict | None) -> dict[str, Any]:
	try:
		found = json.loads(options) if isinstance(options, str) and options.strip() else options or {}
	except ValueError:
		found = None
	if not isinstance(found, dict):
		raise Refused(_("The options cannot be read."))
	return found


def _told(act: Callable[[], dict[str, Any]], title: str) -> dict[str, Any]:
	"""Do *act*; what it refuses, or Shopify does not answer, is told to the user."""
	try:
		return act()
	except (Refused, SyncFailure) as error:
		frappe.db.rollback()
		frappe.throw(frappe.utils.escape_html(str(error)), title=title)
