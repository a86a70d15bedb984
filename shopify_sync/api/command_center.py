"""What operators do to events from the Desk: each checks the role and the rules, acts once, and leaves an entry."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from shopify_sync.core.customer_conflicts import Resolution
from shopify_sync.core.events import Action
from shopify_sync.core.keys import INVENTORY_ITEM, SKU, VARIANT
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host import conflicts, previews, wake
from shopify_sync.erpnext_host.event_log import FrappeEventLog

_MAY_OPERATE = ("Shopify Sync Operator", "Shopify Sync Manager", "System Manager")
#: What a failure's `missing` may begin with, and the resource type of the link that repairs it.
_LINKABLE = {"item": SKU, VARIANT: VARIANT, INVENTORY_ITEM: INVENTORY_ITEM}
#: Rules and accounts of a store are its manager's: an operator retries, discards and maps Items.
_MAY_SET_UP = ("Shopify Sync Manager", "System Manager")
_MAY_LOOK = (*_MAY_OPERATE, "Shopify Sync Auditor")
#: A rule that is made for one combination goes before those for many.
_PRIORITY_OF_ADDED_RULE = 50
_MAX_AT_ONCE = 500


@frappe.whitelist(methods=["POST"])
def retry(event: str | None = None, events: str | list | None = None, reason: str = "") -> dict:
	"""Put one event, or a list of them, back into the queue.

	:param events: names, or a JSON list of them.
	:returns: `{"message", "done", "refused": {name: why}}`. A single event that is refused is an error instead.
	"""
	_only_for(_MAY_OPERATE)
	names = _names(event, events)
	log, refused = FrappeEventLog(), {}
	for name in names:
		try:
			log.retry(name, frappe.session.user, reason, Action.RETRY)
		except Refused as error:
			frappe.db.rollback()
			refused[name] = str(error)
	if len(names) == 1 and refused:
		frappe.throw(refused[names[0]], title=_("Not retried"))
	wake.wake()
	done = len(names) - len(refused)
	return {"message": _("{0} of {1} put back into the queue.").format(done, len(names)), "done": done, "refused": refused}


@frappe.whitelist(methods=["POST"])
def discard(event: str, reason: str) -> dict:
	"""Put an event away for good. The reason is kept with it."""
	_only_for(_MAY_OPERATE)
	try:
		FrappeEventLog().discard(event, frappe.session.user, reason or "")
	except Refused as error:
		frappe.throw(str(error), title=_("Not discarded"))
	return {"message": _("{0} is discarded.").format(event)}


@frappe.whitelist(methods=["POST"])
def map_item(event: str, item: str) -> dict:
	"""Map what a blocked event misses to *item*; every event that waits for it is tried again by itself."""
	_only_for(_MAY_OPERATE)
	row = frappe.db.get_value("Sync Event", event, ["store", "missing"], as_dict=True)
	kind, _colon, what = ((row and row.missing) or "").partition(":")
	if kind not in _LINKABLE:
		frappe.throw(_("{0} does not wait for an Item.").format(event))
	_check_item(item)
	_save_link(row.store, _LINKABLE[kind], what, item)
	return {"message": _("{0} is mapped to Item {1}; the waiting events are tried again.").format(what, item)}


@frappe.whitelist(methods=["POST"])
def resolve_conflict(conflict: str, resolution: str, value: str | None = None, note: str = "") -> dict:
	"""Decide a Sync Conflict: `Take Shopify's`, `Keep ERPNext's`, or `Edit` with a value of one's own. The event is tried again."""
	_only_for(_MAY_OPERATE)
	try:
		message = conflicts.resolve(conflict, Resolution(resolution), frappe.session.user, value, note or "")
	except (Refused, ValueError) as error:
		frappe.throw(str(error), title=_("Not decided"))
	wake.wake()
	return {"message": message}


