"""What Frappe and ERPNext remember for the length of one request.

A request or a job of RQ begins with nothing remembered. A worker that stays up would go on with what it read first: a Customer that
was disabled then is disabled for it for ever, whatever an operator has changed since and however often they press Retry.
"""

from __future__ import annotations

import time
from typing import Any

import frappe

#: In `frappe.local.cache`: how the site is made. Large on Frappe 15, and changed by customising or migrating only.
_DEFINITIONS = ("doctype_meta", "app_hooks", "table_columns", "db_tables", "merged_translations", "notification_config")
#: So long the definitions are kept: reading them takes Frappe 15 half as long as carrying out an order.
_KEPT_SECONDS = 5.0
#: Names in `frappe.local` that Frappe or ERPNext make when they first need them, and make again when they are gone.
_MADE_WHEN_NEEDED = (
	"system_settings",
	"website_settings",
	"fullnames",
	"dynamic_link_map",
	"enable_perpetual_inventory",
	"default_finance_book",
	"party_account_types",
	"future_sle",
	"document_wise_inventory_dimensions",
	"inventory_dimensions",
	"user_date_format",
	"user_time_format",
	"outgoing_email_account",
	# Frappe's webhooks of documents that were rolled back: as long as they lie there, those of later ones are not sent.
	"_webhook_queue",
)
#: In `frappe.flags`, made again when they are gone: which account a warehouse has, which dimensions there are, …
_MADE_IN_FLAGS = (
	"warehouse_account_map",
	"company_currency",
	"company_cost_center",
	"accounting_dimensions",
	"accounting_dimensions_details",
	"dimension_filter_map",
	"exception_approver_role",
	"debit_field_precision",
	"attribute_values",
	"numeric_values",
	"tree_conditions",
	"pos_profile",
)
#: In `frappe.flags`, left there by ERPNext when it fails in the middle: a Customer's being disabled or frozen would not count any more.
_LEFT_IN_FLAGS = ("ignore_party_validation", "party_not_required", "ignore_account_permission")
#: Where it is remembered when the definitions were read.
_READ_AT = "shopify_sync_definitions_read_at"
#: When, in this process, it was last learnt that they may have changed.
_changed_at = 0.0


def forget() -> None:
	"""Begin as a request begins: documents and settings that are read from now on are those that are committed.

	How doctypes and their permissions are made may be five seconds old, but is not older than the settings of the stores.
	"""
	local = frappe.local
	now = time.monotonic()
	if getattr(local, _READ_AT, 0.0) <= max(now - _KEPT_SECONDS, _changed_at):
		setattr(local, _READ_AT, now)
		_forget_definitions()
	else:
		kept = map(frappe.cache.make_key, _DEFINITIONS)
		local.cache = {key: local.cache[key] for key in kept if key in local.cache}
	for name in _MADE_WHEN_NEEDED:
		if hasattr(local, name):
			delattr(local, name)
	for name in (*_MADE_IN_FLAGS, *_LEFT_IN_FLAGS):
		frappe.flags.pop(name, None)
	# What could not be saved is not being saved any more.
	frappe.flags.currently_saving = []
	if hasattr(local, "request_cache"):
		local.request_cache.clear()
	# The currency of each row, and messages: of documents that are done.
	local.field_currency = None
	frappe.clear_messages()
	frappe.db.value_cache.clear()


def definitions_changed() -> None:
	"""Have every thread of this process read anew how doctypes are made: a field that a store names may have just been added."""
	global _changed_at  # noqa: PLW0603 - of the process
	_changed_at = time.monotonic()


def _forget_definitions() -> None:
	local = frappe.local
	local.cache = {}
	local.valid_columns = {}
	local.new_doc_templates = {}
	local.role_permissions = {}
	local.user_perms = None
	cache = getattr(frappe, "client_cache", None)
	if cache and not _hears(cache):
		cache.clear_cache()


def _hears(cache: Any) -> bool:
	"""Tell whether Frappe 16 hears what becomes invalid of what it keeps in this process for ten minutes: by a thread of its own,
	which a job of RQ, made by a fork, is without."""
	thread = getattr(cache, "invalidator_thread", None)
	return bool(thread and thread.is_alive())
