"""Rules of reconciliation: what may be healed is healed by one run, and what it still says afterwards is true and waits for a person."""

from __future__ import annotations

from collections.abc import Iterator

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.discrepancy import LIVE, Discrepancy
from shopify_sync.core.reconciliation.findings import SAFE, Cause, Kind, Proposal
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status

from ..facts import EventFact
from .agreement import pairs
from .parcels import returns_of
from .world import Moment, Violation, World

_HEALED, _TRUE = "one reconciliation heals", "reconciliation raises no false alarm"


def what_may_be_healed_is_healed(world: World) -> Iterator[Violation]:
	"""After a run that healed, and the work that follows from it, a second one finds nothing that it could heal."""
	if world.moment is not Moment.RECONCILED:
		return
	for one in world.facts.discrepancies:
		if one.state in LIVE and one.finding.proposal in SAFE:
			yield Violation(_HEALED, one.finding.key, f"{_told(one)} is found again")


def what_is_reported_is_true(world: World) -> Iterator[Violation]:
	"""What waits for a person is what a person did, or what an event that waits says too."""
	if world.moment is not Moment.RECONCILED:
		return
	for one in world.facts.discrepancies:
		if one.state not in LIVE or one.finding.proposal in SAFE:
			continue
		if one.finding.proposal is Proposal.MEND_EVENT:
			event = _event(world, one)
			if event is None or event.status not in NEEDS_ATTENTION:
				yield Violation(_TRUE, one.finding.key, f"{_told(one)} is put down to an event that does not wait")
		elif not _is_somebodys_deed(world, one):
			yield Violation(_TRUE, one.finding.key, f"{_told(one)}, and nobody did anything to it")


def _is_somebodys_deed(world: World, one: Discrepancy) -> bool:
	deeds, finding = world.stage.deeds, one.finding
	if finding.explanation.cause is Cause.DISCARDED:
		event = _event(world, one)
		return event is not None and event.status is Status.DISCARDED
	if finding.resource == keys.ORDER:
		return finding.link in deeds.cancelled or _is_sent_by_shop(world, one) or _is_return_undone(world, one)
	if finding.resource == keys.CUSTOMER:
		id = finding.link.rpartition("/")[2]
		return any(key.endswith(f"/{id}") for _doctype, key, _field in deeds.edits)
	return False


def _is_sent_by_shop(world: World, one: Discrepancy) -> bool:
	"""Whether the shop's staff sent something of an order whose goods ERPNext sends."""
	if one.finding.explanation.cause is not Cause.DRIFT:
		return False
	for store, shop in pairs(world):
		order = shop.orders.all.get(one.finding.shopify_id) if store.name == one.finding.store else None
		if order and any(made.id in world.stage.deeds.sent_by_shop for made in order.fulfillments):
			return store.sends == "ERPNext"
	return False


def _is_return_undone(world: World, one: Discrepancy) -> bool:
	"""Whether somebody cancelled a return whose goods a refund had spoken of too: they came back in the shop only."""
	undone = any(note.docstatus == 2 for note in returns_of(world, one.finding.link))
	return undone and one.finding.difference.kind is Kind.FULFILLED


def _event(world: World, one: Discrepancy) -> EventFact | None:
	name = one.finding.explanation.event or ""
	return world.facts.events.get(name) or world.facts.outbound.get(name)


def _told(one: Discrepancy) -> str:
	difference = one.finding.difference
	return (
		f"{difference.kind} {difference.field}: the shop {difference.shopify!r}, ERPNext {difference.erpnext!r} "
		f"({one.finding.explanation.cause}, {one.state})"
	)
