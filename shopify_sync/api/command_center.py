"""What operators do to events from the Desk: each checks the role and the rules, acts once, and leaves an entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.core.statuses import FINAL
from shopify_sync.erpnext_host import previews
from shopify_sync.erpnext_host.command_center import events as event_pages
from shopify_sync.erpnext_host.command_center import fixes
from shopify_sync.erpnext_host.command_center import groups as causes
from shopify_sync.erpnext_host.command_center import overview as first_look
from shopify_sync.erpnext_host.command_center import views as saved_views
from shopify_sync.erpnext_host.command_center.asking import TooMuch
from shopify_sync.erpnext_host.command_center.filters import BadFilter
from shopify_sync.erpnext_host.command_center.fix import OPERATE, BadAnswer
from shopify_sync.erpnext_host.operations.record import FAILED, AlreadyRequested, as_dict, recorded
from shopify_sync.erpnext_host.operations.starting import Person
from shopify_sync.erpnext_host.operations.starting import start as start_operation
from shopify_sync.erpnext_host.operations.targets import parse as parse_target

from .roles import MAY_LOOK, MAY_OPERATE, MAY_SET_UP, has_one_of, only_for, only_of

_MAX_AT_ONCE = 500


# --- looking -----------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def overview(store: str | None = None, fresh: str | int | bool = 0) -> dict:
	"""Return how each store is, how many events stand where, and what the user may do: `{"stores", "totals", "can"}`.

	:param fresh: not what was kept for some seconds; who has just acted wants to see it.
	"""
	only_for(MAY_LOOK)
	with _told():
		can = {"operate": has_one_of(MAY_OPERATE), "set_up": has_one_of(MAY_SET_UP)}
		return {**first_look.overview(store or None, fresh=bool(cint(fresh))), "can": can}


@frappe.whitelist(methods=["GET", "POST"])
def groups(filters: dict | str | None = None, start: int | str = 0, limit: int | str = 50, order: str = "count") -> dict:
	"""Return a page of failures by cause: see `erpnext_host/command_center/groups.py`.

	:param filters: see `erpnext_host/command_center/filters.py`; a dict or the JSON of one.
	:param order: `count`, `last_seen` or `first_seen`.
	"""
	only_for(MAY_LOOK)
	with _told():
		return causes.groups(filters, cint(start), cint(limit), order)


@frappe.whitelist(methods=["GET", "POST"])
def events(
	filters: dict | str | None = None,
	after: str | None = None,
	limit: int | str = 50,
	order: str = "received_at desc",
) -> dict:
	"""Return a page of events: see `erpnext_host/command_center/events.py`.

	:param after: the `after` of the page before. *order*: `received_at desc`, `received_at asc`, or `next_try_at`.
	"""
	only_for(MAY_LOOK)
	with _told():
		return event_pages.events(filters, after, cint(limit), order)


@frappe.whitelist(methods=["GET", "POST"])
def views() -> list:
	"""Return the saved views that the user sees: own ones and everybody's; `{"name", "title", "filters", "everybody", "mine"}`."""
	only_for(MAY_LOOK)
	return saved_views.views()


@frappe.whitelist(methods=["POST"])
def save_view(name: str, filters: dict | str, everybody: str | int = 0) -> dict:
	"""Save a filter under a name, for oneself or (managers) for everybody: `{"name", "message"}`."""
	only_for(MAY_SET_UP if cint(everybody) else MAY_LOOK)
	with _told():
		made = saved_views.save(name, filters, everybody=bool(cint(everybody)))
	return {"name": made, "message": _("The view {0} is saved.").format(name)}


@frappe.whitelist(methods=["POST"])
def delete_view(name: str) -> dict:
	"""Delete a saved view: one's own, or (managers) one of everybody's."""
	only_for(MAY_LOOK)
	with _told():
		view = saved_views.of(name)
		if view["everybody"]:
			only_for(MAY_SET_UP)
		saved_views.delete(name)
	return {"message": _("The view {0} is deleted.").format(view["title"])}


