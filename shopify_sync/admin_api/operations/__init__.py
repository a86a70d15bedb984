"""The operations that are sent to Shopify, one file each, named after the operation.

A fragment stands in `fragments/`; a document gets those that it uses. Sizes of pages are variables whose defaults keep every
query below Shopify's limit of 1,000 points (https://shopify.dev/docs/api/usage/limits).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_MUTATION = re.compile(r"^mutation\b", re.MULTILINE)
_SPREAD = re.compile(r"\.\.\.(?!\s*on\s)\s*(\w+)")
#: Operations that are not valid in every supported version → the first version in which they are.
#: The directive `@idempotent` and the fields `bulkOperation` and `bulkOperations` came with 2026-01, `InventoryLevel.isActive` with
#: 2026-04.
SINCE = {
	"BulkOperation": "2026-01",
	"BulkOperations": "2026-01",
	"InventoryActivate": "2026-01",
	"InventoryAdjustQuantities": "2026-01",
	"InventoryLevelsAt": "2026-04",
	"InventorySetQuantities": "2026-01",
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
	parts = [_read(_FOLDER / f"{name}.graphql")]
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
