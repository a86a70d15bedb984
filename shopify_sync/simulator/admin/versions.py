"""Which version of the Admin API answers a request for one.

A version that closed falls forward to the oldest supported one; only the header `X-Shopify-API-Version` tells
(https://shopify.dev/docs/api/usage/versioning).
"""

from __future__ import annotations

import re

from . import schema

_NAME = re.compile(r"20\d\d-(01|04|07|10)")


def answering(requested: str) -> str | None:
	"""Return the version that answers; None for one that is malformed or not published yet (HTTP 404)."""
	if not _NAME.fullmatch(requested) or requested > schema.latest():
		return None
	return requested if requested in schema.versions() else schema.oldest()


def at_least(version: str, since: str) -> bool:
	"""Tell whether *version* is *since* or later."""
	return version >= since  # YYYY-MM sorts as text