# --- mending -----------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["POST"])
def fix(store: str, missing: str, values: dict | str, reason: str = "", request: str | None = None) -> dict:
	"""Save what a whole group of failures misses, and put back all that wait for it: `{"message", "operation"}`.

	:param missing: as the group names it (`item:TEE-M`). *values*: of the fields of the group's `fix`.
	:param request: an id of the browser's; the same twice is done once.
	"""
	only_for(MAY_OPERATE)
	only_of(store)
	with _told():
		only_for(MAY_OPERATE if fixes.needs_of(missing) == OPERATE else MAY_SET_UP)
		answer = _dict(values)
		target = {"missing": missing, "values": answer}
		try:
			with recorded(
				OperatorAction.FIX, store, target, fixes.title_of(missing), reason=reason, request=request or None
			) as entry:
				entry.message, entry.changed = fixes.save(store, missing, answer)
		except AlreadyRequested as known:
			return _same_fix(known.operation)
	return {"message": entry.message, "operation": entry.name}


def _same_fix(operation: str) -> dict:
	"""Return what the same request led to before. What failed, or is being done, is no success the second time either."""
	before = as_dict(operation)
	if before["action"] != OperatorAction.FIX or before["user"] != frappe.session.user:
		frappe.throw(_("This request was used for something else. Load the page again."))
	if before["status"] == FAILED:
		frappe.throw(frappe.utils.escape_html(before["message"] or ""), title=_("Not possible"))
	message = before["message"] or _("It is being saved. Look again in a moment.")
	return {"message": message, "operation": operation}


# --- single events, as their form asks -----------------------------------------------------------------------------


@frappe.whitelist(methods=["POST"])
def retry(event: str | None = None, events: str | list | None = None, reason: str = "") -> dict:
	"""Put one event, or a list of them, back into the queue.

	:param events: names, or a JSON list of them.
	:returns: `{"message", "done", "refused": {name: why}}`. A single event that is refused is an error instead.
	"""
	only_for(MAY_OPERATE)
	names = _names(event, events)
	final = [str(status) for status in FINAL]
	is_finished = frappe.db.count("Sync Event", {"name": ("in", names), "status": ("in", final)}) == len(set(names))
	# Of what is finished, Retry is a replay.
	action = OperatorAction.REPLAY if is_finished else OperatorAction.RETRY
	done = _operated(action, {"events": names}, reason, title=_("Not retried"))
	refused = {name: why for why, some in done["examples"].items() for name in some}
	message = done["message"] or _("{0} events are put back in the background.").format(done["total"])
	return {"message": message, "done": done["changed"], "refused": refused, "operation": done["operation"]}


@frappe.whitelist(methods=["POST"])
def discard(event: str, reason: str) -> dict:
	"""Put an event away for good. The reason is kept with it."""
	only_for(MAY_OPERATE)
	_operated(OperatorAction.DISCARD, {"events": [event]}, reason or "", title=_("Not discarded"))
	return {"message": _("{0} is discarded.").format(event)}


@frappe.whitelist(methods=["POST"])
def map_item(event: str, item: str) -> dict:
	"""Map what a blocked event misses to *item*; every event that waits for it is tried again by itself."""
	only_for(MAY_OPERATE)
	store, missing = _missing_of(event, fixes.ITEMS, _("{0} does not wait for an Item."))
	return fix(store, missing, {"item": item})


@frappe.whitelist(methods=["POST"])
def resolve_conflict(conflict: str, resolution: str, value: str | None = None, note: str = "") -> dict:
	"""Decide a Sync Conflict: `Take Shopify's`, `Keep ERPNext's`, or `Edit` with a value of one's own. The event is tried again."""
	only_for(MAY_OPERATE)
	options = {"resolution": resolution, "value": value}
	done = _operated(OperatorAction.RESOLVE_CONFLICT, {"conflict": conflict}, note or "", options, title=_("Not decided"))
	return {"message": done["message"]}


