"""What the buttons about reconciliation call: each checks the role and the rules, acts once, and leaves an entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.erpnext_host.operations import stores
from shopify_sync.erpnext_host.operations.record import recorded
from shopify_sync.erpnext_host.reconciliation import decisions, running, runs
from shopify_sync.jobs import reconcile

from .roles import MAY_OPERATE, only_for, only_of


@frappe.whitelist(methods=["POST"])
def start(
	store: str,
	depth: str = "Light",
	since: str | None = None,
	until: str | None = None,
	order: str | None = None,
	item: str | None = None,
	heal: str | int | None = None,
) -> dict:
	"""Compare a store with ERPNext in the background.

	:param depth: Light, Full or Range; with *order* or *item* only that is compared.
	:param since, until: of a range, in the site's time zone. *order*: Shopify's id, or its Sales Order. *item*: an Item's code.
	:param heal: whether what is safe is healed; empty: as the store is set.
	:returns: `{message, run}`.
	"""
	only_for(MAY_OPERATE)
	only_of(store)

	options = {"depth": depth, "since": since, "until": until, "order": order, "item": item, "heal": heal}

	def begin() -> tuple[str, str]:
		running.check(store)
		with recorded(OperatorAction.RECONCILE, store, {"store": store}, store, options=options) as entry:
			name, entry.message = stores.begin_comparison(store, options, frappe.session.user, entry)
		return name, entry.message

	name, _message = _checked(begin, _("Not started"))
	return {"message": _("The comparison runs in the background."), "run": name}


@frappe.whitelist(methods=["POST"])
def stop(run: str) -> dict:
	"""Stop a run after the page at hand. What it found and healed so far stays."""
	only_for(MAY_OPERATE)
	store = frappe.db.get_value(runs.DOCTYPE, run, "store")
	only_of(store)
	reason = _("Stopped by {0}.").format(frappe.session.user)
	if not runs.is_running(run):
		frappe.throw(_("{0} is over already.").format(run), title=_("Not stopped"))
	with recorded(OperatorAction.STOP, store, {"run": run}, run) as entry:
		entry.changed, entry.message = int(runs.end(run, runs.STOPPED, reason)), _("It stops after the page at hand.")
	return {"message": _("{0} stops after the page at hand.").format(run)}


@frappe.whitelist(methods=["POST"])
def heal(discrepancy: str) -> dict:
	"""Carry out what is proposed about a discrepancy. The next comparison says whether it helped."""
	only_for(MAY_OPERATE)
	return {
		"message": _decided(OperatorAction.HEAL, discrepancy, lambda user: decisions.heal(discrepancy, user), _("Not healed"))
	}


@frappe.whitelist(methods=["POST"])
def restore(discrepancy: str) -> dict:
	"""Make the Sales Order of an order again that somebody cancelled or deleted."""
	only_for(MAY_OPERATE)
	act = _("Not restored")
	return {"message": _decided(OperatorAction.HEAL, discrepancy, lambda user: decisions.restore(discrepancy, user), act)}


@frappe.whitelist(methods=["POST"])
def dismiss(discrepancy: str, reason: str) -> dict:
	"""Accept a discrepancy as it is, until one of both values changes. The reason is kept with it."""
	only_for(MAY_OPERATE)

	def accept(user: str) -> str:
		decisions.dismiss(discrepancy, user, reason or "")
		return _("Dismissed. It opens again when one of both values changes.")

	return {"message": _decided(OperatorAction.DISMISS, discrepancy, accept, _("Not dismissed"), reason or "")}


@frappe.whitelist(methods=["POST"])
def compare_again(discrepancy: str) -> dict:
	"""Compare the record of a discrepancy once more, and nothing else. :returns: `{message, run}`."""
	only_for(MAY_OPERATE)
	name = _decided(
		OperatorAction.RECONCILE, discrepancy, lambda user: decisions.compare_again(discrepancy, user), _("Not compared")
	)
	reconcile.call(name)
	return {"message": _("It is compared in the background."), "run": name}


def _decided(action: OperatorAction, discrepancy: str, act: Callable[[str], str], title: str, reason: str = "") -> str:
	"""Do what a person decided about a discrepancy, on record; return what was done, or the name of what was begun."""
	row = frappe.db.get_value("Sync Discrepancy", discrepancy, ["store", "link"], as_dict=True) or frappe._dict()
	only_of(row.store)

	def decide() -> str:
		with recorded(action, row.store, {"discrepancy": discrepancy}, row.link or discrepancy, reason=reason) as entry:
			done = act(frappe.session.user)
			entry.changed, entry.message = 1, _(done)
		return _(done)

	return str(_checked(decide, title))


def _checked(act: Callable[[], Any], title: str) -> Any:
	"""Do *act*; what it refuses, or Shopify does not answer, is told to the user."""
	try:
		return act()
	except (Refused, SyncFailure) as error:
		frappe.db.rollback()
		frappe.throw(frappe.utils.escape_html(str(error)), title=title)
