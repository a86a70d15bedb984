"""Carries out the deliveries of an order: one call at a time, noted before it is made and recorded when it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .. import keys
from ..events import Outcome, evidence_of
from ..failures import Category, Failure
from ..plan import AppliedChange, LinkUpdate, Skip
from ..policy import Mode
from ..ports import Transaction
from ..snapshots import DeliveryPushNeeds, DeliveryPushSnapshot, LinkOnlyNeeds
from ..statuses import Status
from . import fulfillments, return_push
from .calls import CallFailed
from .fulfillments import Call, Cancel, Create, Decision, ParcelCall, Read, ReturnCall, Step, Track, Wait
from .parcels import Act, Fulfillment, ParcelMemory, Pending, Sent, ShopifyOrder, Told, Tracking
from .ports import FulfillmentApi, FulfillmentRefused
from .pusher import FRESH, GRACE, LONGEST_CALL, Batch, shadowed, unanswered
from .returned import ShopifyReturns
from .returns import ReadReturns
from .shipping import Move

#: After so long the event goes back to the queue: its lease must not end while a call is made.
ENOUGH = timedelta(seconds=120)
DELIVERY_NOTE = "Delivery Note"


def push_fulfillments(batch: Batch) -> None:
	"""Push what ERPNext delivered of an order."""
	for id in tuple(batch.open):
		work = _Work(batch, id, batch.host.fulfillment_api(batch.policy.store))
		batch.host.prepare([work.key], LinkOnlyNeeds(work.key))
		try:
			while id in batch.open:
				work.round()
		except CallFailed as error:
			work.fail(error)


@dataclass
class _Work:
	"""One order on its way.

	:ivar seen: what Shopify has, as read here; None after whatever may have changed it. *seen_with*: the memory at that time.
	:ivar returned: the same of the order's returns.
	:ivar changes: what was done, for the evidence. *refusal*: what Shopify last refused, and why.
	"""

	batch: Batch
	id: str
	api: FulfillmentApi
	seen: ShopifyOrder | None = None
	returned: ShopifyReturns | None = None
	seen_with: ParcelMemory | None = None
	decision: Decision | None = None
	changes: list[AppliedChange] = field(default_factory=list)
	refusal: tuple[Call, str] | None = None
	#: Fulfillments whose links are there to be written.
	prepared: set[str] = field(default_factory=set)
	noted_at: datetime | None = None

	@property
	def key(self) -> str:
		"""The key of the link of the push."""
		return keys.key(self.batch.policy.store, keys.FULFILLMENT_PUSH, self.id)

	@property
	def _events(self) -> tuple[str, ...]:
		return self.batch.names([self.id])

	def round(self) -> None:
		"""Decide, note what will be said, say it, and record the answer."""
		self.batch.transaction(self._decide)
		if self.id not in self.batch.open or self.decision is None:
			return
		if unknown := self._unprepared(self.decision):
			self._prepare(unknown)
			return
		step = self.decision.step
		if isinstance(step, Read | ReadReturns):
			self._read(step)
		elif isinstance(step, Call):
			self.batch.probe("noted")
			self._call(step)

	# --- within a transaction --------------------------------------------------------------------------------------

	def _decide(self, tx: Transaction) -> Sequence[str]:
		if self.id not in self.batch.open:
			return ()
		event, host = self.batch.open[self.id], self.batch.host
		tx.lock([self.key])
		snapshot = tx.read(DeliveryPushNeeds(self.key, keys.key(event.store, keys.ORDER, self.id)))
		assert isinstance(snapshot, DeliveryPushSnapshot)
		memory, before = ParcelMemory.of(snapshot.link.facts), self.seen_with or ParcelMemory()
		if (memory.sent, memory.returned) != (before.sent, before.returned):
			# Somebody else was here since it was read.
			self.seen = self.returned = None
		self.seen_with = memory
		decision = fulfillments.decide(snapshot, self.batch.policy, host.now(), self.seen, event.lease, self.returned)
		self.decision, step = decision, decision.step
		if isinstance(step, Read | ReadReturns) or self._unprepared(decision):
			return ()
		self._tell_adopted(tx, decision)
		if isinstance(step, Call):
			return self._before(tx, step, decision)
		self._end(tx, step, decision)
		return (self.id,)

	def _before(self, tx: Transaction, call: Call, decision: Decision) -> Sequence[str]:
		"""Write what is about to be said; or end the event, where nothing may be said."""
		now = self.batch.host.now()
		if self.batch.policy.mode is Mode.SHADOW:
			self.batch.end(tx, self.id, shadowed(in_words(call), _document(decision)), reads=decision.reads)
			return (self.id,)
		if self.refusal and self.refusal[0] == call:
			failure = Failure(Category.FULFILLMENT_REFUSED, f"{in_words(call)} Shopify refused: {self.refusal[1]}")
			self._end(tx, failure, decision)
			return (self.id,)
		if now - self.batch.started > ENOUGH:
			self._save(tx, decision.memory)
			self._finish(tx, self.batch.later(now, "The order has more to push than one turn allows."), decision)
			return (self.id,)
		self._save(tx, decision.memory.sending(self._pending(call)))
		self.seen_with = decision.memory
		return ()

	def _pending(self, call: Call) -> Pending:
		event, now = self.batch.open[self.id], self.batch.host.now()
		self.noted_at = now
		known = tuple(found.id for found in self.seen.fulfillments) if self.seen else ()
		until = now + FRESH + LONGEST_CALL + GRACE
		if isinstance(call, ReturnCall):
			about: dict[str, Any] = return_push.about(call, self.returned)
		elif isinstance(call, Create):
			about = {
				"note": call.note, "place": call.place, "location": call.location, "lines": call.lines,
				"tracking": call.tracking, "known": known,
			}  # fmt: skip
		elif isinstance(call, Move):
			about = {"location": call.location, "lines": call.lines}
		else:
			about = {"note": call.sent.note, "fulfillment": call.sent.id}
		return Pending(_act(call), event.lease, event.name, now, until, **about)

	def _save(self, tx: Transaction, memory: ParcelMemory) -> None:
		event = self.batch.open[self.id]
		tx.save_link(LinkUpdate(self.key, facts=memory.facts()), {}, event.name)

	def _end(self, tx: Transaction, step: Step, decision: Decision) -> None:
		"""End an event about which there is nothing to say to Shopify now."""
		if isinstance(step, Wait):
			outcome = self.batch.later(step.until, "Another call about this order may still be on its way to Shopify.")
		elif isinstance(step, Skip):
			outcome = self.batch.skipped(step)
		else:
			self._save(tx, decision.memory)
			outcome = self.batch.failed(self.id, step) if isinstance(step, Failure) else self._done(decision)
		self._finish(tx, outcome, decision)

	def _done(self, decision: Decision) -> Outcome:
		if self.changes:
			return Outcome(Status.APPLIED, document=_document(decision))
		return Outcome(Status.NO_CHANGE, message="Shopify has what was delivered already.", document=_document(decision))

	def _finish(self, tx: Transaction, outcome: Outcome, decision: Decision) -> None:
		self.batch.end(tx, self.id, outcome, changes=evidence_of(self.changes), reads=decision.reads)

	def _tell_adopted(self, tx: Transaction, decision: Decision) -> None:
		for sent in decision.adopted:
			self._adopt(tx, sent)
		for returned in decision.found:
			change = return_push.found_there(returned, self.batch.policy.store)
			if change not in self.changes:
				self.changes.append(change)

	def _adopt(self, tx: Transaction, sent: Sent) -> None:
		tx.save_link(LinkUpdate(self._link(sent.id), document=(DELIVERY_NOTE, sent.note)), {}, self.batch.open[self.id].name)
		if all(change.name != sent.id for change in self.changes):
			self.changes.append(_change("adopt", sent, self._link(sent.id), (("lines", None, dict(sent.lines)),)))

	def _record(self, tx: Transaction, call: Call, made: Fulfillment | str | None) -> Sequence[str]:
		"""Write what Shopify carried out."""
		event = self.batch.open[self.id]
		memory = ParcelMemory.of(tx.lock([self.key])[self.key].facts)
		if memory.pending and memory.pending.owner == event.lease:
			memory = memory.sending(None)
		if isinstance(call, ReturnCall):
			memory = return_push.recorded(memory, call, str(made))
		elif isinstance(made, Fulfillment):
			memory = memory.having(self._sent(call, made, memory))
		self._save(tx, memory)
		if isinstance(call, Create) and isinstance(made, Fulfillment):
			update = LinkUpdate(self._link(made.id), document=(DELIVERY_NOTE, call.note))
			tx.save_link(update, {}, event.name)
		self.seen_with = memory
		return ()

	def _sent(self, call: Call, made: Fulfillment, memory: ParcelMemory) -> Sent:
		event = self.batch.open[self.id]
		if isinstance(call, Create):
			sent = fulfillments.sent_of(made, call.note, call.place, event.name)
			return Sent(sent.id, sent.note, sent.place, sent.location, sent.lines, call.tracking, told=sent.told)
		assert isinstance(call, Track | Cancel)
		tracking = call.tracking if isinstance(call, Track) else call.sent.tracking
		told = Told(event.name, made.updated_at, made.tracking, cancelled=not made.is_live)
		return memory.sent.get(call.sent.id, call.sent).now(tracking, told)

	# --- outside of one --------------------------------------------------------------------------------------------

	def _read(self, step: Read | ReadReturns) -> None:
		if isinstance(step, Read):
			self.seen = self.api.order(self.id, self._events)
		else:
			self.returned = self.api.returns.of_order(self.id, self._events)
		self.batch.probe("read")

	def _call(self, call: Call) -> None:
		self.batch.probe("before_call")
		if self.noted_at is None or self.batch.host.now() - self.noted_at > FRESH:
			# This process was frozen: somebody else may have taken over. Look again.
			self.seen = self.returned = None
			return
		try:
			made = self._say(call)
		except FulfillmentRefused as refused:
			self.refusal = (call, str(refused))
			self.seen = self.returned = None
			return
		self.batch.probe("after_call")
		if isinstance(call, Create) and isinstance(made, Fulfillment):
			self._prepare({made.id})
		self.batch.transaction(lambda tx: self._record(tx, call, made))
		self._after(call, made)
		self.batch.probe("recorded")

	def _unprepared(self, decision: Decision) -> set[str]:
		return {sent.id for sent in decision.adopted} - self.prepared

	def _prepare(self, fulfillments: set[str]) -> None:
		"""Make the links of fulfillments, so that they can be written."""
		links = [self._link(id) for id in sorted(fulfillments)]
		self.batch.host.prepare(links, LinkOnlyNeeds(links[0]))
		self.prepared |= fulfillments

	def _say(self, call: Call) -> Fulfillment | str | None:
		"""Make a call. Return the fulfillment, or the id of the return, as Shopify has it then; None where it tells neither."""
		if isinstance(call, ReturnCall):
			return return_push.say(self.api.returns, call, self._events)
		if isinstance(call, Create):
			return self.api.create(call, self._events)
		if isinstance(call, Track):
			return self.api.track(call.sent.id, call.tracking, call.notify, self._events)
		if isinstance(call, Cancel):
			return self.api.cancel(call.sent.id, self._events)
		self.api.move(call, self._events)
		return None

	def _after(self, call: Call, made: Fulfillment | str | None) -> None:
		"""Know what Shopify has now without asking, as far as the answer says it; and keep the evidence."""
		self.refusal = self.returned = None
		if isinstance(call, ReturnCall):
			self.changes.append(return_push.evidence(call, str(made), self.batch.policy.store))
			return
		assert not isinstance(made, str)
		if made is None or self.seen is None or isinstance(call, Cancel):
			self.seen = None
		else:
			there = self.seen.fulfillment(made.id)
			made = replace(made, lines=there.lines) if there else made
			self.seen = self.seen.with_fulfillment(made, call.taken if isinstance(call, Create) else {})
		self.changes.append(self._evidence(call, made))

	def _evidence(self, call: ParcelCall, made: Fulfillment | None) -> AppliedChange:
		if isinstance(call, Move):
			fields = (("location", None, call.location), ("lines", None, dict(call.lines)))
			return AppliedChange("move", "Fulfillment Order", call.fulfillment_order, fields=fields)
		assert made is not None
		key = self._link(made.id)
		if isinstance(call, Create):
			note = ("delivery_note", None, call.note)
			lines = (("lines", None, dict(call.lines)), ("location", None, call.location))
			tracking = (("tracking_number", None, _numbers(call.tracking)),) if call.tracking else ()
			return AppliedChange("fulfil", "Fulfillment", made.id, key, (note, *lines, *tracking))
		if isinstance(call, Track):
			change = ("tracking_number", _numbers(call.sent.tracking), _numbers(call.tracking))
			return _change("track", call.sent, key, (change,))
		return _change("cancel", call.sent, key, (("lines", dict(call.sent.lines), None),))

	def _link(self, fulfillment: str) -> str:
		return keys.key(self.batch.policy.store, keys.FULFILLMENT, fulfillment)

	def fail(self, error: CallFailed) -> None:
		"""End the event after a call without a usable answer."""
		until = unanswered(error, self.batch.host.now())

		def end(tx: Transaction) -> Sequence[str]:
			if self.id not in self.batch.open:
				return ()
			event = self.batch.open[self.id]
			memory = ParcelMemory.of(tx.lock([self.key])[self.key].facts)
			if memory.pending and memory.pending.owner == event.lease:
				self._save(tx, memory.unsure(until))
			again = error.closed.until if error.closed else None
			outcome = self.batch.failed(self.id, error.failure, again)
			self.batch.end(tx, self.id, outcome, changes=evidence_of(self.changes), detail=error.failure.detail or "")
			return (self.id,)

		if self.id in self.batch.open:
			self.batch.transaction(end)


def _act(call: Call) -> Act:
	if isinstance(call, ReturnCall):
		return return_push.act_of(call)
	return {Create: Act.CREATE, Track: Act.TRACK, Cancel: Act.CANCEL, Move: Act.MOVE}[type(call)]


def in_words(call: Call) -> str:
	"""Return what a call does, as a sentence for an operator."""
	if isinstance(call, ReturnCall):
		return return_push.in_words(call)
	if isinstance(call, Create):
		lines = ", ".join(f"{pieces} of line {line}" for line, pieces in call.lines.items())
		return f"Fulfilling {lines} from location {call.location} for {call.note}."
	if isinstance(call, Move):
		return f"Moving fulfillment order {call.fulfillment_order} to location {call.location}."
	what = "Tracking" if isinstance(call, Track) else "Cancelling"
	return f"{what} fulfillment {call.sent.id} of {call.sent.note}."


def _change(action: str, sent: Sent, key: str, fields: tuple[tuple[str, Any, Any], ...]) -> AppliedChange:
	return AppliedChange(action, "Fulfillment", sent.id, key, (*fields, ("delivery_note", sent.note, sent.note)))


def _numbers(tracking: Tracking) -> str:
	return ", ".join(tracking.numbers)


def _document(decision: Decision) -> tuple[str, str] | None:
	"""Return the Delivery Note that the event is about: the newest."""
	notes = decision.reads.get("notes")
	return (DELIVERY_NOTE, str(notes[-1])) if isinstance(notes, list) and notes else None
