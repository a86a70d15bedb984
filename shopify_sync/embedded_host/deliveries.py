"""Recorded deliveries: JSON lines of `{"headers": {…}, "body": "<raw text>"}`, or `body_base64` where bytes must be exact."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BadDelivery(Exception):
	"""Raised when a line is no delivery. The message names file and line and says what to write."""


@dataclass(frozen=True)
class Delivery:
	"""A request as it came: headers, raw body, and where it was recorded."""

	headers: tuple[tuple[str, str], ...]
	body: bytes
	place: str = ""


def read(path: Path | str) -> Iterator[Delivery]:
	"""Yield the deliveries of a file, one at a time; empty lines are passed over.

	:raises BadDelivery: at the first line that is none, or when the file cannot be read.
	"""
	try:
		with Path(path).open("rb") as file:
			for number, line in enumerate(file, start=1):
				if line.strip():
					yield _parse(line, f"{path}:{number}")
	except OSError as error:
		raise BadDelivery(f"{path} cannot be read: {error.strerror or error}.") from error


def write(delivery: Delivery) -> str:
	"""Return a delivery as one line, without the line's end."""
	try:
		body = {"body": delivery.body.decode()}
	except UnicodeDecodeError:
		body = {"body_base64": base64.b64encode(delivery.body).decode()}
	return json.dumps({"headers": dict(delivery.headers), **body}, ensure_ascii=False)


def _parse(line: bytes, place: str) -> Delivery:
	try:
		data = json.loads(line)
	except ValueError as error:
		raise BadDelivery(f'{place}: is not JSON. Each line is one delivery: {{"headers": {{…}}, "body": "…"}}.') from error
	if not isinstance(data, Mapping):
		raise BadDelivery(f'{place}: must be a JSON object with "headers" and "body".')
	return Delivery(_headers(data.get("headers"), place), _body(data, place), place)


def _headers(headers: Any, place: str) -> tuple[tuple[str, str], ...]:
	if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
		raise BadDelivery(f'{place}: "headers" must be an object of texts, as {{"X-Shopify-Topic": "orders/create", …}}.')
	return tuple(headers.items())


def _body(data: Mapping[str, Any], place: str) -> bytes:
	text, encoded = data.get("body"), data.get("body_base64")
	if isinstance(text, str) and encoded is None:
		return text.encode()
	if isinstance(encoded, str) and text is None:
		try:
			return base64.b64decode(encoded, validate=True)
		except binascii.Error as error:
			raise BadDelivery(f'{place}: "body_base64" is not base64.') from error
	raise BadDelivery(f'{place}: must hold either "body", the raw text as it came, or "body_base64".')