@frappe.whitelist(methods=["POST"])
def add_state_rule(
	event: str,
	outcome: str,
	make_invoice: str | int = 0,
	make_payments: str | int = 0,
	make_deliveries: str | int = 0,
) -> dict:
	"""Add an Order State Rule for the combination of statuses that a blocked event has none for; all that wait are tried again."""
	_only_for(_MAY_SET_UP)
	store, state = _missing_of(event, "state", _("{0} does not wait for an Order State Rule."))
	financial, fulfillment, cancelled = state.split("|")
	store.append(
		"order_state_rules",
		{
			"financial_status": financial,
			"fulfillment_status": fulfillment,
			"cancelled": cancelled.title(),
			"outcome": outcome,
			"make_invoice": cint(make_invoice),
			"make_payments": cint(make_payments),
			"make_deliveries": cint(make_deliveries),
			"priority": _PRIORITY_OF_ADDED_RULE,
		},
	)
	store.save()
	message = _("Orders that are {0} have a rule now; the waiting events are tried again.").format(state.replace("|", ", "))
	return {"message": message}


@frappe.whitelist(methods=["POST"])
def map_gateway(
	event: str,
	account: str,
	mode_of_payment: str | None = None,
	clearing_account: str | None = None,
	fee_account: str | None = None,
) -> dict:
	"""Map the payment gateway that a blocked event misses to its accounts; all events that wait for it are tried again."""
	_only_for(_MAY_SET_UP)
	store, gateway = _missing_of(event, "gateway", _("{0} does not wait for a payment gateway."))
	if not gateway:
		frappe.throw(_("Shopify names no gateway for this payment. Book it by hand, then Discard the event."))
	given = {
		"account": account,
		"mode_of_payment": mode_of_payment,
		"clearing_account": clearing_account,
		"fee_account": fee_account,
	}
	row = next((row for row in store.gateway_mapping if row.gateway.casefold() == gateway.casefold()), None)
	row = row or store.append("gateway_mapping", {"gateway": gateway})
	row.update({field: value for field, value in given.items() if value})
	store.save()
	return {"message": _("{0} is mapped to {1}; the waiting events are tried again.").format(gateway, account)}


@frappe.whitelist(methods=["POST"])
def preview(event: str | None = None, sales_order: str | None = None) -> dict:
	"""Return what would be done about an event, or about the newest state of a Sales Order's order, now. Nothing is changed."""
	_only_for(_MAY_LOOK)
	try:
		if event is None:
			if not sales_order:
				frappe.throw(_("Name a Sync Event or a Sales Order."))
			event = previews.find_event(sales_order)
		return previews.preview(event)
	except previews.NothingToPreview as error:
		frappe.throw(str(error), title=_("No preview"))


def _missing_of(event: str, kind: str, otherwise: str) -> tuple[Any, str]:
	"""Return the store of a blocked event, and what it misses of this kind."""
	row = frappe.db.get_value("Sync Event", event, ["store", "missing", "status"], as_dict=True)
	found, _colon, what = ((row and row.missing) or "").partition(":")
	if found != kind or row.status != "Blocked":
		frappe.throw(otherwise.format(event))
	return frappe.get_doc("Shopify Store", row.store), what


def _check_item(item: str) -> None:
	row = frappe.db.get_value("Item", item, ["disabled", "has_variants"], as_dict=True)
	if not row:
		frappe.throw(_("There is no Item {0}. Create it first.").format(item))
	if row.disabled or row.has_variants:
		frappe.throw(_("Item {0} is disabled or a template. Choose an Item that can be sold.").format(item))


def _save_link(store: str, resource_type: str, shopify_id: str, item: str) -> None:
	name = f"{store}/{resource_type}/{shopify_id}"
	link = frappe.get_doc("Shopify Link", name) if frappe.db.exists("Shopify Link", name) else frappe.new_doc("Shopify Link")
	link.update({"store": store, "resource_type": resource_type, "shopify_id": shopify_id})
	link.update({"document_type": "Item", "document_name": item})
	# An operator may repair a mapping from the failure, without the right to edit every link.
	link.save(ignore_permissions=True)


def _names(event: str | None, events: str | list | None) -> list[str]:
	given = json.loads(events) if isinstance(events, str) and events else events or []
	names = [str(name) for name in ([event] if event else given)]
	if not names or len(names) > _MAX_AT_ONCE:
		frappe.throw(_("Choose between 1 and {0} events.").format(_MAX_AT_ONCE))
	return names


def _only_for(roles: tuple[str, ...]) -> None:
	if not set(roles) & set(frappe.get_roles()):
		frappe.throw(_("This needs one of the roles: {0}.").format(", ".join(roles)), frappe.PermissionError)
