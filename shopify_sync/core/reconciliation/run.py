"""One reconciliation: page after page is read from Shopify, compared with what ERPNext has, and what differs is kept and healed.

After every page the host keeps how far the run is, in the transaction that keeps its findings: a run whose process died goes on
there, and what the last page had healed is healed once, because the events it made have the run in their names. What a page is
about to heal is kept before that is done, or a worker that dies would leave it healed and unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .. import keys
from ..policy import StorePolicy
from . import counts
from .comparing import Comparing
from .discrepancy import Discrepancy, is_accepted, is_set_going, judged
from .findings import LEFT_OVER, ORDER_DAYS, PAYOUTS, SUBSCRIPTIONS, Finding, Sums, Tally
from .schedule import Depth
from .settings import Healing, Settings

if TYPE_CHECKING:
	from .ports import ReconcileHost, Shopify

#: What a run looks at, in this order: links first, since everything else is found by them.
PHASES = (SUBSCRIPTIONS, keys.PRODUCT, keys.CUSTOMER, keys.ORDER, ORDER_DAYS, keys.INVENTORY_LEVEL, PAYOUTS)


@dataclass
class Run:
	"""A reconciliation, as far as it is.

	:ivar name: what its events are named after. *phase*, *cursor*: where it goes on.
	:ivar ids: compare these records only, by resource.
	:ivar healed: kind → how many; of a run that goes on, those too that were noted and not kept: a death does not lift the limit.
	:ivar stopped: why it heals no more. *ended*: UTC.
	:ivar unbooked: (Item, location) of parcels and returns that it met and ERPNext has not booked: their stock waits for that.
	:ivar waiting: keys of variants and stock levels that are there and were left out, because something of them is under way.
	:ivar accepted: day → by how many orders Shopify has more, where that was looked into (counts.py); it goes from one run to the next.
	"""

	name: str
	store: str
	depth: Depth
	since: datetime | None
	until: datetime
	phases: tuple[str, ...] = PHASES
	ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
	phase: int = 0
	cursor: str | None = None
	tallies: dict[str, Tally] = field(default_factory=dict)
	found: dict[str, int] = field(default_factory=dict)
	healed: dict[str, int] = field(default_factory=dict)
	stopped: str = ""
	started_at: datetime | None = None
	ended: datetime | None = None
	expected: dict[str, int] = field(default_factory=dict)
	unbooked: set[tuple[str, str]] = field(default_factory=set)
	waiting: set[str] = field(default_factory=set)
	accepted: dict[date, int] = field(default_factory=dict)

	def tally(self, resource: str) -> Tally:
		"""Return the tally of a resource."""
		return self.tallies.setdefault(resource, Tally())

	def dump(self) -> dict[str, Any]:
		"""Return how far the run is, as plain data."""
		tallies = {name: _tally_text(tally) for name, tally in self.tallies.items()}
		unbooked = [list(pair) for pair in sorted(self.unbooked)]
		return {
			"phase": self.phase,
			"cursor": self.cursor,
			"tallies": tallies,
			"expected": self.expected,
			"unbooked": unbooked,
			"waiting": sorted(self.waiting),
			"accepted": counts.text_of(self.accepted),
		}

	def resume(self, data: Mapping[str, Any]) -> None:
		"""Go on where :meth:`dump` was taken."""
		self.phase, self.cursor = int(data.get("phase") or 0), data.get("cursor")
		self.expected = dict(data.get("expected") or {})
		self.unbooked = {(item, place) for item, place in data.get("unbooked") or ()}
		self.waiting = set(data.get("waiting") or ())
		self.accepted = counts.accepted_of(data.get("accepted"))
		for name, tally in (data.get("tallies") or {}).items():
			sums = {(row[0], row[1]): Sums(row[2], row[3], Decimal(row[4]), Decimal(row[5])) for row in tally["sums"]}
			self.tallies[name] = Tally(tally["compared"], tally["agreed"], dict(tally["left_out"]), sums)

	@property
	def resource(self) -> str:
		"""What is looked at now."""
		return self.phases[self.phase]

	@property
	def compared(self) -> int:
		"""How many records were compared so far."""
		return sum(tally.compared for tally in self.tallies.values())


class Reconciler:
	"""Carries runs out. Each call of :meth:`step` is one page, and ends with a commit."""

	def __init__(
		self, host: ReconcileHost, shopify: Shopify, settings: Settings, probe: Callable[[str], None] | None = None
	) -> None:
		self.host = host
		self.shopify = shopify
		self.settings = settings
		self._probe = probe or (lambda _step: None)

	def run(self, run: Run, keep_on: Callable[[Run], bool] = lambda _run: True) -> Run:
		"""Go on until everything is compared, or *keep_on* says no; it is asked after every page."""
		while run.ended is None and self.step(run).ended is None:
			if not keep_on(run):
				break
		return run

	def step(self, run: Run) -> Run:
		"""Compare one page, heal what may be healed, and keep both."""
		page_of = Comparing(self.host, self.shopify, run)
		records, findings = page_of.compare()
		self._probe("compared")
		known = self.host.known(findings) if findings else {}
		findings = [self._chosen(run, page_of, finding, known.get(finding.key)) for finding in findings]
		if chosen := [finding for finding in findings if finding.healed]:
			# On record before it is done: when the worker dies between the two, what was healed is not found any more.
			self.host.note(run, chosen)
			self._probe("noted")
			for finding in chosen:
				page_of.heal(finding)
		self._probe("healed")
		for finding in findings:
			run.found[finding.difference.kind] = run.found.get(finding.difference.kind, 0) + 1
		self._go_on(run, page_of.next)
		self.host.keep(run, findings, records)
		self._probe("kept")
		return run

	def _go_on(self, run: Run, cursor: str | None) -> None:
		run.cursor = cursor
		if cursor is None:
			run.phase += 1
			if run.phase >= len(run.phases):
				run.ended = self.host.now()

	def _chosen(self, run: Run, page: Comparing, finding: Finding, before: Discrepancy | None) -> Finding:
		"""Return *finding* as one that is healed, where the store's rules and the limits let it be; it is counted then."""
		finding = judged(before, finding, run.name)
		if is_accepted(before, finding):
			return finding
		if is_set_going(before, finding, run.name) and page.can_heal(finding):
			# Its worker died behind the note: it is carried out, and was counted then.
			return replace(finding, healed=True)
		healing = Healing.going_on(self.settings, run.healed, run.stopped)
		kind = finding.difference.kind
		may = page.can_heal(finding) and healing.may(kind, finding.proposal)
		run.stopped = healing.stopped
		if not may:
			return finding
		healing.count(kind)
		run.healed = healing.done
		return replace(finding, healed=True)


