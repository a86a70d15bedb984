"""Deliberate bugs. Each is a switch that breaks the product in one place; a simulation that is worth its time finds every one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from shopify_sync.admin_api.inventory import ShopifyStock
from shopify_sync.core import engine, keys, receiving
from shopify_sync.core.customers import resource as customers
from shopify_sync.core.customers.three_way import Verdict
from shopify_sync.core.engine import Engine
from shopify_sync.core.events import ClaimedEvent, NewEvent, Outcome, Receipt
from shopify_sync.core.failures import Failure
from shopify_sync.core.inventory import resource as inventory
from shopify_sync.core.orders import booking as order_booking
from shopify_sync.core.orders import documents as order_documents
from shopify_sync.core.orders import lines as order_lines
from shopify_sync.core.orders import own_returns
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.orders.parts import OrderPart
from shopify_sync.core.outbound import pusher, returns
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.core.outbound.marks import Mark
from shopify_sync.core.outbound.parcels import ParcelMemory
from shopify_sync.core.outbound.stock import SetResult
from shopify_sync.core.plan import Change, CreateDocument, LinkUpdate, Plan
from shopify_sync.core.policy import Mode
from shopify_sync.core.reconciliation import causes, comparing
from shopify_sync.core.reconciliation import orders as order_comparison
from shopify_sync.core.reconciliation import stock as stock_comparison
from shopify_sync.core.reconciliation.findings import Cause, Explanation
from shopify_sync.core.signals import Signal
from shopify_sync.core.snapshots import LinkState
from shopify_sync.core.statuses import Status
from shopify_sync.embedded_host import attempts, documents, event_log, links, mapping, snapshots, stock
from shopify_sync.embedded_host import totals as embedded_totals
from shopify_sync.embedded_host.event_log import EventLog
from shopify_sync.embedded_host.host import EmbeddedHost, Instance, Transaction


@dataclass(frozen=True)
class Mutation:
	"""A deliberate bug, the kind of days on which it shows, and the rules that may find it."""

	name: str
	switch: Callable[[], AbstractContextManager[Any]]
	rules: frozenset[str]
	profile: str = "default"

	def __str__(self) -> str:
		return self.name


MUTATIONS: list[Mutation] = []
_BOOKS = "billed, paid and sent are what the shop says"


def mutation(*rules: str, profile: str = "default") -> Callable[[Callable[[], Iterator[None]]], None]:
	"""Register a generator that breaks something until it is resumed."""

	def register(function: Callable[[], Iterator[None]]) -> None:
		name = function.__name__.replace("_", " ")
		MUTATIONS.append(Mutation(name, contextmanager(function), frozenset(rules), profile))

	return register


@mutation("a webhook is one event")
def every_delivery_is_a_new_event() -> Iterator[None]:
	real, number = EventLog.record, iter(range(10**9))

	def record(self: EventLog, event: NewEvent) -> Receipt:
		return real(self, replace(event, name=f"{event.name}+{next(number)}"))

	with patch.object(EventLog, "record", record):
		yield


@mutation("a webhook is one event")
def a_second_delivery_is_not_counted() -> Iterator[None]:
	with patch.object(event_log, "_RECORD", event_log._RECORD.replace("deliveries = deliveries + 1", "deliveries = deliveries")):
		yield


@mutation("what is acknowledged is recorded")
def some_deliveries_are_acknowledged_and_not_recorded() -> Iterator[None]:
	real = EventLog.record

	def record(self: EventLog, event: NewEvent) -> Receipt:
		if event.payload_hash.startswith("7"):
			return Receipt(event.name, event.status, duplicate=False)
		return real(self, event)

	with patch.object(EventLog, "record", record):
		yield


@mutation("a webhook is one event", "a forgery leaves nothing", "what is acknowledged is recorded")
def signatures_are_not_checked() -> Iterator[None]:
	with patch.object(receiving, "is_signed", lambda body, signature, secrets: True):
		yield


class _Unlocked(Transaction):
	"""Reads without a lock; begins the writing transaction with the first write."""

	def __init__(self, host: EmbeddedHost, stack: ExitStack, commit_each: bool) -> None:
		super().__init__(host._database.connection(), host._config, host._log)
		self._host, self._stack, self._commit_each, self._begun = host, stack, commit_each, False

	def _begin(self) -> None:
		if self._commit_each:
			self._stack.close()
			self._stack.enter_context(self._host._database.write())
		elif not self._begun:
			self._begun = True
			self._stack.enter_context(self._host._database.write())

	def lock(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
		if self._commit_each:
			self._begin()
		return super().lock(keys)

	def apply(self, *given: Any) -> Any:
		self._begin()
		return super().apply(*given)

	def save_link(self, *given: Any) -> None:
		self._begin()
		super().save_link(*given)

	def append_attempt(self, *given: Any) -> None:
		self._begin()
		super().append_attempt(*given)

	def finish(self, *given: Any) -> None:
		self._begin()
		super().finish(*given)

	def supersede(self, *given: Any) -> int:
		self._begin()
		return super().supersede(*given)


def _transactions(commit_each: bool) -> Any:
	@contextmanager
	def transaction(self: EmbeddedHost) -> Iterator[Transaction]:
		with ExitStack() as stack:
			yield _Unlocked(self, stack, commit_each)

	return patch.object(EmbeddedHost, "transaction", transaction)


@mutation("versions only rise", "customers agree", "stock agrees", "orders agree", "an event changes things once", profile="busy")
def links_are_not_locked() -> Iterator[None]:
	with _transactions(commit_each=False):
		yield


@mutation(
	"nothing half done",
	"versions only rise",
	"each change has evidence, each evidence its change",
	"what was applied is in the link",
	profile="crashes",
)
def every_change_is_committed_by_itself() -> Iterator[None]:
	with _transactions(commit_each=True):
		yield


@mutation(
	"nothing half done", "orders agree", "customers agree", "stock agrees", "what was applied is in the link",
	"each change has evidence, each evidence its change", profile="crashes",
)  # fmt: skip
def the_status_is_committed_before_the_documents() -> Iterator[None]:
	real = Engine._attempt

	def attempt(self: Engine, event: ClaimedEvent, started: datetime, restarts: int) -> Status:
		policy = self.host.policy(event.store)
		if policy.mode is not Mode.LIVE:
			return real(self, event, started, restarts)
		contract = self._parse(event, policy)
		self._prepare(event.resource, contract, policy)
		with self.host.transaction() as tx:
			decision = self._decide(tx, event.signal, contract, policy)
			if isinstance(decision, Plan):
				tx.finish(event, Outcome(Status.APPLIED if decision.changes else Status.NO_CHANGE))
		if not isinstance(decision, Plan):
			return real(self, event, started, restarts)
		with self.host.transaction() as tx:
			outcome, changes, reads = self._apply(tx, event, decision)
			with patch.object(type(tx), "finish", lambda *given: None):
				self._record(tx, event, outcome, started, restarts, changes, reads)
		return outcome.status

	with patch.object(Engine, "_attempt", attempt):
		yield


@mutation("orders agree", "customers agree", "stock agrees", "what was superseded has a successor")
def an_equal_timestamp_is_taken_for_a_duplicate() -> Iterator[None]:
	real = engine._superseded

	def superseded(signal: Signal, link: LinkState) -> Any:
		if link.version and signal.version != link.version and signal.version[:26] == link.version[:26]:
			return real(replace(signal, version=""), link)
		return real(signal, link)

	with patch.object(engine, "_superseded", superseded):
		yield


@mutation("versions only rise", "orders agree", "customers agree", "stock agrees")
def a_stale_signal_is_applied() -> Iterator[None]:
	with patch.object(engine, "_superseded", lambda signal, link: None):
		yield


@mutation("one live document per key", "nothing half done")
def a_second_try_books_again_under_a_new_key() -> Iterator[None]:
	real_create, real_read, number = documents._create, snapshots.Reader._order, iter(range(10**9))

	def create(connection: sqlite3.Connection, change: CreateDocument, created: dict[str, str]) -> Any:
		if change.doctype != "Sales Order":
			return real_create(connection, change, created)
		key = f"{change.key}~{next(number)}"
		done = real_create(connection, replace(change, key=key, name=None), created)
		created[change.key] = created.pop(key)
		return done

	def read(self: snapshots.Reader, needs: Any) -> Any:
		return replace(real_read(self, needs), sales_order=None)

	with patch.object(documents, "_create", create), patch.object(snapshots.Reader, "_order", read):
		yield


@mutation(
	"statuses move along the graph",
	"each change has evidence, each evidence its change",
	"an event changes things once",
	profile="crashes",
)
def a_worker_that_lost_its_lease_may_finish() -> Iterator[None]:
	def finish(self: EventLog, connection: sqlite3.Connection, event: ClaimedEvent, outcome: Outcome) -> None:
		connection.execute(
			"UPDATE sync_event SET status = ?, lease = NULL, due_at = NULL, message = ? WHERE name = ?",
			(str(outcome.status), outcome.message, event.name),
		)

	real = EventLog.finish

	def fenced_or_not(self: EventLog, connection: sqlite3.Connection, event: ClaimedEvent, outcome: Outcome) -> None:
		row = connection.execute("SELECT lease FROM sync_event WHERE name = ?", (event.name,)).fetchone()
		(real if row["lease"] == event.lease else finish)(self, connection, event, outcome)

	with patch.object(EventLog, "finish", fenced_or_not):
		yield


@mutation("every event has ended or says why not")
def the_events_of_dead_workers_are_forgotten() -> Iterator[None]:
	with patch.object(engine, "LEASE_SECONDS", 1e9):
		yield


@mutation("every event has ended or says why not")
def a_retry_never_comes() -> Iterator[None]:
	def oldest_due(connection: sqlite3.Connection, now: str) -> Any:
		statement = "SELECT * FROM sync_event WHERE due_at <= ? AND status <> 'Retrying' ORDER BY due_at LIMIT 1"
		return connection.execute(statement, (now,)).fetchone()

	with patch.object(event_log, "_oldest_due", oldest_due):
		yield


@mutation("attempts are bounded", profile="crashes")
def an_event_is_tried_for_ever() -> Iterator[None]:
	real = engine.resting_status

	def resting(failure: Failure, used: int, _limit: int) -> Status:
		return real(failure, used, 10**9)

	with patch.object(engine, "resting_status", resting), patch.object(EventLog, "_is_worn_out", lambda self, row: False):
		yield


@mutation("what an event waits for is missing")
def a_saved_mapping_sets_nothing_going() -> Iterator[None]:
	with patch.object(EventLog, "requeue_blocked", lambda self, *given, **named: 0):
		yield


@mutation(
	"what an event waits for is missing", "every event has ended or says why not", "every push has ended or says why not",
)  # fmt: skip
def a_mapping_and_what_it_sets_going_are_committed_apart() -> Iterator[None]:
	def map_item(database: Any, events: EventLog, store: str, resource: str, shopify_id: str, item: str, user: str) -> int:
		with database.write() as connection:
			links.point(connection, keys.key(store, resource, shopify_id), "Item", item)
		with database.write() as connection:
			return events.requeue_blocked(connection, store, f"{mapping.MISSING[resource]}:{shopify_id}", user)

	def take_over_config(self: Instance) -> None:
		with self.database.write() as connection:
			changed = [name for name in self._stores() if self._note_fingerprint(connection, name)]
			self._write_items(connection)
		with self.database.write() as connection:
			for name in changed:
				if self.config.store(name).policy.mode is not Mode.PAUSED:
					self.events.requeue_blocked(connection, name)
					self.events.requeue_held(connection, name)

	with patch.object(mapping, "map_item", map_item), patch.object(Instance, "_take_over_config", take_over_config):
		yield


@mutation("every event has ended or says why not", "every push has ended or says why not", profile="operators")
def a_release_sets_nothing_going() -> Iterator[None]:
	def requeue_held(self: EventLog, connection: sqlite3.Connection, store: str, *given: Any, **named: Any) -> int:
		# A store that goes on sets going what its pause held.
		paused = "store = :store AND status = 'Held' AND message LIKE '%is paused%'"
		return self._requeue_where(connection, paused, {"store": store}, None, "The store goes on.")

	with patch.object(EventLog, "requeue_held", requeue_held):
		yield


@mutation("what is held is not carried out", profile="operators")
def what_is_held_is_pushed() -> Iterator[None]:
	with patch.object(pusher, "held_by", lambda event, policy: None):
		yield


@mutation("what is held is not carried out", profile="operators")
def the_payments_of_a_held_order_are_carried_out() -> Iterator[None]:
	real = engine.covering

	with patch.object(engine, "covering", lambda holds, **event: real(holds, **{**event, "part_of": None})):
		yield


@mutation("each change has evidence, each evidence its change")
def changes_are_left_out_of_the_evidence() -> Iterator[None]:
	real = attempts.append

	with patch.object(attempts, "append", lambda connection, attempt: real(connection, replace(attempt, changes=()))):
		yield


@mutation("what was superseded has a successor")
def a_newer_event_steps_aside_for_an_older_one() -> Iterator[None]:
	def supersede(self: EventLog, connection: sqlite3.Connection, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		return real(self, connection, replace(event, version="9999"), statuses)

	real = EventLog.supersede
	with patch.object(EventLog, "supersede", supersede):
		yield


@mutation("nothing personal or secret is shown")
def evidence_is_not_masked() -> Iterator[None]:
	with patch("shopify_sync.core.events.mask", lambda name, value: value):
		yield


@mutation("customers agree")
def what_the_user_wrote_is_overwritten() -> Iterator[None]:
	def judge(base: Any, shopify: str, erpnext: str, *given: Any) -> Verdict:
		return Verdict.TAKE if shopify != erpnext else Verdict.AGREED

	with patch.object(customers, "judge", judge):
		yield


@mutation("orders agree", _BOOKS)
def cents_get_lost() -> Iterator[None]:
	real = order_lines.split_rate

	def split(amount: Decimal, quantity: int, currency: str) -> list[tuple[int, Decimal]]:
		return [(pieces, Decimal(int(rate))) for pieces, rate in real(amount, quantity, currency)]

	unchecked = patch.multiple(embedded_totals, check=lambda *given: None, check_total=lambda *given: None)
	with patch.object(order_lines, "split_rate", split), unchecked:
		yield


@mutation("orders agree")
def a_cancellation_is_not_carried_over() -> Iterator[None]:
	def cancel(order: Any, snapshot: Any, policy: Any, signal: Signal, rule: Any) -> Plan:
		return Plan(links=(LinkUpdate(signal.key, version=signal.version),), reason="nothing to do")

	with patch.object(orders, "_cancel", cancel):
		yield


def _planning(change_of: Callable[[Change], tuple[Change, ...]]) -> Any:
	"""Return a patch of the order's decision: each change of a plan becomes what *change_of* says."""
	real = orders.decide

	def decide(*given: Any) -> Any:
		decision = real(*given)
		if not isinstance(decision, Plan):
			return decision
		return replace(decision, changes=tuple(one for change in decision.changes for one in change_of(change)))

	return patch.object(orders, "decide", decide)


