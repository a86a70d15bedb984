"""Assertions that name what differs. They do not depend on a test runner, nor on Python's -O."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from shopify_sync.core.events import Action

from .bench import Bench, DocumentView, EventView

CANCELLED = 2


def same(actual: Any, wanted: Any, what: str) -> None:
	"""Raise unless both are equal."""
	if actual != wanted:
		raise AssertionError(f"{what}: is {actual!r}, should be {wanted!r}")


def holds(truth: object, what: str) -> None:
	"""Raise unless *truth* is true."""
	if not truth:
		raise AssertionError(what)


def raises(kind: type[BaseException], call: Callable[[], Any], saying: str) -> None:
	"""Raise unless *call* raises *kind* with *saying* in its message."""
	try:
		call()
	except kind as error:
		holds(saying in str(error), f"the message {str(error)!r} should say {saying!r}")
		return
	raise AssertionError(f"{kind.__name__} should have been raised")


def status(bench: Bench, name: str, wanted: str) -> EventView:
	"""Raise unless the event stands there; return it."""
	event = bench.event(name)
	same(event.status, wanted, f"status of {name} ({event.message})")
	return event


def live(bench: Bench, doctype: str = "Sales Order") -> list[DocumentView]:
	"""Return the documents of the store that are neither cancelled nor closed."""
	return [
		document
		for document in bench.documents(doctype)
		if document.docstatus != CANCELLED and document.values.get("status") != "Closed"
	]


def only(bench: Bench, doctype: str = "Sales Order") -> DocumentView:
	"""Raise unless the store has exactly one document of this type, cancelled ones counted; return it."""
	found = bench.documents(doctype)
	same(len(found), 1, f"number of {doctype} documents")
	return found[0]


def total(document: DocumentView) -> Decimal:
	"""Return a document's grand total."""
	return Decimal(str(document.values["grand_total"]))


def actions(bench: Bench, name: str) -> list[str]:
	"""Return what the evidence of an event says was done, oldest first."""
	return [attempt.action for attempt in bench.attempts(name)]


APPLY, DIED, PUSH, REQUEUE = (str(action) for action in (Action.APPLY, Action.WORKER_DIED, Action.PUSH, Action.REQUEUE))
