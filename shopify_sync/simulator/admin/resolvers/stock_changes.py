"""Mutations of stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...rest.values import gid
from ...shop.errors import UserError
from ...shop.inventory import SETTABLE, Move
from ...shop.records import Level
from ..call import Call, Refusals, mutation, plain, refuse, register
from ..errors import ApiError
from ..gids import number
from ..versions import at_least
from .common import only
from .inventory import find_level

#: https://shopify.dev/docs/api/usage/limits: input arrays
LARGEST_INPUT = 250
#: The version whose schema has changeFromQuantity, which must be there since, if only as null; and the one without its predecessor.
EXPECTED_SINCE = "2026-01"
COMPARED_UNTIL = "2026-04"


@dataclass(frozen=True)
class Change:
	"""What an adjustment did to one quantity of one level."""

	level: Level
	name: str
	delta: int
	after: int


@dataclass(frozen=True)
class Group:
	"""An inventory adjustment: its reason, its document, what changed."""

	id: str
	reason: str
	document: str | None
	created_at: datetime
	changes: tuple[Change, ...]


def _group(call: Call, reason: str, document: str | None, before: list[tuple[Level, dict[str, int]]]) -> Group:
	"""Return the group for what changed since *before*."""
	changes = []
	for level, old in before:
		for name in (*level.quantities, "on_hand"):
			delta = level.quantity(name) - old[name]
			if delta:
				changes.append(Change(level, name, delta, level.quantity(name)))
	made = Group(call.shop.new_id("InventoryAdjustmentGroup"), reason, document, call.shop.now(), tuple(changes))
	call.memory.setdefault("groups", {})[made.id] = made
	return made


def _noted(call: Call, pairs: Iterable[tuple[str, str]]) -> list[tuple[Level, dict[str, int]]]:
	levels = (call.shop.inventory.level(item, location) for item, location in dict.fromkeys(pairs))
	return [(level, {**level.quantities, "on_hand": level.on_hand}) for level in levels if level is not None]


def _limited(given: list[Any], path: tuple[str, ...]) -> None:
	if len(given) > LARGEST_INPUT:
		message = f"The input array size of {len(given)} is greater than the maximum allowed of {LARGEST_INPUT}."
		raise ApiError(message, "MAX_INPUT_SIZE_EXCEEDED", path=list(path))


def _demand_expected(call: Call, entries: Iterable[dict[str, Any]], kind: str) -> None:
	"""Demand changeFromQuantity, which the schema calls optional and the server does not.

	When it was optional in practice is not known for 2026-01; it is demanded from there on, which is the safe side.
	"""
	if at_least(call.version, EXPECTED_SINCE) and any("changeFromQuantity" not in entry for entry in entries):
		if not at_least(call.version, COMPARED_UNTIL) and all("compareQuantity" in entry for entry in entries):
			return
		raise ApiError(f"{kind} must include the following argument: changeFromQuantity.", "INVALID_FIELD_ARGUMENTS")


def _expected(call: Call, entry: dict[str, Any], ignoring: bool) -> int | None:
	"""Return the quantity that must be there now, or None."""
	if "changeFromQuantity" in entry:
		value = entry["changeFromQuantity"]
		return value if value is None else int(value)
	return None if ignoring else entry.get("compareQuantity")


def _document(document: str | None) -> None:
	if document is not None and ("://" not in document or not document.split("://", 1)[1]):
		raise refuse(
			"The specified reference document is invalid.", "input", "referenceDocumentUri", code="INVALID_REFERENCE_DOCUMENT"
		)


def _set(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities"""
	only(input, "InventorySetQuantitiesInput", "name", "reason", "quantities", "referenceDocumentUri", "ignoreCompareQuantity")
	entries, ignoring = input["quantities"], bool(input.get("ignoreCompareQuantity"))
	_limited(entries, ("input", "quantities"))
	if not (ignoring and not at_least(call.version, COMPARED_UNTIL)):
		_demand_expected(call, entries, "InventoryQuantityInput")
	compares = not at_least(call.version, COMPARED_UNTIL) and not ignoring
	if compares and any("compareQuantity" not in entry and "changeFromQuantity" not in entry for entry in entries):
		message = "The compareQuantity argument must be given to each quantity or ignored using ignoreCompareQuantity."
		raise refuse(message, "input", "ignoreCompareQuantity", code="COMPARE_QUANTITY_REQUIRED")
	_document(input.get("referenceDocumentUri"))
	settings = [(*_pair(entry, entry), int(entry["quantity"]), _expected(call, entry, ignoring)) for entry in entries]
	before = _noted(call, ((item, location) for item, location, _quantity, _from in settings))
	try:
		call.shop.inventory.set_quantities(input["name"], settings, input["reason"])
	except UserError as error:
		raise Refusals(_older(error, entries)) from None
	return {"inventoryAdjustmentGroup": _group(call, input["reason"], input.get("referenceDocumentUri"), before)}


def _older(error: UserError, entries: list[dict[str, Any]]) -> UserError:
	"""Return the error in the words of who compares with compareQuantity."""
	if error.code == "CHANGE_FROM_QUANTITY_STALE" and "changeFromQuantity" not in entries[int(error.field[2])]:
		message = "The compareQuantity value does not match persisted value."
		return UserError((*error.field[:-1], "compareQuantity"), message, "COMPARE_QUANTITY_STALE")
	return error


