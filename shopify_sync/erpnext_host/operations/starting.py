"""Begins what operators ask for: checked, counted, on record, then done at once or in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from frappe import _
from pypika.terms import Criterion

from shopify_sync.core.operations import (
	DANGEROUS,
	GONE,
	MOST_OF_MANAGER,
	MOST_OF_OPERATOR,
	NEEDS_REASON,
	OF_EVENTS,
	OperatorAction,
	Refused,
	needs_set_up,
)

from .. import times
from ..event_log import in_short_transaction
from . import events, holds, record, running, targets
from .immediate import DOES
from .targets import Target


@dataclass(frozen=True)
class Person:
	"""Who asks. :ivar may_set_up: has the role of a manager."""

	user: str
	may_set_up: bool

	@property
	def most(self) -> int:
		"""How many events an operation may go through."""
		return MOST_OF_MANAGER if self.may_set_up else MOST_OF_OPERATOR


@dataclass(frozen=True)
class Prepared:
	"""What an operation would do; nothing was changed.

	:ivar count: events, or other things, that it is about. *will*: that would be changed. *refused*: left as they are, by reason.
	:ivar confirm: what the person is asked. *counted_at*: the site's time; given to :func:`start`, what came later is left alone.
	"""

	count: int
	will: int
	refused: Mapping[str, int] = field(default_factory=dict)
	says: str = ""
	confirm: str = ""
	needs_reason: bool = False
	dangerous: bool = False
	count_is_exact: bool = True
	counted_at: str = ""


def action_of(text: str) -> OperatorAction:
	"""Return the action that is called so. :raises Refused: when there is none that can be started."""
	try:
		action = OperatorAction(text)
	except ValueError:
		action = None
	if action is None or (action not in OF_EVENTS and action not in DOES):
		known = ", ".join(_(str(one)) for one in (*OF_EVENTS, *DOES))
		raise Refused(_("There is no such action. Choose one of: {0}.").format(known))
	return action


def needs_manager(action: OperatorAction, target: Target) -> bool:
	"""Tell whether an action upon a target takes the role of a manager. :raises Refused: when there is no such hold."""
	if action is OperatorAction.RELEASE:
		target = holds.whole(target)
	return needs_set_up(action, of_flow=target.flow is not None)


def prepare(action: OperatorAction, target: Target, person: Person) -> dict[str, Any]:
	"""Return what an operation would touch, as `api/operations.py: prepare` answers. :raises Refused: when it cannot be done at all."""
	return asdict(_prepared(action, target, person))


def _prepared(action: OperatorAction, target: Target, person: Person) -> Prepared:
	targets.check_store(target, person.user)
	target, counted_at = _whole(action, target), _now()
	says = targets.says(target)
	if action in DOES:
		count, confirm = DOES[action].look(target)
		will, refused = count, dict[str, int]()
	else:
		will, refused = events.dry_count(action, target, person.user)
		count = will + sum(refused.values())
		confirm = _confirm(action, will, count, says)
		_check_count(action, count, person)
	return Prepared(
		count=count,
		will=will,
		refused={_(why): many for why, many in refused.items()},
		says=says,
		confirm=confirm,
		needs_reason=action in NEEDS_REASON,
		dangerous=action in DANGEROUS,
		counted_at=counted_at,
	)


def _now() -> str:
	return str(times.to_site(times.now()))


def _whole(action: OperatorAction, target: Target) -> Target:
	"""Return what is meant in full; of a release the flow, topic or resource. :raises Refused: when that is not held."""
	if action is not OperatorAction.RELEASE:
		return target
	held = holds.whole(target)
	holds.check_release(held)
	return held


def _check_count(action: OperatorAction, count: int, person: Person) -> None:
	# What is held has to be released, however much has come meanwhile.
	if count > person.most and action is not OperatorAction.RELEASE:
		text = _("These are {0} events, and you may act on {1} at once. Narrow the filter, or do it in parts.")
		raise Refused(text.format(count, person.most))


def _confirm(action: OperatorAction, will: int, count: int, says: str) -> str:
	text = {
		OperatorAction.RETRY: _("Retry {0} ({1})? Each gets all its attempts again."),
		OperatorAction.REQUEUE: _("Have {0} ({1}) looked at again now?"),
		OperatorAction.REPLAY: _("Replay {0} ({1})? What agrees already is not changed."),
		OperatorAction.DISCARD: _("Discard {0} ({1})? They are put away for good, with your reason."),
		OperatorAction.RELEASE: _("Release {1}? {0} that waited are put back into the queue."),
		OperatorAction.REFETCH: _("Read {0} ({1}) from Shopify again, and carry out what it has now?"),
	}[action]
	return text.format(_events(will, count), says)


def _events(will: int, count: int) -> str:
	if will != count:
		return _("{0} of {1} events").format(will, count)
	return _("1 event") if will == 1 else _("{0} events").format(will)


def start(
	action: OperatorAction,
	target: Target,
	request: str,
	person: Person,
	reason: str = "",
	options: Mapping[str, Any] | None = None,
	counted_at: str | None = None,
) -> dict[str, Any]:
	"""Begin an operation, or return the one that the same request led to before. Commits.

	Few events, and whatever is no matter of events, is done when this returns; many are carried on in the background.

	:param counted_at: as :func:`prepare` said it, when the person was told how many there are.
	:raises Refused: when it is not safe, makes no sense, or is too much at once; nothing is on record then.
	"""
	if not request.strip():
		raise Refused(_("The request needs an id, so that a double click acts once."))
	if found := record.known(request):
		return _same(found, action, person)
	targets.check_store(target, person.user)
	if action in NEEDS_REASON and not reason.strip():
		raise Refused(_("Say why: the reason is kept with it, for whoever looks later."))
	try:
		if action in DOES:
			return _do_at_once(action, target, request, person, reason, options or {})
		return _begin(action, target, request, person, reason, counted_at)
	except record.AlreadyRequested as again:
		return _same(again.operation, action, person)


def _same(name: str, action: OperatorAction, person: Person) -> dict[str, Any]:
	found = record.load(name)
	if found.action is not action or found.user != person.user:
		raise Refused(_("This request was used for something else. Load the page again."))
	return record.as_dict(name)


def _do_at_once(
	action: OperatorAction, target: Target, request: str, person: Person, reason: str, options: Mapping[str, Any]
) -> dict[str, Any]:
	does = DOES[action]
	does.look(target)  # refuses before anything is on record
	given = target.model_dump(mode="json", exclude_none=True)
	with record.recorded(
		action,
		targets.store_of(target),
		given,
		targets.says(target),
		reason=reason,
		user=person.user,
		request=request,
		options=options,
	) as entry:
		entry.message = does.do(target, reason, dict(options), person.user, entry)
	return record.as_dict(entry.name)


def _begin(
	action: OperatorAction, target: Target, request: str, person: Person, reason: str, counted_at: str | None
) -> dict[str, Any]:
	target = _whole(action, target)
	where = targets.criterion(target, action, person.user, counted_at)
	will, refused = events.dry_count(action, target, person.user, counted_at)
	count = will + sum(refused.values())
	_check_count(action, count, person)
	if not count and action is not OperatorAction.RELEASE:
		raise Refused(_("There is no such event. It may have been dealt with meanwhile: load the list again."))
	name = record.begin(
		action,
		targets.store_of(target, where),
		target.model_dump(mode="json", exclude_none=True),
		targets.says(target),
		reason=reason,
		user=person.user,
		request=request,
		options={"counted_at": counted_at} if counted_at else None,
		total=count,
		status=record.RUNNING if count <= events.AT_ONCE else record.QUEUED,
	)
	if gone := refused.get(GONE, 0):
		in_short_transaction(lambda: _note_gone(name, target, where, gone))
	if action is OperatorAction.RELEASE:
		holds.release(target, person.user, record.load(name).started_at)  # at once; what waited may take longer
	_carry_out(name, count)
	return record.as_dict(name)


def _carry_out(name: str, count: int) -> None:
	if count > events.AT_ONCE:
		running.KIND.call(name)
		record.tell(name)
		return
	try:
		running.carry_on(name, paced=False)
	except Exception:
		# Why is on record, for the operator and for developers: Shopify cannot be asked now, and it goes on by itself; or it failed.
		record.tell(name)


def _note_gone(name: str, target: Target, where: Criterion, gone: int) -> None:
	"""Count those that were named and are no more."""
	operation = record.load(name, lock=True)
	found = set(targets.names_after(where, "", times.to_site(operation.started_at), len(target.events or [])))
	for event in [event for event in dict.fromkeys(target.events or []) if event not in found][:gone]:
		operation.refuse(event, GONE)
		operation.done += 1
	record.keep(operation)
