"""Stories: every entry in its place, in an operator's words, whatever is on record."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.events import Action
from shopify_sync.core.evidence import entries, story
from shopify_sync.core.evidence.admin_links import admin_link, admin_link_of_key
from shopify_sync.core.evidence.story import EventEvidence, RecordEvidence
from shopify_sync.core.evidence.words import Words, duration, plain, said
from shopify_sync.core.statuses import FINAL, Status

START = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
	return START + timedelta(seconds=seconds)


def event(status: str = "Applied", **values: Any) -> dict[str, Any]:
	found = {
		"name": "e1", "source": "Webhook", "direction": "Inbound", "topic": "orders/create", "status": status, "received_at": at(0),
		"last_seen_at": at(0), "deliveries": 1, "finished_at": at(9) if status in FINAL else None,
	}  # fmt: skip
	return {**found, **values}


def attempt(seconds: float, action: str = "Apply", outcome: str = "Applied", **values: Any) -> dict[str, Any]:
	row = {"name": f"a{seconds}", "event": "e1", "attempt": 1, "action": action, "outcome": outcome, "started_at": at(seconds)}
	return {**row, "ended_at": at(seconds + 1), "duration_ms": 1000, **values}


def told(evidence: EventEvidence) -> list[dict[str, Any]]:
	found: list[dict[str, Any]] = plain([story.as_data(entry) for entry in story.story_of(evidence)])
	return found


def test_from_receipt_to_end() -> None:
	rows = told(EventEvidence(event(triggered_at=at(-2)), [attempt(3)]))
	assert [row["kind"] for row in rows] == ["received", "attempt", "ended"]
	assert rows[0]["said"][1] == "It arrived 2 s after it happened in Shopify."
	assert {"label": "Waited", "value": "3 s"} in rows[1]["facts"]
	assert {"label": "From receipt to end", "value": "9 s"} in rows[2]["facts"]


def test_a_push_does_not_speak_of_deliveries() -> None:
	(first, again, *_rest) = told(EventEvidence(event(source="ERPNext", direction="Outbound", deliveries=3, last_seen_at=at(1))))
	assert first["title"] == "Something changed in ERPNext that Shopify has to hear of"
	assert first["said"] == []
	assert again["said"] == ["3 changes in all: this one push stands for them."]


def test_a_call_for_several_events_is_told_once() -> None:
	made = {"name": "C1", "operation": "Set", "outcome": "Answered", "started_at": at(1)}
	pushes = [
		EventEvidence({**event(source="ERPNext", direction="Outbound"), "name": name}, calls=[made]) for name in ("e1", "e2")
	]
	assert [entry.kind for entry in story.record_story(RecordEvidence(pushes))].count(entries.Kind.CALL) == 1


def test_a_push_speaks_of_shopify() -> None:
	row = attempt(1, "Push", changes='[{"action": "set", "doctype": "Inventory Level", "fields": []}]')
	rows = told(EventEvidence(event("No Change", source="ERPNext", direction="Outbound", shopify_updated_at=at(0)), [row]))
	assert [row["said"] for row in rows] == [
		[],
		["It was changed in Shopify."],
		["Shopify agreed already, so nothing was changed."],
	]
	assert rows[0]["facts"] == []


def test_waiting_begins_anew_after_every_attempt() -> None:
	rows = told(EventEvidence(event("Retrying"), [attempt(3, outcome="Retrying"), attempt(64, outcome="Retrying")]))
	waited = [fact["value"] for row in rows for fact in row["facts"] if fact["label"] == "Waited"]
	assert waited == ["3 s", "1 min"]


@pytest.mark.parametrize("action", [Action.RETRY, Action.DISCARD, Action.REPLAY, Action.REQUEUE, Action.RESOLVE])
def test_what_a_person_did_names_the_person_and_the_reason(action: Action) -> None:
	row = attempt(1, str(action), user="a@example.com", user_name="Ann", reason="{because}", operation="OP-1")
	entry = next(one for one in told(EventEvidence(event(), [row])) if one["kind"] == "action")
	assert entry["facts"] == [{"label": "By", "value": "Ann"}]
	assert "Reason: {because}" in entry["said"]
	assert entry["links"] == [{"doctype": "Sync Operation", "name": "OP-1", "label": "Operation"}]


def test_what_nobody_did_is_by_itself() -> None:
	entry = next(
		one for one in told(EventEvidence(event(), [attempt(1, "Requeue", reason="It is there.")])) if one["kind"] == "sync"
	)
	assert (entry["title"], entry["said"]) == ("Set going again by itself", ["It is there."])


@pytest.mark.parametrize("status", list(Status))
def test_every_status_says_how_it_ended_or_what_it_waits_for(status: Status) -> None:
	last = told(EventEvidence(event(str(status), document_type="Item", document_name="TEE-M")))[-1]
	assert last["outcome"] == status
	assert last["kind"] == ("ended" if status in FINAL else "waiting")
	assert last["said"] or last["links"] or status is Status.DISCARDED


def test_a_decided_conflict_shows_no_values() -> None:
	row = {
		"name": "C1", "field": "email_id", "status": "Resolved", "creation": at(2), "resolution": "Keep ERPNext's", "resolved_at": at(5),
		"resolved_by": "ann@example.com", "user_name": "Ann", "note": "", "shopify_value": "secret@example.com",
	}  # fmt: skip
	rows = told(EventEvidence(event(), [], conflicts=[row]))
	assert [row["title"] for row in rows[1:3]] == ["Both sides changed email_id", "Decided: Keep ERPNext's"]
	assert "secret" not in str(rows)


def test_details_for_developers_stand_apart() -> None:
	row = attempt(1, detail="Traceback …", worker="host:1", reads='{"state": "paid", "more": {"a": 1}}', changes="not JSON")
	entry = next(one for one in told(EventEvidence(event(), [row])) if one["kind"] == "attempt")
	assert {fact["label"] for fact in entry["facts"]} == {"Attempt", "Waited", "Took"}
	assert [one["label"] for one in entry["developers"]] == ["Worker", "What was read", "Technical detail"]
	assert entry["changes"] == []


def test_a_record_is_told_newest_first_across_its_events() -> None:
	first = EventEvidence(event(), [attempt(3)])
	second = EventEvidence({**event("Blocked"), "name": "e2", "received_at": at(20)}, [attempt(21, outcome="Blocked")])
	finding = {"kind": "Total", "first_seen_at": at(15), "shopify_value": "1", "erpnext_value": None, "status": "Open"}
	found = story.record_story(RecordEvidence([first, second], [finding]))
	times = [entry.at for entry in found if entry.at]
	assert times == sorted(times, reverse=True)
	assert len(times) == len(found)
	assert {entry.event for entry in found} == {"e1", "e2", ""}
	assert plain(next(entry.said for entry in found if entry.kind == "finding")) == ["Shopify says 1, ERPNext says –."]


_rows = st.lists(
	st.tuples(st.floats(0, 1e6), st.sampled_from([str(one) for one in Action]), st.sampled_from([str(one) for one in Status])),
	max_size=8,
)


@given(_rows, st.sampled_from([str(one) for one in Status]), st.integers(0, 5))
def test_any_record_is_told_in_order_and_every_row_of_it_once(rows: list[Any], status: str, deliveries: int) -> None:
	made = [attempt(seconds, action, outcome) for seconds, action, outcome in rows]
	found = story.story_of(EventEvidence(event(status, deliveries=deliveries), made))
	times = [entry.at for entry in found if entry.at]
	assert times == sorted(times)
	assert len(found) == len(rows) + 2 + (deliveries > 1)
	assert all(isinstance(text, str) for entry in plain([story.as_data(one) for one in found]) for text in entry["said"])


@given(st.text(), st.text())
def test_recorded_text_is_told_as_it_is(text: str, value: str) -> None:
	"""Braces in a message are no places, in whichever language."""
	assert plain(said(text)) == text
	assert plain(Words("{0}", (value,)), lambda literal: f"<{literal}>") == f"<{value}>"


@pytest.mark.parametrize(
	("seconds", "text"),
	[
		(None, ""),
		(-1, ""),
		(0.25, "250 ms"),
		(59, "59 s"),
		(60, "1 min"),
		(61, "1 min 1 s"),
		(7260, "2 h 1 min"),
		(18_000, "5 h"),
		(172_800, "2 days"),
		(200_000, "2 days 7 h"),
	],
)
def test_spans_of_time(seconds: float | None, text: str) -> None:
	assert plain(duration(seconds)) == text


def test_where_it_is_in_shopify() -> None:
	assert admin_link("my-store.myshopify.com", "order", "1") == "https://admin.shopify.com/store/my-store/orders/1"
	assert admin_link("shop.example.com", "customer", "2") == "https://shop.example.com/admin/customers/2"
	assert admin_link("my-store.myshopify.com", "fulfillment_push", "1") == "https://admin.shopify.com/store/my-store/orders/1"
	assert admin_link("my-store.myshopify.com", "order", "javascript:x") == ""
	assert admin_link("", "order", "1") == admin_link("my-store.myshopify.com", "variant", "1") == ""
	assert (
		admin_link_of_key("my-store.myshopify.com", "s/order/1/transaction/2")
		== "https://admin.shopify.com/store/my-store/orders/1"
	)
	assert admin_link_of_key("my-store.myshopify.com", None) == ""


def test_kinds_and_words_stand_in_the_script() -> None:
	"""The form offers a filter for each kind of entry."""
	from pathlib import Path

	script = (Path(__file__).parents[2] / "shopify_sync/public/js/story.js").read_text()
	assert all(f"{kind}: __(" in script for kind in entries.Kind)