def _adjust(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryAdjustQuantities"""
	only(input, "InventoryAdjustQuantitiesInput", "name", "reason", "changes", "referenceDocumentUri")
	name, changes = input["name"], input["changes"]
	_limited(changes, ("input", "changes"))
	_demand_expected(call, changes, "InventoryChangeInput")
	_document(input.get("referenceDocumentUri"))
	for place, change in enumerate(changes):
		_check_ledger(name, change, ("input", "changes", str(place)))
	adjustments = [(*_pair(change, change), int(change["delta"]), change.get("changeFromQuantity")) for change in changes]
	before = _noted(call, ((item, location) for item, location, _delta, _from in adjustments))
	call.shop.inventory.adjust_quantities(name, adjustments, input["reason"])
	return {"inventoryAdjustmentGroup": _group(call, input["reason"], input.get("referenceDocumentUri"), before)}


def _check_ledger(name: str, change: dict[str, Any], path: tuple[str, ...]) -> None:
	ledger = change.get("ledgerDocumentUri")
	if name == "available" and ledger:
		message = "A ledger document URI is not allowed when adjusting available."
		raise refuse(message, *path, "ledgerDocumentUri", code="INVALID_AVAILABLE_DOCUMENT")
	if name in SETTABLE and name != "available" and not ledger:
		message = "A ledger document URI is required except when adjusting available."
		raise refuse(message, *path, "ledgerDocumentUri", code="INVALID_QUANTITY_DOCUMENT")
	if ledger and ledger.startswith("gid://shopify/"):
		message = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
		raise refuse(message, *path, "ledgerDocumentUri", code="INTERNAL_LEDGER_DOCUMENT")


def _pair(item: dict[str, Any], location: dict[str, Any]) -> tuple[str, str]:
	"""Return the numbers that name a level: of its inventory item and of its location."""
	return number(item["inventoryItemId"], "InventoryItem"), number(location["locationId"], "Location")


def _move(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryMoveQuantities"""
	only(input, "InventoryMoveQuantitiesInput", "reason", "changes", "referenceDocumentUri")
	_limited(input["changes"], ("input", "changes"))
	_document(input.get("referenceDocumentUri"))
	moves = [_moved(call, change, ("input", "changes", str(place))) for place, change in enumerate(input["changes"])]
	before = _noted(call, ((move.item, move.location) for move in moves))
	call.shop.inventory.move_quantities(moves, input["reason"])
	return {"inventoryAdjustmentGroup": _group(call, input["reason"], input.get("referenceDocumentUri"), before)}


def _moved(call: Call, change: dict[str, Any], path: tuple[str, ...]) -> Move:
	source, target = change["from"], change["to"]
	_demand_expected(call, (source, target), "InventoryMoveQuantityTerminalInput")
	if source["locationId"] != target["locationId"]:
		raise refuse("The quantities can't be moved between different locations.", *path, code="DIFFERENT_LOCATIONS")
	for side, end in (("from", source), ("to", target)):
		_check_ledger(end["name"], end, (*path, side))
	return Move(
		*_pair(change, source),
		source["name"],
		target["name"],
		int(change["quantity"]),
		source.get("changeFromQuantity"),
		target.get("changeFromQuantity"),
	)


def _activate(
	call: Call, _root: Any, inventoryItemId: str, locationId: str, available: int | None = None, onHand: int | None = None
) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryActivate"""
	if available is not None and onHand is not None:
		raise refuse("Cannot specify both available and onHand", "available")
	item, location = number(inventoryItemId, "InventoryItem"), number(locationId, "Location")
	level = call.shop.inventory.level(item, location)
	if level is not None:
		if available is not None or onHand is not None:
			raise refuse("Not allowed to set available quantity when the item is already active at the location.", "available")
		return {"inventoryLevel": level}
	quantity = available if available is not None else onHand
	return {"inventoryLevel": call.shop.inventory.connect(item, location, quantity or 0)}


def _deactivate(call: Call, _root: Any, inventoryLevelId: str) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryDeactivate"""
	level = find_level(call, inventoryLevelId)
	if level is None:
		raise refuse("The product couldn't be unstocked because the inventory level couldn't be found.", "inventoryLevelId")
	call.shop.inventory.disconnect(level.inventory_item_id, level.location_id)
	return {}


mutation("inventorySetQuantities", _set, "inventoryAdjustmentGroup")
mutation("inventoryAdjustQuantities", _adjust, "inventoryAdjustmentGroup")
mutation("inventoryMoveQuantities", _move, "inventoryAdjustmentGroup")
mutation("inventoryActivate", _activate, "inventoryLevel")
mutation("inventoryDeactivate", _deactivate)


def _changes(
	_call: Call, group: Group,
	inventoryItemIds: list[str] | None = None, locationIds: list[str] | None = None, quantityNames: list[str] | None = None,
) -> list[Change]:  # fmt: skip
	items = inventoryItemIds and [number(id, "InventoryItem") for id in inventoryItemIds]
	places = locationIds and [number(id, "Location") for id in locationIds]
	return [
		change
		for change in group.changes
		if (not items or change.level.inventory_item_id in items)
		and (not places or change.level.location_id in places)
		and (not quantityNames or change.name in quantityNames)
	]


register(
	"InventoryAdjustmentGroup",
	{
		"id": lambda _c, group: gid("InventoryAdjustmentGroup", group.id),
		**plain("createdAt", "reason"),
		"referenceDocumentUri": lambda _c, group: group.document,
		"changes": _changes,
	},
	value=Group,
)
register(
	"InventoryChange",
	{
		**plain("name", "delta"),
		# Shopify leaves it null where it would have to look; what is there is what counts, as for any client.
		"quantityAfterChange": lambda _c, change: change.after,
		"item": lambda call, change: call.shop.inventory.items.get(change.level.inventory_item_id),
		"location": lambda call, change: call.shop.locations.all.get(change.level.location_id),
	},
	value=Change,
)
