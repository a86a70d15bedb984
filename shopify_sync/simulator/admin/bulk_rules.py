"""Which queries a bulk operation may run, and how its result is cut into lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
	FieldNode,
	FragmentDefinitionNode,
	FragmentSpreadNode,
	GraphQLList,
	GraphQLNonNull,
	GraphQLObjectType,
	InlineFragmentNode,
	OperationType,
	SelectionSetNode,
	get_named_type,
	is_composite_type,
)

from . import schema
from .validation import prepare

FINISHED = ("COMPLETED", "CANCELED", "FAILED", "EXPIRED")
MOST_CONNECTIONS = 5
DEEPEST = 2


class BadBulkQuery(Exception):
	"""The query cannot be run in bulk; answered in `userErrors` with the code INVALID."""


@dataclass(frozen=True)
class _Connection:
	"""A connection of the query: where it stands in an answer, and which connections its nodes have.

	:ivar path: the keys that lead to it, from the node above it.
	:ivar through: the keys below it that lead to its nodes: `("nodes",)`, or `("edges", "node")` with aliases.
	"""

	path: tuple[str, ...]
	through: tuple[str, ...]
	inner: tuple[_Connection, ...]


@dataclass(frozen=True)
class Plan:
	"""How an answer becomes lines."""

	root: _Connection

	def lines(self, data: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
		"""Yield (depth, line): every node of every connection, with the id of the node above it as `__parentId`."""
		yield from _lines(self.root, data, None, 0)


def _lines(
	connection: _Connection, above: dict[str, Any], parent: str | None, depth: int
) -> Iterator[tuple[int, dict[str, Any]]]:
	for node in _nodes(connection, above):
		line = _without(node, [inner.path for inner in connection.inner])
		if parent is not None:
			line["__parentId"] = parent
		yield depth, line
		for inner in connection.inner:
			yield from _lines(inner, node, node["id"], depth + 1)


def _nodes(connection: _Connection, above: dict[str, Any]) -> list[dict[str, Any]]:
	found: Any = above
	for key in connection.path:
		found = found.get(key) if isinstance(found, dict) else None
	if not isinstance(found, dict):
		return []
	first, *rest = connection.through
	return [item[rest[0]] if rest else item for item in found[first]]


def _without(node: dict[str, Any], paths: list[tuple[str, ...]]) -> dict[str, Any]:
	"""Return a node without the connections at *paths*, which become lines of their own."""
	line = {}
	for key, value in node.items():
		below = [path[1:] for path in paths if path[0] == key]
		if () in below:
			continue
		line[key] = _without(value, below) if below and isinstance(value, dict) else value
	return line


def planned(version: str, query: str) -> Plan:
	"""Check a query. :raises BadBulkQuery: in Shopify's words."""
	document = prepare(version, query)
	if document.errors:
		raise BadBulkQuery("Invalid bulk query: " + "; ".join(error["message"] for error in document.errors))
	if len(document.operations) != 1 or document.operations[0].operation is not OperationType.QUERY:
		raise BadBulkQuery("Bulk queries must contain exactly one query operation.")
	operation = document.operations[0]
	if operation.variable_definitions:
		raise BadBulkQuery("Bulk queries can't use variables.")
	look = _Look(version, {fragment.name.value: fragment for fragment in document.fragments})
	root = schema.schema(version).query_type
	assert root is not None
	fields = list(look.fields(operation.selection_set))
	if len(fields) != 1:
		raise BadBulkQuery("Bulk queries must contain exactly one top level field.")
	found = look.connections(root, operation.selection_set, ())
	if not found or len(found[0].path) != 1:
		raise BadBulkQuery("Bulk queries must contain at least one connection, at the top level.")
	if look.count > MOST_CONNECTIONS:
		raise BadBulkQuery(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
	if look.deepest > DEEPEST + 1:
		raise BadBulkQuery(f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}.")
	return Plan(found[0])


class _Look:
	"""Finds the connections of a query."""

	def __init__(self, version: str, fragments: dict[str, FragmentDefinitionNode]) -> None:
		self._schema = schema.schema(version)
		self._fragments = fragments
		self.count = 0
		self.deepest = 0

	def fields(self, selection: SelectionSetNode) -> Iterator[FieldNode]:
		"""Yield the fields of a selection, fragments unfolded."""
		for part in selection.selections:
			if isinstance(part, FieldNode):
				yield part
			elif isinstance(part, FragmentSpreadNode):
				yield from self.fields(self._fragments[part.name.value].selection_set)
			elif isinstance(part, InlineFragmentNode):
				yield from self.fields(part.selection_set)

	def connections(
		self, kind: Any, selection: SelectionSetNode, path: tuple[str, ...], depth: int = 1
	) -> tuple[_Connection, ...]:
		"""Return the connections that hang on a node, through objects that it holds."""
		found: list[_Connection] = []
		for field in self.fields(selection):
			definition = getattr(kind, "fields", {}).get(field.name.value)
			if definition is None or field.selection_set is None or not is_composite_type(get_named_type(definition.type)):
				continue
			inner = get_named_type(definition.type)
			key = (*path, _key(field))
			if inner.name.endswith("Connection"):
				found.append(self._connection(inner, field, key, depth))
				continue
			below = self.connections(inner, field.selection_set, key, depth)
			if below and _is_list(definition.type):
				raise BadBulkQuery("Queries that contain a connection field within a list field are not currently supported.")
			found.extend(below)
		return tuple(found)

	def _connection(self, kind: Any, field: FieldNode, path: tuple[str, ...], depth: int) -> _Connection:
		self.count += 1
		self.deepest = max(self.deepest, depth)
		assert field.selection_set is not None
		through, node = self._through(kind, field.selection_set)
		assert node.selection_set is not None
		node_kind = get_named_type(kind.fields["nodes"].type)
		if isinstance(node_kind, GraphQLObjectType) and not any(part.name == "Node" for part in node_kind.interfaces):
			raise BadBulkQuery(f"Connections in bulk queries must implement the Node interface; {node_kind.name} does not.")
		inner = self.connections(node_kind, node.selection_set, (), depth + 1)
		if inner and not any(f.name.value == "id" and f.alias is None for f in self.fields(node.selection_set)):
			raise BadBulkQuery("The parent 'node' field for a nested connection must select the 'id' field without an alias.")
		return _Connection(path, through, inner)

	def _through(self, kind: GraphQLObjectType, selection: SelectionSetNode) -> tuple[tuple[str, ...], FieldNode]:
		for field in self.fields(selection):
			if field.name.value == "nodes":
				return (_key(field),), field
			if field.name.value == "edges" and field.selection_set is not None:
				for inner in self.fields(field.selection_set):
					if inner.name.value == "node":
						return (_key(field), _key(inner)), inner
		raise BadBulkQuery(f"Connection fields without nodes can't be used in bulk queries ({kind.name}).")


def _is_list(kind: Any) -> bool:
	while isinstance(kind, GraphQLNonNull):
		kind = kind.of_type
	return isinstance(kind, GraphQLList)


def _key(field: FieldNode) -> str:
	return field.alias.value if field.alias else field.name.value
