"""Who may do what: look, operate, set up. The one place that says so; each endpoint asks first."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html

from shopify_sync.erpnext_host.command_center.filters import stores

MAY_SET_UP = ("Shopify Sync Manager", "System Manager")
MAY_OPERATE = ("Shopify Sync Operator", *MAY_SET_UP)
MAY_LOOK = (*MAY_OPERATE, "Shopify Sync Auditor")


def only_for(roles: tuple[str, ...]) -> None:
	"""Check that the user has one of *roles*. :raises frappe.PermissionError:"""
	if not has_one_of(roles):
		frappe.throw(_("This needs the role {0}.").format(_(roles[0])), frappe.PermissionError)


def has_one_of(roles: tuple[str, ...]) -> bool:
	"""Tell whether the user has one of *roles*."""
	return frappe.session.user == "Administrator" or bool(set(roles) & set(frappe.get_roles()))


def only_of(store: str | None) -> None:
	"""Check that the user may see a store: User Permissions may leave only some. None: it is about no store.

	:raises frappe.PermissionError: for one of others, and one that is not there: which of both is nobody's business.
	"""
	if store and store not in stores():
		frappe.throw(
			_("There is no Shopify Store {0}, or it is not one of yours.").format(escape_html(store)), frappe.PermissionError
		)


def sees_all_stores() -> bool:
	"""Tell whether User Permissions keep no store from the user."""
	return len(stores()) == frappe.db.count("Shopify Store")
