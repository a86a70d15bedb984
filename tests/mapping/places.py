"""What a decision comes to, as flat places (`Sales Invoice.items.rate`) with values, so that two decisions can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.customers.marks import DELETED, MERGED, REDACTED
from shopify_sync.core.failures import Failure
from shopify_sync.core.plan import (
	AddRows,
	CancelDocument,
	Change,
	CloseDocument,
	CreateDocument,
	DocRef,
	LinkUpdate,
	MergeDocument,
	Plan,
	ReopenDocument,
	ReviseDocument,
	RowRef,
	Skip,
	SubmitDocument,
	UpdateDocument,
)
from shopify_sync.core.snapshots import CustomerNeeds, LevelNeeds, OrderNeeds

from .deciding import Decided

SALES_ORDER, INVOICE, CREDIT, PAYMENT, DELIVERY, RETURN = "SO", "SI", "CN", "PE", "DN", "RN"
SHORT = {
	"Sales Order": SALES_ORDER,
	"Sales Invoice": INVOICE,
	"Credit note": CREDIT,
	"Payment Entry": PAYMENT,
	"Delivery Note": DELIVERY,
	"Return": RETURN,
}
_DONE: Mapping[type, str] = {
	CancelDocument: "cancelled",
	CloseDocument: "closed",
	ReopenDocument: "opened again",
	SubmitDocument: "submitted",
	MergeDocument: "merged",
}


@dataclass(frozen=True)
class Document:
	"""A document that a plan makes. :ivar kind: its doctype, short where the page shortens it."""

	kind: str
	key: str
	fields: Mapping[str, Any]
	tables: Mapping[str, tuple[Mapping[str, Any], ...]]


def kind_of(change: Change) -> str:
	"""Return what people call the document: a Sales Invoice that takes back is a credit note."""
	name = change.doctype
	if isinstance(change, CreateDocument) and change.values.get("is_return"):
		name = {"Sales Invoice": "Credit note", "Delivery Note": "Return"}[name]
	return SHORT.get(name, name)


def documents_of(decided: Decided) -> list[Document]:
	"""Return what a plan makes."""
	if not isinstance(decided.decision, Plan):
		return []
	return [_document(change) for change in decided.decision.changes if isinstance(change, CreateDocument)]


def _document(change: CreateDocument) -> Document:
	fields: dict[str, Any] = {
		"name": change.name,
		"shopify_key": change.key,
		"grand_total": change.expect_total,
		"grand_total, by how much it may differ": change.tolerance or None,
	}
	tables: dict[str, tuple[Mapping[str, Any], ...]] = {}
	for name, value in change.values.items():
		if isinstance(value, list | tuple):
			tables[name] = tuple({field: _plain(inner) for field, inner in row.items()} for row in value)
		else:
			fields[name] = _plain(value)
	return Document(kind_of(change), change.key, {name: value for name, value in fields.items() if value is not None}, tables)


def _plain(value: Any) -> Any:
	"""Return a reference without the key: whose document it is does not say which."""
	if isinstance(value, DocRef):
		return f"→ {value.doctype}"
	return f"→ row {value.index} of {value.line} in {value.doctype}" if isinstance(value, RowRef) else value


def differences(one: Decided, other: Decided) -> set[str]:
	"""Return the places in which two plans differ. Failures and skips are not compared here: see :func:`ending`."""
	found = set(_looked_up(one, other))
	if not (isinstance(one.decision, Plan) and isinstance(other.decision, Plan)):
		return found
	found |= set(_documents(documents_of(one), documents_of(other)))
	found |= {place for place, _value in set(_rest(one.decision)) ^ set(_rest(other.decision))}
	return found


def ending(decided: Decided) -> str:
	"""Return how a decision ends when it is no plan: the failure's category, or the status."""
	if isinstance(decided.decision, Failure):
		return str(decided.decision.category)
	return str(decided.decision.status) if isinstance(decided.decision, Skip) else ""


def _looked_up(one: Decided, other: Decided) -> Iterator[str]:
	before, after = one.needs, other.needs
	pairs = [(before, after)]
	if isinstance(before, OrderNeeds) and isinstance(after, OrderNeeds):
		pairs = [(before.customer, after.customer)]
	for was, now in pairs:
		if isinstance(was, CustomerNeeds) and isinstance(now, CustomerNeeds):
			if was.key != now.key:
				yield "Customer: which one"
			if was.matches != now.matches:
				yield "Customer: which existing one is taken"
			if was.contact_key != now.contact_key:
				yield "Contact: which one"
		elif isinstance(was, CustomerNeeds) is not isinstance(now, CustomerNeeds):
			yield "Customer: which one"
		elif isinstance(was, LevelNeeds) and isinstance(now, LevelNeeds) and _item_key(was) != _item_key(now):
			yield "Item: which one"


