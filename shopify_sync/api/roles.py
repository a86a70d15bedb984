"""Who may do what about a store's connection."""

from __future__ import annotations

import frappe
from frappe import _

MAY_SET_UP = ("Shopify Sync Manager", "System Manager")
MAY_OPERATE = ("Shopify Sync Operator", *MAY_SET_UP)
MAY_LOOK = (*MAY_OPERATE, "Shopify Sync Auditor")


def only_for(roles: tuple[str, ...]) -> None:
	"""Check that the user has one of *roles*. :raises frappe.PermissionError:"""
	if frappe.session.user != "Administrator" and not set(roles) & set(frappe.get_roles()):
		frappe.throw(_("This needs the role {0}.").format(_(roles[0])), frappe.PermissionError)
