"""What a query costs (https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits).

Scalars and enums 0, objects 1, interfaces and unions the most of what they may be, connections 2 and their nodes as often as
`first` or `last` asks for, mutations 10. Shopify's own numbers for large pages are lower than that (its formula for connections
is not published); whoever stays within these numbers stays within Shopify's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
	FieldNode,
	FragmentDefinitionNode,
	FragmentSpreadNode,
	GraphQLInterfaceType,
	GraphQLList,
	GraphQLNonNull,
	GraphQLObjectType,
	GraphQLSchema,
	OperationDefinitionNode,
	OperationType,
	get_named_type,
	is_abstract_type,
	is_composite_type,
	value_from_ast_untyped,
)

MUTATION = 10
CONNECTION = 2
#: Stands for "not run yet": the requested cost is counted.
_UNKNOWN = object()


class Costs:
	"""Counts one operation of a document."""

	def __init__(self, schema: GraphQLSchema, fragments: Sequence[FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
		self._schema = schema
		self._fragments = {fragment.name.value: fragment for fragment in fragments}
		self._variables = dict(variables)

	def requested(self, operation: OperationDefinitionNode) -> int:
		"""Return the most it can cost, which the bucket must hold before it runs."""
		return self._operation(operation, _UNKNOWN)

	def actual(self, operation: OperationDefinitionNode, data: Mapping[str, Any] | None) -> int:
		"""Return what it cost with the answer *data*; never more than requested."""
		return min(self._operation(operation, data or {}), self.requested(operation))

	def _operation(self, operation: OperationDefinitionNode, data: Any) -> int:
		root = self._schema.get_root_type(operation.operation)
		assert root is not None
		is_mutation = operation.operation is OperationType.MUTATION
		total = 0
		for key, nodes in self._collected(root, [operation.selection_set]).items():
			if is_mutation:
				total += MUTATION + self._connections_below(root, nodes, _part(data, key))
			else:
				total += self._field(root, nodes, _part(data, key))
		return total

	def _connections_below(self, parent: GraphQLObjectType, nodes: list[FieldNode], data: Any) -> int:
		"""Return what connections in a mutation's payload cost; its other objects are covered by the mutation's own price."""
		kind = get_named_type(parent.fields[nodes[0].name.value].type)
		if not isinstance(kind, GraphQLObjectType):
			return 0
		total = 0
		for key, inner in self._collected(kind, _sets(nodes)).items():
			found = _part(data, key)
			field = kind.fields.get(inner[0].name.value)
			if field is None or not is_composite_type(get_named_type(field.type)):
				continue
			if _is_connection(get_named_type(field.type)):
				total += self._field(kind, inner, found)
			elif not isinstance(found, list):
				total += self._connections_below(kind, inner, found)
		return total

	def _selection(self, kind: Any, sets: Iterable[Any], data: Any) -> int:
		"""Return what the fields of an object cost."""
		sets = list(sets)
		if data is not _UNKNOWN and not isinstance(data, dict):
			return 0
		if is_abstract_type(kind):
			names = self._conditions(sets)
			return max((self._object(self._schema.type_map[name], sets, data) for name in names), default=0)
		return self._object(kind, sets, data)

	def _object(self, kind: Any, sets: Iterable[Any], data: Any) -> int:
		collected = self._collected(kind, sets)
		return sum(self._field(kind, nodes, _part(data, key)) for key, nodes in collected.items())

	def _field(self, parent: Any, nodes: list[FieldNode], data: Any) -> int:
		if data is None:
			# A field that ended in null cost itself (seen in Shopify's answers), not what it would have held.
			data = {}
		field = parent.fields.get(nodes[0].name.value)
		if field is None or not is_composite_type(get_named_type(field.type)):
			return 0
		kind = get_named_type(field.type)
		if _is_connection(kind):
			return self._connection(kind, nodes, data)
		if _is_list(field.type):
			return self._list(kind, nodes, data)
		return 0 if kind.name == "PageInfo" else 1 + self._selection(kind, _sets(nodes), data)

	def _list(self, kind: Any, nodes: list[FieldNode], data: Any) -> int:
		if isinstance(data, list):
			return sum(1 + self._selection(kind, _sets(nodes), item) for item in data)
		if data is not _UNKNOWN:
			return 0
		return self._size(nodes[0], default=1) * (1 + self._selection(kind, _sets(nodes), data))

	def _connection(self, kind: GraphQLObjectType, nodes: list[FieldNode], data: Any) -> int:
		inside = self._collected(kind, _sets(nodes))
		found = []
		for key, parts in inside.items():
			if parts[0].name.value == "nodes":
				found.append(self._nodes(kind.fields["nodes"].type, parts, nodes[0], _part(data, key)))
			elif parts[0].name.value == "edges":
				edge = get_named_type(kind.fields["edges"].type)
				for inner_key, inner in self._collected(edge, _sets(parts)).items():
					if inner[0].name.value == "node":
						items = _part(data, key)
						if isinstance(items, list):
							items = [_part(item, inner_key) for item in items]
						found.append(self._nodes(edge.fields["node"].type, inner, nodes[0], items))
		return CONNECTION + max(found, default=0)

	def _nodes(self, node_type: Any, parts: list[FieldNode], connection: FieldNode, data: Any) -> int:
		kind = get_named_type(node_type)
		if data is _UNKNOWN:
			return self._size(connection, default=0) * (1 + self._selection(kind, _sets(parts), _UNKNOWN))
		return sum(1 + self._selection(kind, _sets(parts), item) for item in data) if isinstance(data, list) else 0

	def _size(self, node: FieldNode, *, default: int) -> int:
		arguments = {part.name.value: value_from_ast_untyped(part.value, self._variables) for part in node.arguments}
		for name in ("first", "last"):
			if isinstance(arguments.get(name), int):
				return max(int(arguments[name]), 0)
		ids = arguments.get("ids")
		return len(ids) if isinstance(ids, list) else default

	def _collected(self, kind: Any, sets: Iterable[Any]) -> dict[str, list[FieldNode]]:
		"""Return the fields of an object type by the key under which they are answered, with fragments unfolded."""
		found: dict[str, list[FieldNode]] = {}
		for selection_set in sets:
			for selection in selection_set.selections:
				self._collect(kind, selection, found)
		return found

	def _collect(self, kind: Any, selection: Any, found: dict[str, list[FieldNode]]) -> None:
		if isinstance(selection, FieldNode):
			key = selection.alias.value if selection.alias else selection.name.value
			found.setdefault(key, []).append(selection)
			return
		inner = self._fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
		condition = inner.type_condition.name.value if inner.type_condition else kind.name
		if condition == kind.name or self._implements(kind, condition):
			for part in inner.selection_set.selections:
				self._collect(kind, part, found)

	def _implements(self, kind: Any, condition: str) -> bool:
		other = self._schema.type_map[condition]
		return isinstance(other, GraphQLInterfaceType) and self._schema.is_sub_type(other, kind)

	def _conditions(self, sets: Iterable[Any]) -> list[str]:
		"""Return the object types that fragments below an interface or a union name."""
		found: list[str] = []
		for selection_set in sets:
			for selection in selection_set.selections:
				if isinstance(selection, FieldNode):
					continue
				inner = self._fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
				if inner.type_condition:
					name = inner.type_condition.name.value
					if isinstance(self._schema.type_map[name], GraphQLObjectType):
						found.append(name)
				else:
					found.extend(self._conditions([inner.selection_set]))
		return list(dict.fromkeys(found))


def _sets(nodes: Iterable[FieldNode]) -> list[Any]:
	return [node.selection_set for node in nodes if node.selection_set]


def _part(data: Any, key: str) -> Any:
	if data is _UNKNOWN:
		return _UNKNOWN
	return data.get(key) if isinstance(data, dict) else None


def _is_connection(kind: Any) -> bool:
	return isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection") and "pageInfo" in kind.fields


def _is_list(kind: Any) -> bool:
	while isinstance(kind, GraphQLNonNull):
		kind = kind.of_type
	return isinstance(kind, GraphQLList)
