"""A request as the handlers see it, and the ways to answer one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from ..admin.api import Response

JSON = "application/json; charset=utf-8"


class BadBody(ValueError):
	"""Raised for a body that is neither a form nor a JSON object."""


@dataclass(frozen=True)
class Request:
	"""One request. *path* is below the shop's address, without the query; header names are lower case."""

	method: str
	path: str
	query: Mapping[str, str] = field(default_factory=dict)
	headers: Mapping[str, str] = field(default_factory=dict)
	body: bytes = b""

	@property
	def token(self) -> str:
		"""The access token, or an empty string."""
		return self.headers.get("x-shopify-access-token", "")

	def fields(self) -> dict[str, str]:
		"""Return what a form, a JSON object or the query says, each value as text. :raises BadBody:"""
		found = dict(self.query)
		if not self.body.strip():
			return found
		if "json" in self.headers.get("content-type", ""):
			given = parse_object(self.body)
			return {**found, **{name: _text(value) for name, value in given.items()}}
		try:
			return {**found, **dict(parse_qsl(self.body.decode(), keep_blank_values=True))}
		except UnicodeDecodeError:
			raise BadBody("The body is not UTF-8.") from None


def parse_object(body: bytes, **options: Any) -> dict[str, Any]:
	"""Read a JSON object; an empty body is an empty one. :raises BadBody:"""
	try:
		given = json.loads(body or b"{}", **options)
	except ValueError:
		raise BadBody("The body is not JSON.") from None
	if not isinstance(given, dict):
		raise BadBody("The body is not a JSON object.")
	return given


def answer(status: int, content: object, **headers: str) -> Response:
	"""Return a JSON answer; `Retry_After` becomes the header `Retry-After`."""
	named = {name.replace("_", "-"): value for name, value in headers.items()}
	return Response(status, {"Content-Type": JSON, **named}, json.dumps(content).encode())


def server_error(status: int) -> Response:
	"""Return what stands in for an answer when the server fails."""
	return answer(status, {"errors": "Internal Server Error"})


def redirect(address: str) -> Response:
	"""Return a redirect."""
	return Response(302, {"Location": address, "Content-Type": "text/html"}, b"")


def _text(value: Any) -> str:
	if isinstance(value, list):
		return ",".join(map(str, value))
	return "" if value is None else str(value)
