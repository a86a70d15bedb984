"""The app's log file, `logs/shopify_sync.log`. Frappe keeps warnings out of its logs in production; ours are meant to be read there."""

from __future__ import annotations

import logging

import frappe


def warn(message: str) -> None:
	"""Write one warning. *message* holds no secrets and no personal data."""
	logger = frappe.logger("shopify_sync")
	logger.setLevel(logging.WARNING)
	logger.warning(message)
