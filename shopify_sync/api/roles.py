"""Who may do what: look, operate, set up. The one place that says so; each endpoint asks first."""

from __future__ import annotations

import frappe
from frappe import _

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
