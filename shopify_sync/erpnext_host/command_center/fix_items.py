"""Fixes of what is an Item in Shopify and none in ERPNext: a Shopify Link says which one it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.keys import INVENTORY_ITEM, SKU, VARIANT

from .fix import OPERATE, BadAnswer, Field, Fix, save

#: What a failure's `missing` may begin with, and the resource type of the link that repairs it.
LINKABLE = {"item": SKU, VARIANT: VARIANT, INVENTORY_ITEM: INVENTORY_ITEM}


def save_link(store: str, resource_type: str, shopify_id: str, item: str) -> None:
	"""Say which Item a SKU, a variant or an inventory item is. :raises BadAnswer: when it is none that can be sold."""
	row = frappe.db.get_value("Item", item, ["disabled", "has_variants"], as_dict=True)
	if not row:
		raise BadAnswer(_("There is no Item {0}. Create it first.").format(item))
	if row.disabled or row.has_variants:
		raise BadAnswer(_("Item {0} is disabled or a template. Choose an Item that can be sold.").format(item))
	name = f"{store}/{resource_type}/{shopify_id}"
	link = frappe.get_doc("Shopify Link", name) if frappe.db.exists("Shopify Link", name) else frappe.new_doc("Shopify Link")
	link.update({"store": store, "resource_type": resource_type, "shopify_id": shopify_id})
	link.update({"document_type": "Item", "document_name": item})
	# An operator may repair a mapping from the failure, without the right to edit every link.
	save(link, ignore_permissions=True)


def _title(kind: str, what: str) -> str:
	if kind == VARIANT:
		return _("Choose the Item for variant {0}").format(what)
	if kind == INVENTORY_ITEM:
		return _("Choose the Item for inventory item {0}").format(what)
	return _("Choose the Item for SKU {0}").format(what)


def _fields(store: str, what: str) -> list[Field]:
	return [
		{
			"fieldname": "item",
			"fieldtype": "Link",
			"options": "Item",
			"label": _("Item"),
			"reqd": 1,
			"filters": {"disabled": 0, "has_variants": 0},
			"description": _("Stands for it from now on. Every event that waits for it is tried again."),
		}
	]


def _saver(kind: str) -> Callable[[str, str, Mapping[str, Any]], str]:
	def save_answer(store: str, what: str, values: Mapping[str, Any]) -> str:
		save_link(store, LINKABLE[kind], what, values["item"])
		return _("{0} is mapped to Item {1}; the waiting events are tried again.").format(what, values["item"])

	return save_answer


def _fix(kind: str) -> Fix:
	return Fix("item", lambda what: _title(kind, what), _fields, _saver(kind), needs=OPERATE)


FIXES: Mapping[str, Fix] = {kind: _fix(kind) for kind in LINKABLE}
