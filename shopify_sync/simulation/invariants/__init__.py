"""What must be true whatever happens. Each rule is a function of the world that yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import agreement, books, deliveries, documents, evidence, holds, outbound, parcels, privacy, progress, reconciliation
from .world import Moment, Violation, World

__all__ = ("RULES", "Moment", "Violation", "World", "check")

#: Looked at all the time, and again at the end.
_ALWAYS = (
	documents.one_live_document,
	documents.nothing_half_done,
	evidence.statuses_move_along_the_graph,
	evidence.versions_only_rise,
	evidence.nothing_is_rewritten,
	evidence.each_change_has_evidence,
	evidence.an_event_changes_things_once,
	deliveries.what_is_acknowledged_is_recorded,
	deliveries.a_webhook_is_one_event,
	deliveries.a_forgery_leaves_nothing,
	progress.attempts_are_bounded,
	privacy.nothing_personal_is_shown,
	holds.what_is_held_is_not_carried_out,
	outbound.one_open_push,
	outbound.no_attempt_is_burnt_by_shopify,
)
#: Looked at when nothing is under way any more.
_AT_REST = (
	progress.every_event_has_ended_or_says_why_not,
	progress.what_an_event_waits_for_is_missing,
	progress.what_was_superseded_has_a_successor,
	progress.what_was_applied_is_in_the_link,
	agreement.orders_agree,
	books.books_agree,
	agreement.customers_agree,
	agreement.stock_agrees,
	outbound.every_push_has_ended,
	parcels.each_note_is_fulfilled_once,
	parcels.every_fulfillment_is_known,
	parcels.each_return_is_made_once,
	parcels.every_return_is_known,
	outbound.shopify_has_what_erpnext_has,
	outbound.an_echo_is_known_as_one,
	outbound.a_push_never_answers_a_push,
	reconciliation.what_may_be_healed_is_healed,
	reconciliation.what_is_reported_is_true,
)
RULES: tuple[Callable[[World], Iterator[Violation]], ...] = (*_ALWAYS, *_AT_REST)


def check(world: World) -> Iterator[Violation]:
	"""Yield every violation at this moment."""
	for rule in _ALWAYS if world.moment is Moment.RUNNING else RULES:
		yield from rule(world)
