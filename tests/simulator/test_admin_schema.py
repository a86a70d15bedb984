"""The schemas that the simulator executes on are Shopify's, to the last argument."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
	GraphQLEnumType,
	GraphQLInputObjectType,
	GraphQLInterfaceType,
	GraphQLObjectType,
	GraphQLSchema,
	GraphQLUnionType,
	Undefined,
	build_client_schema,
	validate_schema,
)

from shopify_sync.simulator.admin import schema as schemas
from tests.samples.admin_schema import VERSIONS, full_introspection


def argument(value: Any) -> tuple[Any, ...]:
	default = "none" if value.default_value is Undefined else repr(value.default_value)
	return str(value.type), default, value.deprecation_reason is not None


def shape(schema: GraphQLSchema) -> dict[str, Any]:
	"""Return everything a request or an answer depends on."""
	found: dict[str, Any] = {}
	for name, kind in schema.type_map.items():
		found[name] = [type(kind).__name__]
		if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
			found[name].append(sorted(part.name for part in kind.interfaces))
			for field_name, field in kind.fields.items():
				arguments = {key: argument(value) for key, value in field.args.items()}
				found[f"{name}.{field_name}"] = (str(field.type), arguments, field.deprecation_reason is not None)
		elif isinstance(kind, GraphQLInputObjectType):
			found |= {f"{name}.{key}": argument(value) for key, value in kind.fields.items()}
		elif isinstance(kind, GraphQLEnumType):
			found |= {f"{name}.{key}": value.deprecation_reason is not None for key, value in kind.values.items()}
		elif isinstance(kind, GraphQLUnionType):
			found[name].append(sorted(part.name for part in kind.types))
	for directive in schema.directives:
		arguments = {key: argument(value) for key, value in directive.args.items()}
		found[f"@{directive.name}"] = (arguments, sorted(str(place) for place in directive.locations), directive.is_repeatable)
	return found


def test_every_version_is_there() -> None:
	assert schemas.versions() == VERSIONS
	assert (schemas.oldest(), schemas.latest()) == ("2025-10", "2026-10")
	with pytest.raises(KeyError):
		schemas.load("2020-01")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_trimmed_schema_is_shopifys_schema(version: str) -> None:
	full = full_introspection(version)
	theirs = shape(build_client_schema(full, assume_valid=True))
	ours = shape(schemas.schema(version))
	assert ours == theirs
	assert len([name for name in ours if "." in name]) > 10_000
	kept = schemas.load(version).required_access
	for kind in full["__schema"]["types"]:
		assert kept.get(kind["name"]) == (kind.get("requiredAccess") or None)


def test_a_schema_is_valid_graphql() -> None:
	assert validate_schema(schemas.schema(schemas.latest())) == []


def test_the_idempotent_directive_came_with_2026_01() -> None:
	assert [version for version in VERSIONS if schemas.schema(version).get_directive("idempotent")] == list(VERSIONS[1:])
