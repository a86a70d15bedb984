"""Carries a case out on a ground, and compares what stands with what must stand."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from shopify_sync.core.failures import Category
from shopify_sync.core.money import ZERO

from ..bench import DocumentView, EventView
from ..payloads import new_id
from .books import stock_units
from .case import Case
from .expectations import Document
from .ground import Ground
from .order import Order
from .settings import settings
from .steps import Delivery, play

#: Where an event ends well.
GOOD = ("Applied", "No Change", "Superseded", "Ignored")


def carry_out(case: Case, ground: Ground, *, step_by_step: bool = True, replays: bool = True) -> None:
	"""Tell the story as it happens, and check everything; then replay every event and check again.

	:param step_by_step: a worker runs after every step, not after every delivery.
	:raises AssertionError: saying what differs.
	"""
	order, told = play(case.story)
	ground.open(settings(ground, **case.settings))
	events = _tell(case, ground, order, told, step_by_step=step_by_step)
	check(case, ground, order, events)
	if replays and not case.refused:
		ground.replay(events)
		check(case, ground, order, events)


def carry_out_shuffled(case: Case, ground: Ground, seed: object) -> None:
	"""Tell the same story with its deliveries in a random order and some of them twice; the same books must come out."""
	order, told = play(case.story)
	ground.open(settings(ground, **case.settings))
	dice = random.Random(f"{case.name}/{seed}")  # noqa: S311 -- a repeatable shuffle
	deliveries = [(delivery, _webhook_id()) for step in told for delivery in step]
	deliveries += [entry for entry in deliveries if dice.random() < 0.3]
	dice.shuffle(deliveries)
	for delivery, webhook_id in deliveries:
		ground.deliver(delivery, webhook_id)
		if dice.random() < 0.5:
			ground.drain()
	ground.drain()
	order_of_arrival = [delivery.topic for delivery, _id in deliveries]
	_check_events(case, [ground.event(webhook_id) for _delivery, webhook_id in deliveries])
	_check_books(case, ground, ground.documents(order.id), f" (arrived as {order_of_arrival})")


def _tell(case: Case, ground: Ground, order: Order, told: Sequence[Sequence[Delivery]], *, step_by_step: bool) -> list[str]:
	events: list[str] = []
	for place, step in enumerate(told, start=1):
		is_last = place == len(told) and case.circumstance
		with ground.put_in_the_way(case.circumstance, order.id) if is_last and case.circumstance else nullcontext():
			for delivery in step:
				events.append(_webhook_id())
				ground.deliver(delivery, events[-1])
				if not step_by_step:
					ground.drain()
			ground.drain()
	return events


def _webhook_id() -> str:
	return f"life-{new_id()}"


def check(case: Case, ground: Ground, order: Order, events: Sequence[str]) -> None:
	"""Compare events, documents and books. :raises AssertionError: saying what differs."""
	_check_events(case, [ground.event(name) for name in events])
	found = ground.documents(order.id)
	if case.stands is not None:
		_check_documents(case.stands, ground, order, found)
	_check_books(case, ground, found)


def _check_events(case: Case, events: Sequence[EventView]) -> None:
	bad = [event for event in events if event.status not in GOOD]
	if case.refused is None:
		_same([(event.status, event.category, event.missing, event.message) for event in bad], [], "events that did not end well")
		return
	wanted = (str(Category[case.refused.category]), case.refused.missing)
	if not bad:
		raise AssertionError(f"no event was refused; {wanted} was expected")
	for event in bad:
		missing = event.missing if case.refused.missing else None
		_same((event.category, missing), wanted, f"category and what is missing ({event.message})")


def _check_documents(wanted: Sequence[Document], ground: Ground, order: Order, found: Sequence[DocumentView]) -> None:
	start = len(f"{ground.store}/order/{order.id}")
	by_suffix = {(view.doctype, view.key[start:]): view for view in found}
	by_wanted = {(one.doctype, one.suffix.format(**order.ids)): one for one in wanted}
	_same(_names(order, by_suffix), _names(order, by_wanted), "the documents that stand")
	for key, one in by_wanted.items():
		for name, is_now, should_be in _differences(one, ground, by_suffix[key]):
			_same(is_now, should_be, f"{name} of {one.doctype} {one.suffix}")


def _names(order: Order, documents: Mapping[tuple[str, str], Any]) -> list[str]:
	"""Return the documents in the case's own words."""
	labels = {str(id): label for label, id in order.ids.items()}
	return sorted(f"{doctype} {'/'.join(labels.get(part, part) for part in suffix.split('/'))}" for doctype, suffix in documents)


