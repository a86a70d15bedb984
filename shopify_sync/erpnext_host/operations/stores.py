"""What operators do to a whole store: pause and resume it, trip and reset its circuit, have it compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime

from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.core.operations import Refused
from shopify_sync.core.policy import Mode
from shopify_sync.core.reconciliation.schedule import Depth

from .. import connections, times, wake
from ..reconciliation import running as reconciliations
from ..reconciliation import runs
from .record import Entry
from .targets import Target

_RESUMES_IN = (Mode.LIVE, Mode.SHADOW)


def _row(target: Target) -> Any:
	if not target.store:
		raise Refused(_("Choose a store."))
	row = frappe.db.get_value("Shopify Store", target.store, ["name", "mode", "enabled", "mode_before_pause"], as_dict=True)
	if not row:
		raise Refused(_("There is no store {0}, or it is not one of yours.").format(target.store))
	return row


def look_pause(target: Target) -> tuple[int, str]:
	"""Return what the person is asked. :raises Refused: when the store is paused already."""
	if _row(target).mode == Mode.PAUSED:
		raise Refused(_("{0} is paused already.").format(target.store))
	return 1, _("Pause {0}? Shopify's messages are still taken in, and wait; nothing is sent to Shopify.").format(target.store)


def pause(target: Target, _reason: str, _options: Mapping[str, Any], _user: str, entry: Entry) -> str:
	"""Pause a store; Resume leads back to the mode that it has now."""
	_set_mode(str(target.store), Mode.PAUSED)
	entry.changed = 1
	return _("{0} is paused. What comes in waits until it is resumed.").format(target.store)


def look_resume(target: Target) -> tuple[int, str]:
	"""Return what the person is asked. :raises Refused: when the store is not paused."""
	row = _row(target)
	if row.mode != Mode.PAUSED:
		raise Refused(_("{0} is not paused: it is {1}.").format(target.store, _(row.mode)))
	mode = _(row.mode_before_pause) if row.mode_before_pause else _("the mode that you choose")
	return 1, _("Resume {0} in {1}? What waited is carried out.").format(target.store, mode)


def resume(target: Target, _reason: str, options: Mapping[str, Any], _user: str, entry: Entry) -> str:
	"""Have a store go on in the mode before it was paused, or in `mode` of the options. :raises Refused: when neither is known."""
	wanted = options.get("mode") or _row(target).mode_before_pause
	mode = next((mode for mode in _RESUMES_IN if str(mode) == str(wanted)), None)
	if mode is None:
		raise Refused(_("Choose the mode to go on in: Live or Shadow."))
	_set_mode(str(target.store), mode)
	entry.changed = 1
	wake.wake(flag=False)
	wake.wake_pusher(flag=False)
	return _("{0} goes on: {1}. What waited is put back into the queue.").format(target.store, _(str(mode)))


def _set_mode(store: str, mode: Mode) -> None:
	doc = frappe.get_doc("Shopify Store", store)
	doc.remember_mode(str(mode))
	doc.mode = str(mode)
	# Whatever else may be wrong with the settings must not keep anybody from pausing the store; resuming it checks them.
	doc.flags.ignore_validate = doc.flags.ignore_mandatory = doc.flags.ignore_links = mode is Mode.PAUSED
	doc.save(ignore_permissions=True)


def look_trip(target: Target) -> tuple[int, str]:
	"""Return what the person is asked."""
	_row(target)
	return 1, _("Open the circuit of {0}? Nothing is asked of Shopify, and nothing is sent, until somebody closes it.").format(
		target.store
	)


def trip(target: Target, reason: str, _options: Mapping[str, Any], user: str, entry: Entry) -> str:
	"""Open a store's circuit by hand: it stays open until a person closes it."""
	_connection(target).trip_circuit(f"opened by {user}: {reason.strip()}")
	entry.changed = 1
	return _("The circuit of {0} is open. Nothing is sent until somebody resets it.").format(target.store)


def look_reset(target: Target) -> tuple[int, str]:
	"""Return what the person is asked."""
	_row(target)
	return 1, _("Close the circuit of {0}? Calls to Shopify go out at once.").format(target.store)


def reset(target: Target, _reason: str, _options: Mapping[str, Any], _user: str, entry: Entry) -> str:
	"""Close a store's circuit, so that calls go out at once."""
	_connection(target).reset_circuit()
	wake.wake_pusher(flag=False)
	entry.changed = 1
	return _("The circuit of {0} is closed.").format(target.store)


def _connection(target: Target) -> Any:
	try:
		return connections.link_of(str(target.store), for_operator=True).connection
	except BadAddress as error:
		raise Refused(str(error)) from None


def look_reconcile(target: Target) -> tuple[int, str]:
	"""Return what the person is asked. :raises Refused: when the store cannot be compared now."""
	_row(target)
	reconciliations.check(str(target.store))
	return 1, _("Compare {0} with ERPNext in the background?").format(target.store)


def reconcile(target: Target, _reason: str, options: Mapping[str, Any], user: str, entry: Entry) -> str:
	"""Begin a comparison. *options*: `depth`, `since`, `until`, `order`, `item`, `heal`, as `api/reconciliation.py: start` has them."""
	return begin_comparison(str(target.store), options, user, entry)[1]


def begin_comparison(store: str, options: Mapping[str, Any], user: str, entry: Entry) -> tuple[str, str]:
	"""Begin a comparison, and return its name and what to say of it. Commits. *options*: see :func:`reconcile`."""
	ids = reconciliations.ids_of(store, options.get("order") or None, options.get("item") or None)
	heal = options.get("heal")
	wanted = reconciliations.wanted_by(
		user,
		store,
		Depth.RECORDS if ids else depth_of(str(options.get("depth") or Depth.LIGHT), options.get("since")),
		since=moment(options.get("since")),
		until=moment(options.get("until")),
		ids=ids,
		heal=None if heal in (None, "") else bool(cint(heal)),
	)
	name = runs.begin(wanted)
	frappe.db.commit()
	reconciliations.KIND.call(name)
	entry.changed = 1
	return name, _("{0} runs in the background.").format(name)


def depth_of(depth: str, since: Any) -> Depth:
	"""Return how deep a comparison is. :raises Refused: when there is no such depth, or something is missing for it."""
	chosen = next((one for one in Depth if str(one) == depth), None)
	if chosen is None:
		raise Refused(_("Depth is one of Light, Full and Range, not {0}.").format(depth))
	if chosen is Depth.RECORDS:
		raise Refused(_("Name the order or the Item."))
	if chosen is Depth.RANGE and not since:
		raise Refused(_("A range needs its beginning."))
	return chosen


def moment(text: Any) -> Any:
	"""Return a time of the site's zone as UTC."""
	return times.from_site(get_datetime(text)) if text else None
