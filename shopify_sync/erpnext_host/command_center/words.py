"""A cause in the words of an operator: what it is called, what it means, what to do, and whether trying again is safe."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from shopify_sync.core.failures import INFO, Category, Retry
from shopify_sync.core.remedies import REMEDIES, Safe, safe

from .fix_rows import state_in_words


def of_group(category: str, missing: str | None, message: str | None) -> dict[str, Any]:
	"""Return `title`, `explanation`, `check` (a list), `what_to_do`, `call`, `retry` and `safe` of a cause."""
	if category not in {str(one) for one in Category}:
		# Held: what holds it says so itself.
		return {
			"title": title_of(category, missing, message),
			"explanation": message or "",
			"check": [],
			"what_to_do": _("It goes on by itself when what holds it is released."),
			"call": "",
			"retry": str(Retry.AUTOMATIC),
			"safe": str(Safe.RETRY),
		}
	known = Category(category)
	info, remedy = INFO[known], REMEDIES[known]
	return {
		"title": title_of(category, missing, message),
		"explanation": _(info.explanation),
		"check": [_(text) for text in remedy.check],
		"what_to_do": _(remedy.press),
		"call": _(remedy.call),
		"retry": str(info.retry),
		"safe": str(safe(known)),
	}


def title_of(category: str, missing: str | None, message: str | None) -> str:
	"""Return what a cause is called: "SKU TEE-M has no usable Item"."""
	if category not in {str(one) for one in Category}:
		return message or _("Waiting")
	return _title(missing) or _(INFO[Category(category)].title)


def _title(missing: str | None) -> str | None:
	"""Return what is missing as a sentence; None where the category says it as well."""
	kind, _colon, what = (missing or "").partition(":")
	titles = {
		"item": _("SKU {0} has no usable Item"),
		"variant": _("Variant {0} has no Item"),
		"inventory_item": _("Inventory item {0} has no Item"),
		"tax": _("Tax {0} has no account"),
		"shipping": _("Shipping {0} has no account"),
		"location": _("Location {0} has no warehouse"),
		"gateway": _("Payment gateway {0} has no account"),
		"state": _("No rule for orders that are {0}"),
		"setting": _("The store names no {0}"),
		"exchange_rate": _("No exchange rate for {0}"),
		"valuation": _("Item {0} has no valuation rate"),
		"scope": _("The app lacks the permission {0}"),
	}
	return titles[kind].format(_name(kind, what)) if kind in titles and what else None


def _name(kind: str, what: str) -> str:
	if kind == "tax":
		return _("{0} of {1} %").format(*what.rpartition("@")[::2])
	if kind == "state":
		return state_in_words(what)
	if kind == "setting":
		return _(frappe.get_meta("Shopify Store").get_label(what))
	return what.replace("-", " → ") if kind == "exchange_rate" else what