def _differences(wanted: Document, ground: Ground, view: DocumentView) -> list[tuple[str, Any, Any]]:
	"""Return what is looked at of a document: name, how it is, how it should be."""
	looked_at: list[tuple[str, Any, Any]] = [("docstatus", view.docstatus, wanted.docstatus)]
	if wanted.total is not None:
		field = "paid_amount" if view.doctype == "Payment Entry" else "grand_total"
		looked_at.append((field, _money_moved(view) if field == "paid_amount" else _decimal(view.values[field]), wanted.total))
	if wanted.rows is not None:
		looked_at.append(("rows", _rows(view), {item: Decimal(units) for item, units in wanted.rows.items()}))
	if wanted.warehouse:
		places = {row.get("warehouse") for row in view.values["items"]}
		looked_at.append(("warehouse", places, {ground.warehouse(wanted.warehouse)}))
	for name, value in wanted.values.items():
		looked_at.append((name, _plain(view.values.get(name)), _plain(value)))
	return [*looked_at, *_kept_by_erpnext(wanted, ground, view)]


def _kept_by_erpnext(wanted: Document, ground: Ground, view: DocumentView) -> list[tuple[str, Any, Any]]:
	"""Return what only a ground with a ledger knows."""
	if not ground.has_ledger:
		return []
	looked_at: list[tuple[str, Any, Any]] = []
	if wanted.status:
		looked_at.append(("status", view.values.get("status"), wanted.status))
	if wanted.outstanding is not None:
		looked_at.append(("outstanding", ground.outstanding(view), wanted.outstanding))
	return looked_at


def _money_moved(view: DocumentView) -> Decimal:
	"""Return what moved on the money account, in the company's currency."""
	field = "received_amount" if view.values["payment_type"] == "Receive" else "paid_amount"
	return _decimal(view.values.get(f"base_{field}") or view.values[field])


def _rows(view: DocumentView) -> dict[str, Decimal]:
	found: dict[str, Decimal] = {}
	for row in view.values.get("items") or ():
		item = row.get("item_code") or ""
		found[item] = found.get(item, ZERO) + stock_units(row)
	return {item: units.normalize() + 0 for item, units in found.items() if units}


def _check_books(case: Case, ground: Ground, found: Sequence[DocumentView], where: str = "") -> None:
	if case.books is not None:
		wanted = {role: amount for role, amount in case.books.items() if amount}
		_same(_shown(ground.books(found)), _shown(wanted), f"the books{where}")


def _shown(sums: Mapping[str, Decimal]) -> dict[str, str]:
	return {role: format(amount.quantize(Decimal("0.01")), "f") for role, amount in sorted(sums.items())}


def _plain(value: Any) -> str:
	"""Return a value as text that both grounds write alike."""
	if isinstance(value, bool | float | Decimal):
		return format(Decimal(str(int(value) if isinstance(value, bool) else value)).normalize(), "f")
	return str(value if value is not None else "")


def _decimal(value: Any) -> Decimal:
	return Decimal(str(value)).normalize()


def _same(is_now: Any, should_be: Any, what: str) -> None:
	if is_now != should_be:
		raise AssertionError(f"{what}: is {is_now}, should be {should_be}")
