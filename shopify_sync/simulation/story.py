"""What people do on the simulated days, written down before anything happens: one list of intents, made from a seed.

An intent says who wants what and when; whether it can be done is found out when its time comes (a refund of an order that was
never paid is refused, by the shop, as in life). Intents refer to each other by number, so that some can be left out and the
others still mean the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shopify_sync.simulator.dice import Dice

from .profiles import Profile

DAY = 86_400.0
HOUR = 3600.0
#: How long after the step before it a step comes: within the same second, seconds, minutes or hours later.
_PAUSES = (((0.0, 0.9), 3), ((2.0, 60.0), 3), ((60.0, 1800.0), 3), ((1800.0, 20_000.0), 2))
#: The same of goods that come back: seldom at once.
_WAYS_BACK = (((2.0, 60.0), 1), ((60.0, 1800.0), 4), ((1800.0, 20_000.0), 2))
#: What happens to an order after it was placed, each with how often.
_LIVES = (
	(("paid", "fulfill"), 5),
	(("authorized", "capture", "fulfill"), 2),
	(("fulfill_part", "paid", "fulfill"), 2),
	(("cancel",), 3),
	(("note", "cancel", "note"), 2),
	(("paid", "refund_part", "note"), 2),
	(("paid", "cancel"), 1),
	(("edit_add", "paid"), 1),
	(("edit_remove", "paid"), 2),
	(("note", "note", "note"), 2),
	(("partial_payment", "paid", "fulfill", "refund_part"), 1),
	((), 2),
)  # fmt: skip

#: What operators hold, each with how often. Of a resource: the one of its kind that changed last.
_HOLDS = (
	(("Flow", "Orders"), 2),
	(("Flow", "Customers"), 1),
	(("Flow", "Inventory"), 2),
	(("Flow", "Fulfillments"), 1),
	(("Topic", "orders/create"), 1),
	(("Topic", "orders/updated"), 1),
	(("Topic", "order_transactions/create"), 1),
	(("Topic", "inventory_levels/update"), 1),
	(("Topic", "inventorySetQuantities"), 1),
	(("Resource", "order"), 4),
	(("Resource", "customer"), 1),
	(("Resource", "inventory_level"), 2),
)


@dataclass(frozen=True)
class Intent:
	"""Somebody wants something at a time (in seconds since the start). *of* is the intent that made what this one is about."""

	number: int
	at: float
	store: int
	actor: str
	action: str
	of: int | None = None
	args: Mapping[str, Any] = field(default_factory=dict)

	def __str__(self) -> str:
		about = f" of {self.of}" if self.of is not None else ""
		return f"#{self.number} {self.actor} {self.action}{about}"


@dataclass(frozen=True)
class StoreFacts:
	"""How a store begins.

	:ivar gaps: what its mapping lacks at the start; each is closed by an intent, or never.
	:ivar pushes: the shop floor takes its stock from ERPNext. *sends*: which side sends the goods.
	:ivar tells_returns: goods that are taken back in ERPNext become returns in the shop.
	:ivar prefix: what its names begin with.
	:ivar edition: stands in what the host names after it; on a site, where documents stay, each run has its own.
	"""

	index: int
	currency: str
	taxes_included: bool
	skew: float
	customers: int
	gaps: tuple[str, ...]
	pushes: bool = False
	sends: str = "Shopify"
	tells_returns: bool = False
	prefix: str = "store"
	edition: str = ""

	@property
	def name(self) -> str:
		"""What the host calls it."""
		return f"{self.prefix}-{self.edition}-{self.index}" if self.edition else self.shop_name

	@property
	def shop_name(self) -> str:
		"""What Shopify calls it. What the network does to it depends on this name."""
		return f"{self.prefix}-{self.index}"


@dataclass(frozen=True)
class Story:
	"""Everything that is settled before the day begins."""

	days: float
	stores: tuple[StoreFacts, ...]
	workers: int
	intents: tuple[Intent, ...]

	def only(self, numbers: frozenset[int]) -> Story:
		"""Return the story without the intents that are not in *numbers*."""
		return Story(self.days, self.stores, self.workers, tuple(one for one in self.intents if one.number in numbers))

	def named(self, prefix: str, edition: str) -> Story:
		"""Return the same story in stores of other names."""
		return replace(self, stores=tuple(replace(store, prefix=prefix, edition=edition) for store in self.stores))


GAPS = ("item", "tax", "shipping", "location", "inventory_item", "gateway")


def write(seed: int, profile: Profile, days: float = 1.0) -> Story:
	"""Return the story of a seed."""
	dice = Dice(f"story/{profile.name}/{seed}")
	stores = tuple(_store(index, profile, dice) for index in range(dice.between(*profile.stores, "stores")))
	writer = _Writer(dice, profile, days)
	for store in stores:
		writer.tell(store)
	workers = dice.between(*profile.workers, "workers")
	return Story(days, stores, workers, tuple(sorted(writer.intents, key=lambda one: (one.at, one.number))))


def _store(index: int, profile: Profile, dice: Dice) -> StoreFacts:
	name = ("store", index)
	return StoreFacts(
		index=index,
		currency=dice.weighted((("USD", 5), ("EUR", 2), ("JPY", 1), ("KWD", 1)), *name, "currency"),
		taxes_included=dice.chance(0.4, *name, "included"),
		skew=dice.weighted(((0.0, 1), (1.0, 2)), *name, "skewed") * dice.uniform(-profile.skew, profile.skew, *name, "skew"),
		customers=dice.between(*profile.customers, *name, "customers"),
		gaps=tuple(gap for gap in GAPS if dice.chance(profile.gap, *name, "gap", gap)),
		pushes=profile.pushes,
		sends=dice.weighted(profile.sends, *name, "sends") if profile.pushes else "Shopify",
		tells_returns=profile.pushes and dice.chance(0.75, *name, "tells returns"),
	)


class _Writer:
	def __init__(self, dice: Dice, profile: Profile, days: float) -> None:
		self.intents: list[Intent] = []
		self._dice = dice
		self._profile = profile
		self._days = days

	def tell(self, store: StoreFacts) -> None:
		"""Add what happens around one store."""
		for number in self._times(self._profile.orders, store, "orders"):
			self._order(store, number)
		for number in self._times(self._profile.customer_changes, store, "customer changes"):
			self._customer_change(store, number)
		for number in self._times(self._profile.stock_moves, store, "stock moves"):
			self._stock_move(store, number)
		for number in self._times(self._profile.operator_acts, store, "operator acts"):
			self._operator_act(store, number)
		for number in self._times(self._profile.outages, store, "outages"):
			self._outage(store, number)
		for number in self._times(self._profile.api_outages, store, "API outages") if store.pushes else ():
			self._api_outage(store, number)
		for number in self._times(self._profile.forgeries, store, "forgeries"):
			what = self._dice.pick(("forged", "garbage", "unknown_topic", "no_id", "tampered"), store.index, "forgery", number)
			self._add(self._moment(store, "forgery", number), store, "network", what)
		for gap in store.gaps:
			if not self._dice.chance(self._profile.gap_for_good, store.index, "for good", gap):
				self._add(self._bad_moment(store, "gap", gap), store, "operator", "close_gap", args={"gap": gap})

	def _times(self, count: tuple[int, int], store: StoreFacts, what: str) -> Iterator[int]:
		few, many = count
		yield from range(round(self._dice.between(few, many, store.index, what) * max(self._days, 1e-9)))

	def _moment(self, store: StoreFacts, *what: object) -> float:
		return self._dice.uniform(0.0, self._days * DAY, store.index, "moment", *what)

	def _bad_moment(self, store: StoreFacts, *what: object) -> float:
		"""Return a moment at which the workers are likely to be busy: just after something else happened."""
		busy = [one.at for one in self.intents if one.store == store.index and one.actor == "shop"]
		if not busy or self._dice.chance(0.4, store.index, "any moment", *what):
			return self._moment(store, *what)
		return self._dice.pick(busy, store.index, "bad moment", *what) + self._dice.uniform(
			0.0, 2.0, store.index, "just after", *what
		)

	def _pause(self, *what: object, of: tuple[tuple[tuple[float, float], int], ...] = _PAUSES) -> float:
		low, high = self._dice.weighted(of, "pause", *what)
		return self._dice.uniform(low, high, "pause length", *what)

	def _add(
		self, at: float, store: StoreFacts, actor: str, action: str, of: int | None = None, args: Mapping[str, Any] | None = None
	) -> int:
		number = len(self.intents)
		self.intents.append(Intent(number, at, store.index, actor, action, of, args or {}))
		return number

	def _order(self, store: StoreFacts, number: int) -> None:
		name = (store.index, "order", number)
		life = self._dice.weighted(_LIVES, *name, "life")
		financial = "pending"
		if life[:1] == ("authorized",):
			financial, life = "authorized", life[1:]
		elif life[:1] == ("paid",) and self._dice.chance(0.5, *name, "paid at once"):
			financial, life = "paid", life[1:]
		at = self._moment(store, *name)
		placed = self._add(at, store, "shop", "place", args={"financial": financial})
		for step, action in enumerate(life):
			at += self._pause(*name, step)
			if action.startswith("fulfill") and store.sends != "Shopify" and self._dice.chance(0.7, *name, step, "from ERPNext"):
				self._delivery(store, placed, at, action, (*name, step))
			else:
				self._add(at, store, "shop", action, of=placed)
		if self._dice.chance(0.06, *name, "cancelled by hand"):
			self._add(at + self._pause(*name, "by hand"), store, "erp", "cancel_sales_order", of=placed)

	def _delivery(self, store: StoreFacts, placed: int, at: float, action: str, name: tuple[object, ...]) -> None:
		"""A Delivery Note in ERPNext in the place of a fulfillment in the shop, and what comes after it."""
		self._add(at, store, "erp", action.replace("fulfill", "deliver"), of=placed)
		if self._dice.chance(0.3, *name, "tracked"):
			self._add(at + self._pause(*name, "tracked"), store, "erp", "track_delivery", of=placed)
		if self._dice.chance(0.25, *name, "undone"):
			at += self._pause(*name, "undone")
			self._add(at, store, "erp", "cancel_delivery", of=placed)
			if self._dice.chance(0.7, *name, "once more"):
				self._add(at + self._pause(*name, "once more"), store, "erp", "deliver", of=placed)
		if self._dice.chance(self._profile.comes_back, *name, "comes back"):
			self._return(store, placed, at, (*name, "comes back"))

	def _return(self, store: StoreFacts, placed: int, at: float, name: tuple[object, ...]) -> None:
		"""Goods that come back to ERPNext, announced in the shop or not, and what is refunded of them."""
		if self._dice.chance(0.3, *name, "announced"):
			at += self._pause(*name, "announced", of=_WAYS_BACK)
			self._add(at, store, "shop", "announce_return", of=placed)
		at += self._pause(*name, "there", of=_WAYS_BACK)
		self._add(at, store, "erp", "take_back", of=placed)
		if self._dice.chance(0.25, *name, "cancelled"):
			self._add(at + self._pause(*name, "cancelled"), store, "erp", "cancel_return", of=placed)
		if self._dice.chance(0.6, *name, "refunded"):
			how = self._dice.pick(("refund_return", "refund_part"), *name, "how")
			self._add(at + self._pause(*name, "refunded", of=_WAYS_BACK), store, "shop", how, of=placed)

	def _customer_change(self, store: StoreFacts, number: int) -> None:
		"""A change in the shop, in ERPNext, or in both at once."""
		name = (store.index, "customer change", number)
		who = {"customer": self._dice.between(0, store.customers - 1, *name, "who")}
		at = self._moment(store, *name)
		side = self._dice.weighted((("shop", 4), ("erp", 2), ("both", 2)), *name, "side")
		if side in ("shop", "both"):
			for again in range(self._dice.weighted(((1, 3), (2, 2), (4, 1)), *name, "burst")):
				self._add(at + again * self._dice.uniform(0.0, 1.2, *name, again), store, "shop", "change_customer", args=who)
		if side in ("erp", "both"):
			field_name = self._dice.pick(("customer_name", "first_name", "mobile_no"), *name, "field")
			self._add(at + self._pause(*name), store, "erp", "edit_customer", args={**who, "field": field_name})

	def _stock_move(self, store: StoreFacts, number: int) -> None:
		name = (store.index, "stock move", number)
		at = self._moment(store, *name)
		if store.pushes and self._dice.chance(0.4, *name, "on the floor"):
			for again in range(self._dice.weighted(((1, 2), (2, 2), (4, 1)), *name, "burst")):
				self._add(at + again * self._dice.uniform(0.0, 4.0, *name, again), store, "erp", "count_floor")
			return
		if self._dice.chance(0.15, *name, "in ERPNext"):
			self._add(at, store, "erp", "count_stock")
			return
		for again in range(self._dice.weighted(((1, 3), (2, 2), (3, 1)), *name, "burst")):
			action = self._dice.pick(("adjust_stock", "set_stock"), *name, again, "how")
			self._add(at + again * self._dice.uniform(0.0, 0.9, *name, again), store, "shop", action)

	def _operator_act(self, store: StoreFacts, number: int) -> None:
		name = (store.index, "operator act", number)
		action = self._dice.weighted(
			(("retry", 4), ("replay", 4), ("discard", 1), ("double_retry", 2), ("replay_all", 1), ("pause", 1), ("shadow", 0.5), ("hold", 2),
			("rotate_secret", 0.7), ("rotate_secret_unannounced", 0.5)), *name
		)  # fmt: skip
		at = self._bad_moment(store, *name)
		begun = self._add(at, store, "operator", action, args=self._hold_args(name) if action == "hold" else None)
		if back := {"pause": "go_live", "shadow": "go_live", "hold": "release"}.get(action):
			back_at = max(at + self._pause(*name), self._bad_moment(store, *name, "live"))
			self._add(back_at, store, "operator", back, of=begun)
		if action == "rotate_secret_unannounced":
			self._add(at + self._pause(*name), store, "operator", "enter_secret", of=begun)

	def _hold_args(self, name: tuple[object, ...]) -> Mapping[str, Any]:
		scope, what = self._dice.weighted(_HOLDS, *name, "held")
		return {"scope": scope, "what": what}

	def _outage(self, store: StoreFacts, number: int) -> None:
		name = (store.index, "outage", number)
		seconds = self._dice.weighted(((20.0, 4), (600.0, 3), (5000.0, 1)), *name, "length")
		self._add(self._bad_moment(store, *name), store, "network", "outage", args={"seconds": seconds})

	def _api_outage(self, store: StoreFacts, number: int) -> None:
		name = (store.index, "API outage", number)
		seconds = self._dice.weighted(((60.0, 4), (600.0, 3), (3600.0, 2)), *name, "length")
		self._add(self._bad_moment(store, *name), store, "network", "api_outage", args={"seconds": seconds})
