"""Rules of the documents: one live document per key, and nothing half done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shopify_sync.core.statuses import Status

from ..facts import DocumentFact
from .world import Violation, World

_ONE, _WHOLE = "one live document per key", "nothing half done"


def one_live_document(world: World) -> Iterator[Violation]:
	"""No order is booked twice, no person is two Customers: whatever the documents' keys say, by what they hold."""
	live = [one for one in world.facts.documents if one.docstatus < 2]
	for key, number in Counter((one.doctype, one.key) for one in live if one.key).items():
		if number > 1:
			yield Violation(_ONE, str(key), f"{number} documents")
	# A line may stand in two rows of one order: its price need not divide by its pieces.
	lines = Counter(
		line
		for one in live
		if one.doctype == "Sales Order"
		for line in {str(row.get("shopify_line_item_id") or "") for row in one.values.get("items") or ()} - {""}
	)
	for line, number in lines.items():
		if number > 1:
			yield Violation(_ONE, f"line item {line}", f"stands in {number} live Sales Orders")
	# A payment says in words of its own which transaction it is of.
	paid = Counter(
		(str(one.key).rpartition("/order/")[0], one.values["reference_no"])
		for one in live
		if one.doctype == "Payment Entry" and one.key
	)
	for (_store, transaction), number in paid.items():
		if number > 1:
			yield Violation(_ONE, f"transaction {transaction}", f"has {number} Payment Entries")
	# A guest and a customer with one e-mail are two persons: the key says which of the two a Contact is.
	contacts = Counter(
		(one.key.rsplit("/", 2)[0], one.values["email_id"])
		for one in live
		if one.doctype == "Contact" and one.key and one.values.get("email_id")
	)
	for (kind, _email), number in contacts.items():
		if number > 1:
			yield Violation(_ONE, f"a {kind} person", f"has {number} Contacts")


def nothing_half_done(world: World) -> Iterator[Violation]:
	"""What the engine made hangs together: documents with their links, links with their documents, orders with a Customer."""
	facts = world.facts
	present = {(one.doctype, one.name): one for one in facts.documents}
	for link in facts.links.values():
		if link.document and link.document[0] != "Item" and link.document not in present:
			yield Violation(_WHOLE, link.key, f"the link points at {link.document[0]}, which is not there")
	for one in facts.documents:
		yield from _document(world, one, present)
	for event in facts.events.values():
		if event.status is Status.APPLIED and event.document and event.document[0] != "Item" and event.document not in present:
			yield Violation(_WHOLE, event.name, f"is Applied, but its {event.document[0]} is not there")


def _document(world: World, one: DocumentFact, present: dict[tuple[str, str], DocumentFact]) -> Iterator[Violation]:
	if one.doctype in ("Sales Order", "Customer") and one.key:
		link = world.facts.links.get(one.key)
		if link is None or link.document != (one.doctype, one.name):
			yield Violation(_WHOLE, one.key, f"the {one.doctype} is there, and its link does not know it")
	if one.doctype == "Sales Order" and ("Customer", str(one.values.get("customer"))) not in present:
		yield Violation(_WHOLE, str(one.key), "the Sales Order's Customer is not there")
	if one.doctype == "Contact":
		for row in one.values.get("links") or ():
			if (row["link_doctype"], row["link_name"]) not in present:
				yield Violation(_WHOLE, str(one.key), "the Contact's Customer is not there")
