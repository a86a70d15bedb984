"""What reading needs of the client, on a simulated shop in this process: no HTTP, no evidence, and points enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shopify_sync.admin_api.ports import Answer, Cost
from shopify_sync.core.calls.bucket import Priority
from shopify_sync.simulator.shop.shop import Shop
from tests.simulator.admin_client import Client


class Executing:
	"""Carries operations out.

	:ivar asked: the names of those that were; :ivar before: called before each, with name and variables.
	"""

	def __init__(self, shop: Shop, version: str = "2026-10") -> None:
		self.client = Client(shop, version=version)
		self.client.api.throttle.maximum = self.client.api.throttle._points = 1e12
		self.asked: list[str] = []
		self.before: Callable[[str, Mapping[str, Any]], None] = lambda operation, variables: None

	def execute(self, operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		assert priority is Priority.BACKFILL, "what is read lets everything else go first"
		self.asked.append(operation)
		self.before(operation, variables)
		return Answer(self.client.run(operation, **variables), Cost(), "", "")
