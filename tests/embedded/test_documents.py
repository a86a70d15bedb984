"""Documents of the embedded host: totals are checked before anything is kept, states are respected, names stay free."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.core.failures import Category, SyncFailure
from shopify_sync.core.plan import CancelDocument, CreateDocument, DocRef, UpdateDocument
from shopify_sync.embedded_host import documents
from tests.contract.embedded_bench import EmbeddedBench

ROWS = {
	"currency": "USD",
	"items": [{"qty": 2, "rate": Decimal("9.67")}, {"qty": 1, "rate": Decimal("9.66")}],
	"taxes": [{"tax_amount": Decimal("2.90")}],
	"discount_amount": Decimal("1.00"),
}


@pytest.fixture
def connection(bench: EmbeddedBench) -> Iterator[sqlite3.Connection]:
	with bench.instance.database.write() as connection:
		yield connection


def order(total: str, tolerance: str = "0", **changes: Any) -> CreateDocument:
	values = {"name": "SO-1", "submit": True, "expect_total": Decimal(total), "tolerance": Decimal(tolerance), **changes}
	return CreateDocument("Sales Order", changes.pop("key", "s/order/1"), ROWS, **values)


def test_a_sales_order_that_comes_to_the_stated_total(connection: sqlite3.Connection) -> None:
	applied = documents.apply(connection, order("30.90"), {})
	found = documents.get(connection, "Sales Order", "SO-1")
	assert (applied.action, applied.name, found.docstatus) == ("create", "SO-1", 1)
	assert (found.values["net_total"], found.values["grand_total"]) == ("28.00", "30.90")


@pytest.mark.parametrize(("total", "tolerance"), [("30.91", "0"), ("30.89", "0"), ("30.93", "0.02")])
def test_a_sales_order_that_does_not_is_refused(connection: sqlite3.Connection, total: str, tolerance: str) -> None:
	with pytest.raises(SyncFailure, match=f"comes to 30.90, but Shopify states {total}\\.") as caught:
		documents.apply(connection, order(total, tolerance), {})
	assert caught.value.failure.category is Category.TOTALS_MISMATCH
	assert not documents.get(connection, "Sales Order", "SO-1").exists


def test_a_difference_within_the_tolerance_is_booked(connection: sqlite3.Connection) -> None:
	documents.apply(connection, order("30.92", "0.02"), {})
	assert documents.get(connection, "Sales Order", "SO-1").exists


def test_names_of_earlier_documents_stand_where_the_plan_refers_to_them(connection: sqlite3.Connection) -> None:
	created: dict[str, str] = {}
	documents.apply(connection, CreateDocument("Customer", "s/customer/1", {"customer_name": "Ada"}), created)
	links = [{"link_name": DocRef("Customer", "s/customer/1")}]
	documents.apply(connection, CreateDocument("Contact", "s/contact/1", {"first_name": "Ada", "links": links}), created)
	assert created == {"s/customer/1": "Ada", "s/contact/1": "Ada"}
	assert documents.get(connection, "Contact", "Ada").values["links"] == [{"link_name": "Ada"}]


def test_two_people_of_one_name_are_two_customers(connection: sqlite3.Connection) -> None:
	created: dict[str, str] = {}
	for key in ("s/customer/1", "s/customer/2"):
		documents.apply(connection, CreateDocument("Customer", key, {"customer_name": "Ada"}), created)
	assert created["s/customer/1"] == "Ada"
	assert created["s/customer/2"].startswith("Ada (")


def test_a_second_document_of_one_key_is_contention(connection: sqlite3.Connection, bench: EmbeddedBench) -> None:
	documents.apply(connection, order("30.90"), {})
	host = bench.instance.host("worker")
	with pytest.raises(sqlite3.IntegrityError) as caught:
		documents.apply(connection, order("30.90", name="SO-2"), {})
	assert host.is_contention(caught.value)
	with pytest.raises(sqlite3.IntegrityError) as caught:
		documents.apply(connection, CreateDocument("Sales Order", "s/order/2", ROWS, name="SO-1"), {})
	assert not host.is_contention(caught.value)


def test_only_what_is_submitted_can_be_cancelled(connection: sqlite3.Connection) -> None:
	documents.apply(connection, order("30.90"), {})
	cancel = CancelDocument("Sales Order", "SO-1")
	documents.apply(connection, cancel, {})
	assert documents.get(connection, "Sales Order", "SO-1").docstatus == 2
	with pytest.raises(SyncFailure, match="is not submitted"):
		documents.apply(connection, cancel, {})


def test_what_was_deleted_cannot_be_updated(connection: sqlite3.Connection) -> None:
	with pytest.raises(SyncFailure, match="has been deleted"):
		documents.apply(connection, UpdateDocument("Contact", "Ada", {}, {"first_name": "A"}), {})


def test_a_stock_reconciliation_sets_the_bin_and_keeps_a_rate_it_does_not_state(connection: sqlite3.Connection) -> None:
	for number, row in enumerate(({"qty": Decimal(5), "valuation_rate": Decimal("2.50")}, {"qty": Decimal(0)})):
		items = [{"item_code": "TEE", "warehouse": "Main", **row}]
		documents.apply(
			connection,
			CreateDocument("Stock Reconciliation", f"s/level/{number}", {"items": items}, f"R{number}", submit=True),
			{},
		)
	values = documents.get(connection, "Bin", "TEE|Main").values
	assert (values["actual_qty"], values["valuation_rate"]) == ("0", "2.50")


def test_errors_are_classified(bench: EmbeddedBench) -> None:
	host = bench.instance.host("worker")
	bug = host.classify(ValueError("nobody thought of ada@example.com"))
	assert (bug.category, bug.message) == (Category.BUG, "ValueError: nobody thought of •••")
	assert host.classify(sqlite3.OperationalError("database is locked")).category is Category.CONTENTION
	assert host.classify(sqlite3.OperationalError("disk I/O error")).category is Category.BUG
	assert "ada@" not in (bug.detail or "")
