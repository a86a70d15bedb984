"""Carries out a batch of stock: each level ends on its own, and the quantities of all that need it go in one mutation.

Shopify carries out a mutation as a whole or not at all, and may name only the first line that it does not like. So after a
refusal everything that was in it is read, decided about again, and sent without what cannot be sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import keys
from ..events import Outcome, evidence_of
from ..failures import Category, Failure
from ..plan import AppliedChange, LinkUpdate, Skip
from ..policy import Mode
from ..ports import Transaction
from ..snapshots import StockPushNeeds, StockPushSnapshot, StockPushState
from ..statuses import Status
from . import stock
from .calls import CallFailed
from .marks import LOOK, level_of
from .memory import Memory, Pending, Push
from .ports import StockApi
from .pusher import FRESH, GRACE, LONGEST_CALL, Batch, shadowed, unanswered
from .stock import Activate, Level, Line, Pair, Read, Same, Send, SetResult, Step, Wait

#: How often a batch is decided about before what is left of it waits for another try.
ROUNDS = 6
#: How many quantities one mutation sets, by how many rounds were refused. Shopify refuses all of them for one that changed
#: meanwhile: where levels change all the time they hold up fewer others each time.
AT_ONCE = (250, 50, 10, 5, 5, 5)
STALE = ("CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE")
#: Refusals that reading explains: the level is not what it was taken for.
_EXPLAINED_BY_READING = (*STALE, "ITEM_NOT_STOCKED_AT_LOCATION", "INVALID_INVENTORY_ITEM", "NOT_FOUND")
#: A repetition of a call that was refused, whose answer was lost: what it was refused for is found by reading too.
_REFUSED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def push_stock(batch: Batch) -> None:
	"""Push a batch of inventory levels."""
	if not batch.policy.sync_inventory:
		_end_all(batch, batch.skipped(Skip(Status.IGNORED, f"Store {batch.policy.store} does not sync stock.")))
		return
	work = _Work(batch, batch.host.stock_api(batch.policy.store))
	batch.host.prepare([batch.open[id].signal.key for id in sorted(batch.open)], StockPushNeeds(_first_key(batch), ()))
	try:
		for number in range(ROUNDS):
			work.round(number)
			if not batch.open:
				return
	except CallFailed as error:
		work.fail(error)
		return
	work.give_up()


@dataclass
class _Work:
	"""One batch on its way.

	:ivar seen: what Shopify has, as read in this batch; taken away again by whatever may have changed it.
	:ivar read_with: what was remembered of a level when it was read: where that has changed, somebody else was here since.
	:ivar sends: what the last round decided to set, *at_once* by one mutation. *noted_at*: when that was noted.
	:ivar refusals: rounds that Shopify refused something of. *is_refused*: whether the last one was.
	"""

	batch: Batch
	api: StockApi
	seen: dict[Pair, Level] = field(default_factory=dict)
	read_with: dict[Pair, Memory] = field(default_factory=dict)
	remembered: dict[Pair, Memory] = field(default_factory=dict)
	sends: dict[str, Send] = field(default_factory=dict)
	at_once: int = AT_ONCE[0]
	refusals: int = 0
	is_refused: bool = False
	noted_at: datetime | None = None
	reading: list[str] = field(default_factory=list)
	activating: list[str] = field(default_factory=list)
	refused: dict[str, Failure] = field(default_factory=dict)
	drifts: dict[str, int] = field(default_factory=dict)

	def round(self, number: int) -> None:
		"""Decide about everything that is open, note what will be said, and say it."""
		key = keys.short_hash(str(number), *sorted(event.lease for event in self.batch.open.values()))
		self.refusals += self.is_refused
		self.at_once, self.is_refused = AT_ONCE[self.refusals], False
		self.batch.transaction(lambda tx: self._decide(tx, key))
		self.batch.probe("noted")
		self._activate(key)
		self._read()
		if self.sends:
			self._send(key)

	def _decide(self, tx: Transaction, key: str) -> Sequence[str]:
		self.sends, self.reading, self.activating = {}, [], []
		ids = sorted(self.batch.open)
		tx.lock([self.batch.open[id].signal.key for id in ids])
		snapshot = tx.read(StockPushNeeds(_first_key(self.batch), tuple(level_of(id) for id in ids)))
		assert isinstance(snapshot, StockPushSnapshot)
		self.noted_at = now = self.batch.host.now()
		ended = []
		for id in ids:
			state = snapshot.states[level_of(id)]
			self._forget_what_is_old(level_of(id), Memory.of(state.link.facts))
			event, seen = self.batch.open[id], self.seen.get(level_of(id))
			step: Step | Failure = self.refused.get(id) or stock.decide(
				level_of(id), state, self.batch.policy, now, seen, event.lease, event.name, look=event.payload == LOOK
			)
			if self._take(tx, id, state, step, key):
				ended.append(id)
		return ended

	def _forget_what_is_old(self, pair: Pair, memory: Memory) -> None:
		"""Forget what was read of a level, where another worker pushed it since: this process was frozen, and lost its lease."""
		self.remembered[pair] = memory
		before = self.read_with.get(pair)
		if before is not None and (before.on_hand, before.pushes) != (memory.on_hand, memory.pushes):
			self.seen.pop(pair, None)

	def _take(self, tx: Transaction, id: str, state: StockPushState, step: Step, key: str) -> bool:
		"""Do what a step asks for within the transaction. Return whether the event has ended."""
		if isinstance(step, Read):
			self.reading.append(id)
			return False
		if self.batch.policy.mode is Mode.SHADOW:
			self._end(tx, id, state, step)
			return True
		if isinstance(step, Activate):
			self.activating.append(id)
			return False
		if isinstance(step, Send):
			if step.drift:
				self.drifts[id] = step.drift
			self._note(tx, id, state, step, _key_of_part(key, len(self.sends) // self.at_once))
			self.sends[id] = step
			return False
		self._end(tx, id, state, step)
		return True

	def _note(self, tx: Transaction, id: str, state: StockPushState, send: Send, key: str) -> None:
		"""Write what is about to be said, before it is."""
		event, memory, now = self.batch.open[id], self._memory(id, state), self.batch.host.now()
		available = None if memory.available is None else memory.available + send.quantity - send.change_from
		until = now + FRESH + LONGEST_CALL + GRACE
		pending = Pending(event.lease, event.name, key, send.quantity, send.change_from, available, now, until)
		self._save(tx, id, memory.sending(pending))

	def _memory(self, id: str, state: StockPushState) -> Memory:
		"""Return what is known of a level: what was read in this batch, or else what the link remembers."""
		memory, level = Memory.of(state.link.facts), self.seen.get(level_of(id))
		return memory.seen(level.on_hand, level.available) if level and level.stocked else memory

	def _save(self, tx: Transaction, id: str, memory: Memory) -> None:
		event = self.batch.open[id]
		tx.save_link(LinkUpdate(event.signal.key, facts=memory.facts()), {}, event.name)

	def _end(self, tx: Transaction, id: str, state: StockPushState, step: Step) -> None:
		"""End an event about which there is nothing to say to Shopify now."""
		document = ("Item", state.item.code) if state.item else None
		reads: Mapping[str, Any] = {}
		if isinstance(step, Wait):
			outcome = self.batch.later(step.until, "Another push of this level may still be on its way to Shopify.")
		elif isinstance(step, Failure):
			in_dispute = step.category is Category.CONFLICT
			memory = Memory.of(state.link.facts).disputed(self.batch.open[id].name) if in_dispute else self._memory(id, state)
			self._save(tx, id, memory)
			outcome = self.batch.failed(id, step)
		elif isinstance(step, Same):
			self._save(tx, id, self._memory(id, state))
			outcome, reads = (
				Outcome(Status.NO_CHANGE, message=f"Shopify has {step.on_hand} on hand already.", document=document),
				step.reads,
			)
		elif isinstance(step, Activate):
			outcome = shadowed("Would stock the item at the location.", document)
		elif isinstance(step, Send):
			outcome = shadowed(f"Would set on_hand from {step.change_from} to {step.quantity}.", document)
			reads = step.reads
		else:
			assert isinstance(step, Skip)
			outcome = self.batch.skipped(step, document)
		self.batch.end(tx, id, outcome, reads=self._with_drift(id, reads))

	def _with_drift(self, id: str, reads: Mapping[str, Any]) -> Mapping[str, Any]:
		return {**reads, "drift": self.drifts[id]} if id in self.drifts else reads

	def _activate(self, key: str) -> None:
		for id in self.activating:
			pair = level_of(id)
			refusal = self.api.activate(pair, keys.short_hash(key, id), self.batch.names([id]))
			self.seen.pop(pair, None)
			if refusal:
				message = f"Shopify does not stock inventory item {pair[0]} at location {pair[1]}: {refusal.message}"
				self.refused[id] = Failure(Category.NOT_STOCKED, message, missing=f"level:{id}")
		# What was activated has nothing there, and the next round reads that.
		self.reading += [id for id in self.activating if id not in self.refused]

	def _read(self) -> None:
		if self.reading:
			found = self.api.levels([level_of(id) for id in self.reading], self.batch.names(self.reading))
			self.seen.update(found)
			self.read_with.update({pair: self.remembered.get(pair, Memory()) for pair in found})
			self.batch.probe("read")

	def _send(self, key: str) -> None:
		ids, self.reading = list(self.sends), []
		for part, start in enumerate(range(0, len(ids), self.at_once)):
			if not self._send_part(ids[start : start + self.at_once], _key_of_part(key, part)):
				return
		self._read()

	def _send_part(self, ids: Sequence[str], key: str) -> bool:
		"""Set what one mutation takes. Return whether to go on with the next."""
		lines = [Line(level_of(id), self.sends[id].quantity, self.sends[id].change_from) for id in ids]
		self.batch.probe("before_call")
		if self.noted_at is None or self.batch.host.now() - self.noted_at > FRESH:
			# This process was frozen: what it was about to say may be old. Look again.
			self.seen.clear()
			return False
		result = self.api.set_on_hand(lines, key, f"gid://erpnext/ShopifyAPICall/{key}", self.batch.names(ids))
		self.batch.probe("after_call")
		if result.refusals:
			self._learn(result, ids)
			return True
		self.batch.transaction(lambda tx: self._record(tx, result, ids))
		self.batch.probe("recorded")
		return True

	def _learn(self, result: SetResult, sent: Sequence[str]) -> None:
		"""Take note of what a refusal says, and have everything read that was sent: nothing of it was carried out."""
		self.is_refused = True
		for refusal in result.refusals:
			# Since 2026-10 Shopify has no code for an item that is not stocked there. What was read just now explains nothing.
			is_unread = not refusal.code and refusal.pair is not None and refusal.pair not in self.seen
			if refusal.code not in (*_EXPLAINED_BY_READING, _REFUSED_BEFORE) and not is_unread:
				self._refuse(sent, refusal.pair, f"{refusal.code}: {refusal.message}")
		for id in sent:
			if id not in self.refused:
				self.reading.append(id)
				self.seen.pop(level_of(id), None)

	def _refuse(self, sent: Sequence[str], pair: Pair | None, message: str) -> None:
		for id in sent:
			if pair is None or level_of(id) == pair:
				self.refused[id] = Failure(Category.UNSUPPORTED, f"Shopify refused the quantity. {message}")

	def _record(self, tx: Transaction, result: SetResult, sent: Sequence[str]) -> Sequence[str]:
		"""Write what Shopify carried out."""
		ids = sorted(id for id in sent if id in self.batch.open)
		links = tx.lock([self.batch.open[id].signal.key for id in ids])
		now = self.batch.host.now()
		for id in ids:
			event, send = self.batch.open[id], self.sends[id]
			push = Push(event.name, send.quantity, result.available.get(level_of(id)), result.at or now)
			self._save(tx, id, Memory.of(links[event.signal.key].facts).pushed(push))
			change = AppliedChange(
				"set", "Inventory Level", id, event.signal.key, (("on_hand", send.change_from, send.quantity),)
			)
			document = ("Item", str(send.reads["item"]))
			outcome = Outcome(Status.APPLIED, document=document)
			self.batch.end(tx, id, outcome, changes=evidence_of([change]), reads=self._with_drift(id, send.reads))
		return ids

	def fail(self, error: CallFailed) -> None:
		"""End everything that is open after a call without a usable answer."""
		until = unanswered(error, self.batch.host.now())

		def end_all(tx: Transaction) -> Sequence[str]:
			ids = sorted(self.batch.open)
			links = tx.lock([self.batch.open[id].signal.key for id in ids])
			for id in ids:
				event = self.batch.open[id]
				memory = Memory.of(links[event.signal.key].facts)
				if memory.pending and memory.pending.owner == event.lease:
					self._save(tx, id, memory.unsure(until if id in self.sends else None))
				again = error.closed.until if error.closed else None
				self.batch.end(tx, id, self.batch.failed(id, error.failure, again), detail=error.failure.detail or "")
			return ids

		self.batch.transaction(end_all)

	def give_up(self) -> None:
		"""End what changed in Shopify each time it was looked at: it is tried again later."""
		message = "The stock of this level changed in Shopify as often as it was read."
		failure = Failure(Category.CONTENTION, message)

		def end_all(tx: Transaction) -> Sequence[str]:
			ids = sorted(self.batch.open)
			for id in ids:
				self.batch.end(tx, id, self.batch.failed(id, failure))
			return ids

		self.batch.transaction(end_all)


def _key_of_part(key: str, part: int) -> str:
	"""Return the idempotency key of the mutation that carries a part of what a round sets."""
	return keys.short_hash(key, str(part)) if part else key


def _first_key(batch: Batch) -> str:
	return next(event.signal.key for event in batch.open.values())


def _end_all(batch: Batch, outcome: Outcome) -> None:
	def end_all(tx: Transaction) -> Sequence[str]:
		for id in batch.open:
			batch.end(tx, id, outcome)
		return list(batch.open)

	batch.transaction(end_all)
