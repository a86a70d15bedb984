"""The console script: what it prints for people and programs, and that mistakes end in one clear line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shopify_sync.cli import main
from shopify_sync.contract_suite.bench import UNKNOWN_SKU
from shopify_sync.contract_suite.payloads import line, moment, new_id, order, send, signed
from shopify_sync.embedded_host.deliveries import Delivery, write
from tests.contract.embedded_bench import EmbeddedBench


def run(*arguments: object) -> Result:
	return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_json(*arguments: object) -> Any:
	result = run(*arguments, "--json")
	assert result.exit_code == 0, result.output
	return json.loads(result.stdout)


@pytest.fixture
def db(bench: EmbeddedBench) -> Path:
	return bench.database_path


def recorded(bench: EmbeddedBench, *payloads: dict[str, Any], without: str = "") -> Path:
	path = bench.config_path.with_name("recorded.jsonl")
	lines = []
	for payload in payloads:
		headers, body = signed(bench, "orders/create", payload)
		lines.append(write(Delivery(tuple((name, value) for name, value in headers.items() if name != without), body)))
	path.write_text("\n".join(lines) + "\n")
	return path


def everything_in(folder: Path) -> dict[str, str]:
	return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_events_documents_and_event_for_programs(bench: EmbeddedBench, db: Path) -> None:
	payload = order(bench, new_id())
	name = send(bench, "orders/create", payload)
	bench.drain()
	listed = run_json("events", "--db", db, "--status", "applied")
	assert [(event["name"], event["status"], event["shopify_id"]) for event in listed["events"]] == [
		(name, "Applied", str(payload["id"]))
	]
	assert listed["count_by_status"] == {"Applied": 1}
	(document,) = run_json("documents", "--db", db, "--doctype", "Sales Order")["documents"]
	assert document["values"]["grand_total"] == payload["total_price"]
	shown = run_json("event", name, "--db", db)
	assert json.loads(shown["payload"]) == payload
	assert [attempt["action"] for attempt in shown["evidence"]] == ["Apply"]
	assert "lease" not in shown


def test_events_documents_and_event_for_people(bench: EmbeddedBench, db: Path) -> None:
	name = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	assert "1 shown. In all: 1 Applied." in run("events", "--db", db).output
	assert "Submitted" in run("documents", "--db", db).output
	output = run("event", name, "--db", db).output
	assert "create Sales Order SO-" in output
	assert "Payload\n{" in output
	assert "ada." not in output.partition("Payload")[0]


def test_limit_takes_the_newest(bench: EmbeddedBench, db: Path) -> None:
	names = [send(bench, "orders/create", order(bench, new_id())) for _number in range(3)]
	assert [event["name"] for event in run_json("events", "--db", db, "--limit", 2)["events"]] == names[:0:-1]


def test_retry_and_discard_leave_evidence(bench: EmbeddedBench, db: Path) -> None:
	name = send(bench, "orders/create", order(bench, new_id(), total_price="0.01"))
	bench.drain()
	assert run("retry", name, "--db", db, "--user", "ada").exit_code == 0
	bench.drain()
	assert run("discard", name, "--db", db, "--user", "ada", "--reason", "a test").exit_code == 0
	assert bench.event(name).status == "Discarded"
	evidence = [(one.action, one.user, one.reason) for one in bench.attempts(name)]
	assert evidence == [("Apply", None, ""), ("Retry", "ada", ""), ("Apply", None, ""), ("Discard", "ada", "a test")]


def test_map_item_lets_blocked_orders_go_on(bench: EmbeddedBench, db: Path) -> None:
	name = send(bench, "orders/create", order(bench, new_id(), line_items=[line(UNKNOWN_SKU, 1, "2.00")]))
	bench.drain()
	result = run("map-item", "--db", db, "--sku", UNKNOWN_SKU, "--item", "SUITE-MUG")
	assert "Events that go on: 1." in result.output
	bench.drain()
	assert bench.event(name).status == "Applied"
	(document,) = bench.documents("Sales Order")
	assert document.values["items"][0]["item_code"] == "SUITE-MUG"


def test_replay_carries_recorded_deliveries_out_once(bench: EmbeddedBench, db: Path) -> None:
	path = recorded(bench, order(bench, new_id()), order(bench, new_id()))
	first = run_json("replay", path, "--db", db, "--config", bench.config_path)
	assert (first["recorded"], first["duplicates"], first["statuses"]) == (2, 0, {"Applied": 2})
	again = run_json("replay", path, path, "--db", db, "--config", bench.config_path)
	assert (again["recorded"], again["duplicates"], again["statuses"]) == (0, 4, {"Applied": 2})


def test_replay_refuses_what_is_not_signed_unless_told_otherwise(bench: EmbeddedBench, db: Path) -> None:
	path = recorded(bench, order(bench, new_id()), without="X-Shopify-Hmac-Sha256")
	refused = run("replay", path, "--db", db, "--config", bench.config_path)
	assert refused.exit_code == 1
	assert "401 wrong signature. Recorded without a signature? Then add --unsigned." in refused.output
	assert run_json("replay", path, "--unsigned", "--db", db, "--config", bench.config_path)["recorded"] == 1


def test_unsigned_does_not_let_a_wrong_signature_pass(bench: EmbeddedBench, db: Path) -> None:
	bench.secret = "another"
	path = recorded(bench, order(bench, new_id()))
	assert run("replay", path, "--unsigned", "--db", db, "--config", bench.config_path).exit_code == 1
	assert bench.events() == []


def test_a_dry_run_prints_the_plans_and_changes_nothing_at_all(bench: EmbeddedBench, db: Path) -> None:
	booked = order(bench, new_id())
	send(bench, "orders/create", booked)
	bench.drain()
	bench.close()
	path = recorded(
		bench, {**booked, "updated_at": moment(5)}, order(bench, new_id()), order(bench, new_id(), total_price="0.01")
	)
	before = everything_in(db.parent)
	plans = run_json("replay", path, "--dry-run", "--db", db, "--config", bench.config_path)["plans"]
	assert everything_in(db.parent) == before
	assert [plan["decision"] for plan in plans] == ["plan", "plan", "failure"]
	assert plans[0]["changes"] == []
	assert [change["doctype"] for change in plans[1]["changes"]] == ["Customer", "Contact", "Address", "Sales Order"]
	assert plans[2]["category"] == "Totals mismatch"
	assert "ada." not in json.dumps(plans)


def test_a_dry_run_reads_what_a_running_server_has_not_put_into_the_file_yet(bench: EmbeddedBench, db: Path) -> None:
	booked = order(bench, new_id())
	send(bench, "orders/create", booked)
	bench.drain()
	assert db.with_name(db.name + "-wal").stat().st_size > 0
	before = db.read_bytes()
	(plan,) = run_json(
		"replay", recorded(bench, {**booked, "updated_at": moment(5)}), "--dry-run", "--db", db, "--config", bench.config_path
	)["plans"]
	assert (plan["changes"], plan["reason"]) == (
		[],
		f"Sales Order SO-{booked['name'][1:]} already agrees with this state of the order.",
	)
	assert db.read_bytes() == before
	assert len(bench.events()) == 1


def test_a_dry_run_needs_no_database_and_makes_none(bench: EmbeddedBench, tmp_path: Path) -> None:
	path = recorded(bench, order(bench, new_id()))
	result = run("replay", path, "--dry-run", "--db", tmp_path / "new.db", "--config", bench.config_path)
	assert result.exit_code == 0, result.output
	assert "create Sales Order SO-" in result.output
	assert not (tmp_path / "new.db").exists()


def test_a_plan_counts_on_those_before_it(bench: EmbeddedBench, db: Path) -> None:
	payload = order(bench, new_id())
	path = recorded(bench, payload, {**payload, "updated_at": moment(5)})
	first, second = run_json("replay", path, "--dry-run", "--db", db, "--config", bench.config_path)["plans"]
	assert len(first["changes"]) == 4
	assert (second["decision"], second["changes"]) == ("plan", [])


@pytest.mark.parametrize(
	("arguments", "complaint"),
	[
		(["events", "--db", "{folder}/none.db"], "There is no database"),
		(["documents", "--db", "{folder}/config.json"], "cannot be opened as an SQLite database"),
		(["event", "nobody", "--db", "{db}"], "There is no event nobody"),
		(["retry", "nobody", "--db", "{db}"], "There is no event nobody"),
		(["retry", "waiting", "--db", "{db}"], "waiting for a worker already"),
		(["discard", "waiting", "--db", "{db}", "--reason", " "], "Say why"),
		(["map-item", "--db", "{db}", "--item", "SUITE-TEE"], "Name exactly one of --sku"),
		(["map-item", "--db", "{db}", "--sku", "X", "--variant", "1", "--item", "SUITE-TEE"], "Name exactly one of --sku"),
		(["map-item", "--db", "{db}", "--variant", "abc", "--item", "SUITE-TEE"], "--variant takes Shopify's id"),
		(["map-item", "--db", "{db}", "--sku", "X", "--item", "NOTHING"], "There is no Item NOTHING"),
		(["map-item", "--db", "{db}", "--store", "other", "--sku", "X", "--item", "SUITE-TEE"], "Name one of these stores with --store: suite."),
		(["replay", "{folder}/bad.jsonl", "--db", "{db}", "--config", "{folder}/config.json"], "bad.jsonl:1: is not JSON"),
		(["replay", "{folder}/bad.jsonl", "--db", "{db}", "--config", "{folder}/none.json"], "none.json cannot be read"),
		(["replay", "{folder}/empty.jsonl", "--dry-run", "--db", "{folder}/config.json", "--config", "{folder}/config.json"], "is not an SQLite database"),
		(["serve", "--db", "{folder}/no/such/folder/x.db", "--config", "{folder}/config.json"], "does not exist"),
	],
)  # fmt: skip
def test_a_mistake_ends_in_one_clear_line(bench: EmbeddedBench, db: Path, arguments: list[str], complaint: str) -> None:
	send(bench, "orders/create", order(bench, new_id()), webhook_id="waiting")
	(db.parent / "bad.jsonl").write_text("no json\n")
	(db.parent / "empty.jsonl").write_text("")
	result = run(*(argument.format(folder=db.parent, db=db) for argument in arguments))
	assert result.exit_code in (1, 2)
	assert complaint in result.output
	assert isinstance(result.exception, SystemExit)
	assert bench.event("waiting").status == "Received"
