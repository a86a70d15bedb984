"""Running an operation: every field goes through one place, where access is checked and mutations are kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
	GraphQLEnumType,
	GraphQLError,
	GraphQLResolveInfo,
	OperationDefinitionNode,
	execute,
	get_directive_values,
	get_named_type,
)
from graphql.language import DocumentNode

from ..shop.errors import UserError
from . import schema
from .call import Call, Entry, Payload, Refusals, entry, type_of
from .cursors import Edge, Page
from .errors import NotImplementedHere, bad_request
from .idempotency import Refused, demand_key
from .validation import Document


@dataclass(frozen=True)
class Complaint:
	"""A UserError as a value: graphql-core raises every exception that it finds in a list."""

	field: tuple[str, ...]
	message: str
	code: str | None


def run(call: Call, document: Document, operation: OperationDefinitionNode, variables: dict[str, Any]) -> dict[str, Any]:
	"""Execute and return `errors` (if any) and `data`, as they stand in an answer.

	:raises Exception: whatever a resolver raises that is no answer of Shopify: a fault of the simulator must not look like one.
	"""
	result = execute(
		schema.schema(call.version),
		DocumentNode(definitions=(operation, *document.fragments)),
		context_value=call,
		variable_values=variables,
		field_resolver=_resolve,
		type_resolver=type_of,
	)
	assert not hasattr(result, "__await__")
	answer: dict[str, Any] = {}
	if result.errors:
		answer["errors"] = [_formatted(error) for error in result.errors]
	answer["data"] = result.data
	return answer


def _formatted(error: GraphQLError) -> dict[str, Any]:
	original = error.original_error
	if original is not None and not isinstance(original, GraphQLError):
		raise original
	found: dict[str, Any] = {"message": error.message}
	if error.locations:
		found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
	if error.path:
		found["path"] = list(error.path)
	if error.extensions:
		found["extensions"] = error.extensions
	return found


def _resolve(parent: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
	call: Call = info.context
	type_name, field_name = info.parent_type.name, info.field_name
	general = _general(parent, info)
	if general is not None:
		return general()
	found = entry(type_name, field_name)
	call.access.demand(type_name, field_name)
	_check_arguments(type_name, info, arguments, found.arguments)
	if type_name == "Mutation":
		return _mutate(call, info, found, arguments)
	if isinstance(parent, Payload):
		return parent[field_name] if field_name in parent else found.resolve(call, parent)
	return found.answer(call, parent, arguments)


def _check_arguments(type_name: str, info: GraphQLResolveInfo, given: dict[str, Any], taken: frozenset[str]) -> None:
	"""Refuse an argument that has no effect here, unless it says what goes without saying."""
	for name, value in given.items():
		if name not in taken and value != info.parent_type.fields[info.field_name].args[name].default_value and value is not None:
			raise NotImplementedHere(f"the argument {type_name}.{info.field_name}({name}:)")


def _general(parent: Any, info: GraphQLResolveInfo) -> Any:
	"""Return what answers a field of connections, edges and user errors, which are alike for all types; None for others."""
	name = info.field_name
	if isinstance(parent, Page):
		if name == "pageInfo":
			return lambda: parent
		if name == "nodes":
			return lambda: parent.nodes
		if name == "edges":
			return lambda: [Edge(cursor, node) for cursor, node in zip(parent.cursors, parent.nodes, strict=True)]
		return lambda: _PAGE_INFO[name](parent)
	if isinstance(parent, Edge):
		return lambda: getattr(parent, name)
	if isinstance(parent, Complaint):
		return lambda: _user_error(parent, info)
	return None


_PAGE_INFO: dict[str, Any] = {
	"hasNextPage": lambda page: page.has_next,
	"hasPreviousPage": lambda page: page.has_previous,
	"startCursor": lambda page: page.cursors[0] if page.cursors else None,
	"endCursor": lambda page: page.cursors[-1] if page.cursors else None,
}


def _user_error(error: Complaint, info: GraphQLResolveInfo) -> Any:
	if info.field_name == "field":
		return list(error.field) or None
	if info.field_name == "message":
		return error.message
	kind = get_named_type(info.return_type)
	# A mutation has only the codes of its own enum, and an older version fewer of them.
	return error.code if isinstance(kind, GraphQLEnumType) and error.code in kind.values else None


def _mutate(call: Call, info: GraphQLResolveInfo, found: Entry, arguments: dict[str, Any]) -> Payload:
	"""Run a mutation once: its effect, or the reasons why there is none."""
	key = _key(info)
	demand_key(info.field_name, call.version, key)

	def do() -> tuple[Payload, bool]:
		try:
			return Payload(found.answer(call, None, arguments)), True
		except Refusals as refusals:
			return _refused(*refusals.errors), False
		except UserError as error:
			return _refused(error), False

	if key is None:
		return do()[0]
	try:
		payload: Payload = call.idempotency.run(key, info.field_name, arguments, do)
	except Refused as refused:
		return _refused(UserError((), str(refused), refused.code))
	return payload


def _refused(*errors: UserError) -> Payload:
	found = [Complaint(error.field, error.message, error.code) for error in errors]
	return Payload(userErrors=found, orderCancelUserErrors=found)


def _key(info: GraphQLResolveInfo) -> str | None:
	directive = info.schema.get_directive("idempotent")
	if directive is None:
		return None
	values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
	if values is None:
		return None
	if not isinstance(values["key"], str):
		raise bad_request("The idempotency key must be a string.")
	return values["key"]
