"""One log line a minute per shop and reason for refused deliveries: enough to notice, too little to fill a disk."""

from __future__ import annotations

import re
import time

import frappe

from .log import warn

_EVERY_SECONDS = 60.0
_MAX_REMEMBERED = 1000
_last: dict[tuple[str, str, str], float] = {}


def log_refusal(reason: str, shop_domain: str) -> None:
	"""Log that a delivery was refused; never its body or signature. The domain comes from a stranger: cut to what one can be."""
	domain = re.sub(r"[^a-z0-9.-]", "?", shop_domain)[:100]
	key = (frappe.local.site, reason, domain)
	now = time.monotonic()
	if now - _last.get(key, -_EVERY_SECONDS) < _EVERY_SECONDS:
		return
	if len(_last) >= _MAX_REMEMBERED:
		_last.clear()
	_last[key] = now
	warn(f"webhook refused: {reason} (shop {domain or 'not named'})")
