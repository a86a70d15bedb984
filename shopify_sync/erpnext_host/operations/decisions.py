"""Resolve Conflict: one decision about one Sync Conflict, or the same about several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.customers.conflicts import Resolution
from shopify_sync.core.operations import Refused

from .. import conflicts, wake
from .record import Entry
from .targets import Target


def look(target: Target) -> tuple[int, str]:
	"""Return how many conflicts are meant, and what the person is asked. :raises Refused: when none is named."""
	names = target.of_conflicts
	if not names:
		raise Refused(_("Choose a Sync Conflict."))
	still_open = frappe.db.count("Sync Conflict", {"name": ("in", names), "status": "Open"})
	return still_open, _("Decide {0} conflicts in the same way? Their events are carried out again.").format(still_open)


def resolve(target: Target, reason: str, options: Mapping[str, Any], user: str, entry: Entry) -> str:
	"""Decide. *options*: `resolution` (`Take Shopify's`, `Keep ERPNext's`, `Edit`) and, for Edit, `value`.

	:raises Refused: when the only one that is named cannot be decided so; of several these are counted.
	"""
	wanted = str(options.get("resolution") or "")
	resolution = next((one for one in Resolution if str(one) == wanted), None)
	if resolution is None:
		known = ", ".join(_(str(one)) for one in Resolution)
		raise Refused(_("{0} is no decision. Choose one of: {1}.").format(wanted[:140] or _("Nothing"), known))
	said = []
	for name in target.of_conflicts:
		try:
			said.append(conflicts.resolve(name, resolution, user, options.get("value"), reason))
			entry.changed += 1
		except Refused as error:
			frappe.db.rollback()
			if len(target.of_conflicts) == 1:
				raise
			entry.refuse(name, str(error))
	wake.wake()
	if len(target.of_conflicts) == 1:
		return said[0]
	return _("{0} of {1} conflicts are decided; their events are carried out again.").format(
		entry.changed, len(target.of_conflicts)
	)
