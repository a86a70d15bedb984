"""A worker process is killed at every step between the claim and the commit; then another one starts."""

from __future__ import annotations

from functools import partial

from shopify_sync.core.engine import LEASE_SECONDS

from .bench import Bench
from .checks import APPLY, DIED, actions, only, same, status
from .group import Group
from .payloads import new_id, order, send

CASES = Group()

#: Every probe of core/engine.py that an order passes before its commit.
STEPS_BEFORE_COMMIT = (
	"claimed", "locked", "read", "decided", "applied Customer", "applied Contact", "applied Address", "applied Sales Order",
	"linked", "recorded", "before_commit",
)  # fmt: skip
AFTER_COMMIT = "after_commit"


def _killed_before_commit(bench: Bench, step: str) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.crash_at(step)
	status(bench, name, "Processing")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], f"documents after a crash at {step}")
	same(bench.drain(), 0, "events claimed while the dead worker's lease lasts")
	bench.let_pass(LEASE_SECONDS + 1)
	bench.sweep()
	same(status(bench, name, "Applied").attempts, 2, "attempts, the dead worker's counted")
	same(actions(bench, name), [DIED, APPLY], "evidence")
	for doctype in ("Sales Order", "Customer", "Contact", "Address"):
		only(bench, doctype)


for _step in STEPS_BEFORE_COMMIT:
	CASES[f"killed_at_{_step.replace(' ', '_')}"] = partial(_killed_before_commit, step=_step)


@CASES.case
def killed_after_commit(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.crash_at(AFTER_COMMIT)
	bench.let_pass(LEASE_SECONDS + 1)
	same(bench.drain(), 0, "events claimed")
	same(status(bench, name, "Applied").attempts, 1, "attempts")
	same(actions(bench, name), [APPLY], "evidence")
	only(bench)


@CASES.case
def an_event_that_kills_every_worker_ends_as_a_dead_letter(bench: Bench) -> None:
	bench.set_up(max_attempts=2)
	name = send(bench, "orders/create", order(bench, new_id()))
	for _death in range(2):
		bench.crash_at("decided")
		bench.let_pass(LEASE_SECONDS + 1)
	same(bench.drain(), 0, "events claimed once it has had its attempts")
	event = status(bench, name, "Dead Letter")
	same((event.category, event.attempts), ("Worker died", 2), "category and attempts")
	same(actions(bench, name), [DIED, DIED], "evidence")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "Applied")
	only(bench)
