"""What the people of a story act on: the shops, a target, and a memory of what they did on ERPNext's side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.shop.shop import Shop

from .story import Intent, StoreFacts, Story
from .target import Target


@dataclass
class Held:
	"""What an operator held: a flow, a topic or the key of a resource (core/holds.py).

	:ivar since: when that was saved; :ivar until: when somebody began to release it, None: nobody has (both UTC).
	"""

	store: str
	scope: str
	what: str
	since: datetime | None = None
	until: datetime | None = None


@dataclass
class Deeds:
	"""What people did in ERPNext, which the shop does not know of.

	:ivar edits: (doctype, shopify_key, field) → the value that ERPNext's user wrote last.
	:ivar cancelled: keys of Sales Orders cancelled by hand.
	:ivar counted: (Item, warehouse) whose Bin ERPNext's user wrote.
	:ivar closed_gaps: (store, gap) that an operator closed.
	:ivar held: number of the intent → what was held by it.
	:ivar sent_by_shop: fulfillments that the shop's own staff made.
	:ivar announced: returns that customers asked for in the shop.
	:ivar forged: webhook ids of deliveries that must leave nothing behind.
	:ivar odd: webhook ids of correctly signed deliveries that no shop's state stands behind.
	"""

	edits: dict[tuple[str, str, str], str] = field(default_factory=dict)
	cancelled: set[str] = field(default_factory=set)
	counted: set[tuple[str, str]] = field(default_factory=set)
	closed_gaps: set[tuple[int, str]] = field(default_factory=set)
	held: dict[int, Held] = field(default_factory=dict)
	sent_by_shop: set[str] = field(default_factory=set)
	announced: set[str] = field(default_factory=set)
	forged: list[str] = field(default_factory=list)
	odd: list[str] = field(default_factory=list)


class Stage:
	"""The world as the people of a story see it.

	:ivar made: number of an intent → the id of what it made.
	:ivar tell: takes a line of the trace.
	"""

	def __init__(self, story: Story, shops: list[Shop], target: Target, dice: Dice, tell: Callable[[str], None]) -> None:
		self.story = story
		self.shops = shops
		self.target = target
		self.dice = dice
		self.tell = tell
		self.made: dict[int, str] = {}
		self.deeds = Deeds()

	def store(self, intent: Intent) -> StoreFacts:
		"""Return the store that an intent is about."""
		return self.story.stores[intent.store]

	def shop(self, intent: Intent) -> Shop:
		"""Return the shop that an intent is about."""
		return self.shops[intent.store]
