"""decide() for `products/delete` and `inventory_items/delete`: links stay and are marked, Items are left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import keys
from ..contracts.product import Deleted
from ..customers.deletion import later
from ..plan import AppliedChange, Conflicts, Decision, LinkUpdate, Plan
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import LinkOnlyNeeds, LinkState, ProductNeeds, ProductSnapshot
from .item_marks import BY_ITEM, BY_PRODUCT, DELETED

_STAYS = "What it was stays in ERPNext; nothing is told to Shopify about it any more, and late news of it change nothing."


@dataclass(frozen=True)
class Deletions:
	"""The functions of a resource (core/resources.py), for one kind of what can be deleted.

	:ivar what: the resource that is no more; *own*: the resource of the news itself.
	"""

	what: str
	own: str
	mark: str

	def parse(self, payload: Mapping[str, Any], policy: StorePolicy) -> Deleted:
		"""Return the contract. :raises pydantic.ValidationError: when the payload has no id."""
		return Deleted.model_validate(payload)

	def locks(self, deleted: Deleted, policy: StorePolicy) -> tuple[str, ...]:
		"""Return the keys of the links to lock: the news' own, then that of what is no more."""
		return (keys.key(policy.store, self.own, deleted.id), keys.key(policy.store, self.what, deleted.id))

	def needs(self, deleted: Deleted, policy: StorePolicy) -> ProductNeeds | LinkOnlyNeeds:
		"""Return what has to be read before deciding: of a product, the variants that its link remembers too."""
		key = keys.key(policy.store, self.what, deleted.id)
		return ProductNeeds(key) if self.what == keys.PRODUCT else LinkOnlyNeeds(key)

	def decide(self, deleted: Deleted, snapshot: ProductSnapshot | LinkState, policy: StorePolicy, signal: Signal) -> Decision:
		"""Return the plan: marks on links, nothing else."""
		link = snapshot if isinstance(snapshot, LinkState) else snapshot.link
		others = () if isinstance(snapshot, LinkState) else tuple(snapshot.others.values())
		behind = (side for state in others for side in (state.link, state.stock_link) if side)
		linked: list[AppliedChange] = []
		updates = [
			LinkUpdate(link.key, facts={**link.facts, DELETED: self.mark}, version=later(link, signal.version)),
			LinkUpdate(signal.key, version=signal.version),
		]
		for side in (link, *behind):
			if side.facts.get(DELETED) != self.mark:
				linked.append(marked(side, self.mark))
			if side is not link:
				updates.append(LinkUpdate(side.key, facts={**side.facts, DELETED: self.mark}))
		return Plan(
			links=tuple(updates),
			document=(link.document_type, link.document_name) if link.document_type and link.document_name else None,
			reason=f"It is marked as deleted already. {_STAYS}",
			conflicts=Conflicts(link.key),
			linked=tuple(linked),
		)


def marked(link: LinkState, mark: str) -> AppliedChange:
	"""Return the evidence of a mark."""
	return AppliedChange("update", "Shopify Link", link.key, link.key, ((DELETED, link.facts.get(DELETED), mark),))


PRODUCTS = Deletions(keys.PRODUCT, keys.PRODUCT_DELETION, BY_PRODUCT)
INVENTORY_ITEMS = Deletions(keys.INVENTORY_ITEM, keys.INVENTORY_ITEM_DELETION, BY_ITEM)
