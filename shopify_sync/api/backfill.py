"""What the buttons about the import of what a store has already call: start, rehearse, stop, go on, and what came of it."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime

from shopify_sync.core.backfill.wanted import Orders, Wanted
from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.backfill import outcome, running, runs
from shopify_sync.erpnext_host.operations.record import recorded
from shopify_sync.jobs import backfill

from .roles import MAY_SET_UP, only_for, only_of


@frappe.whitelist(methods=["POST"])
def start(
	store: str,
	products: str | int = 0,
	customers: str | int = 0,
	orders: str = "None",
	orders_from: str | None = None,
	stock: str | int = 0,
	rehearse: str | int = 0,
	again: str | int = 0,
) -> dict:
	"""Import what a store has already, in the background; one that was stopped goes on where it was.

	:param orders: None, Open, or From a date; *orders_from*: in the site's time zone.
	:param rehearse: only report what would fail. *again*: begin anew, whatever was not over.
	:returns: `{message, run}`.
	"""
	only_for(MAY_SET_UP)
	only_of(store)
	try:
		from_date = orders == str(Orders.FROM_DATE) and orders_from
		wanted = Wanted(
			products=bool(cint(products)),
			customers=bool(cint(customers)),
			orders=Orders(orders or "None"),
			since=times.from_site(get_datetime(orders_from)) if from_date else None,
			stock=bool(cint(stock)),
			rehearse=bool(cint(rehearse)),
		)
		running.check(store, wanted)
		with recorded(OperatorAction.BACKFILL, store, {"store": store}, store, options=wanted.as_json()) as entry:
			name = running.start(store, wanted, frappe.session.user, again=bool(cint(again)))
			entry.changed, entry.message = 1, name
	except (Refused, SyncFailure, ValueError) as error:
		_refuse(error, _("Not started"))
	backfill.call(name)
	message = _("It is rehearsed in the background.") if wanted.rehearse else _("It is imported in the background.")
	return {"message": message, "run": name}


@frappe.whitelist(methods=["POST"])
def stop(run: str) -> dict:
	"""Stop a run after the record at hand. What was imported stays, and it can go on later."""
	only_for(MAY_SET_UP)
	store = _store_of(run)
	if not runs.is_running(run):
		frappe.throw(_("{0} is over already.").format(run), title=_("Not stopped"))
	with recorded(OperatorAction.STOP, store, {"run": run}, run) as entry:
		ended = runs.end(run, runs.STOPPED, _("Stopped by {0}.").format(frappe.session.user))
		entry.changed, entry.message = int(ended), _("It stops after the record at hand.")
	return {"message": _("{0} stops.").format(run)}


@frappe.whitelist(methods=["POST"])
def go_on(run: str) -> dict:
	"""Have a run that was stopped go on where it was."""
	only_for(MAY_SET_UP)
	store = _store_of(run)
	try:
		with recorded(OperatorAction.BACKFILL, store, {"run": run}, run) as entry:
			running.go_on(run)
			entry.changed, entry.message = 1, _("It goes on where it was.")
	except Refused as error:
		_refuse(error, _("It does not go on"))
	backfill.call(run)
	return {"message": _("{0} goes on in the background.").format(run)}


@frappe.whitelist(methods=["GET"])
def result(run: str) -> dict:
	"""Return what came of a run so far: of a rehearsal what would fail, else where its events stand and what they wait for."""
	frappe.has_permission(runs.DOCTYPE, "read", throw=True)
	_store_of(run)
	return outcome.of(run)


def _store_of(run: str) -> str | None:
	"""Return the store of a run. :raises frappe.PermissionError: when it is not one of the user's."""
	store = frappe.db.get_value(runs.DOCTYPE, run, "store")
	only_of(store)
	return str(store) if store else None


def _refuse(error: Exception, title: str) -> Any:
	frappe.db.rollback()
	frappe.throw(frappe.utils.escape_html(str(error)), title=title)
