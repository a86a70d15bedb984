"""Random lives of orders on a site, and its trial balance: every account must have moved by what the payloads come to.

`bench --site SITE shopify-sync lifecycles` runs many of them; the site tests a hundred.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import frappe

from shopify_sync.contract_suite.lifecycle.check import GOOD
from shopify_sync.contract_suite.lifecycle.payload_ledger import ledger_of
from shopify_sync.contract_suite.lifecycle.random_life import Life, Lives
from shopify_sync.contract_suite.lifecycle.steps import Delivery
from shopify_sync.contract_suite.payloads import new_id

from . import site
from .lifecycle_ground import SiteGround

#: An order that a person has to look at: its own vouchers are taken as they are.
HELD = ("Held for review", "Unsupported")


@dataclass
class Outcome:
	"""What came of some lives.

	:ivar expected: account → what the payloads come to; *moved*: what the General Ledger says. Debit above zero.
	:ivar failures: events that ended otherwise than well, and not because a person has to look: category and message.
	"""

	lives: int = 0
	deliveries: int = 0
	held: int = 0
	expected: dict[str, Decimal] = field(default_factory=dict)
	moved: dict[str, Decimal] = field(default_factory=dict)
	failures: list[str] = field(default_factory=list)

	@property
	def differences(self) -> dict[str, tuple[Decimal, Decimal]]:
		"""Account → what it should have moved by, and what it did, where these differ."""
		accounts = sorted({*self.expected, *self.moved})
		both = {name: (self.expected.get(name, Decimal(0)), self.moved.get(name, Decimal(0))) for name in accounts}
		return {name: amounts for name, amounts in both.items() if amounts[0] != amounts[1]}

	@property
	def is_good(self) -> bool:
		"""Whether everything agrees."""
		return not (self.differences or self.failures)


def run(count: int, seed: object, note: Callable[[Outcome], None] = lambda outcome: None) -> Outcome:
	"""Let so many orders live on the connected site. Nobody else may post meanwhile: the trial balance is the company's.

	:param note: called after each life.
	"""
	site.keep_workers_away()
	try:
		ground, outcome = SiteGround(), Outcome()
		before = trial_balance()
		for included in (False, True):
			where = Lives(f"site/{seed}/{included}", taxes_included=included)
			ground.open(where.settings(ground))
			for number in range(count // 2 + (count % 2 and not included)):
				ground.forget_moves()
				_live(ground, where.live(number), outcome)
				note(outcome)
		after = trial_balance()
		outcome.moved = {account: moved for account in after if (moved := after[account] - before.get(account, Decimal(0)))}
		return outcome
	finally:
		site.let_workers_in()


def _live(ground: SiteGround, life: Life, outcome: Outcome) -> None:
	groups = _carried_out_together(life)
	events: list[str] = []
	for group in groups:
		for delivery in group:
			events.append(f"life-{new_id()}")
			ground.deliver(delivery, events[-1])
		ground.drain()
	bad = [event for event in map(ground.event, events) if event.status not in GOOD]
	held = any(event.category in HELD for event in bad)
	sums = ground.books(ground.documents(int(life.order.id))) if held else ledger_of(groups)
	for role, amount in sums.items():
		account = ground.account(role)
		outcome.expected[account] = outcome.expected.get(account, Decimal(0)) + amount
	outcome.failures += [f"{life.order.name}: {event.category}: {event.message}" for event in bad if event.category not in HELD]
	outcome.lives += 1
	outcome.deliveries += len(events)
	outcome.held += held


def _carried_out_together(life: Life) -> list[list[Delivery]]:
	"""Return what was told, in order, as it is carried out: now and then a worker comes only after several deeds."""
	dice = random.Random(life.order.id)
	groups: list[list[Delivery]] = []
	for deed in life.told:
		if groups and dice.random() < 0.4:
			groups[-1] += deed
		else:
			groups.append(list(deed))
	return groups


def trial_balance() -> dict[str, Decimal]:
	"""Return the company's accounts with what stands on them, debit above zero."""
	entry = frappe.qb.DocType("GL Entry")
	frappe.db.rollback()
	rows = (
		frappe.qb.from_(entry)
		.select(entry.account, entry.debit, entry.credit)
		.where((entry.company == site.company()) & (entry.is_cancelled == 0))
		.run()
	)
	sums: dict[str, Decimal] = {}
	for account, debit, credit in rows:
		sums[account] = sums.get(account, Decimal(0)) + _money(debit) - _money(credit)
	return sums


def _money(amount: object) -> Decimal:
	return Decimal(str(amount or 0)).quantize(Decimal("0.01"))


def told(outcome: Outcome) -> Iterator[str]:
	"""Yield what came of it, as lines for a person."""
	yield f"{outcome.lives} lives, {outcome.deliveries} deliveries, {outcome.held} wait for a person"
	yield from outcome.failures
	for account, (should, did) in outcome.differences.items():
		yield f"{account}: the payloads come to {should}, the ledger moved by {did}"
	if outcome.is_good:
		yield f"The trial balance agrees: {len(outcome.moved)} accounts moved by what the payloads come to, to the cent"
