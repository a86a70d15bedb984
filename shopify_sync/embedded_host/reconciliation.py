"""Reconciliation on this host: what its documents, links and events say of a page of records, and what runs found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.contracts.order import Order
from shopify_sync.core.customers.fields import CONTACT, CUSTOMER, FIELDS
from shopify_sync.core.events import NewEvent, Receipt
from shopify_sync.core.outbound.marks import Mark
from shopify_sync.core.policy import Direction, StorePolicy
from shopify_sync.core.reconciliation.discrepancy import (
	LIVE,
	Discrepancy,
	State,
	gone,
	samples_of,
	samples_text,
	seen,
)
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Finding, Kind, OpenEvent, Proposal
from shopify_sync.core.reconciliation.found import (
	Found,
	FoundCustomer,
	FoundDocument,
	FoundLevel,
	FoundOrder,
	FoundVariant,
)
from shopify_sync.core.reconciliation.payouts import FoundPayments
from shopify_sync.core.reconciliation.ports import NotMet
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.snapshots import LinkState
from shopify_sync.core.statuses import OPEN, Status

from . import documents, links, payments, selling, stock, times
from .host import Instance
from .snapshots import Reader

_PUT_AWAY = (Status.DISCARDED, Status.SHADOWED, Status.IGNORED)
_TOLD = (*OPEN, Status.PROCESSING, *_PUT_AWAY)
_PAGE = 200


class ReconcileHost:
	"""Implements core/reconciliation/ports.py `ReconcileHost`.

	:param address: where webhooks of a store have to go.
	"""

	def __init__(self, instance: Instance, address: Callable[[str], str] = lambda _store: "") -> None:
		self._instance = instance
		self._address = address

	@property
	def _connection(self) -> sqlite3.Connection:
		return self._instance.database.connection()

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self._instance.clock()

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""
		return self._instance.config.store(store).policy

	def webhook_address(self, store: str) -> str:
		"""Return where Shopify has to send webhooks."""
		return self._address(store)

	def api_version(self, store: str) -> str:
		"""Return nothing: this host takes what comes."""
		return ""

	def orders(self, policy: StorePolicy, orders: Sequence[Order]) -> Mapping[str, FoundOrder]:
		"""Return what this host has of each order."""
		reader = Reader(self._connection, self._instance.config, policy)
		return {order.id: self._order(policy, order, reader) for order in orders}

	def _order(self, policy: StorePolicy, order: Order, reader: Reader) -> FoundOrder:
		key = keys.key(policy.store, keys.ORDER, order.id)
		own = self._connection.execute(
			"SELECT * FROM document WHERE doctype = 'Sales Order' AND shopify_key = ?", (key,)
		).fetchall()
		found = [(key, documents.state(row)) for row in own] + list(selling.under(self._connection, key).items())
		notes = self._connection.execute(
			"SELECT * FROM document WHERE doctype = 'Delivery Note' AND shopify_key IS NULL AND json_extract(data, '$.sales_order') = ?",
			(own[0]["name"] if own else "",),
		).fetchall()
		found += [("", documents.state(row)) for row in notes]
		variants = {line.variant_id: self._item_of(policy, line.variant_id) for line in order.line_items if line.variant_id}
		return FoundOrder(
			**self._found(policy, keys.ORDER, order.id, keys.FULFILLMENT_PUSH),
			documents=tuple(_document(key, state) for key, state in found),
			variants={variant: item for variant, item in variants.items() if item},
		)

	def _item_of(self, policy: StorePolicy, variant: str) -> str | None:
		return links.read(self._connection, keys.key(policy.store, keys.VARIANT, variant)).document_name

	def customers(self, policy: StorePolicy, ids: Sequence[str]) -> Mapping[str, FoundCustomer]:
		"""Return what this host has of each customer."""
		return {id: self._customer(policy, id) for id in ids}

	def _customer(self, policy: StorePolicy, id: str) -> FoundCustomer:
		found = self._found(policy, keys.CUSTOMER, id)
		link = found["link"] or LinkState(keys.key(policy.store, keys.CUSTOMER, id))
		customer = documents.linked(self._connection, link, "Customer")
		contact = documents.by_key(self._connection, "Contact", keys.key(policy.store, keys.CONTACT, id))
		sides = {CUSTOMER: customer, CONTACT: contact}
		there = customer is not None and customer.exists
		values = {
			field.name: str(side.values.get(field.name) or "")
			for field in FIELDS
			if (side := sides.get(field.doctype)) and side.exists
		}
		rows = self._connection.execute(
			"SELECT field FROM sync_conflict WHERE link = ? AND status = 'Open'", (link.key,)
		).fetchall()
		return FoundCustomer(
			**found,
			values=values if there else None,
			documents={doctype: side.name for doctype, side in sides.items() if side},
			conflicts=frozenset(row["field"] for row in rows),
		)

	def levels(self, policy: StorePolicy, levels: Sequence[InventoryLevel]) -> Mapping[str, FoundLevel]:
		"""Return what this host has of each inventory level."""
		return {level.id: self._level(policy, level) for level in levels}

	def _level(self, policy: StorePolicy, level: InventoryLevel) -> FoundLevel:
		found = self._found(policy, keys.INVENTORY_LEVEL, level.id, keys.INVENTORY_PUSH)
		rule = policy.location(level.location_id)
		about = links.read(self._connection, keys.key(policy.store, keys.INVENTORY_ITEM, level.inventory_item_id))
		item = documents.linked(self._connection, about, "Item")
		if rule is None or item is None or not item.exists:
			return FoundLevel(**found)
		reader = Reader(self._connection, self._instance.config, policy)
		push = reader.pushed(level.inventory_item_id, level.location_id) if rule.direction is Direction.OUTBOUND else None
		return FoundLevel(
			**found,
			item=item.name,
			is_stock_item=bool(item.values.get("is_stock_item", True)),
			quantity=stock.quantity_of(self._connection, item.name, (rule.warehouse,)),
			push=push,
		)

	def variants(self, policy: StorePolicy, variants: Sequence[Mapping[str, Any]]) -> Mapping[str, FoundVariant]:
		"""Return what the links say of each variant."""
		return {str(variant["id"]): self._variant(policy, variant) for variant in variants}

	def _variant(self, policy: StorePolicy, variant: Mapping[str, Any]) -> FoundVariant:
		found = self._found(policy, keys.VARIANT, str(variant["id"]))
		item = found["link"].document_name if found["link"] else None
		stock_id = variant.get("inventory_item_id")
		stock_link = (
			links.read(self._connection, keys.key(policy.store, keys.INVENTORY_ITEM, str(stock_id))) if stock_id else None
		)
		by_sku = Reader(self._connection, self._instance.config, policy).items_of_sku(str(variant.get("sku") or ""))
		return FoundVariant(
			**found,
			item=item,
			item_exists=bool(item) and documents.get(self._connection, "Item", str(item)).exists,
			stock_link=stock_link,
			stock_item=stock_link.document_name if stock_link else None,
			by_sku=by_sku[0].code if len(by_sku) == 1 else None,
		)

	def day_counts(self, policy: StorePolicy, days: Sequence[date]) -> Mapping[date, int]:
		"""Return how many orders of the store there are of each day."""
		rows = self._connection.execute(
			"""SELECT json_extract(data, '$.transaction_date') AS day, COUNT(*) AS orders FROM document
			WHERE doctype = 'Sales Order' AND shopify_key > ? AND shopify_key < ? GROUP BY day""",
			(f"{policy.store}/{keys.ORDER}/", f"{policy.store}/{keys.ORDER}0"),
		).fetchall()
		found = {date.fromisoformat(str(row["day"])[:10]): row["orders"] for row in rows}
		return {day: found[day] for day in days if day in found}

	def payments(self, policy: StorePolicy, transactions: Mapping[str, str]) -> FoundPayments:
		"""Return the Payment Entries of transactions, and what is known of their orders."""
		entries = payments.read(self._connection, policy, transactions)
		orders = {order: Found(**self._found(policy, keys.ORDER, order)) for order in set(transactions.values())}
		return FoundPayments(entries, orders)

	def not_met(self, run: Run, cursor: str | None) -> NotMet:
		"""Return what no page of *run* compared: live Sales Orders, and what is not over of orders that are missing and of customers."""
		rows = self._connection.execute(
			"""SELECT l.key, d.name, json_extract(d.data, '$.shopify_order_name') AS label FROM shopify_link l
			JOIN document d ON d.doctype = 'Sales Order' AND d.name = l.document_name AND d.docstatus < 2
			WHERE l.key > ? AND l.key < ? AND l.compared_by IS NOT ? ORDER BY l.key LIMIT ?""",
			(cursor or f"{run.store}/{keys.ORDER}/", f"{run.store}/{keys.ORDER}0", run.name, _PAGE),
		).fetchall()
		records: list[tuple[str, str, tuple[str, str] | None]] = [
			(row["key"].rpartition("/")[2], row["label"] or "", ("Sales Order", row["name"])) for row in rows
		]
		following = rows[-1]["key"] if len(rows) == _PAGE else None
		if following:
			return NotMet(records, following)
		missing = self._not_over(run, keys.ORDER, f"AND kind = '{Kind.MISSING}'")
		records += [(id, label, None) for id, label in missing]
		return NotMet(records, None, [id for id, _label in self._not_over(run, keys.CUSTOMER)])

	def _not_over(self, run: Run, resource: str, where: str = "") -> list[tuple[str, str]]:
		"""Return (id, label) of the records of which another run has found something that is not over. *where*: of this module."""
		states = (*LIVE, State.DISMISSED)
		rows = self._connection.execute(
			f"""SELECT DISTINCT link, label FROM discrepancy WHERE link > ? AND link < ? AND last_run != ?
			AND status IN ({",".join("?" * len(states))}) {where} ORDER BY link""",  # noqa: S608
			(f"{run.store}/{resource}/", f"{run.store}/{resource}0", run.name, *states),
		).fetchall()
		return [(row["link"].rpartition("/")[2], row["label"]) for row in rows]

	def signal(self, event: NewEvent) -> Receipt:
		"""Record an event and commit."""
		return self._instance.events.record(event)

	def mark(self, mark: Mark) -> None:
		"""Have something pushed, and commit."""
		with self._instance.database.write() as connection:
			self._instance.events.mark(connection, [mark])

	def known(self, findings: Sequence[Finding]) -> Mapping[str, Discrepancy]:
		"""Return what is known of *findings* from earlier, by their key."""
		return _known(self._connection, {finding.link for finding in findings})

	def note(self, run: Run, findings: Sequence[Finding]) -> None:
		"""Keep what is about to be healed."""
		now = self.now()
		with self._instance.database.write() as connection:
			known = _known(connection, {finding.link for finding in findings})
			for finding in findings:
				_save(connection, finding.key, seen(known.get(finding.key), finding, now, run.name))

	def keep(self, run: Run, findings: Sequence[Finding], compared: Sequence[str]) -> None:
		"""Keep how far a run is and what it found."""
		now = self.now()
		with self._instance.database.write() as connection:
			connection.executemany("UPDATE shopify_link SET compared_by = ? WHERE key = ?", [(run.name, key) for key in compared])
			known = _known(connection, {*compared, *(finding.link for finding in findings)})
			for finding in findings:
				_save(connection, finding.key, seen(known.pop(finding.key, None), finding, now, run.name))
			for key, before in known.items():
				if before.state in (*LIVE, State.DISMISSED) and before.finding.link in compared:
					_save(connection, key, gone(before))
			_save_run(connection, run, now)

	def _found(self, policy: StorePolicy, resource: str, id: str, push: str | None = None) -> dict[str, Any]:
		key = keys.key(policy.store, resource, id)
		link = links.read(self._connection, key)
		there = link.version or link.document_name or link.agreed
		return {
			"link": link if there else None,
			"events": self._events(key),
			"pushing": self._events(keys.key(policy.store, push, id)) if push else (),
		}

	def _events(self, key: str) -> tuple[OpenEvent, ...]:
		marks = ",".join("?" * len(_TOLD))
		rows = self._connection.execute(
			f"SELECT name, status, version, resource FROM sync_event WHERE (link = ? OR part_of = ?) AND status IN ({marks})",  # noqa: S608
			(key, key, *_TOLD),
		).fetchall()
		return tuple(OpenEvent(row["name"], row["status"], row["version"] or "", row["resource"] or "") for row in rows)


def discrepancies(connection: sqlite3.Connection, store: str | None = None) -> list[Discrepancy]:
	"""Return all discrepancies, those that are over too."""
	rows = connection.execute("SELECT * FROM discrepancy WHERE store = ? OR ? IS NULL ORDER BY key", (store, store)).fetchall()
	return [_discrepancy(row) for row in rows]


def run_of(connection: sqlite3.Connection, name: str, run: Run) -> Run:
	"""Bring *run* to where the run of this *name* was kept last; it is as it is where none was."""
	row = connection.execute("SELECT * FROM reconciliation_run WHERE name = ?", (name,)).fetchone()
	if row:
		run.resume(json.loads(row["state"]))
		run.found, run.stopped = json.loads(row["found"]), row["stopped"]
		run.ended = times.from_text(row["ended_at"]) if row["ended_at"] else None
	# As the discrepancies say: what was noted before its worker died counts.
	rows = connection.execute("SELECT kind, COUNT(*) AS healed FROM discrepancy WHERE healed_by = ? GROUP BY kind", (name,))
	run.healed = {row["kind"]: row["healed"] for row in rows}
	return run


def _known(connection: sqlite3.Connection, records: set[str]) -> dict[str, Discrepancy]:
	found = {}
	for record in records:
		for row in connection.execute("SELECT * FROM discrepancy WHERE link = ?", (record,)).fetchall():
			found[row["key"]] = _discrepancy(row)
	return found


def _discrepancy(row: sqlite3.Row) -> Discrepancy:
	amount = None if row["amount"] is None else Decimal(row["amount"])
	document = (row["document_type"], row["document_name"]) if row["document_type"] else None
	difference = Difference(Kind(row["kind"]), row["field"], row["shopify"], row["erpnext"], amount, row["unit"], document)
	at = times.from_text(row["changed_at"]) if row["changed_at"] else None
	explanation = Explanation(Cause(row["cause"]), row["event"], row["changed_by"], at)
	proposal, healed = Proposal(row["proposal"]), row["status"] == State.HEALING
	_store, resource, shopify_id = row["link"].split("/", 2)
	finding = Finding(row["store"], resource, shopify_id, row["label"], difference, explanation, proposal, healed)
	return Discrepancy(
		finding,
		State(row["status"]),
		times.from_text(row["first_seen"]),
		times.from_text(row["last_seen"]),
		row["times_seen"],
		row["first_run"],
		row["last_run"],
		row["healed_by"],
		samples_of(json.loads(row["samples"])),
	)


def _save(connection: sqlite3.Connection, key: str, one: Discrepancy) -> None:
	finding, difference, explanation = one.finding, one.finding.difference, one.finding.explanation
	document = difference.document or (None, None)
	values = {
		"key": key,
		"store": finding.store,
		"link": finding.link,
		"label": finding.label,
		"kind": difference.kind,
		"field": difference.field,
		"status": one.state,
		"shopify": difference.shopify,
		"erpnext": difference.erpnext,
		"amount": None if difference.amount is None else str(difference.amount),
		"unit": difference.unit,
		"document_type": document[0],
		"document_name": document[1],
		"cause": explanation.cause,
		"event": explanation.event,
		"changed_by": explanation.by,
		"changed_at": times.to_text(explanation.at) if explanation.at else None,
		"proposal": finding.proposal,
		"first_seen": times.to_text(one.first_seen),
		"last_seen": times.to_text(one.last_seen),
		"times_seen": one.times_seen,
		"first_run": one.first_run,
		"last_run": one.last_run,
		"healed_by": one.healed_by,
		"samples": dump_json(samples_text(one.samples)),
	}
	_put(connection, "discrepancy", values)


def _save_run(connection: sqlite3.Connection, run: Run, now: datetime) -> None:
	values = {
		"name": run.name,
		"store": run.store,
		"depth": run.depth,
		"since": times.to_text(run.since) if run.since else None,
		"until": times.to_text(run.until),
		"kept_at": times.to_text(now),
		"ended_at": times.to_text(run.ended) if run.ended else None,
		"found": dump_json(run.found),
		"healed": dump_json(run.healed),
		"stopped": run.stopped,
		"state": dump_json(run.dump()),
	}
	_put(connection, "reconciliation_run", values)


def _put(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> None:
	marks = ", ".join("?" for _name in values)
	statement = f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 -- names of this module
	connection.execute(statement, tuple(values.values()))


def _document(key: str, state: Any) -> FoundDocument:
	values = state.values
	lines: dict[str, Decimal] = {}
	items: dict[str, str] = {}
	for row in values.get("items") or ():
		if line := str(row.get("shopify_line_item_id") or ""):
			pieces = Decimal(str(row.get("qty") or 0)) * Decimal(str(row.get("conversion_factor") or 1))
			lines[line] = lines.get(line, Decimal(0)) + pieces
			items[line] = str(row.get("item_code") or "")
	taxes: dict[str, Decimal] = {}
	for row in values.get("taxes") or ():
		account = str(row.get("account_head") or "")
		taxes[account] = taxes.get(account, Decimal(0)) + Decimal(str(row.get("tax_amount") or 0))
	deductions: dict[str, Decimal] = {}
	for row in values.get("deductions") or ():
		deductions[row["account"]] = deductions.get(row["account"], Decimal(0)) + Decimal(str(row["amount"]))
	return FoundDocument(
		doctype=state.doctype,
		name=state.name,
		key=key,
		docstatus=state.docstatus,
		status=str(values.get("status") or ""),
		currency=str(values.get("currency") or ""),
		total=Decimal(str(values.get("grand_total") or 0)),
		rate=Decimal(str(values.get("conversion_rate") or 1)),
		is_return=bool(values.get("is_return")),
		lines=lines,
		items=items,
		taxes=taxes,
		reference=str(values.get("reference_no") or ""),
		payment_type=str(values.get("payment_type") or ""),
		settled=Decimal(str(values.get("received_amount") or 0)),
		deductions=deductions,
	)
