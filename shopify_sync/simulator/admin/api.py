"""The Admin API of one shop for one app: a request's body in, an answer out; no sockets, no threads of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any, Protocol

from graphql import OperationDefinitionNode, OperationType
from graphql.pyutils import inspect

from ..dice import Dice
from ..faults import Faults, cut_short
from ..shop.past import Past
from ..shop.shop import Shop
from . import resolvers, schema, versions
from .bulk import BulkOperations
from .call import Call
from .cost import Costs
from .errors import NOT_FOUND, UNAUTHORIZED, throttled, too_expensive
from .execution import run
from .idempotency import Idempotency
from .scopes import Access
from .throttle import MAXIMUM_COST, Throttle
from .validation import Document, prepare
from .variables import coerced


class Grant(Protocol):
	"""What a token allows; `auth.tokens.Grant` is one."""

	@property
	def scopes(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Response:
	"""What is sent back."""

	status: int
	headers: dict[str, str]
	body: bytes

	def json(self) -> Any:
		"""Return the body, read."""
		return json.loads(self.body)


@dataclass(frozen=True)
class _Request:
	"""A body that could be read, on its way through."""

	version: str
	document: Document
	operation: OperationDefinitionNode
	variables: dict[str, Any]
	grant: Grant
	number: int

	@property
	def is_query(self) -> bool:
		return self.operation.operation is OperationType.QUERY


class AdminApi:
	"""Answers GraphQL requests on a shop's state.

	:param check: returns what a token allows, or None for an unknown one.
	:ivar lock: held while a request is answered; whoever changes the shop from another thread takes it too.
	:ivar base_url: in front of the addresses of bulk results; part of the server that serves them.
	:ivar protected_customer_data: whether the app is approved for names, e-mails, phones and addresses of customers.
	:ivar past: the shop as it was some seconds ago, while stale reads are switched on.
	:ivar requests: how many requests were answered or dropped.
	"""

	def __init__(self, shop: Shop, *, dice: Dice, faults: Faults, check: Callable[[str], Grant | None]) -> None:
		resolvers.load()
		self.shop = shop
		self.lock = RLock()
		self.base_url = f"http://127.0.0.1/shops/{shop.name}"
		self.protected_customer_data = True
		self.throttle = Throttle(shop.clock, shop.plan)
		self.idempotency = Idempotency(shop.clock, lambda key, nth: faults.happens("still_running", dice, shop.domain, key, nth))
		self.past = Past(shop, lambda: faults.stale_read > 0)
		self.requests = 0
		self.bulk = BulkOperations(self, dice, faults)
		self._dice = dice
		self._faults = faults
		self._check = check
		self._memory: dict[str, Any] = {}

	def graphql(self, version: str, token: str, body: bytes) -> Response:
		"""Answer `POST /admin/api/<version>/graphql.json`.

		:param version: as it stands in the address; a closed one falls forward.
		:param token: `X-Shopify-Access-Token`.
		:raises Dropped: when a fault leaves the caller without an answer; the effect may have happened or not.
		"""
		with self.lock:
			self.requests += 1
			number = self.requests
			request_id = self._dice.uuid("request", self.shop.domain, number)
			headers = {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": request_id}
			self.bulk.settle()
			if broken := self._broken("before", number, headers):
				return broken
			response = self._answer(version, token, body, headers, number)
			if self._faults.happens("garble_answer", self._dice, self.shop.domain, number):
				response = replace(response, body=cut_short(response.body, self._dice, self.shop.domain, number))
			return self._broken("after", number, headers) or response

	def bulk_file(self, bulk_id: str) -> bytes:
		"""Return the JSONL of a bulk operation. :raises KeyError: when there is none, or it is over a week old."""
		with self.lock:
			return self.bulk.file(bulk_id)

	def call(self, version: str, grant: Grant, shop: Shop, *, in_bulk: bool = False) -> Call:
		"""Return what resolvers need, for one request with those scopes, on the shop as it is or was."""
		access = Access(version, frozenset(grant.scopes), protected=self.protected_customer_data)
		return Call(
			shop=shop,
			version=version,
			schema=schema.load(version),
			access=access,
			scopes=frozenset(grant.scopes),
			bulk=self.bulk,
			idempotency=self.idempotency,
			memory=self._memory,
			in_bulk=in_bulk,
		)

	def _broken(self, when: str, number: int, headers: dict[str, str]) -> Response | None:
		"""Return the server error that the dice want, None when they want none. :raises Dropped:"""
		status = self._faults.strike(when, self._dice, self.shop.domain, number)
		return _response(status, headers, {"errors": "Internal Server Error"}) if status else None

	def _answer(self, version: str, token: str, body: bytes, headers: dict[str, str], number: int) -> Response:
		answering = versions.answering(version)
		if answering is None:
			return _response(404, headers, NOT_FOUND)
		headers["X-Shopify-API-Version"] = answering
		grant = self._check(token)
		if grant is None:
			return _response(401, headers, UNAUTHORIZED)
		read = _read(body)
		if isinstance(read, str):
			return _response(400, headers, {"errors": {"query": read}})
		query, given, name = read
		document = prepare(answering, query)
		if document.errors:
			return _response(200, headers, {"errors": list(document.errors)})
		operation = _operation(document, name)
		if isinstance(operation, str):
			return _response(200, headers, {"errors": [{"message": operation}]})
		variables, wrong = coerced(schema.schema(answering), operation, given)
		if wrong:
			return _response(200, headers, {"errors": wrong})
		if document.deprecated:
			reason = f"https://shopify.dev/api/usage/versioning#deprecation-practices ({', '.join(document.deprecated)})"
			headers["X-Shopify-API-Deprecated-Reason"] = reason
		request = _Request(answering, document, operation, variables, grant, number)
		return self._metered(request, headers)

	def _metered(self, request: _Request, headers: dict[str, str]) -> Response:
		"""Let the bucket decide, run, and give back what was not used."""
		costs = Costs(schema.schema(request.version), request.document.fragments, request.variables)
		requested = costs.requested(request.operation)
		if requested > MAXIMUM_COST:
			return _response(200, headers, {"errors": [too_expensive(requested, MAXIMUM_COST)]})
		refused = self._faults.happens("throttle", self._dice, self.shop.domain, request.number)
		if refused or not self.throttle.take(requested):
			return _response(200, headers, {"errors": [throttled()], **self._extensions(requested, None)})
		try:
			call = self.call(request.version, request.grant, self._seen(request))
			answer = run(call, request.document, request.operation, request.variables)
		except Exception:
			self.throttle.give_back(requested)
			raise
		actual = costs.actual(request.operation, answer.get("data"))
		self.throttle.give_back(requested - actual)
		return _response(200, headers, {**answer, **self._extensions(requested, actual)})

	def _seen(self, request: _Request) -> Shop:
		"""Return the shop as this request sees it: as it is, or for an unlucky query as it was."""
		stale = request.is_query and self._faults.happens("stale_read", self._dice, self.shop.domain, request.number)
		return (self.past.shop() if stale else None) or self.shop

	def _extensions(self, requested: int, actual: int | None) -> dict[str, Any]:
		cost = {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": self.throttle.status()}
		return {"extensions": {"cost": cost}}


def _response(status: int, headers: Mapping[str, str], content: Any) -> Response:
	return Response(status, dict(headers), json.dumps(content, separators=(",", ":")).encode())


def _read(body: bytes) -> tuple[str, dict[str, Any], str | None] | str:
	"""Return the query, its variables and the operation's name, or what is wrong with the body."""
	try:
		content = json.loads(body)
	except ValueError:
		return "The body is not JSON"
	if not isinstance(content, dict) or not isinstance(content.get("query"), str) or not content["query"].strip():
		return "Required parameter missing or invalid"
	given = content.get("variables")
	if given is not None and not isinstance(given, dict):
		return "Variables must be an object"
	return content["query"], given or {}, content.get("operationName")


def _operation(document: Document, name: str | None) -> OperationDefinitionNode | str:
	"""Return the operation to run, or why there is none."""
	if name is None and len(document.operations) == 1:
		return document.operations[0]
	for operation in document.operations:
		if name and operation.name and operation.name.value == name:
			return operation
	if name is None:
		return "An operation name is required" if document.operations else "No operation"
	return f"No operation named {inspect(name)}"
