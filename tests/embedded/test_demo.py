"""The demo: it runs, it is repeatable, and its check finds what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.core.failures import Failure
from shopify_sync.core.orders.pricing import price_order
from shopify_sync.core.orders.resource import parse
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
	lives = [story.figures for story in stories]
	assert any(one.cancelled and one.received for one in lives) and any(one.cancelled and not one.received for one in lives)
	assert any(one.delivered and one.refunded for one in lives) and any(one.billed and not one.delivered for one in lives)
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


def _document(story: demo_orders.Story, doctype: str, **values: Any) -> dict[str, Any]:
	return {"doctype": doctype, "shopify_key": f"demo/order/{story.order_id}/{doctype}", "docstatus": 1, "values": values}


def _documents(story: demo_orders.Story) -> list[dict[str, Any]]:
	"""Return what should stand for an order, in as few documents as can be."""
	figures = story.figures
	if figures.cancelled:
		return []
	money = (("Receive", figures.received), ("Pay", figures.refunded))
	return [
		_document(story, "Sales Order", grand_total=str(story.total)),
		_document(story, "Sales Invoice", grand_total=str(figures.billed)),
		*(_document(story, "Payment Entry", payment_type=kind, order_amount=str(amount)) for kind, amount in money),
		_document(story, "Delivery Note", items=[{"qty": figures.delivered}]),
	]


def test_the_check_is_content_when_all_is_well() -> None:
	stories = list(demo_orders.day(50))
	assert check(stories, [document for story in stories for document in _documents(story)]) == []


@pytest.mark.parametrize(
	("doctype", "values", "complaint"),
	[
		("Sales Order", {"grand_total": "0.01"}, "Sales Order 0.01, Shopify"),
		("Sales Invoice", {"grand_total": "0.01"}, "billed 0.01, Shopify"),
		("Payment Entry", {"payment_type": "Receive", "order_amount": "0.01"}, "received less refunded 0.01, Shopify"),
		("Delivery Note", {"items": [{"qty": 999}]}, "delivered 999, Shopify"),
	],
)
def test_the_check_finds_a_wrong_figure(doctype: str, values: dict[str, Any], complaint: str) -> None:
	stories = list(demo_orders.day(50))
	first = next(story for story in stories if story.figures.delivered and not story.figures.refunded)
	wrong = {doctype: _document(first, doctype, **values)}
	documents = [wrong.pop(one["doctype"], one) for one in _documents(first)]
	problems = check([first], documents)
	assert problems and all(complaint in problem for problem in problems), problems


@pytest.mark.parametrize("what", ["missing", "twice", "cancelled but live", "never ordered"])
def test_the_check_finds_what_is_wrong(what: str) -> None:
	stories = list(demo_orders.day(50))
	documents = [document for story in stories for document in _documents(story)]
	first, cancelled = (
		next(story for story in stories if not (story.figures.cancelled or story.figures.billed)),
		next(story for story in stories if story.figures.cancelled),
	)
	of_first = _document(first, "Sales Order", grand_total=str(first.total))
	wrong, complaint = {
		"missing": ([one for one in documents if one != of_first], "has 0 live Sales Orders"),
		"twice": ([*documents, of_first], "has 2 live Sales Orders"),
		"cancelled but live": ([*documents, _document(cancelled, "Sales Order", grand_total="1")], "is cancelled but has 1"),
		"never ordered": ([*documents, {**of_first, "shopify_key": "demo/order/1"}], "demo/order/1 was never ordered"),
	}[what]
	problems = check(stories, wrong)
	assert len(problems) == 1
	assert complaint in problems[0]
