"""Shopify's full Admin GraphQL schemas, straight out of the npm package that is pinned."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import tarfile
from functools import lru_cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
PACKAGE = "@shopify/dev-mcp@1.16.0"
TARBALL = TESTS / "node_modules" / ".admin-schema" / "shopify-dev-mcp-1.16.0.tgz"
#: `npm view @shopify/dev-mcp@1.16.0 dist.integrity`
INTEGRITY = "sha512-tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw=="


class SchemaMissing(FileNotFoundError):
	"""Raised when the package is not there; tests on it must not look green."""


@lru_cache(maxsize=1)
def verified() -> Path:
	"""Return the tarball. :raises SchemaMissing: when it is not there. :raises ValueError: when it is not the one that npm published."""
	if not TARBALL.is_file():
		raise SchemaMissing(f"{TARBALL} is missing. Run `npm pack {PACKAGE}` in {TARBALL.parent}.")
	found = "sha512-" + base64.b64encode(hashlib.sha512(TARBALL.read_bytes()).digest()).decode()
	if found != INTEGRITY:
		raise ValueError(f"{TARBALL} is not {PACKAGE}: its integrity is {found}, not {INTEGRITY}. Delete it and pack it again.")
	return TARBALL


def full_introspection(version: str) -> dict[str, Any]:
	"""Return `{"__schema": …}` of that version as Shopify publishes it, with descriptions and `requiredAccess`."""
	with tarfile.open(verified()) as tarball:
		member = tarball.extractfile(f"package/dist/data/admin_{version}.json.gz")
		if member is None:
			raise SchemaMissing(f"{TARBALL} holds no admin schema {version}.")
		found: dict[str, Any] = json.loads(gzip.decompress(member.read()))["data"]
	return found
