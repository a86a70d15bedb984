"""Versions: a total order that depends on the payloads alone."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.keys import CUSTOMER, INVENTORY_LEVEL, ORDER
from shopify_sync.core.signals import Incomplete, payload_hash, subject_of

ZONES = [timezone(timedelta(hours=hours)) for hours in (-8, 0, 5, 14)]
MOMENTS = st.builds(
	lambda seconds, zone: datetime.fromtimestamp(seconds, zone), st.integers(1_600_000_000, 2_200_000_000), st.sampled_from(ZONES)
)
PAYLOADS = st.fixed_dictionaries(
	{"id": st.just(7), "updated_at": MOMENTS.map(datetime.isoformat)},
	optional={
		"cancelled_at": st.sampled_from((None, "2026-01-01T00:00:00Z")),
		"financial_status": st.sampled_from((None, "pending", "paid", "refunded", "unheard of")),
		"refunds": st.lists(st.just({}), max_size=3),
		"note": st.text(max_size=3),
	},
)


def version(payload: dict[str, Any], triggered_at: str = "") -> str:
	return subject_of(ORDER, payload, payload_hash(json.dumps(payload).encode()), triggered_at).version


@given(st.lists(PAYLOADS, min_size=2, max_size=6, unique_by=json.dumps))
def test_different_payloads_have_different_versions_and_later_ones_greater(payloads: list[dict[str, Any]]) -> None:
	versions = [version(payload) for payload in payloads]
	assert len(set(versions)) == len(payloads)
	for one, other in itertools.pairwise(payloads):
		earlier, later = sorted((one, other), key=lambda payload: datetime.fromisoformat(payload["updated_at"]))
		if datetime.fromisoformat(earlier["updated_at"]) < datetime.fromisoformat(later["updated_at"]):
			assert version(earlier) < version(later)


@given(PAYLOADS, MOMENTS.map(datetime.isoformat))
def test_the_version_depends_on_the_payload_alone(payload: dict[str, Any], triggered_at: str) -> None:
	assert version(payload, triggered_at) == version(json.loads(json.dumps(payload)), triggered_at)


@pytest.mark.parametrize(
	("earlier", "later"),
	[
		({"financial_status": "pending"}, {"financial_status": "paid"}),
		({"financial_status": "paid"}, {"cancelled_at": "2026-11-20T10:00:00Z", "financial_status": "pending"}),
		({"refunds": [{}]}, {"refunds": [{}, {}]}),
		({"fulfillments": []}, {"fulfillments": [{}]}),
		({"refunds": [{}] * 9}, {"refunds": [{}] * 10}),
	],
)
def test_of_two_states_in_one_second_the_further_one_is_later(earlier: dict[str, Any], later: dict[str, Any]) -> None:
	base = {"id": 7, "updated_at": "2026-11-20T10:00:00Z"}
	assert version({**base, **earlier}) < version({**base, **later})


def test_an_edit_that_leads_back_from_paid_is_later_when_it_was_triggered_later() -> None:
	"""Found by the simulation: paid and edited within one second, the edit was taken for the older state and lost."""
	base = {"id": 7, "updated_at": "2026-11-20T10:00:00Z"}
	for number in range(8):
		paid = version({**base, "n": number, "financial_status": "paid"}, "2026-11-20T10:00:00.1Z")
		edited = version({**base, "n": number, "financial_status": "partially_paid"}, "2026-11-20T10:00:00.2Z")
		assert paid < edited


@pytest.mark.parametrize(
	("earlier", "later"),
	[
		("2026-11-20T10:00:00.5Z", "2026-11-20T10:00:00.51Z"),
		("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.1Z"),
		("2026-11-20T10:00:00.877041742Z", "2026-11-20T10:00:00.877041743Z"),
		("2026-11-20T12:00:00+02:00", "2026-11-20T10:00:01Z"),
	],
)
def test_the_time_of_the_trigger_counts_however_it_is_written(earlier: str, later: str) -> None:
	# Several payloads, so that the hash cannot make it come out right by chance.
	for number in range(8):
		one, other = (
			{"id": 7, "updated_at": "2026-11-20T10:00:00Z", "n": number},
			{"id": 7, "updated_at": "2026-11-20T10:00:00Z", "m": number},
		)
		assert version(one, earlier) < version(other, later)


@pytest.mark.parametrize(
	("resource", "payload", "complaint"),
	[
		(ORDER, {"updated_at": "2026-11-20T10:00:00Z"}, "no id"),
		(ORDER, {"id": 1.5, "updated_at": "2026-11-20T10:00:00Z"}, "no id"),
		(ORDER, {"id": 1}, "no updated_at"),
		(ORDER, {"id": 1, "updated_at": "yesterday"}, "not a time"),
		(ORDER, {"id": 1, "updated_at": "2026-11-20T10:00:00"}, "no time zone"),
		(ORDER, {"id": 1, "updated_at": "0001-01-01T00:00:00+14:00"}, "not a time that can be"),
		(INVENTORY_LEVEL, {"inventory_item_id": 1, "updated_at": "2026-11-20T10:00:00Z"}, "item or location id"),
		(CUSTOMER, [], "not a JSON object"),
	],
)
def test_what_lacks_its_identity_is_incomplete(resource: str, payload: Any, complaint: str) -> None:
	with pytest.raises(Incomplete, match=complaint):
		subject_of(resource, payload, "digest")


def test_the_exact_id_is_taken_where_the_number_lost_digits() -> None:
	payload = parse_json(
		b'{"id": 820982911946154500, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508", "updated_at": "2026-11-20T10:00:00Z"}'
	)
	assert subject_of(ORDER, payload, "digest").shopify_id == "820982911946154508"
