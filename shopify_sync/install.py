"""What the app adds to a site besides its own doctypes, and takes away again.

Roles, the key fields on ERPNext's documents, and the tax category are made after install and after every migrate, not by
patches: a fresh site marks patches as run without running them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from shopify_sync.core.orders.states import DEFAULT_RULES
from shopify_sync.erpnext_host.event_log import FrappeEventLog

ROLES = ("Shopify Sync Manager", "Shopify Sync Operator", "Shopify Sync Auditor")
#: A category without rules: ERPNext then adds no taxes of its own to what Shopify has taxed.
TAX_CATEGORY = "Shopify"
#: The head of the workspace: how the stores are.
HEALTH_BLOCK = "Shopify Sync Health"
_HEALTH_HTML = '<div class="shopify-health-place"></div>'
#: Frappe's Module Onboarding of ours, and what the names of its steps begin with.
ONBOARDING = "Shopify Sync"
#: Indexes of ours on tables of others: (doctype, column, name of the index).
INDEXES = (
	# Stores may match customers by e-mail.
	("Contact Email", "email_id", "shopify_sync_email_index"),
	# Whatever moves stock asks which Product Bundles an Item is part of.
	("Product Bundle Item", "item_code", "shopify_sync_item_index"),
	# What a cancelled document was amended to is asked for by every later state of its order, and by reconciliation.
	("Sales Order", "amended_from", "shopify_sync_amended_index"),
	("Sales Invoice", "amended_from", "shopify_sync_amended_index"),
	("Delivery Note", "amended_from", "shopify_sync_amended_index"),
	("Payment Entry", "amended_from", "shopify_sync_amended_index"),
)
#: Documents that carry the unique key of the Shopify resource they were made for.
KEYED_DOCTYPES = (
	"Customer",
	"Contact",
	"Address",
	"Sales Order",
	"Stock Entry",
	"Sales Invoice",
	"Payment Entry",
	"Delivery Note",
	"Stock Reconciliation",
)
#: Documents that show the order's name, and whose rows name the Shopify line they are of.
ORDER_DOCTYPES = ("Sales Order", "Sales Invoice", "Delivery Note")


def _key_field() -> dict[str, Any]:
	return {
		"fieldname": "shopify_key",
		"label": "Shopify Key",
		"fieldtype": "Data",
		"description": "Store, resource and id in Shopify. The database allows each key once.",
		"unique": 1,
		"no_copy": 1,
		"read_only": 1,
		"print_hide": 1,
		"translatable": 0,
		"module": "Shopify Sync",
	}


def _shown(fieldname: str, label: str, description: str, **more: Any) -> dict[str, Any]:
	return {**_key_field(), "fieldname": fieldname, "label": label, "description": description, "unique": 0, **more}


def _section() -> dict[str, Any]:
	return {
		"fieldname": "shopify_section",
		"label": "Shopify",
		"fieldtype": "Section Break",
		"collapsible": 1,
		"depends_on": "eval:doc.shopify_key",
		"module": "Shopify Sync",
	}


def _order_name_field() -> dict[str, Any]:
	return _shown(
		"shopify_order_name",
		"Shopify Order",
		"What the order is called in Shopify, e.g. #1001.",
		depends_on="eval:doc.shopify_order_name",
		in_standard_filter=1,
	)


def _line_field() -> dict[str, Any]:
	return _shown(
		"shopify_line_item_id",
		"Shopify Line Item",
		"Id of the line in Shopify; one line may be several rows, when its amount does not divide by its quantity.",
		depends_on="eval:doc.shopify_line_item_id",
		no_copy=0,
	)


def _tracking_fields() -> list[dict[str, Any]]:
	"""Return where a Delivery Note keeps how its parcel can be followed; it is often known only after the note was submitted.

	In a note that the app made of a fulfillment it is what Shopify says; in one of people's own they enter it, and Shopify is told.
	"""
	columns = (
		("shopify_tracking_number", "Tracking Number", "Number of the parcel; several are separated by commas."),
		("shopify_tracking_company", "Tracking Company", "Who carries the parcel, as Shopify spells it: DHL Express, UPS, …"),
		("shopify_tracking_url", "Tracking URL", "Where the parcel can be followed. Shopify knows it of the big carriers."),
	)
	shown = {
		"allow_on_submit": 1, "print_hide": 0, "fieldtype": "Small Text", "read_only": 0,
		"read_only_depends_on": "eval:doc.shopify_key",
	}  # fmt: skip
	return [
		_shown(name, label, description, depends_on=f"eval:doc.{name} || !doc.shopify_key", **shown)
		for name, label, description in columns
	]


#: A Delivery Note of people's own has no key; its rows tell that it sends an order of Shopify's.
_OF_AN_ORDER = "eval:doc.shopify_key || (doc.items || []).some((row) => row.shopify_line_item_id)"


#: Documents with a tab of their own for what happened between Shopify and ERPNext; Payment Entry has no tabs, and has a button.
STORY_DOCTYPES = ("Sales Order", "Sales Invoice", "Delivery Note", "Customer", "Item")
_MAY_LOOK = "frappe.user_roles.some((role) => role.startsWith('Shopify Sync ') || role === 'System Manager')"


def _story_fields(doctype: str) -> list[dict[str, Any]]:
	"""Return the tab, and the place in it that `public/js/document_story.js` draws the story into."""
	about = {"Delivery Note": _OF_AN_ORDER, "Customer": "eval:!doc.__islocal", "Item": "eval:!doc.__islocal"}
	condition = about.get(doctype, "eval:doc.shopify_key").removeprefix("eval:")
	tab = {"fieldname": "shopify_tab", "label": "Shopify", "fieldtype": "Tab Break", "module": "Shopify Sync"}
	story = {"fieldname": "shopify_story", "label": "Story", "fieldtype": "HTML", "module": "Shopify Sync"}
	return [{**tab, "depends_on": f"eval:({condition}) && {_MAY_LOOK}"}, story]


def _tax_exempt_field() -> dict[str, Any]:
	return _shown(
		"shopify_tax_exempt",
		"Tax Exempt in Shopify",
		"Shopify takes no taxes from this customer. For information: the taxes of an order are always those that Shopify states.",
		fieldtype="Check",
		read_only=0,
		default="0",
	)


def custom_fields() -> dict[str, list[dict[str, Any]]]:
	"""Return the custom fields per doctype, as `create_custom_fields` takes them: a section of their own, at the end of the form."""
	fields: dict[str, list[dict[str, Any]]] = {doctype: [_section(), _key_field()] for doctype in KEYED_DOCTYPES}
	for doctype in ORDER_DOCTYPES:
		fields[doctype].append(_order_name_field())
		fields[f"{doctype} Item"] = [_line_field()]
	fields["Delivery Note"][0]["depends_on"] = _OF_AN_ORDER
	fields["Delivery Note"].extend(_tracking_fields())
	fields["Customer"].append(_tax_exempt_field())
	for doctype in STORY_DOCTYPES:
		fields.setdefault(doctype, []).extend(_story_fields(doctype))
	for doctype, added in fields.items():
		previous = _last_field(doctype, {field["fieldname"] for field in added})
		for field in added:
			field["insert_after"], previous = previous, field["fieldname"]
	return fields


def _last_field(doctype: str, ours: set[str]) -> str:
	"""Return the field that ours follow: the last one, or the last before the tab of connections, which has no fields."""
	names = [field.fieldname for field in frappe.get_meta(doctype).fields if field.fieldname not in ours]
	end = names.index("connections_tab") if "connections_tab" in names else len(names)
	return str(names[end - 1])


def after_install() -> None:
	"""Make what the app needs on the site."""
	_make_everything()


def after_migrate() -> None:
	"""Make again what somebody deleted or a new version added."""
	_make_everything()


def _make_everything() -> None:
	for role in ROLES:
		if not frappe.db.exists("Role", role):
			frappe.get_doc({"doctype": "Role", "role_name": role, "desk_access": 1}).insert(ignore_permissions=True)
	if not frappe.db.exists("Tax Category", TAX_CATEGORY):
		frappe.get_doc({"doctype": "Tax Category", "title": TAX_CATEGORY}).insert(ignore_permissions=True)
	create_custom_fields(custom_fields(), ignore_validate=True)
	_take_over_customer_matching()
	_fill_order_states()
	_fill_alert_rules()
	_make_health_block()
	for doctype, column, name in INDEXES:
		frappe.db.add_index(doctype, [column], name)
	FrappeEventLog().name_causes()


def _make_health_block() -> None:
	"""Make the head of the workspace. Frappe keeps such blocks as documents of no module, so there is no file to import."""
	script = Path(frappe.get_app_path("shopify_sync", "public", "js", "store_health.js")).read_text(encoding="utf-8")
	values = {"html": _HEALTH_HTML, "script": f"{script}\nshopify_sync.store_health.show(root_element);\n", "private": 0}
	if not frappe.db.exists("Custom HTML Block", HEALTH_BLOCK):
		block = frappe.get_doc({"doctype": "Custom HTML Block", "name": HEALTH_BLOCK, **values})
		block.insert(ignore_permissions=True)
	elif frappe.db.get_value("Custom HTML Block", HEALTH_BLOCK, list(values), as_dict=True) != values:
		frappe.get_doc("Custom HTML Block", HEALTH_BLOCK).update(values).save(ignore_permissions=True)


def _take_over_customer_matching() -> None:
	"""Make a matching rule of what was a Select once. The old column stays behind when a field leaves a doctype."""
	if not frappe.db.has_column("Shopify Store", "customer_matching"):
		return
	stores = frappe.db.sql("SELECT name FROM `tabShopify Store` WHERE customer_matching = 'E-mail'", pluck=True)
	for name in stores:
		store = frappe.get_doc("Shopify Store", name)
		if not store.matching_rules:
			store.append("matching_rules", {"match_by": "Verified e-mail"}).insert(ignore_permissions=True)
			store.db_set("modified", frappe.utils.now(), update_modified=False)
	if stores:
		frappe.db.sql("UPDATE `tabShopify Store` SET customer_matching = NULL")


def _fill_order_states() -> None:
	"""Show the rules that stores from before there were any go by, in their tables."""
	from shopify_sync.shopify_sync.doctype.shopify_store.shopify_store import rule_values

	for name in frappe.get_all("Shopify Store", pluck="name"):
		if frappe.db.exists("Shopify Order State Rule", {"parent": name}):
			continue
		store = frappe.get_doc("Shopify Store", name)
		for rule in DEFAULT_RULES:
			store.append("order_state_rules", rule_values(rule)).db_insert()
		store.db_set("modified", frappe.utils.now(), update_modified=False)


def _fill_alert_rules() -> None:
	"""Show the thresholds that stores from before there were any go by, in their tables."""
	from shopify_sync.erpnext_host.alerts.settings import complete_all_stores

	complete_all_stores()


def before_uninstall() -> None:
	"""Take away what `after_install` made: fields with their columns, roles, the tax category if nothing uses it."""
	for doctype, fields in custom_fields().items():
		for field in fields:
			_drop_field(doctype, field["fieldname"])
		frappe.clear_cache(doctype=doctype)
	for doctype, _column, name in INDEXES:
		if frappe.db.has_index(f"tab{doctype}", name):
			frappe.db.commit()
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP INDEX `{name}`")
	for role in ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.delete_doc("Role", role, force=True, ignore_missing=True, ignore_permissions=True)
	if not _tax_category_is_used():
		frappe.delete_doc("Tax Category", TAX_CATEGORY, force=True, ignore_missing=True, ignore_permissions=True)
	_delete_what_frappe_forgets()


def _delete_what_frappe_forgets() -> None:
	"""Delete what belongs to no module: scheduled jobs, the workspace's block, onboarding steps; on 16 the icon and the sidebar.

	Frappe does not commit these deletions itself.
	"""
	frappe.db.delete("Scheduled Job Type", {"method": ("like", "shopify_sync.%")})
	_delete_channels()
	frappe.db.delete("Onboarding Step Map", {"parent": ONBOARDING})
	frappe.db.delete("Onboarding Step", {"name": ("like", f"{ONBOARDING}: %")})
	frappe.delete_doc("Custom HTML Block", HEALTH_BLOCK, force=True, ignore_missing=True, ignore_permissions=True)
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if frappe.db.exists("DocType", doctype) and frappe.get_meta(doctype).has_field("app"):
			for name in frappe.get_all(doctype, filters={"app": "shopify_sync"}, pluck="name"):
				frappe.delete_doc(doctype, name, force=True, ignore_permissions=True)


def _delete_channels() -> None:
	"""Delete the channels of alerts that people added: they listen to a doctype that is about to go."""
	from shopify_sync.erpnext_host.alerts.channels import PREFIX

	for doctype, filters in (
		("Notification", {"document_type": "Sync Alert", "is_standard": 0}),
		("Webhook", {"webhook_doctype": "Sync Alert"}),
		("Slack Webhook URL", {"name": ("like", f"{PREFIX}%")}),
	):
		for name in frappe.get_all(doctype, filters=filters, pluck="name"):
			frappe.delete_doc(doctype, name, force=True, ignore_permissions=True)


def _drop_field(doctype: str, fieldname: str) -> None:
	name = frappe.db.get_value("Custom Field", {"dt": doctype, "fieldname": fieldname})
	if name:
		frappe.delete_doc("Custom Field", name, force=True, ignore_permissions=True)
	if frappe.db.has_column(doctype, fieldname):
		# Deleting a Custom Field leaves its column; an ALTER TABLE commits by itself, so nothing may be pending.
		frappe.db.commit()
		frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP COLUMN `{fieldname}`")


def _tax_category_is_used() -> bool:
	used_in = ("Sales Order", "Sales Invoice", "Delivery Note", "Customer", "Address", "Tax Rule")
	return any(
		frappe.db.exists(doctype, {"tax_category": TAX_CATEGORY})
		for doctype in used_in
		if frappe.get_meta(doctype).has_field("tax_category")
	)
