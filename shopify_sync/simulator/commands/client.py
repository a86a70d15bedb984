"""Speaks to the control desk of a running store."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote

#: Seconds that a running store may take for one operation.
PATIENCE = 30.0


class StoreError(Exception):
	"""What went wrong, for the person at the keyboard."""


class Client:
	"""The control desk of one shop.

	:param shop: its name; empty: the store's only shop.
	:raises StoreError: when no store listens on the port, or it is not clear which shop is meant.
	"""

	def __init__(self, port: int, shop: str = "") -> None:
		self._port = port
		self.shop = shop or self._only_shop()

	def act(self, what: str, **arguments: Any) -> Any:
		"""Call what is no desk's: `faults`, `rotate_secret`, `uninstall`, `redact`. :raises StoreError: when it is refused."""
		return self._call("POST", f"/shops/{quote(self.shop)}/control/{what}", arguments)["result"]

	def operate(self, desk: str, operation: str, **arguments: Any) -> Any:
		"""Call an operation of a desk and return its result. :raises StoreError: when the shop refuses it."""
		return self.act(f"{quote(desk)}/{quote(operation)}", **arguments)

	def read(self, what: str) -> Any:
		"""Return what `control/<what>` shows: `state`, `orders`, `levels`, …"""
		return self._call("GET", f"/shops/{quote(self.shop)}/control/{what}")

	def find(self, desk: str, wanted: str) -> dict[str, Any]:
		"""Return the record of a desk with that id, or that name or title. :raises StoreError: when there is none."""
		found: list[dict[str, Any]] = self.read(desk)[desk]
		for record in found:
			if wanted in (record["id"], record.get("name"), record.get("title")):
				return record
		raise StoreError(f"The shop {self.shop!r} has no {desk.removesuffix('s')} {wanted!r}.")

	def _only_shop(self) -> str:
		shops = list(self._call("GET", "/control/state")["shops"])
		if len(shops) == 1:
			return str(shops[0])
		raise StoreError(f"The store has several shops; name one with --shop: {', '.join(shops)}.")

	def _call(self, method: str, path: str, content: object = None) -> Any:
		body = None if content is None else json.dumps(content, default=str).encode()
		connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
		try:
			connection.request(method, path, body, {"Content-Type": "application/json"})
			response = connection.getresponse()
			status, data = response.status, response.read()
		except ConnectionRefusedError:
			raise StoreError(
				f"No store listens on port {self._port}. Start one: shopify-sync store --port {self._port}"
			) from None
		except (OSError, http.client.HTTPException) as error:
			raise StoreError(f"The store on port {self._port} does not answer: {error}.") from error
		finally:
			connection.close()
		return self._answer(status, data)

	def _answer(self, status: int, data: bytes) -> Any:
		try:
			content = json.loads(data)
		except ValueError:
			raise StoreError(f"What listens on port {self._port} is no store.") from None
		if status < 300:
			return content
		errors = content.get("errors")
		if not isinstance(errors, list):
			raise StoreError(f"There is no shop {self.shop!r}." if status == 404 else str(errors))
		raise StoreError(" ".join(_sentence(error) for error in errors))


def _sentence(error: dict[str, Any]) -> str:
	field = ".".join(error["field"])
	return f"{field}: {error['message']}" if field else str(error["message"])
