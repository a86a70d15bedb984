"""decide() for inventory items: the link remembers whether Shopify counts their stock. Which Item it is, products tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import keys
from ..contracts.product import InventoryItem
from ..plan import AppliedChange, Decision, LinkUpdate, Plan, Skip
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import LinkOnlyNeeds, LinkState
from ..statuses import Status
from .item_marks import DELETED, TRACKED


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> InventoryItem:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not an inventory item."""
	return InventoryItem.model_validate(payload)


def locks(item: InventoryItem, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock."""
	return (keys.key(policy.store, keys.INVENTORY_ITEM, item.id),)


def needs(item: InventoryItem, policy: StorePolicy) -> LinkOnlyNeeds:
	"""Return what has to be read before deciding."""
	return LinkOnlyNeeds(keys.key(policy.store, keys.INVENTORY_ITEM, item.id))


def decide(item: InventoryItem, link: LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan: `tracked` and `sku` in the facts of the link."""
	if link.facts.get(DELETED):
		return Skip(Status.SUPERSEDED, "Shopify has deleted this inventory item.", superseded_by=link.last_event)
	said = {TRACKED: item.tracked, "sku": item.sku}
	fields = tuple((name, link.facts.get(name), value) for name, value in said.items() if link.facts.get(name) != value)
	changed = AppliedChange("update", "Shopify Link", link.key, link.key, fields)
	return Plan(
		links=(LinkUpdate(link.key, facts={**link.facts, **said}, version=signal.version),),
		document=("Item", link.document_name) if link.document_type == "Item" and link.document_name else None,
		reason="The link says so already.",
		linked=(changed,) if fields else (),
	)