def _is_new(change: Change, doctype: str, **values: Any) -> bool:
	return (
		isinstance(change, CreateDocument)
		and change.doctype == doctype
		and all(change.values.get(name) == value for name, value in values.items())
	)


def _twice(change: Change) -> tuple[Change, ...]:
	assert isinstance(change, CreateDocument)
	return change, replace(change, key=f"{change.key}~2", name=f"{change.name}~2")


@mutation("one live document per key")
def a_refund_is_paid_twice() -> Iterator[None]:
	with _planning(lambda change: _twice(change) if _is_new(change, "Payment Entry", payment_type="Pay") else (change,)):
		yield


@mutation(_BOOKS)
def a_refund_is_credited_twice() -> Iterator[None]:
	with _planning(lambda change: _twice(change) if _is_new(change, "Sales Invoice", is_return=1) else (change,)):
		yield


@mutation(_BOOKS)
def a_refund_is_not_credited() -> Iterator[None]:
	real = order_documents.credit_refund

	def credit(*given: Any, **named: Any) -> Any:
		found = real(*given, **named)
		return found if isinstance(found, Failure) else ([], found[1])

	with patch.object(order_documents, "credit_refund", credit):
		yield


@mutation(_BOOKS, "every event has ended or says why not")
def payments_over_ten_are_dropped() -> Iterator[None]:
	def unless_large(change: Change) -> tuple[Change, ...]:
		is_large = _is_new(change, "Payment Entry") and change.values["paid_amount"] > 10  # type: ignore[union-attr]
		return () if is_large else (change,)

	with _planning(unless_large):
		yield


