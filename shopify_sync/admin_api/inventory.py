"""Stock in the Admin API: what Shopify has, and setting what it should have.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryActivate,
https://shopify.dev/docs/api/admin-graphql/latest/objects/InventoryLevel
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shopify_sync.core.outbound.stock import Level, Line, Pair, Refusal, SetResult

from .answers import user_errors
from .client import AdminClient

#: Nodes that are asked for at once: Shopify takes no more ids in a list, and counts each with four points at the most.
NODES = 250
#: Why we change stock, in Shopify's words: it is set right, nobody counted and nothing was sold.
REASON = "correction"


class ShopifyStock:
	"""`core.outbound.ports.StockApi` of one shop."""

	def __init__(self, client: AdminClient) -> None:
		self._client = client

	def levels(self, pairs: Sequence[Pair], events: Sequence[str]) -> Mapping[Pair, Level]:
		"""See the port. One query for up to 250 inventory items of a location."""
		found: dict[Pair, Level] = {}
		for location in sorted({location for _item, location in pairs}):
			items = sorted({item for item, at in pairs if at == location})
			for start in range(0, len(items), NODES):
				some = items[start : start + NODES]
				ids = [_gid("InventoryItem", item) for item in some]
				variables = {"ids": ids, "locationId": _gid("Location", location)}
				answer = self._client.execute("InventoryLevelsAt", variables, events=events)
				nodes = answer.data.get("nodes") or ()
				found |= {(item, location): _level(node) for item, node in zip(some, nodes, strict=True)}
		return found

	def set_on_hand(self, lines: Sequence[Line], key: str, reference: str, events: Sequence[str]) -> SetResult:
		"""See the port. Lines and fields go out in one order: Shopify compares what is sent under one key."""
		lines = sorted(lines, key=lambda line: line.pair)
		variables = {
			"input": {
				"name": "on_hand",
				"quantities": [
					{
						"inventoryItemId": _gid("InventoryItem", line.pair[0]),
						"locationId": _gid("Location", line.pair[1]),
						"quantity": line.quantity,
						"changeFromQuantity": line.change_from,
					}
					for line in lines
				],
				"reason": REASON,
				"referenceDocumentUri": reference,
			}
		}
		data = self._client.execute("InventorySetQuantities", variables, key=key, events=events).data
		refusals = tuple(_refusal(error, lines) for error in user_errors(data))
		group = _part(_part(data, "inventorySetQuantities"), "inventoryAdjustmentGroup")
		return SetResult(_time(group.get("createdAt")), dict(_available(group.get("changes") or ())), refusals)

	def activate(self, pair: Pair, key: str, events: Sequence[str]) -> Refusal | None:
		"""See the port. A level that is there already is no error at Shopify, as long as no quantity is named."""
		variables = {
			"itemId": _gid("InventoryItem", pair[0]),
			"locationId": _gid("Location", pair[1]),
			"available": None,
		}
		data = self._client.execute("InventoryActivate", variables, key=key, events=events).data
		error = next(iter(user_errors(data)), None)
		return Refusal(str(error.get("code") or ""), str(error.get("message") or ""), pair) if error else None


def _gid(kind: str, number: str) -> str:
	return f"gid://shopify/{kind}/{number}"


def _number(gid: object) -> str:
	return str(gid).rsplit("/", 1)[-1].partition("?")[0]


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
	found = data.get(name)
	return found if isinstance(found, Mapping) else {}


def _level(node: Mapping[str, Any] | None) -> Level:
	"""Return what a node says. None: the inventory item was deleted."""
	if not node or "tracked" not in node:
		return Level(exists=False)
	level = _part(node, "inventoryLevel")
	if not level or not level.get("isActive", True):
		return Level(exists=True, stocked=False, tracked=bool(node["tracked"]))
	quantities = {row["name"]: int(row["quantity"]) for row in level["quantities"]}
	return Level(True, True, bool(node["tracked"]), quantities["on_hand"], quantities.get("available"))


def _refusal(error: Mapping[str, Any], lines: Sequence[Line]) -> Refusal:
	"""Return a user error with the line that its `field` names: `["input", "quantities", "7", "quantity"]`."""
	place = next((int(part) for part in error.get("field") or () if str(part).isdigit()), None)
	pair = lines[place].pair if place is not None and place < len(lines) else None
	return Refusal(str(error.get("code") or ""), str(error.get("message") or ""), pair)


def _available(changes: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Pair, int]]:
	for change in changes:
		after = change.get("quantityAfterChange")
		item, location = change.get("item"), change.get("location")
		if change.get("name") == "available" and after is not None and item and location:
			yield (_number(item["id"]), _number(location["id"])), int(after)


def _time(text: object) -> datetime | None:
	return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
