"""The example of docs/orders.md is what the embedded host books."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from shopify_sync.contract_suite.bench import DocumentView
from shopify_sync.contract_suite.lifecycle.order import MAIN
from shopify_sync.contract_suite.lifecycle.settings import settings
from shopify_sync.contract_suite.lifecycle.steps import placed, play, refunds, ships, vat
from shopify_sync.contract_suite.lifecycle.wares import mug, tee

from .embedded_ground import EmbeddedGround

PAGE = Path(__file__).parents[2] / "docs" / "orders.md"
STORY = (
	placed(tee(3, price="9.99"), mug(1, price="7.50"), discount="3.50", freight="4.90", taxes=vat(20), pays="sale"),
	ships("parcel", {"l1": 2, "l2": 1}),
	refunds("back", {"l1": 1}, restock="return", location=MAIN, adjustment="-2.00"),
)


def test_the_example_is_what_is_booked(tmp_path: Path) -> None:
	ground = EmbeddedGround(tmp_path)
	order, told = play(STORY)
	ground.open(settings(ground))
	for place, delivery in enumerate(delivery for step in told for delivery in step):
		ground.deliver(delivery, f"example-{place}")
		ground.drain()
	documents = ground.documents(order.id)
	books = ground.books(documents)
	ground.close()
	page = PAGE.read_text()
	for document in documents:
		for row in document.values["items"] if document.doctype == "Sales Invoice" else ():
			assert _row(row) in page, f"{document.key} has a row that the example has not: {_row(row)}"
	totals = {_total(document) for document in documents if document.doctype in ("Sales Invoice", "Payment Entry")}
	assert totals == {Decimal("46.64"), Decimal("-8.87"), Decimal("8.87")}
	(left,) = re.findall(r"^What is left: (.+) Shopify states", page, re.M)
	stated = sorted(Decimal(amount) for amount in re.findall(r"\d+\.\d\d", left))
	assert stated == sorted(abs(amount) for role, amount in books.items() if role != "stock")
	assert "nothing owed" in left and "receivable" not in books


def _row(row: dict[str, str]) -> str:
	quantity, rate = Decimal(row["qty"]), Decimal(row["rate"])
	return f"| {quantity} | {rate:.2f} | {quantity * rate:.2f} |".replace("-", "−")


def _total(document: DocumentView) -> Decimal:
	values = document.values
	return Decimal(str(values["grand_total" if document.doctype == "Sales Invoice" else "paid_amount"]))
