"""The demo: it runs, it is repeatable, and its check finds what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.core.failures import Failure
from shopify_sync.core.order_pricing import price_order
from shopify_sync.core.orders import parse
from shopify_sync.embedded_host import demo_orders
from shopify_sync.embedded_host.demo import Report, check, plan
from tests.unit.deciding import POLICY


def test_a_short_day_with_a_crash_ends_well() -> None:
	command = [sys.executable, "-m", "shopify_sync.cli", "demo", "--orders", "40", "--json"]
	done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
	assert done.returncode == 0, done.stdout + done.stderr
	report = json.loads(done.stdout)
	assert (report["ok"], report["problems"]) == (True, [])
	assert report["orders_booked"] + report["orders_cancelled"] == 40
	assert report["sent_again_after_crash"] == 1
	assert report["killed_after_deliveries"] >= report["deliveries_sent"] // 2
	assert report["duplicates_counted"] >= report["delivered_twice"] > 0
	assert report["events"] + report["delivered_twice"] == report["deliveries_sent"]
	assert report["out_of_order"] > 0


def test_the_same_seed_makes_the_same_day() -> None:
	assert list(demo_orders.day(20, seed=7)) == list(demo_orders.day(20, seed=7))
	assert list(demo_orders.day(20, seed=7)) != list(demo_orders.day(20, seed=8))


def test_the_orders_of_a_day_are_mixed_and_their_figures_agree() -> None:
	stories = list(demo_orders.day(300))
	payloads = [json.loads(story.deliveries[0].body) for story in stories]
	for payload in payloads:
		pricing = price_order(parse(payload, POLICY))
		assert not isinstance(pricing, Failure), pricing.message
		assert pricing.total == Decimal(payload["total_price"])
	assert {story.currency for story in stories} == {"USD", "EUR", "GBP", "JPY", "KWD"}
	assert sum(story.currency == "USD" for story in stories) > 150
	assert any(story.cancelled for story in stories)
	assert any(payload["customer"] is None and payload["email"] for payload in payloads)
	assert any(not payload["email"] for payload in payloads)
	assert any(payload["refunds"] is None for payload in payloads)
	assert {payload["taxes_included"] for payload in payloads} == {True, False}
	emails = {payload["email"] for payload in payloads if payload["email"]}
	assert all(email.endswith("@example.com") for email in emails)


def test_a_fifth_comes_twice_and_some_come_late() -> None:
	stories = list(demo_orders.day(200))
	report = Report()
	arriving = plan(stories, 1, report)
	different = {one.webhook_id for one in arriving}
	assert len(arriving) - len(different) == report.delivered_twice == len(different) // 5
	assert report.out_of_order > 10


def _document(story: demo_orders.Story, **changes: Any) -> dict[str, Any]:
	return {"shopify_key": f"demo/order/{story.order_id}", "values": {"grand_total": str(story.total)}, **changes}


def test_the_check_is_content_when_all_is_well() -> None:
	stories = list(demo_orders.day(50))
	assert check(stories, [_document(story) for story in stories if not story.cancelled]) == []


@pytest.mark.parametrize("what", ["missing", "twice", "a cent off", "cancelled but live", "never ordered"])
def test_the_check_finds_what_is_wrong(what: str) -> None:
	stories = list(demo_orders.day(50))
	live = [_document(story) for story in stories if not story.cancelled]
	first, cancelled = (
		next(story for story in stories if not story.cancelled),
		next(story for story in stories if story.cancelled),
	)
	wrong, complaint = {
		"missing": (live[1:], "has 0 live Sales Orders"),
		"twice": ([*live, live[0]], "has 2 live Sales Orders"),
		"a cent off": (
			[_document(first, values={"grand_total": str(first.total + Decimal("0.01"))}), *live[1:]],
			f"Shopify {first.total}",
		),
		"cancelled but live": ([*live, _document(cancelled)], "is cancelled but has 1"),
		"never ordered": ([*live, _document(first, shopify_key="demo/order/1")], "demo/order/1 was never ordered"),
	}[what]
	problems = check(stories, wrong)
	assert len(problems) == 1
	assert complaint in problems[0]
