"""Is a document valid, and how does Shopify say that it is not.

graphql-core decides; its findings are put into the words and codes of Shopify's server, for clients read `extensions.code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
	SKIP,
	DocumentNode,
	FieldNode,
	FragmentDefinitionNode,
	FragmentSpreadNode,
	GraphQLError,
	GraphQLInterfaceType,
	GraphQLObjectType,
	GraphQLSyntaxError,
	InlineFragmentNode,
	Node,
	OperationDefinitionNode,
	TypeInfo,
	TypeInfoVisitor,
	Visitor,
	parse,
	validate,
	visit,
)

from . import schema
from .call import REGISTRY, entry
from .errors import NotImplementedHere


@dataclass(frozen=True)
class Document:
	"""A document that was looked at once: its operations or what is wrong with it.

	:ivar errors: as they stand in an answer; empty when it is valid and the simulator implements all of it.
	:ivar deprecated: the deprecated fields and arguments that it uses.
	"""

	node: DocumentNode | None
	errors: tuple[dict[str, Any], ...]
	operations: tuple[OperationDefinitionNode, ...] = ()
	fragments: tuple[FragmentDefinitionNode, ...] = ()
	deprecated: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def prepare(version: str, query: str) -> Document:
	"""Parse and check a document on that version's schema."""
	try:
		node = parse(query)
	except GraphQLSyntaxError as error:
		return Document(None, (_error(f"syntax error, {error.message.removeprefix('Syntax Error: ')}", error, None, [], None),))
	shopifys = schema.schema(version)
	found = validate(shopifys, node)
	if found:
		return Document(node, tuple(_translated(error, node) for error in found))
	look = _Look(TypeInfo(shopifys))
	visit(node, TypeInfoVisitor(look.info, look))
	operations = tuple(part for part in node.definitions if isinstance(part, OperationDefinitionNode))
	fragments = tuple(part for part in node.definitions if isinstance(part, FragmentDefinitionNode))
	missing = tuple(_error(error.message, None, part, _path(node, part), error.extensions) for part, error in look.missing)
	return Document(node, missing, operations, fragments, tuple(dict.fromkeys(look.deprecated)))


class _Look(Visitor):
	"""Finds what the simulator does not implement, before anything takes effect, and what is deprecated."""

	def __init__(self, info: TypeInfo) -> None:
		super().__init__()
		self.info = info
		self.missing: list[tuple[Node, NotImplementedHere]] = []
		self.deprecated: list[str] = []

	def enter_field(self, node: FieldNode, *_rest: Any) -> Any:
		parent, field = self.info.get_parent_type(), self.info.get_field_def()
		name = node.name.value
		if parent is None or field is None or name.startswith("__"):
			return None
		if field.deprecation_reason is not None:
			self.deprecated.append(f"{parent.name}.{name}")
		try:
			self._check(parent, name, node)
		except NotImplementedHere as error:
			self.missing.append((node, error))
			return SKIP  # what is below is missing as well, which goes without saying
		return None

	@staticmethod
	def _check(parent: Any, name: str, node: FieldNode) -> None:
		if isinstance(parent, GraphQLInterfaceType):
			# Which type stands behind it is known when it is resolved; one of those that are implemented will have it.
			if not any(name in fields for fields in REGISTRY.values()):
				raise NotImplementedHere(f"{parent.name}.{name}")
		elif isinstance(parent, GraphQLObjectType) and not _is_general(parent.name, name):
			taken = entry(parent.name, name).arguments
			for argument in node.arguments:
				if argument.name.value not in taken:
					raise NotImplementedHere(f"the argument {parent.name}.{name}({argument.name.value}:)")


def _is_general(type_name: str, field_name: str) -> bool:
	"""Tell whether a field is answered the same way for all types of its sort: edges of connections, user errors."""
	if type_name.endswith("Connection"):
		return field_name in ("nodes", "edges", "pageInfo")
	if type_name.endswith("Edge"):
		return field_name in ("node", "cursor")
	return type_name.endswith("UserError") and field_name in ("field", "message", "code")


