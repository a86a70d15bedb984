"""Whatever an order looks like, the planned rows come to the total that Shopify states, or nothing is planned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.money import is_exact
from shopify_sync.core.plan import Plan
from shopify_sync.embedded_host.totals import totals_of

from .deciding import decide, decide_again, sales_order
from .strategies import ADDRESS, orders, text

PROPERTY = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])


def check_booking(payload: dict[str, Any]) -> None:
	create = sales_order(decide(payload))
	wanted = Decimal(payload["total_price"])
	assert create.expect_total == wanted
	assert totals_of(create.values).grand == wanted
	currency = payload["currency"]
	rates = [row["rate"] for row in create.values["items"]]
	assert all(is_exact(rate, currency) and rate >= 0 for rate in rates), rates
	assert sum(row["qty"] for row in create.values["items"] if row["shopify_line_item_id"] != "tip") == sum(
		line["quantity"] for line in payload["line_items"]
	)


@PROPERTY
@given(orders())
def test_rows_taxes_and_discount_come_to_the_stated_total(payload: dict[str, Any]) -> None:
	check_booking(payload)


@settings(
	max_examples=3,
	deadline=None,
	suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(orders())
def test_three_hundred_lines(payload: dict[str, Any]) -> None:
	line = payload["line_items"][0]
	copies = [{**line, "id": 1000 + number} for number in range(300)]
	per_line = _money(line["price"]) * line["quantity"] - sum(
		(_money(d["amount"]) for d in line["discount_allocations"] or ()), Decimal(0)
	)
	tax = sum((_money(t["price"]) for t in line["tax_lines"] or ()), Decimal(0))
	total = 300 * per_line + (0 if payload["taxes_included"] else 300 * tax)
	payload |= {
		"line_items": copies, "shipping_lines": [], "total_tip_received": "0", "total_discounts": "0", "subtotal_price": str(300 * per_line),
		"total_tax": str(300 * tax), "total_price": str(total),
	}  # fmt: skip
	assert len({row["shopify_line_item_id"] for row in sales_order(decide(payload)).values["items"]}) == 300
	check_booking(payload)


@PROPERTY
@given(orders())
def test_deciding_twice_gives_the_same_and_once_booked_nothing_is_left_to_do(payload: dict[str, Any]) -> None:
	first, second = decide(payload), decide(payload)
	assert first == second
	assert isinstance(first, Plan)
	again = decide_again(payload, first)
	assert isinstance(again, Plan)
	assert again.changes == ()
	assert "already agrees" in again.reason


@PROPERTY
@given(orders())
def test_a_total_that_is_off_by_one_minor_unit_is_never_booked(payload: dict[str, Any]) -> None:
	currency = payload["currency"]
	unit = Decimal(text(1, currency))
	allocated = sum(
		(Decimal(d["amount"]) for line in payload["line_items"] for d in line["discount_allocations"] or ()), Decimal(0)
	)
	# With a loose discount of just this unit, the lines would agree with the total without it.
	assume(Decimal(payload["total_discounts"]) - allocated != unit)
	payload["total_price"] = str(Decimal(payload["total_price"]) + unit)
	decision = decide(payload)
	assert isinstance(decision, Failure)
	assert decision.category is Category.TOTALS_MISMATCH
	assert payload["total_price"] in decision.message


def _money(value: str) -> Decimal:
	return Decimal(value)


def _edited(**changes: Any) -> dict[str, Any]:
	"""Return an order of 3 × 10.00 and 1 × 5.00 whose second line was taken off before anything was booked."""
	lines = [
		{
			"id": 1,
			"sku": "A",
			"variant_id": 1,
			"product_id": 1,
			"quantity": 3,
			"current_quantity": 3,
			"price": "10.00",
			"tax_lines": [],
		},
		{
			"id": 2,
			"sku": "B",
			"variant_id": 2,
			"product_id": 2,
			"quantity": 1,
			"current_quantity": 0,
			"price": "5.00",
			"tax_lines": [],
		},
	]
	return {
		"id": 1, "name": "#1", "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z", "currency": "USD",
		"total_price": "35.00", "current_total_price": "30.00", "subtotal_price": "35.00", "total_tax": "0.00", "email": "a@example.com",
		"shipping_address": ADDRESS, "line_items": lines, **changes,
	}  # fmt: skip


def test_a_line_that_an_edit_took_off_before_anything_was_booked_is_left_out() -> None:
	create = sales_order(decide(_edited()))
	assert [(row["item_code"], row["qty"]) for row in create.values["items"]] == [("A", 3)]
	assert create.expect_total == Decimal("30.00")


def test_an_unallocated_discount_that_the_subtotal_does_not_confirm_is_a_mismatch() -> None:
	confirmed = _edited(total_discounts="5.00", subtotal_price="30.00", total_price="30.00", current_total_price=None)
	assert sales_order(decide(confirmed)).values["discount_amount"] == Decimal("5.00")
	decision = decide({**confirmed, "subtotal_price": "35.00"})
	assert isinstance(decision, Failure)
	assert decision.category is Category.TOTALS_MISMATCH


@pytest.mark.parametrize(("price", "currency"), [("10.005", "USD"), ("10.5", "JPY"), ("1.0005", "KWD")])
def test_an_amount_finer_than_the_currency_is_a_mismatch(price: str, currency: str) -> None:
	line = {"id": 1, "sku": "A", "variant_id": 1, "product_id": 1, "quantity": 1, "price": price}
	decision = decide(
		_edited(line_items=[line], total_price=price, current_total_price=None, subtotal_price=price, currency=currency)
	)
	assert isinstance(decision, Failure)
	assert decision.category is Category.TOTALS_MISMATCH
	assert "more decimals" in decision.message


def test_tax_lines_that_contradict_the_stated_tax_are_a_mismatch() -> None:
	decision = decide(_edited(total_tax="1.00", total_price="36.00", current_total_price=None))
	assert isinstance(decision, Failure)
	assert "tax lines add up to 0" in decision.message
