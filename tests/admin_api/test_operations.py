"""Every operation that is sent is valid on Shopify's own schema, in every version that it claims."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, OperationType, build_client_schema, parse, validate

from shopify_sync.admin_api import operations
from tests.samples.admin_schema import VERSIONS, full_introspection

#: Mutations that Shopify refuses without a key since 2026-04.
KEYED = {"InventoryActivate", "InventoryAdjustQuantities", "InventorySetQuantities", "RefundCreate"}


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest):
	return request.param, build_client_schema(full_introspection(request.param), assume_valid=True)


def test_every_operation_is_valid_from_its_version_on_and_not_before(version) -> None:
	name, schema = version
	for operation in operations.names():
		errors = validate(schema, parse(operations.load(operation)))
		expected = name >= operations.SINCE.get(operation, VERSIONS[0])
		assert (not errors) == expected, (operation, name, [error.message for error in errors])


def test_no_operation_uses_what_is_deprecated_in_the_latest_version() -> None:
	from graphql.validation import NoDeprecatedCustomRule

	schema = build_client_schema(full_introspection(VERSIONS[-1]), assume_valid=True)
	for operation in set(operations.names()) - {"CurrentBulkOperation"}:  # for versions that know no other
		errors = validate(schema, parse(operations.load(operation)), [NoDeprecatedCustomRule])
		assert errors == [], (operation, [error.message for error in errors])


@pytest.mark.parametrize("name", operations.names())
def test_a_file_holds_the_one_operation_of_its_name(name: str) -> None:
	found = [part for part in parse(operations.load(name)).definitions if isinstance(part, OperationDefinitionNode)]
	assert [part.name.value for part in found if part.name] == [name]
	if found[0].operation is OperationType.MUTATION:
		assert ("@idempotent" in operations.load(name)) == (name in KEYED)


def test_names_of_nothing_are_refused() -> None:
	assert len(operations.names()) > 25
	with pytest.raises(KeyError):
		operations.load("Nothing")
