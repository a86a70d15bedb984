"""What a token may do: decided from Shopify's own sentences in the schema (`requiredAccess`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from graphql import GraphQLObjectType, get_named_type

from ..shop.records import Order
from . import schema
from .errors import access_denied, unapproved

#: Orders that are no older can be seen with `read_orders` alone.
RECENT = timedelta(days=60)
_SCOPE = re.compile(r"`([a-z_]+)`")
#: Which part of a sentence names scopes; what follows speaks about the permissions of a user, and an app has none.
_REST = re.compile(r"Also:|Only accessible")


@cache
def _alternatives(sentence: str, verb: str) -> tuple[str, ...]:
	"""Return the scopes of which one is enough. refundCreate's sentence says `orders` where it means `write_orders`."""
	found = _SCOPE.findall(_REST.split(sentence)[0])
	return tuple(name if name.startswith(("read_", "write_", "manage_")) else f"{verb}_{name}" for name in found)


def allows(granted: frozenset[str], scope: str) -> bool:
	"""Tell whether the scopes that were granted hold *scope*; writing implies reading."""
	return scope in granted or (scope.startswith("read_") and "write_" + scope[len("read_") :] in granted)


def sees(granted: frozenset[str], order: Order, now: datetime) -> bool:
	"""Tell whether a token may see an order: older ones need `read_all_orders`.

	https://shopify.dev/docs/api/usage/access-scopes#orders-permissions
	"""
	assert order.created_at is not None
	return allows(granted, "read_all_orders") or now - order.created_at <= RECENT


class Access:
	"""What one token may do in one version.

	:param granted: the scopes of the token.
	:param protected: whether the app is approved for protected customer data (names, emails, phones, addresses).
	"""

	def __init__(self, version: str, granted: frozenset[str], *, protected: bool = True) -> None:
		self._schema = schema.load(version)
		self._granted = granted
		self._protected = protected
		self._known: dict[str, Exception | None] = {}

	def demand(self, parent: str, field: str) -> None:
		"""Check that a field of a type may be read, or a mutation called. :raises ApiError: ACCESS_DENIED."""
		name = f"{parent}.{field}"
		if name not in self._known:
			self._known[name] = self._refusal(parent, field)
		refusal = self._known[name]
		if refusal is not None:
			raise refusal.with_traceback(None)

	def demand_type(self, type_name: str, field: str) -> None:
		"""Check that objects of a type may be read, for a *field* that returns many types. :raises ApiError: ACCESS_DENIED."""
		refusal = self._missing((type_name,), field, "read")
		if refusal is not None:
			raise refusal

	def _refusal(self, parent: str, field: str) -> Exception | None:
		name = f"{parent}.{field}"
		if not self._protected and name in self._schema.protected:
			return unapproved(field)
		verb = "write" if parent == "Mutation" else "read"
		kind = self._schema.graphql.type_map[parent]
		assert isinstance(kind, GraphQLObjectType)
		returned = get_named_type(kind.fields[field].type)
		names = [name, returned.name]
		if isinstance(returned, GraphQLObjectType) and returned.name.endswith("Connection") and "nodes" in returned.fields:
			names.append(get_named_type(returned.fields["nodes"].type).name)
		return self._missing(names, field, verb)

	def _missing(self, names: Iterable[str], field: str, verb: str) -> Exception | None:
		for name in names:
			sentence = self._schema.required_access.get(name, "")
			alternatives = _alternatives(sentence, verb)
			if alternatives and not any(allows(self._granted, scope) for scope in alternatives):
				return access_denied(field, sentence)
		return None