@mutation(_BOOKS)
def a_parcel_leaves_twice() -> Iterator[None]:
	with _planning(lambda change: _twice(change) if _is_new(change, "Delivery Note") else (change,)):
		yield


@mutation(_BOOKS)
def a_transaction_that_comes_before_its_order_is_lost() -> Iterator[None]:
	real = OrderPart.decide

	def decide(self: Any, found: Any, *given: Any) -> Any:
		decision = real(self, found, *given)
		if found.order is None and isinstance(decision, Plan):
			return replace(decision, links=tuple(link for link in decision.links if link.facts is None))
		return decision

	with patch.object(OrderPart, "decide", decide):
		yield


@mutation("stock agrees")
def stock_is_added_instead_of_set() -> Iterator[None]:
	real = stock.book

	def book(connection: sqlite3.Connection, doctype: str, values: Mapping[str, Any], sign: int = 1) -> None:
		if doctype == stock.RECONCILIATION:
			rows = [
				{**row, "qty": stock.quantity_of(connection, row["item_code"], [row["warehouse"]]) + Decimal(row["qty"])}
				for row in values["items"]
			]
			values = {**values, "items": rows}
		real(connection, doctype, values, sign)

	with patch.object(stock, "book", book):
		yield


@mutation("an echo is known as one")
def an_echo_is_taken_for_a_change() -> Iterator[None]:
	with patch.object(inventory, "pushed_by", lambda *given: None):
		yield


