"""decide() for parts of an order that come in messages of their own: its transactions and its fulfillments.

Neither need come before or after its order. So a part is a fact about the order: it is kept on the order's link, and the order as
it was last applied is looked at once more with it. If that has not come yet, its own event finds the fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from .. import keys
from ..contracts.order import Order
from ..failures import Category, Failure
from ..masking import REDACTED
from ..plan import Decision, LinkUpdate, Plan
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import LinkOnlyNeeds, LinkState, OrderNeeds, OrderSnapshot
from . import resource as orders


class PartOfOrder(Protocol):
	"""What the contract of a part says: its own id, and the order's, if it names one."""

	@property
	def id(self) -> str:
		"""Shopify's id."""

	@property
	def order_id(self) -> str | None:
		"""Shopify's id of the order."""


Content = TypeVar("Content", bound=PartOfOrder)


@dataclass(frozen=True)
class WithOrder(Generic[Content]):
	"""A part, and its order as it was last applied.

	:ivar order: None when none was applied yet, or its payload is gone.
	:ivar event: the event that carried that state of the order.
	"""

	part: Content
	order: Order | None = None
	event: str | None = None


@dataclass(frozen=True)
class OrderPart(Generic[Content]):
	"""The functions of a resource that is a part of an order (core/resources.py `Part`), for one kind of part.

	:ivar resource: in core/keys.py; *name*: what people call it. *read*: makes the contract of a payload.
	:ivar remember: returns the facts of the order's link with the part among them.
	:ivar settles: what the part says by itself, without looking at the order: our own, come back. None: nothing.
	"""

	resource: str
	name: str
	read: Callable[[Mapping[str, Any]], Content]
	remember: Callable[[Mapping[str, Any], Content], dict[str, Any]]
	settles: Callable[[Content, OrderSnapshot, Signal], Decision | None] = lambda part, snapshot, signal: None

	def parse(self, payload: Mapping[str, Any], policy: StorePolicy) -> WithOrder[Content]:
		"""Return the contract. :raises pydantic.ValidationError: when the payload is not this part."""
		return WithOrder(self.read(payload))

	def whole(self, found: WithOrder[Content], policy: StorePolicy) -> str:
		"""Return the key of the order's link; that of the part itself when it names no order."""
		order_id = found.part.order_id
		return keys.key(policy.store, keys.ORDER, order_id) if order_id else self._own_key(found, policy)

	def complete(
		self, found: WithOrder[Content], whole: tuple[str, Mapping[str, Any] | None] | None, policy: StorePolicy
	) -> WithOrder[Content]:
		"""Return the part with its order."""
		if whole is None or not found.part.order_id:
			return found
		event, payload = whole
		if payload is None or payload.get(REDACTED):
			return replace(found, event=event)
		return replace(found, order=orders.parse(payload, policy), event=event)

	def is_current(self, found: WithOrder[Content], links: Mapping[str, LinkState], policy: StorePolicy) -> bool:
		"""Tell whether no other state of the order was applied since it was read; the first one counts too."""
		return (links[self.whole(found, policy)].last_event or None) == found.event

	def locks(self, found: WithOrder[Content], policy: StorePolicy) -> tuple[str, ...]:
		"""Return the keys of the links to lock: as for the order, then the part's own."""
		first = orders.locks(found.order, policy) if found.order else (self.whole(found, policy),)
		return tuple(dict.fromkeys((*first, self._own_key(found, policy))))

	def needs(self, found: WithOrder[Content], policy: StorePolicy) -> OrderNeeds | LinkOnlyNeeds:
		"""Return what has to be read before deciding."""
		return orders.needs(found.order, policy) if found.order else LinkOnlyNeeds(self.whole(found, policy))

	def decide(
		self, found: WithOrder[Content], snapshot: OrderSnapshot | LinkState, policy: StorePolicy, signal: Signal
	) -> Decision:
		"""Return the plan: the fact on the order's link, and what the order as it stands then asks for."""
		part = found.part
		if not part.order_id:
			return Failure(Category.INVALID_PAYLOAD, f"{self.name.capitalize()} {part.id} names no order.")
		link = snapshot if isinstance(snapshot, LinkState) else snapshot.link
		facts = self.remember(link.facts, part)
		own = LinkUpdate(signal.key, version=signal.version)
		if found.order is None or isinstance(snapshot, LinkState):
			return Plan(
				links=(LinkUpdate(link.key, facts=facts), own),
				reason=f"Kept for order {part.order_id}, of which no state that was applied is at hand.",
			)
		if (settled := self.settles(part, snapshot, signal)) is not None:
			return settled
		of_order = replace(signal, resource=keys.ORDER, shopify_id=part.order_id, version=link.version or "")
		known = replace(snapshot, link=replace(link, facts=facts))
		decision = orders.decide(found.order, known, policy, of_order)
		return self._as_own(decision, link.key, facts, own) if isinstance(decision, Plan) else decision

	def _as_own(self, plan: Plan, order_key: str, facts: Mapping[str, Any], own: LinkUpdate) -> Plan:
		"""Return the order's plan as this event's: the order's version stays, it is the one that was applied before."""
		links = [replace(link, version=None, facts=facts) if link.key == order_key else link for link in plan.links]
		if not any(link.key == order_key for link in links):
			links.append(LinkUpdate(order_key, facts=facts))
		return replace(plan, links=(*links, own), reason=plan.reason and f"The order already agrees with this {self.name}.")

	def _own_key(self, found: WithOrder[Content], policy: StorePolicy) -> str:
		return keys.key(policy.store, self.resource, found.part.id)
