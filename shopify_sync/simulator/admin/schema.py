"""Shopify's Admin GraphQL schemas, one per version, read when first asked for.

The files hold the full introspection without prose; `python -m tests.samples.trim_admin_schema` writes them from Shopify's own
npm package, and a test compares each with it.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_client_schema

_FOLDER = Path(__file__).parent / "schema"
_PREFIX, _SUFFIX = "admin_", ".json.xz"


@dataclass(frozen=True)
class AdminSchema:
	"""One version of the Admin API.

	:ivar required_access: Shopify's words on the access that a `Type` or a `Type.field` needs.
	:ivar protected: `Type.field` → the kind of protected customer data it is (`name`, `email`, `phone`, …).
	"""

	version: str
	graphql: GraphQLSchema
	required_access: dict[str, str]
	protected: dict[str, str]


@lru_cache(maxsize=1)
def versions() -> tuple[str, ...]:
	"""Return the supported versions, oldest first."""
	return tuple(sorted(path.name[len(_PREFIX) : -len(_SUFFIX)] for path in _FOLDER.glob(f"{_PREFIX}*{_SUFFIX}")))


def oldest() -> str:
	"""Return the oldest supported version."""
	return versions()[0]


def latest() -> str:
	"""Return the latest stable version."""
	return versions()[-1]


@cache
def load(version: str) -> AdminSchema:
	"""Return that version; takes a quarter of a second the first time. :raises KeyError: for a version that is not supported."""
	if version not in versions():
		raise KeyError(version)
	kept: dict[str, Any] = json.loads(lzma.decompress((_FOLDER / f"{_PREFIX}{version}{_SUFFIX}").read_bytes()))
	built = build_client_schema(kept["data"], assume_valid=True)
	return AdminSchema(version, built, kept["requiredAccess"], kept["protected"])


def schema(version: str) -> GraphQLSchema:
	"""Return the schema of that version. :raises KeyError: for a version that is not supported."""
	return load(version).graphql
