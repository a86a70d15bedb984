"""The ledger on SQLite, beyond what the contract says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from shopify_sync.contract_suite.payloads import moment, new_id, order, send
from shopify_sync.core.events import ClaimedEvent, NewEvent, Outcome, Source
from shopify_sync.core.ports import LeaseLost
from shopify_sync.core.statuses import IllegalTransition, Status
from shopify_sync.embedded_host.event_log import EventLog, UnknownEvent
from shopify_sync.embedded_host.times import from_text, to_text, utc_now
from shopify_sync.embedded_host.workers import is_gone, worker_name
from tests.contract.embedded_bench import EmbeddedBench


@pytest.fixture
def log(bench: EmbeddedBench) -> EventLog:
	return bench.instance.events


def event(
	name: str = "hook", *, store: str = "suite", digest: str = "a" * 64, link: str = "suite/order/1", version: str = "1"
) -> NewEvent:
	return NewEvent(
		name=name, store=store, source=Source.WEBHOOK, topic="orders/create", resource="order", shopify_id=link.rpartition("/")[2],
		link=link, version=version, updated_at=utc_now(), label="#1", status=Status.RECEIVED, category=None, message="", payload="{}",
		payload_hash=digest, api_version="2026-07", event_id="", triggered_at="", received_at=utc_now(),
	)  # fmt: skip


def claim(log: EventLog) -> ClaimedEvent:
	found = log.claim("worker", 300)
	assert found is not None
	return found


@contextmanager
def writing(bench: EmbeddedBench) -> Iterator[object]:
	with bench.instance.database.write() as connection:
		yield connection


def test_an_id_that_comes_with_other_bodies_and_stores_keeps_them_all(log: EventLog, bench: EmbeddedBench) -> None:
	first, other_body, other_store = event(), event(digest="b" * 64), event(store="another")
	third_store = event(store="third")
	names = [log.record(one).name for one in (first, other_body, other_store, third_store)]
	assert len(set(names)) == 4
	again = [log.record(one) for one in (first, other_body, other_store, third_store)]
	assert [receipt.name for receipt in again] == names
	assert all(receipt.duplicate for receipt in again)
	assert {found.deliveries for found in bench.events()} == {2}


def test_a_duplicate_changes_the_counter_and_the_time_last_seen_only(log: EventLog, bench: EmbeddedBench) -> None:
	log.record(event())
	(before,) = bench._query("SELECT * FROM sync_event")
	log.record(replace(event(), received_at=utc_now() + timedelta(hours=1), api_version="2030-01"))
	(after,) = bench._query("SELECT * FROM sync_event")
	changed = {column for column in before.keys() if before[column] != after[column]}  # noqa: SIM118 -- a Row iterates over values
	assert changed == {"deliveries", "last_seen_at"}


def test_an_event_cannot_begin_in_the_middle(log: EventLog) -> None:
	with pytest.raises(IllegalTransition, match="cannot begin as Applied"):
		log.record(replace(event(), status=Status.APPLIED))


def test_due_at_is_set_exactly_while_there_is_work(log: EventLog, bench: EmbeddedBench) -> None:
	due = "SELECT count(*) FROM sync_event WHERE due_at IS NOT NULL"
	log.record(event())
	assert bench._query(due)[0][0] == 1
	claimed = claim(log)
	assert bench._query(due)[0][0] == 1
	with writing(bench) as connection:
		log.finish(connection, claimed, Outcome(Status.APPLIED))
	assert bench._query(due)[0][0] == 0


def test_the_claim_uses_the_index(bench: EmbeddedBench) -> None:
	query = "SELECT * FROM sync_event WHERE direction = 'Inbound' AND due_at <= '2026' ORDER BY due_at LIMIT 1"
	plan = bench._query(f"EXPLAIN QUERY PLAN {query}")
	assert [row["detail"] for row in plan] == ["SEARCH sync_event USING INDEX sync_event_due (direction=? AND due_at<?)"]


def test_a_result_needs_the_lease(log: EventLog, bench: EmbeddedBench) -> None:
	log.record(event())
	claimed = claim(log)
	with pytest.raises(LeaseLost), writing(bench) as connection:
		log.finish(connection, replace(claimed, lease="another"), Outcome(Status.APPLIED))
	with writing(bench) as connection:
		log.finish(connection, claimed, Outcome(Status.APPLIED))
	with pytest.raises(LeaseLost), writing(bench) as connection:
		log.finish(connection, claimed, Outcome(Status.NO_CHANGE))
	assert bench.event("hook").status == "Applied"


def test_a_newer_open_event_supersedes_an_older_one_and_a_finished_one_does_not(log: EventLog, bench: EmbeddedBench) -> None:
	for newer, status, wanted in (
		("blocked", Status.BLOCKED, "Superseded"),
		("conflict", Status.CONFLICT, "Superseded"),
		("dead", Status.DEAD_LETTER, "Superseded"),
		("held", Status.HELD, "Superseded"),
		("ignored", Status.IGNORED, "Processing"),
	):
		log.record(event(newer, link=f"suite/order/{newer}", version="2"))
		claimed = claim(log)
		with writing(bench) as connection:
			log.finish(connection, claimed, Outcome(status))
		log.record(event(f"older than {newer}", link=f"suite/order/{newer}", version="1"))
		log.claim("worker", 300)
		assert bench.event(f"older than {newer}").status == wanted, newer


def test_a_newer_event_that_waits_for_its_retry_supersedes_and_keeps_waiting(log: EventLog, bench: EmbeddedBench) -> None:
	log.record(event("newer", version="2"))
	claimed = claim(log)
	with writing(bench) as connection:
		log.finish(connection, claimed, Outcome(Status.RETRYING, next_try_at=utc_now() + timedelta(hours=1)))
	log.record(event("older", version="1"))
	assert log.claim("worker", 300) is None
	assert (bench.event("older").status, bench.event("older").superseded_by) == ("Superseded", "newer")
	assert bench.event("newer").status == "Retrying"


def test_a_dead_worker_over_an_old_state_leaves_evidence_and_makes_way(log: EventLog, bench: EmbeddedBench) -> None:
	log.record(event("older", version="1"))
	claim(log)
	log.record(event("newer", version="2"))
	bench.let_pass(301)
	assert claim(log).name == "newer"
	assert log.claim("worker", 300) is None
	assert bench.event("older").status == "Superseded"
	assert [(one.action, one.outcome) for one in bench.attempts("older")] == [("Worker Died", "Superseded")]


def test_leases_of_processes_that_are_gone_end_at_once(log: EventLog, bench: EmbeddedBench) -> None:
	done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
	log.record(event("lost", link="suite/order/1"))
	log.claim(f"worker-{done.stdout.strip()}-1", 300)
	log.record(event("alive", link="suite/order/2"))
	log.claim(f"worker-{os.getppid()}-1", 300)
	assert log.end_leases(is_gone) == 1
	assert claim(log).name == "lost"
	assert log.claim("worker", 300) is None
	assert bench.attempts("lost")[0].action == "Worker Died"


def test_who_is_gone() -> None:
	# Nobody of this process works yet when it asks: the same number is an earlier life.
	assert is_gone(worker_name(1))
	assert not is_gone(f"worker-{os.getppid()}-1")
	assert not is_gone("somebody else")


def test_retry_clears_what_the_last_attempt_left(bench: EmbeddedBench) -> None:
	name = send(bench, "orders/create", order(bench, new_id(), total_price="0.01"))
	bench.drain()
	bench.retry(name, "operator")
	(row,) = bench._query("SELECT * FROM sync_event")
	assert (row["status"], row["category"], row["message"], row["attempts"], row["finished_at"]) == (
		"Received",
		None,
		"",
		0,
		None,
	)


def test_replay_takes_all_events_or_none(log: EventLog, bench: EmbeddedBench) -> None:
	payload = order(bench, new_id())
	first = send(bench, "orders/create", payload)
	bench.drain()
	with pytest.raises(UnknownEvent, match="There is no event nobody"):
		log.replay([first, "nobody"], "operator")
	assert bench.event(first).status == "Applied"
	second = send(bench, "orders/paid", {**payload, "updated_at": moment(3)})
	bench.drain()
	log.replay([first, second], "operator", "after an upgrade")
	bench.drain()
	assert (bench.event(first).status, bench.event(second).status) == ("Superseded", "No Change")
	assert [one.action for one in bench.attempts(second)] == ["Apply", "Replay", "Apply"]


def test_requeue_takes_only_what_waits_for_the_cause(log: EventLog, bench: EmbeddedBench) -> None:
	from shopify_sync.contract_suite.payloads import line

	names = [send(bench, "orders/create", order(bench, new_id(), line_items=[line(sku, 1, "1.00")])) for sku in ("A", "B")]
	bench.drain()
	with bench.instance.database.write() as connection:
		assert log.requeue_blocked(connection, "another store") == 0
		assert log.requeue_blocked(connection, "suite", "item:A") == 1
	assert [bench.event(name).status for name in names] == ["Received", "Blocked"]
	with bench.instance.database.write() as connection:
		assert log.requeue_blocked(connection, "suite") == 1


@pytest.mark.parametrize("waits_as", [Status.HELD, Status.BLOCKED])
def test_what_was_in_work_while_others_were_set_going_does_not_begin_to_wait(
	log: EventLog, bench: EmbeddedBench, waits_as: Status
) -> None:
	"""Found by the simulation: a store that was resumed kept the event that a worker was just putting to rest."""
	log.record(event())
	claimed = claim(log)
	with bench.instance.database.write() as connection:
		assert log.requeue_held(connection, "suite") == log.requeue_blocked(connection, "suite") == 0
	with bench.instance.database.write() as connection:
		log.finish(connection, claimed, Outcome(waits_as, missing="item:A", costs_attempt=False))
	view = bench.event("hook")
	assert (view.status, view.missing, view.attempts) == ("Retrying", None, 0)
	assert [one.action for one in bench.attempts("hook")] == ["Requeue"]
	again = claim(log)
	with bench.instance.database.write() as connection:
		log.finish(connection, again, Outcome(waits_as, missing="item:A", costs_attempt=False))
	assert bench.event("hook").status == waits_as, "the mark is gone with the next claim"


def test_times_survive_being_written() -> None:
	now = utc_now()
	assert from_text(to_text(now)) == now
	assert len({len(to_text(moment)) for moment in (now, now.replace(microsecond=0))}) == 1
