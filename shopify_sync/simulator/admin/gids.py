"""Reads Shopify's global ids: `gid://shopify/Order/123`. `rest.values` writes them."""

from __future__ import annotations

import re

from .errors import ApiError

_GID = re.compile(r"gid://shopify/(?P<kind>\w+)/(?P<id>[\w-]+)(\?(?P<query>.*))?")


def split(value: str) -> tuple[str, str, str]:
	"""Return the kind, the number and what follows a question mark. :raises ApiError: when *value* is no global id."""
	found = _GID.fullmatch(value)
	if not found:
		raise ApiError(f"Invalid global id '{value}'", "argumentLiteralsIncompatible", typeName="CoercionError")
	return found["kind"], found["id"], found["query"] or ""


def number(value: str, *kinds: str) -> str:
	"""Return the number in a global id of one of *kinds*.

	:raises ApiError: when it is malformed or of another kind; Shopify answers `Invalid id` at the top level for that.
	"""
	kind, found, _query = split(value)
	if kind not in kinds:
		raise ApiError(f"Invalid id: {value}", "RESOURCE_NOT_FOUND")
	return found