@mutation("what ERPNext has is in Shopify")
def a_change_while_the_level_is_pushed_joins_the_push() -> Iterator[None]:
	real = EventLog.claim_batch

	def claim_batch(self: EventLog, *given: Any) -> Any:
		claimed = real(self, *given)
		with self._database.write() as connection:
			for event in claimed:
				connection.execute("UPDATE OR IGNORE sync_event SET open_key = link WHERE name = ?", (event.name,))
		return claimed

	with patch.object(EventLog, "claim_batch", claim_batch):
		yield


@mutation("no attempt is burnt by Shopify", profile="network")
def what_is_shopifys_fault_costs_an_attempt() -> Iterator[None]:
	with patch.object(pusher, "NOT_ITS_FAULT", ()):
		yield


@mutation("one open push of a level", profile="returns")
def every_change_is_an_event_of_its_own() -> Iterator[None]:
	with patch.object(NewEvent, "open_key", None):
		yield


@mutation("a push never answers a push", profile="busy")
def what_comes_back_of_a_push_is_pushed_again() -> Iterator[None]:
	real = Transaction.save_link

	def save_link(self: Transaction, update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
		real(self, update, created, event)
		store, resource, level = update.key.split("/", 2)
		if resource == keys.INVENTORY_LEVEL:
			self._events.mark(self._connection, [Mark(store, keys.INVENTORY_PUSH, level, look=True)])

	with patch.object(Transaction, "save_link", save_link):
		yield


@mutation("what ERPNext has is in Shopify", profile="network")
def a_lost_answer_is_taken_for_a_good_one() -> Iterator[None]:
	real = ShopifyStock.set_on_hand

	def set_on_hand(self: ShopifyStock, *given: Any) -> SetResult:
		try:
			return real(self, *given)
		except CallFailed:
			return SetResult(None, {})

	with patch.object(ShopifyStock, "set_on_hand", set_on_hand):
		yield


@mutation("a fulfillment of ours is known", "what ERPNext sends is fulfilled once", profile="returns")
def a_parcel_whose_answer_was_lost_is_sent_again() -> Iterator[None]:
	with patch.object(ParcelMemory, "unsure", lambda self, until: replace(self, pending=None)):
		yield


@mutation(_BOOKS, "stock agrees", "what ERPNext has is in Shopify", "what ERPNext sends is fulfilled once")
def what_we_sent_ourselves_makes_another_note() -> Iterator[None]:
	with patch.object(order_booking, "memory_of", lambda snapshot: ParcelMemory()):
		yield


@mutation("a return of ours is known", "what ERPNext takes back is returned once", profile="returns")
def a_return_whose_answer_was_lost_is_made_again() -> Iterator[None]:
	def nothing(memory: ParcelMemory, *_given: Any) -> ParcelMemory:
		return memory

	with patch.object(returns, "_found", nothing), patch.object(returns, "settled", nothing):
		yield


@mutation("what ERPNext takes back is returned once", profile="returns")
def a_return_is_never_received() -> Iterator[None]:
	real = returns.Work.take_back

	def take_back(self: returns.Work, note: Any) -> Any:
		step = real(self, note)
		return None if isinstance(step, returns.ReceiveReturn) else step

	with patch.object(returns.Work, "take_back", take_back):
		yield


@mutation(_BOOKS, profile="returns")
def a_refund_brings_back_what_people_took_back() -> Iterator[None]:
	with patch.object(own_returns, "_own_lines", lambda booking: {}):
		yield


@mutation(_BOOKS, "reconciliation raises no false alarm", profile="network")
def a_transaction_that_was_never_told_of_is_not_missed() -> Iterator[None]:
	with patch.object(causes, "_was_never_told", lambda difference, found: False):
		yield


@mutation(_BOOKS, profile="network")
def reconciliation_does_not_look_at_payments() -> Iterator[None]:
	with (
		patch.object(order_comparison, "_money", lambda books, receives: {}),
		patch.object(order_comparison, "_entries", lambda *given: {}),
	):
		yield


@mutation("stock agrees", profile="network")
def reconciliation_does_not_look_at_stock() -> Iterator[None]:
	with patch.object(stock_comparison, "differences", lambda *given: ()):
		yield


# What is healed in vain is put to a person, who did nothing.
@mutation("reconciliation raises no false alarm", "one reconciliation heals", _BOOKS, profile="network")
def what_reconciliation_read_is_taken_for_old() -> Iterator[None]:
	real = comparing.event_of

	def event_of(topic: str, payload: Any, store: str, name: str, read_at: datetime, *more: Any) -> NewEvent:
		return real(topic, payload, store, name, read_at.replace(year=2000), *more)

	with patch.object(comparing, "event_of", event_of):
		yield


@mutation("reconciliation raises no false alarm", "one reconciliation heals")
def what_a_person_decided_is_taken_for_lost() -> Iterator[None]:
	with patch.object(causes, "explain", lambda *given: Explanation(Cause.LOST_WEBHOOK)):
		yield
