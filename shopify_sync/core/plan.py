"""What a decision is: a plan of typed changes to ERPNext documents, a reason to do nothing, or a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .failures import Failure
from .statuses import Status


@dataclass(frozen=True)
class DocRef:
	"""Stands for the name of a document that an earlier change of the same plan creates."""

	doctype: str
	key: str


@dataclass(frozen=True)
class RowRef:
	"""Stands for the name of an item row: the *index*-th row of that Shopify line in the document with this key.

	:ivar key: the `shopify_key` of a document that exists, or that an earlier change of the same plan creates.
	:ivar line: the row's `shopify_line_item_id`.
	:ivar name: of a document that exists under no key; *key* is empty then.
	"""

	doctype: str
	key: str
	line: str
	index: int = 0
	name: str = ""


@dataclass(frozen=True)
class CreateDocument:
	"""Create an ERPNext document.

	:ivar key: the unique `shopify_key` of the new document.
	:ivar name: its name, or None to let ERPNext name it.
	:ivar values: fields and child tables in ERPNext's own words; a DocRef or a RowRef where a name belongs that is not known yet.
	:ivar submit: create it as submitted.
	:ivar expect_total: the grand total that ERPNext must arrive at, in the document's currency; checked before commit.
	"""

	doctype: str
	key: str
	values: Mapping[str, Any]
	name: str | None = None
	submit: bool = False
	expect_total: Decimal | None = None
	tolerance: Decimal = Decimal(0)


@dataclass(frozen=True)
class UpdateDocument:
	"""Change fields of a document from *before* to *after*.

	The `email_ids` and `phone_nos` of a Contact are lists of text to have besides the primary one: they are added. None: no rows.
	"""

	doctype: str
	name: str | DocRef
	before: Mapping[str, Any]
	after: Mapping[str, Any]


@dataclass(frozen=True)
class CancelDocument:
	"""Cancel a submitted document."""

	doctype: str
	name: str


@dataclass(frozen=True)
class SubmitDocument:
	"""Submit a draft that the app made. *expect_total* as in :class:`CreateDocument`."""

	doctype: str
	name: str
	expect_total: Decimal | None = None
	tolerance: Decimal = Decimal(0)


@dataclass(frozen=True)
class ReviseDocument:
	"""Change the rows of a submitted Sales Order to *items* and *taxes*, as ERPNext's "Update Items" does.

	A row of a line keeps its place in the document: rows are matched by `shopify_line_item_id`, in order.

	:ivar before: what the evidence shows beside *after*; both in words for people.
	"""

	doctype: str
	name: str
	items: tuple[Mapping[str, Any], ...]
	taxes: tuple[Mapping[str, Any], ...]
	before: Mapping[str, Any]
	after: Mapping[str, Any]
	expect_total: Decimal | None = None
	tolerance: Decimal = Decimal(0)


@dataclass(frozen=True)
class CloseDocument:
	"""Close a submitted Sales Order: nothing more will be delivered or billed, its reserved stock is free."""

	doctype: str
	name: str | DocRef


@dataclass(frozen=True)
class ReopenDocument:
	"""Open a closed Sales Order again."""

	doctype: str
	name: str


@dataclass(frozen=True)
class AddRows:
	"""Add rows to a child table of a document; what stands there already, by the rows' first column, is left as it is.

	:ivar table: the field of the table (`barcodes` of an Item, `item_attribute_values` of an Item Attribute).
	"""

	doctype: str
	name: str | DocRef
	table: str
	rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class MergeDocument:
	"""Merge a document into another of its kind: everything that refers to *name* refers to *into* afterwards."""

	doctype: str
	name: str
	into: str


Change = (
	CreateDocument
	| UpdateDocument
	| CancelDocument
	| SubmitDocument
	| ReviseDocument
	| CloseDocument
	| ReopenDocument
	| MergeDocument
	| AddRows
)


@dataclass(frozen=True)
class LinkUpdate:
	"""What to write on a Shopify Link once the changes are applied.

	:ivar document: the document it points to; None leaves it as it is.
	:ivar agreed: the values both sides agree on from now on; None leaves them.
	:ivar facts: what Shopify said of the resource in messages of their own (an order's transactions); None leaves them.
	:ivar version: the version now applied; None leaves it (the resource was only touched in passing).
	:ivar factor: how many stock units of the Item one piece in Shopify is; None leaves it.
	"""

	key: str
	document: DocRef | tuple[str, str] | None = None
	agreed: Mapping[str, Any] | None = None
	version: str | None = None
	facts: Mapping[str, Any] | None = None
	factor: int | None = None


@dataclass(frozen=True)
class FieldConflict:
	"""A field that both sides changed since they last agreed: kept as a Sync Conflict until a person decides.

	:ivar field: as core/customers/fields.py declares it, or `address/<id>`.
	:ivar base: what both last agreed on; None when they never did.
	:ivar shopify_at: when Shopify says that the resource changed; *erpnext_at*, *erpnext_by*: who saved the document last, and
		when. Times are UTC in ISO's format, empty when unknown.
	"""

	doctype: str
	document: str
	field: str
	base: str | None
	erpnext: str
	shopify: str
	erpnext_by: str = ""
	erpnext_at: str = ""
	shopify_at: str = ""
	#: How the event's message calls it, where doctype and field do not say it.
	question: str = ""


@dataclass(frozen=True)
class Conflicts:
	"""Every conflict there is about the resource of *link* now: one that was open and is not among them is obsolete.

	:ivar compared: only these fields were; None: all.
	"""

	link: str
	rows: tuple[FieldConflict, ...] = ()
	compared: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Redaction:
	"""Personal data to take out of the ledger.

	:ivar links: the events of these links, and of their parts, keep their payload without what is personal; open questions about
		them are cleared.
	:ivar customer_id: requests about this customer that belong to no link are masked too.
	"""

	links: tuple[str, ...]
	customer_id: str


@dataclass(frozen=True)
class Plan:
	"""Changes to make, in order, and the links to write with them.

	:ivar document: the document that this signal is about, for lists and links.
	:ivar not_applied: what the payload says that this version does not carry over, in an operator's words.
	:ivar reason: one sentence for an operator when there is nothing to change.
	:ivar reads: the facts that the decision rested on, for the evidence.
	:ivar conflicts: the fields that wait for a person, while the rest of the plan is applied; None where fields are not compared.
	:ivar redaction: personal data to take out of the ledger.
	:ivar linked: what *links* change that people should see, for the evidence: which Item a variant leads to from now on.
	:ivar found: what was missing and is there now, as failures spell it (`item:TEE-M`): the events that wait for it go on.
	"""

	changes: tuple[Change, ...] = ()
	links: tuple[LinkUpdate, ...] = ()
	document: DocRef | tuple[str, str] | None = None
	not_applied: tuple[str, ...] = ()
	reason: str = ""
	reads: Mapping[str, Any] = field(default_factory=dict)
	conflicts: Conflicts | None = None
	redaction: Redaction | None = None
	linked: tuple[AppliedChange, ...] = ()
	found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skip:
	"""A reason to do nothing: the event ends in *status*.

	:ivar superseded_by: the event that carried the newer state. *echo_of*: the one whose push came back with this one.
	:ivar link: what the link learns all the same; None: nothing.
	"""

	status: Status
	reason: str
	superseded_by: str | None = None
	echo_of: str | None = None
	link: LinkUpdate | None = None


Decision = Plan | Skip | Failure


@dataclass(frozen=True)
class AppliedChange:
	"""What a change did, for the evidence: each field before → after, not yet masked."""

	action: str
	doctype: str
	name: str
	key: str | None = None
	fields: tuple[tuple[str, Any, Any], ...] = ()
