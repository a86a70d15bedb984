"""A client of the simulated Admin API for tests: sends bodies, returns what came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shopify_sync.admin_api import operations
from shopify_sync.simulator.admin.api import AdminApi, Response
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.shop.shop import Shop

SCOPES = frozenset({
	"read_orders", "read_all_orders", "write_orders", "write_order_edits", "write_customers", "write_customer_merge", "write_products",
	"read_locations", "write_inventory", "write_merchant_managed_fulfillment_orders", "write_returns",
	"read_shopify_payments_accounts", "read_shopify_payments_payouts", "read_payment_terms",
})  # fmt: skip
TOKEN = "token"


@dataclass(frozen=True)
class Scoped:
	"""What a token allows."""

	scopes: frozenset[str]


class Client:
	"""Talks to one shop; *scopes* may be changed between calls."""

	def __init__(self, shop: Shop, *, version: str = "2026-10", faults: Faults | None = None, seed: object = 1) -> None:
		self.shop = shop
		self.version = version
		self.scopes = SCOPES
		self.faults = faults or Faults()
		self.api = AdminApi(shop, dice=Dice(seed), faults=self.faults, check=self._check)

	def _check(self, token: str) -> Scoped | None:
		return Scoped(self.scopes) if token == TOKEN else None

	def send(self, query: str, variables: dict[str, Any] | None = None, **more: Any) -> Response:
		"""Send a document."""
		body = json.dumps({"query": query, "variables": variables, **more}).encode()
		return self.api.graphql(self.version, TOKEN, body)

	def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
		"""Send a document that must succeed, and return its data."""
		answer = self.send(query, variables).json()
		assert "errors" not in answer, answer["errors"]
		data: dict[str, Any] = answer["data"]
		return data

	def errors(self, query: str, /, **variables: Any) -> list[dict[str, Any]]:
		"""Send a document that must fail at the top level, and return the errors."""
		found: list[dict[str, Any]] = self.send(query, variables).json()["errors"]
		return found

	def run(self, name: str, /, **variables: Any) -> dict[str, Any]:
		"""Send one of the app's operations, which must succeed."""
		return self.ask(operations.load(name), **variables)


def gid(kind: str, number: str) -> str:
	"""Return a global id."""
	return f"gid://shopify/{kind}/{number}"


def level_input(shop: Shop, product: int = 0, place: int = 0) -> dict[str, str]:
	"""Return the two ids that name a level in an input."""
	variant = list(shop.products.variants.values())[product]
	location = list(shop.locations.all)[place]
	return {"inventoryItemId": gid("InventoryItem", variant.inventory_item_id), "locationId": gid("Location", location)}
