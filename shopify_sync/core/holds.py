"""What somebody holds: a flow, a topic or a resource of a store. Its events wait, and cost no attempt, until it is released."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import keys
from .enums import StrEnum
from .flows import RESOURCES_OF_FLOW, Flow


class Scope(StrEnum):
	"""How much is held. The value is what the database and the Desk show."""

	FLOW = "Flow"
	TOPIC = "Topic"
	RESOURCE = "Resource"


#: What belongs to a resource on its way out has a key of its own: by the resource of what is held.
_WAY_OUT = {keys.ORDER: keys.FULFILLMENT_PUSH, keys.INVENTORY_LEVEL: keys.INVENTORY_PUSH}


@dataclass(frozen=True)
class Hold:
	"""A hold that is active.

	:ivar what: the flow (`Orders`), the topic (`orders/create`), or the key of the resource (`my-store/order/123`).
	:ivar user: who holds it; *reason*: why, in that person's words.
	"""

	scope: Scope
	what: str
	user: str = ""
	reason: str = ""

	@property
	def message(self) -> str:
		"""What an event that it holds says of it."""
		held = {
			Scope.FLOW: f"The flow {self.what} is held",
			Scope.TOPIC: f"The topic {self.what} is held",
			Scope.RESOURCE: "This resource is held",
		}[self.scope]
		by = f" by {self.user}" if self.user else ""
		why = f": {self.reason.rstrip('.')}" if self.reason.strip() else ""
		return f"{held}{by}{why}. It goes on when it is released."


def covers(hold: Hold, *, resource: str, topic: str, key: str, part_of: str | None = None) -> bool:
	"""Tell whether *hold* keeps an event from being carried out. A resource that is held keeps its parts, and both ways.

	:param key: of the event's resource. *part_of*: the key of what it is a part of.
	"""
	if hold.scope is Scope.FLOW:
		return hold.what in Flow._value2member_map_ and resource in RESOURCES_OF_FLOW[Flow(hold.what)]
	if hold.scope is Scope.TOPIC:
		return hold.what.strip().lower() == topic.strip().lower()
	return key in keys_of(hold.what) or part_of == hold.what


def covering(holds: Iterable[Hold], *, resource: str, topic: str, key: str, part_of: str | None = None) -> Hold | None:
	"""Return the first of *holds* that keeps an event from being carried out, or None."""
	found = (hold for hold in holds if covers(hold, resource=resource, topic=topic, key=key, part_of=part_of))
	return next(found, None)


def keys_of(link: str) -> tuple[str, ...]:
	"""Return the keys that are held with a resource: its own, and that of what is said of it to Shopify."""
	store, _slash, rest = link.partition("/")
	resource, _slash, shopify_id = rest.partition("/")
	out = _WAY_OUT.get(resource)
	return (link, keys.key(store, out, shopify_id)) if out else (link,)