@frappe.whitelist(methods=["POST"])
def add_state_rule(
	event: str,
	outcome: str,
	make_invoice: str | int = 0,
	make_payments: str | int = 0,
	make_deliveries: str | int = 0,
) -> dict:
	"""Add an Order State Rule for the combination of statuses that a blocked event has none for; all that wait are tried again."""
	only_for(MAY_SET_UP)
	store, missing = _missing_of(event, ("state",), _("{0} does not wait for an Order State Rule."))
	makes = {"make_invoice": make_invoice, "make_payments": make_payments, "make_deliveries": make_deliveries}
	return fix(store, missing, {"outcome": outcome, **makes})


@frappe.whitelist(methods=["POST"])
def map_gateway(
	event: str,
	account: str,
	mode_of_payment: str | None = None,
	clearing_account: str | None = None,
	fee_account: str | None = None,
) -> dict:
	"""Map the payment gateway that a blocked event misses to its accounts; all events that wait for it are tried again."""
	only_for(MAY_SET_UP)
	store, missing = _missing_of(event, ("gateway",), _("{0} does not wait for a payment gateway."))
	if missing == "gateway:":
		frappe.throw(_("Shopify names no gateway for this payment. Book it by hand, then Discard the event."))
	accounts = {"account": account, "clearing_account": clearing_account, "fee_account": fee_account}
	return fix(store, missing, {**accounts, "mode_of_payment": mode_of_payment})


@frappe.whitelist(methods=["POST"])
def preview(event: str | None = None, sales_order: str | None = None) -> dict:
	"""Return what would be done about an event, or about the newest state of a Sales Order's order, now. Nothing is changed."""
	only_for(MAY_LOOK)
	try:
		if event is None:
			if not sales_order:
				frappe.throw(_("Name a Sync Event or a Sales Order."))
			event = previews.find_event(sales_order)
		only_of(frappe.db.get_value("Sync Event", event, "store"))
		return previews.preview(event)
	except previews.NothingToPreview as error:
		frappe.throw(str(error), title=_("No preview"))


def _operated(
	action: OperatorAction, target: dict[str, Any], reason: str, options: dict[str, Any] | None = None, *, title: str
) -> dict[str, Any]:
	"""Do what a form asks for as an operation, which leaves its entry. The one thing that is refused is an error for the user."""
	person = Person(frappe.session.user, has_one_of(MAY_SET_UP))
	about = parse_target(target)
	try:
		done = start_operation(action, about, frappe.generate_hash(length=32), person, reason, options)
	except (Refused, SyncFailure) as error:
		frappe.db.rollback()
		frappe.throw(frappe.utils.escape_html(str(error)), title=title)
	if done["total"] == 1 and done["refused"]:
		frappe.throw(frappe.utils.escape_html(_(next(iter(done["refusals"])))), title=title)
	return done


def _missing_of(event: str, kinds: tuple[str, ...], otherwise: str) -> tuple[str, str]:
	"""Return the store of an event that waits, and what it misses of these kinds."""
	row = frappe.db.get_value("Sync Event", event, ["store", "missing", "status"], as_dict=True)
	if not row or fixes.split(row.missing)[0] not in kinds or row.status != "Blocked":
		frappe.throw(otherwise.format(frappe.utils.escape_html(event)))
	return row.store, row.missing


@contextmanager
def _told() -> Iterator[None]:
	"""Tell the user what was wrong with what was asked for, as a refusal and not as an error of the server."""
	try:
		yield
	except (BadFilter, BadAnswer, TooMuch) as error:
		frappe.db.rollback()
		frappe.throw(frappe.utils.escape_html(str(error)), title=_("Not possible"))


def _dict(given: dict | str) -> dict[str, Any]:
	try:
		found = json.loads(given) if isinstance(given, str) else given
	except ValueError:
		found = None
	if not isinstance(found, dict):
		raise BadAnswer(_("What was entered did not arrive as fields with values."))
	return found


def _names(event: str | None, events: str | list | None) -> list[str]:
	try:
		given = json.loads(events) if isinstance(events, str) and events else events or []
	except ValueError:
		given = []
	names = [str(name) for name in ([event] if event else given if isinstance(given, list) else [])]
	if not names or len(names) > _MAX_AT_ONCE:
		frappe.throw(_("Choose between 1 and {0} events.").format(_MAX_AT_ONCE))
	return names
