"""What the buttons about reconciliation call: each checks the role and the rules, acts once, and leaves an entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import Refused
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.reconciliation import decisions, running, runs
from shopify_sync.jobs import reconcile

from .roles import MAY_OPERATE, only_for


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

	def begin() -> str:
		running.check(store)
		ids = running.ids_of(store, order or None, item or None)
		chosen = Depth.RECORDS if ids else _depth(depth, since)
		wanted = running.wanted_by(
			frappe.session.user,
			store,
			chosen,
			since=_moment(since),
			until=_moment(until),
			ids=ids,
			heal=None if heal in (None, "") else bool(cint(heal)),
		)
		return runs.begin(wanted)

	name = _checked(begin, _("Not started"))
	frappe.db.commit()
	reconcile.call(name)
	return {"message": _("The comparison runs in the background."), "run": name}


@frappe.whitelist(methods=["POST"])
def stop(run: str) -> dict:
	"""Stop a run after the page at hand. What it found and healed so far stays."""
	only_for(MAY_OPERATE)
	reason = _("Stopped by {0}.").format(frappe.session.user)
	if not runs.end(run, runs.STOPPED, reason):
		frappe.throw(_("{0} is over already.").format(run), title=_("Not stopped"))
	return {"message": _("{0} stops after the page at hand.").format(run)}


@frappe.whitelist(methods=["POST"])
def heal(discrepancy: str) -> dict:
	"""Carry out what is proposed about a discrepancy. The next comparison says whether it helped."""
	only_for(MAY_OPERATE)
	return {"message": _(_checked(lambda: decisions.heal(discrepancy, frappe.session.user), _("Not healed")))}


@frappe.whitelist(methods=["POST"])
def restore(discrepancy: str) -> dict:
	"""Make the Sales Order of an order again that somebody cancelled or deleted."""
	only_for(MAY_OPERATE)
	return {"message": _(_checked(lambda: decisions.restore(discrepancy, frappe.session.user), _("Not restored")))}


@frappe.whitelist(methods=["POST"])
def dismiss(discrepancy: str, reason: str) -> dict:
	"""Accept a discrepancy as it is, until one of both values changes. The reason is kept with it."""
	only_for(MAY_OPERATE)
	_checked(lambda: decisions.dismiss(discrepancy, frappe.session.user, reason or ""), _("Not dismissed"))
	return {"message": _("Dismissed. It opens again when one of both values changes.")}


@frappe.whitelist(methods=["POST"])
def compare_again(discrepancy: str) -> dict:
	"""Compare the record of a discrepancy once more, and nothing else. :returns: `{message, run}`."""
	only_for(MAY_OPERATE)
	name = _checked(lambda: decisions.compare_again(discrepancy, frappe.session.user), _("Not compared"))
	reconcile.call(name)
	return {"message": _("It is compared in the background."), "run": name}


def _checked(act: Callable[[], Any], title: str) -> Any:
	"""Do *act*; what it refuses, or Shopify does not answer, is told to the user."""
	try:
		return act()
	except (Refused, SyncFailure) as error:
		frappe.db.rollback()
		frappe.throw(frappe.utils.escape_html(str(error)), title=title)


def _depth(depth: str, since: str | None) -> Depth:
	try:
		chosen = Depth(depth)
	except ValueError:
		raise Refused(f"Depth is one of Light, Full and Range, not {depth}.") from None
	if chosen is Depth.RECORDS:
		raise Refused("Name the order or the Item.")
	if chosen is Depth.RANGE and not since:
		raise Refused("A range needs its beginning.")
	return chosen


def _moment(text: str | None) -> datetime | None:
	"""Return a time of the site's zone as UTC."""
	return times.from_site(get_datetime(text)) if text else None
