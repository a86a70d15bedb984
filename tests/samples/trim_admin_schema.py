"""Write the schemas that the simulator executes on: Shopify's, without the prose.

    python -m tests.samples.trim_admin_schema

What is left: every type, field, argument, value, default and deprecation mark; and Shopify's own words on which access
scopes a type or field needs, from which the simulator decides what is denied.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

from tests.samples.admin_schema import VERSIONS, full_introspection

TARGET = Path(__file__).parents[2] / "shopify_sync" / "simulator" / "admin" / "schema"
_PROSE = (
	"description", "deprecationReason", "componentName", "accessRestricted", "accessRestrictedReason", "isPrivatelyDocumented",
	"requiredAccess", "isProtected", "protectedSubject", "protectedContent", "gidTypes",
)  # fmt: skip


def without_prose(value: Any) -> Any:
	"""Return the introspection without descriptions and Shopify's additions to it."""
	if isinstance(value, list):
		return [without_prose(part) for part in value]
	if isinstance(value, dict):
		kept = {key: without_prose(part) for key, part in value.items() if key not in _PROSE}
		if value.get("isDeprecated"):
			# graphql-core takes the reason, not the mark, as the sign of a deprecation.
			kept["deprecationReason"] = "deprecated"
		return kept
	return value


def access(types: list[dict[str, Any]]) -> dict[str, str]:
	"""Return the required access by `Type` and `Type.field`."""
	found = {kind["name"]: kind["requiredAccess"] for kind in types if kind.get("requiredAccess")}
	for kind in types:
		for field in kind["fields"] or []:
			if field.get("requiredAccess"):
				found[f"{kind['name']}.{field['name']}"] = field["requiredAccess"]
	return found


def protected(types: list[dict[str, Any]]) -> dict[str, str]:
	"""Return, by `Type.field`, which kind of protected customer data the field is (`name`, `email`, `phone`, `address`)."""
	return {
		f"{kind['name']}.{field['name']}": field["protectedContent"]
		for kind in types
		for field in kind["fields"] or []
		if field.get("isProtected") and field.get("protectedContent")
	}


def trimmed(version: str) -> dict[str, Any]:
	"""Return what the simulator keeps of that version."""
	full = full_introspection(version)
	types = full["__schema"]["types"]
	return {"data": without_prose(full), "requiredAccess": access(types), "protected": protected(types)}


def main() -> None:
	"""Write all versions."""
	TARGET.mkdir(exist_ok=True)
	for version in VERSIONS:
		text = json.dumps(trimmed(version), separators=(",", ":"), sort_keys=True)
		path = TARGET / f"admin_{version}.json.xz"
		path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
		print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
	main()
