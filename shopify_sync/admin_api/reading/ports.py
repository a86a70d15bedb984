"""What reading needs of the client of the Admin API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shopify_sync.core.calls.bucket import Priority

from ..ports import Answer


class Client(Protocol):
	"""See :class:`..client.AdminClient`. Everything is read as work that others go before, within its share of the points."""

	def execute(self, operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		"""Carry out an operation. :raises CallFailed:"""


def ask(client: Client, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
	"""Return the data that an operation answers. :raises CallFailed: when Shopify does not answer."""
	return client.execute(operation, variables, priority=Priority.BACKFILL).data