def _documents(one: list[Document], other: list[Document]) -> Iterator[str]:
	for before, after in _pairs(one, other):
		if before is None or after is None:
			some = before or after
			assert some is not None
			yield f"{some.kind}: whether there is one"
			continue
		yield from _fields(before, after)
		for name in sorted({*before.tables, *after.tables}):
			yield from _rows(f"{before.kind}.{name}", before.tables.get(name, ()), after.tables.get(name, ()))


def _pairs(one: list[Document], other: list[Document]) -> Iterator[tuple[Document | None, Document | None]]:
	"""Pair documents by key; what is left by kind, in order."""
	left, right = {document.key: document for document in one}, {document.key: document for document in other}
	for key in [key for key in left if key in right]:
		yield left.pop(key), right.pop(key)
	for kind in sorted({document.kind for document in (*left.values(), *right.values())}):
		befores = [document for document in left.values() if document.kind == kind]
		afters = [document for document in right.values() if document.kind == kind]
		for place in range(max(len(befores), len(afters))):
			yield (befores[place] if place < len(befores) else None, afters[place] if place < len(afters) else None)


def _fields(before: Document, after: Document) -> Iterator[str]:
	for name in sorted({*before.fields, *after.fields}):
		if before.fields.get(name) != after.fields.get(name):
			yield f"{before.kind}.{name}"


def _rows(place: str, before: tuple[Mapping[str, Any], ...], after: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
	if len(before) != len(after):
		yield f"{place}: which rows"
		return
	for was, now in zip(before, after, strict=True):
		different = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
		if any(set(identity) <= set(different) for identity in _IDENTITIES):
			# Another row stands there.
			yield f"{place}: which rows"
			continue
		yield from (f"{place}.{name}" for name in different)


#: What of a row does not change together unless it is another row.
_IDENTITIES = (
	("shopify_line_item_id", "item_code"),
	("shopify_line_item_id", "description"),
	("item_name", "rate"),
	("account_head", "description"),
	("reference_doctype",),
)


def _rest(plan: Plan) -> Iterator[tuple[str, str]]:
	"""Yield what else a plan says: changes of documents that exist, notes, conflicts, what is remembered or forgotten."""
	for change in plan.changes:
		if isinstance(change, UpdateDocument):
			yield from ((f"{kind_of(change)}.{field}", f"{change.name} {value}") for field, value in change.after.items())
		elif isinstance(change, ReviseDocument):
			yield f"{kind_of(change)}: revised", str((change.items, change.taxes))
		elif isinstance(change, AddRows):
			yield from ((f"{kind_of(change)}.{change.table}", f"{change.name} {row}") for row in change.rows)
		elif not isinstance(change, CreateDocument):
			yield f"{kind_of(change)}: {_DONE[type(change)]}", str(change)
	yield from (("note under Not Applied", note) for note in plan.not_applied)
	if plan.conflicts:
		yield from ((f"Sync Conflict on {row.field}", str(row)) for row in plan.conflicts.rows)
	if plan.redaction:
		yield from (("which payloads are masked", link) for link in (*plan.redaction.links, plan.redaction.customer_id))
	for link in plan.links:
		if link.key.split("/")[1] in _OF_ITEMS:
			yield from _link_of_item(link)
			continue
		marks = {name: value for name, value in (link.agreed or {}).items() if name in (DELETED, REDACTED, MERGED)}
		yield from (("mark on the customer's Shopify Link", f"{link.key} {mark}") for mark in marks.items())
		yield from (("kept with the order", str(fact)) for fact in (link.facts or {}).items())


#: Resources whose links are what becomes of them.
_OF_ITEMS = (keys.PRODUCT, keys.VARIANT, keys.INVENTORY_ITEM)


def _link_of_item(link: LinkUpdate) -> Iterator[tuple[str, str]]:
	resource = link.key.split("/")[1].replace("_", " ")
	if link.document:
		yield f"Shopify Link of the {resource}: which Item", f"{link.key} {_plain(link.document)}"
	for name, value in {**(link.agreed or {}), **(link.facts or {})}.items():
		yield f"Shopify Link of the {resource}: {name}", f"{link.key} {value}"


def _item_key(needs: LevelNeeds) -> str | None:
	return needs.stock.item_key if needs.stock else None
