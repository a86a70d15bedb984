"""Changes → ERPNext documents, through ERPNext's own controllers: nothing is written past them."""

from __future__ import annotations

from dataclasses import dataclass, field

from shopify_sync.core.plan import (
	AddRows,
	AppliedChange,
	CancelDocument,
	Change,
	CloseDocument,
	CreateDocument,
	DocRef,
	MergeDocument,
	ReopenDocument,
	ReviseDocument,
	SubmitDocument,
	UpdateDocument,
)

from .change import cancel, close, merge, reopen, submit, update
from .create import create
from .products import add_rows
from .references import References
from .revise import revise


@dataclass
class Work:
	"""What the changes of one transaction share.

	:ivar references: the names and rows that later changes refer to.
	:ivar touched: each document, noted before it is written, for clearing caches when the transaction fails.
	"""

	references: References = field(default_factory=References)
	touched: list[tuple[str, str]] = field(default_factory=list)


def apply(change: Change, created: dict[str, str], work: Work) -> AppliedChange:
	"""Carry out one change in the running transaction. See `core.ports.Transaction.apply`."""
	if isinstance(change, CreateDocument):
		return create(change, created, work.references, work.touched)
	if isinstance(change, UpdateDocument):
		return update(change, created)
	if isinstance(change, AddRows):
		return add_rows(change, created)
	if isinstance(change, CloseDocument | ReopenDocument):
		name = created[change.name.key] if isinstance(change.name, DocRef) else change.name
		work.touched.append((change.doctype, name))
		return (close if isinstance(change, CloseDocument) else reopen)(change.doctype, name)
	work.touched.append((change.doctype, change.name))
	if isinstance(change, MergeDocument):
		return merge(change)
	if isinstance(change, CancelDocument):
		return cancel(change)
	if isinstance(change, SubmitDocument):
		return submit(change)
	if isinstance(change, ReviseDocument):
		work.references.forget()
		return revise(change, work.references.resolved({"items": change.items, "taxes": change.taxes}, created))
	raise TypeError(f"Nothing applies {type(change).__name__}.")
