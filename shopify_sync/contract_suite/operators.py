"""What an operator may do, what is refused, and that doing it again changes nothing."""

from __future__ import annotations

from shopify_sync.core.operations import Refused

from .bench import Bench
from .checks import only, raises, same, status
from .group import Group
from .payloads import moment, new_id, order, send

CASES = Group()


@CASES.case
def retrying_a_finished_event_changes_nothing(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	status(bench, name, "Applied")
	before = {doctype: bench.documents(doctype) for doctype in ("Sales Order", "Customer", "Contact", "Address")}
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "No Change")
	for doctype, documents in before.items():
		same(bench.documents(doctype), documents, doctype)
	evidence = [(attempt.action, attempt.outcome) for attempt in bench.attempts(name)]
	same(evidence, [("Apply", "Applied"), ("Retry", "Received"), ("Apply", "No Change")], "evidence")


@CASES.case
def retrying_an_old_state_does_not_bring_it_back(bench: Bench) -> None:
	bench.set_up()
	payload = order(bench, new_id())
	old = send(bench, "orders/create", payload)
	bench.drain()
	send(bench, "orders/cancelled", {**payload, "updated_at": moment(3), "cancelled_at": moment(3)})
	bench.drain()
	bench.retry(old, "operator")
	bench.drain()
	status(bench, old, "Superseded")
	same(only(bench).docstatus, 2, "docstatus of the cancelled order")


@CASES.case
def the_operator_and_the_reason_stand_in_the_evidence(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id(), total_price="0.01"))
	bench.drain()
	raises(Refused, lambda: bench.discard(name, "operator", "  "), "Say why")
	bench.discard(name, "operator", "A test order")
	status(bench, name, "Discarded")
	last = bench.attempts(name)[-1]
	same((last.action, last.outcome, last.reason), ("Discard", "Discarded", "A test order"), "evidence")
	same(bool(last.user), True, "the evidence names a user")
	same(bench.drain(), 0, "events claimed")


@CASES.case
def what_makes_no_sense_is_refused_and_changes_nothing(bench: Bench) -> None:
	bench.set_up()
	waiting = send(bench, "orders/create", order(bench, new_id()))
	raises(Refused, lambda: bench.retry(waiting, "operator"), "waiting for a worker already")
	invalid = send(bench, "orders/create", {"id": "x"})
	raises(Refused, lambda: bench.retry(invalid, "operator"), "Discard it")
	ignored = send(bench, "carts/update", {"id": 1})
	raises(Refused, lambda: bench.retry(ignored, "operator"), "Nothing handles")
	bench.drain()
	raises(Refused, lambda: bench.discard(waiting, "operator", "no longer wanted"), "finished")
	status(bench, waiting, "Applied")
	status(bench, invalid, "Dead Letter")
	status(bench, ignored, "Ignored")


@CASES.case
def retry_gives_a_dead_letter_all_its_attempts_again(bench: Bench) -> None:
	bench.set_up(max_attempts=2)
	name = send(bench, "orders/create", order(bench, new_id()))

	def fail(step: str) -> None:
		if step == "read":
			raise RuntimeError("still broken")

	for wanted in ("Retrying", "Dead Letter"):
		bench.drain(fail)
		status(bench, name, wanted)
		bench.let_pass(7200)
	bench.retry(name, "operator")
	bench.drain(fail)
	status(bench, name, "Retrying")
	bench.let_pass(7200)
	bench.drain()
	status(bench, name, "Applied")
	only(bench)