def _tally_text(tally: Tally) -> dict[str, Any]:
	# Written out, since asdict() copies the sums of every day at every page: a third of the time that a large store took.
	return {
		"compared": tally.compared,
		"agreed": tally.agreed,
		"left_out": dict(tally.left_out),
		"sums": _sums_text(tally.sums),
	}


def _sums_text(sums: Mapping[tuple[str, str], Sums]) -> list[list[Any]]:
	return [
		[day, status, one.shopify, one.erpnext, str(one.shopify_total), str(one.erpnext_total)]
		for (day, status), one in sorted(sums.items())
	]


def phases_of(policy: StorePolicy, depth: Depth, ids: Mapping[str, tuple[str, ...]] | None = None) -> tuple[str, ...]:
	"""Return what a run of a store looks at: what its flows sync, and what was asked for."""
	if ids:
		return tuple(phase for phase in PHASES if phase in ids)
	flows = {
		SUBSCRIPTIONS: True,
		keys.PRODUCT: policy.sync_products,
		keys.CUSTOMER: policy.sync_customers,
		keys.ORDER: policy.sync_orders,
		keys.INVENTORY_LEVEL: policy.sync_inventory,
		# A full run reads every order.
		ORDER_DAYS: policy.sync_orders and depth is Depth.LIGHT,
		PAYOUTS: policy.sync_orders and policy.reconcile_payouts,
	}
	found = tuple(phase for phase in PHASES if flows[phase])
	return (*found, LEFT_OVER) if depth is Depth.FULL and policy.sync_orders else found