#: (graphql-core's words, Shopify's words, code, extensions); groups are filled into both.
_RULES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
	(
		r"Cannot query field '(?P<f>\w+)' on type '(?P<t>\w+)'",
		"Field '{f}' doesn't exist on type '{t}'",
		"undefinedField",
		{"typeName": "{t}", "fieldName": "{f}"},
	),
	(
		r"Unknown argument '(?P<a>\w+)' on field '\w+\.(?P<f>\w+)'",
		"Field '{f}' doesn't accept argument '{a}'",
		"argumentNotAccepted",
		{"name": "{f}", "typeName": "Field", "argumentName": "{a}"},
	),
	(
		r"Field '(?P<f>\w+)' argument '(?P<a>\w+)' of type '[^']+' is required",
		"Field '{f}' is missing required arguments: {a}",
		"missingRequiredArguments",
		{"className": "Field", "name": "{f}", "arguments": "{a}"},
	),
	(
		r"Directive '@(?P<f>\w+)' argument '(?P<a>\w+)' of type '[^']+' is required",
		"Directive '{f}' is missing required arguments: {a}",
		"missingRequiredArguments",
		{"className": "Directive", "name": "{f}", "arguments": "{a}"},
	),
	(
		r"Field '(?P<f>\w+)' of type '(?P<t>[^']+)' must have a selection",
		"Field must have selections (field '{f}' returns {t} but has no selections. Did you mean '{f} {{ ... }}'?)",
		"selectionMismatch",
		{"nodeName": "field '{f}'", "typeName": "{t}"},
	),
	(
		r"Field '(?P<f>\w+)' must not have a selection since type '(?P<t>[^']+)'",
		"Selections can't be made on scalars (field '{f}' returns {t} but has selections)",
		"selectionMismatch",
		{"nodeName": "field '{f}'", "typeName": "{t}"},
	),
	(
		r"Variable '\$(?P<v>\w+)' of type '(?P<t>[^']+)' used in position expecting type '(?P<e>[^']+)'",
		"Type mismatch on variable ${v} ({t} / {e})",
		"variableMismatch",
		{"variableName": "{v}", "typeName": "{t}", "errorMessage": "Type mismatch"},
	),
	(
		r"Variable '\$(?P<v>\w+)' is not defined by operation '(?P<o>\w*)'",
		"Variable ${v} is used by {o} but not declared",
		"variableNotDefined",
		{"variableName": "{v}"},
	),
	(
		r"Variable '\$(?P<v>\w+)' is never used in operation '(?P<o>\w*)'",
		"Variable ${v} is declared by {o} but not used",
		"variableNotUsed",
		{"variableName": "{v}"},
	),
	(
		r"Field '(?P<a>\w+)' is not defined by type '(?P<t>\w+)'",
		"InputObject '{t}' doesn't accept argument '{a}'",
		"argumentNotAccepted",
		{"name": "{t}", "typeName": "InputObject", "argumentName": "{a}"},
	),
	(
		r"Field '(?P<t>\w+)\.(?P<a>\w+)' of required type '(?P<e>[^']+)' was not provided",
		"Argument '{a}' on InputObject '{t}' is required. Expected type {e}",
		"missingRequiredInputObjectAttribute",
		{"argumentName": "{a}", "argumentType": "{e}", "inputObjectType": "{t}"},
	),
	(r"Unknown directive '@(?P<d>\w+)'", "Directive @{d} is not defined", "undefinedDirective", {"directiveName": "{d}"}),
	(
		r"Directive '@(?P<d>\w+)' may not be used on (?P<p>\w+)",
		"'@{d}' can't be applied to {p}",
		"directiveCannotBeApplied",
		{"directiveName": "{d}", "targetName": "{p}"},
	),
	(r"Unknown type '(?P<t>\w+)'", "No such type {t}, so it can't be a fragment condition", "undefinedType", {"typeName": "{t}"}),
)


def _translated(error: GraphQLError, document: DocumentNode) -> dict[str, Any]:
	node = error.nodes[0] if error.nodes else None
	path = _path(document, node) if node is not None else []
	for pattern, message, code, extensions in _RULES:
		found = re.match(pattern, error.message)
		if found:
			words = found.groupdict()
			filled = {key: value.format(**words) for key, value in extensions.items()}
			return _error(message.format(**words), error, node, path, {"code": code, **filled})
	return _error(error.message, error, node, path, {"code": "argumentLiteralsIncompatible"})


def _error(
	message: str, error: GraphQLError | None, node: Node | None, path: list[str], extensions: dict[str, Any] | None
) -> dict[str, Any]:
	found: dict[str, Any] = {"message": message}
	if error is not None and error.locations:
		found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
	elif node is not None and node.loc:
		found["locations"] = [{"line": node.loc.start_token.line, "column": node.loc.start_token.column}]
	if path:
		found["path"] = path
	if extensions:
		found["extensions"] = extensions
	return found


def _path(document: DocumentNode, wanted: Node) -> list[str]:
	"""Return where a node stands: `["query Name", "orders", "nodes", "title"]`."""
	for definition in document.definitions:
		if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
			for path, node in _walk(definition, [_named(definition)]):
				if node is wanted:
					return path
	return []


def _walk(node: Node, path: list[str]) -> Iterator[tuple[list[str], Node]]:
	yield path, node
	for key in node.keys:
		if key == "loc":
			continue
		value = getattr(node, key, None)
		children = value if isinstance(value, list | tuple) else [value]
		for child in children:
			if isinstance(child, Node):
				name = _named(child)
				yield from _walk(child, [*path, name] if name else path)


def _named(node: Node) -> str:
	if isinstance(node, OperationDefinitionNode):
		return f"{node.operation.value} {node.name.value}" if node.name else node.operation.value
	if isinstance(node, FragmentDefinitionNode):
		return f"fragment {node.name.value}"
	if isinstance(node, InlineFragmentNode):
		return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
	if isinstance(node, FragmentSpreadNode):
		return f"... {node.name.value}"
	return node.name.value if isinstance(node, FieldNode) else ""
