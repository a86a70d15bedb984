"""The operations that are sent to Shopify, one file each, named after the operation.

A fragment stands in `fragments/`; a document gets those that it uses. Sizes of pages are variables whose defaults keep every
query below Shopify's limit of 1,000 points (https://shopify.dev/docs/api/usage/limits).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_MUTATION = re.compile(r"^mutation\b", re.MULTILINE)
_SPREAD = re.compile(r"\.\.\.(?!\s*on\s)\s*(\w+)")
_FRAGMENT = re.compile(r"fragment \w+ on (\w+) ")
_COMMENT = re.compile(r"^\s*#.*\n", re.MULTILINE)
#: Operations that are not valid in every supported version → the first version in which they are.
#: The directive `@idempotent` and the fields `bulkOperations` and `Refund.processedAt` came with 2026-01, `InventoryLevel.isActive`
#: with 2026-04.
SINCE = {
	"BulkOperations": "2026-01",
	"InventoryActivate": "2026-01",
	"InventoryAdjustQuantities": "2026-01",
	"InventoryLevelsAt": "2026-04",
	"InventorySetQuantities": "2026-01",
	"Order": "2026-01",
	"OrderParts": "2026-01",
	"Refund": "2026-01",
	"RefundCreate": "2026-01",
}


@cache
def names() -> tuple[str, ...]:
	"""Return the names of all operations."""
	return tuple(sorted(path.stem for path in _FOLDER.glob("*.graphql")))


@cache
def load(name: str) -> str:
	"""Return the document of that operation, with its fragments. :raises KeyError: when there is none of that name."""
	if name not in names():
		raise KeyError(name)
	return _with_fragments(_read(_FOLDER / f"{name}.graphql"))


@cache
def bulk_names() -> tuple[str, ...]:
	"""Return the names of all queries that bulk operations run."""
	return tuple(sorted(path.stem for path in (_FOLDER / "bulk").glob("*.graphql")))


def bulk(name: str, search: str = "") -> str:
	"""Return the query that a bulk operation runs: it takes no variables, so the search stands in it.

	:param name: of a file in `bulk/`; :param search: in Shopify's search syntax; empty: everything.
	:raises KeyError: when there is none of that name.
	"""
	if name not in bulk_names():
		raise KeyError(name)
	text = _unfolded(_read(_FOLDER / "bulk" / f"{name}.graphql"))
	# A JSON string is a GraphQL string.
	return text.replace("(query: $query)", f"(query: {json.dumps(search)})" if search else "")


def _unfolded(document: str) -> str:
	"""Return a document with its fragments written out where they are used: Shopify says of bulk queries that they are one query."""

	def fragment(match: re.Match[str]) -> str:
		kind, body = _FRAGMENT.split(_read(_FOLDER / "fragments" / f"{match[1]}.graphql"))[1:]
		return f"... on {kind} {_unfolded(body).strip()}"

	return _SPREAD.sub(fragment, _COMMENT.sub("", document))


def _with_fragments(document: str) -> str:
	parts = [document]
	used: list[str] = _SPREAD.findall(parts[0])
	for fragment in used:  # grows while it is walked: fragments use fragments
		text = _read(_FOLDER / "fragments" / f"{fragment}.graphql")
		parts.append(text)
		used.extend(new for new in dict.fromkeys(_SPREAD.findall(text)) if new not in used)
	return "\n".join(dict.fromkeys(parts))


@cache
def is_mutation(name: str) -> bool:
	"""Tell whether that operation changes something. :raises KeyError: when there is none of that name."""
	return _MUTATION.search(load(name)) is not None


@cache
def takes_key(name: str) -> bool:
	"""Tell whether that operation takes an idempotency key, as `$key`. :raises KeyError: when there is none of that name."""
	return "@idempotent(key: $key)" in load(name)


def _read(path: Path) -> str:
	return path.read_text(encoding="utf-8")
