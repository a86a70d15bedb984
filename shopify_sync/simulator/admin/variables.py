"""Variables of a request, checked against their types, with Shopify's words for what is wrong."""

from __future__ import annotations

from typing import Any

from graphql import (
	GraphQLError,
	GraphQLNonNull,
	GraphQLSchema,
	OperationDefinitionNode,
	VariableDefinitionNode,
	coerce_input_value,
	print_ast,
	type_from_ast,
	value_from_ast,
)


def coerced(
	schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
	"""Return the values, defaults filled in, and the errors as they stand in an answer."""
	values: dict[str, Any] = {}
	errors: list[dict[str, Any]] = []
	for definition in operation.variable_definitions:
		_one(schema, definition, given, values, errors)
	return values, errors


def _one(
	schema: GraphQLSchema,
	definition: VariableDefinitionNode,
	given: dict[str, Any],
	values: dict[str, Any],
	errors: list[dict[str, Any]],
) -> None:
	name = definition.variable.name.value
	kind: Any = type_from_ast(schema, definition.type)
	if name not in given:
		if definition.default_value is not None:
			values[name] = value_from_ast(definition.default_value, kind)
		elif isinstance(kind, GraphQLNonNull):
			errors.append(_error(definition, None, [([], "Expected value to not be null")]))
		return
	problems: list[tuple[list[str], str]] = []

	def wrong(path: list[str | int], _value: Any, error: GraphQLError) -> None:
		problems.append(([str(part) for part in path], _explanation(error.message)))

	value = coerce_input_value(given[name], kind, wrong)
	if problems:
		errors.append(_error(definition, given[name], problems))
	else:
		values[name] = value


def _explanation(message: str) -> str:
	if "to be None" in message or "was not provided" in message or "non-nullable" in message:
		return "Expected value to not be null"
	if "is not defined by type" in message:
		return f"Field is not defined on {message.split('type ')[1].split('.')[0].strip(chr(39))}"
	return message


def _error(definition: VariableDefinitionNode, value: Any, problems: list[tuple[list[str], str]]) -> dict[str, Any]:
	name, kind = definition.variable.name.value, print_ast(definition.type)
	details = ", ".join(f"{'.'.join(path)} ({explanation})" for path, explanation in problems if path)
	message = f"Variable ${name} of type {kind} was provided invalid value" + (f" for {details}" if details else "")
	place = definition.loc.start_token if definition.loc else None
	listed = [{"path": path, "explanation": explanation} for path, explanation in problems]
	found: dict[str, Any] = {"message": message}
	if place is not None:
		found["locations"] = [{"line": place.line, "column": place.column}]
	found["extensions"] = {"code": "INVALID_VARIABLE", "value": value, "problems": listed}
	return found
