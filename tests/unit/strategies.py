"""Orders that hypothesis makes up: whatever their shape, their figures agree to the last minor unit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from shopify_sync.core.money import minor_units, quantum

CURRENCIES = ("USD", "EUR", "JPY", "KWD")
ADDRESS = {
	"first_name": "Ada",
	"last_name": "Example",
	"address1": "1 Sample Street",
	"city": "Springfield",
	"zip": "12345",
	"country_code": "US",
}


def text(units: int, currency: str) -> str:
	"""Write minor units as Shopify writes money."""
	return f"{units * quantum(currency):.{minor_units(currency)}f}"


@st.composite
def lines(draw: st.DrawFn, currency: str, number: int) -> tuple[dict[str, Any], int, int]:
	"""Draw a line item. Return it with what it costs after discount and its tax, in minor units."""
	quantity = draw(st.integers(1, 60))
	price = draw(st.integers(0, 500_000))
	discount = draw(st.one_of(st.just(0), st.integers(0, price * quantity)))
	amount = price * quantity - discount
	tax = draw(st.one_of(st.just(0), st.integers(0, amount)))
	parts = draw(st.integers(0, discount))
	row = {
		"id": number + 1,
		"variant_id": draw(st.one_of(st.none(), st.just(9000 + number))),
		"product_id": 70 + number,
		"sku": f"SKU-{number % 5}",
		"title": f"Thing {number}",
		"quantity": quantity,
		"price": text(price, currency),
		"discount_allocations": draw(_discounts(discount, parts, currency)),
		"tax_lines": _taxes(tax, draw(st.sampled_from(("VAT", "GST"))), currency) or draw(st.sampled_from((None, []))),
	}
	return row, amount, tax


def _discounts(discount: int, part: int, currency: str) -> st.SearchStrategy[Any]:
	if not discount:
		return st.sampled_from((None, []))
	whole = [{"amount": text(discount, currency)}]
	split = [{"amount": text(part, currency)}, {"amount": text(discount - part, currency)}]
	return st.sampled_from((whole, split))


def _taxes(tax: int, title: str, currency: str) -> list[dict[str, Any]]:
	return [{"title": title, "rate": 0.2, "price": text(tax, currency)}] if tax else []


@st.composite
def shipping(draw: st.DrawFn, currency: str) -> tuple[list[dict[str, Any]], int, int]:
	"""Draw shipping lines. Return them with their price and their tax, in minor units."""
	price = draw(st.integers(0, 5_000))
	tax = draw(st.integers(0, price))
	if not draw(st.booleans()):
		return draw(st.sampled_from((None, []))), 0, 0
	row = {"id": 1, "title": "Standard", "price": text(price, currency), "tax_lines": _taxes(tax, "VAT", currency)}
	return [row], price, tax


@st.composite
def orders(draw: st.DrawFn, max_lines: int = 8) -> dict[str, Any]:
	"""Draw the payload of a live order whose figures agree."""
	currency = draw(st.sampled_from(CURRENCIES))
	included = draw(st.booleans())
	drawn = [draw(lines(currency, number)) for number in range(draw(st.integers(1, max_lines)))]
	shipping_lines, shipping_price, shipping_tax = draw(shipping(currency))
	subtotal = sum(amount for _row, amount, _tax in drawn)
	tax = sum(tax for _row, _amount, tax in drawn) + shipping_tax
	tip = draw(st.sampled_from((0, 0, 500)))
	loose = (
		draw(st.one_of(st.just(0), st.integers(0, min(subtotal - (tax if included else 0), subtotal))))
		if _may_be_loose(subtotal, tax, included)
		else 0
	)
	allocated = sum(int(_discount_of(row) / quantum(currency)) for row, _amount, _tax in drawn)
	total = subtotal - loose + shipping_price + tip + (0 if included else tax)
	return {
		"id": draw(st.integers(1, 2**63)),
		"name": "#1001",
		"created_at": "2026-11-20T10:00:00Z",
		"updated_at": "2026-11-20T10:00:00Z",
		"currency": currency,
		"taxes_included": included,
		"total_price": text(total, currency),
		"subtotal_price": text(subtotal - loose, currency),
		"total_tax": text(tax, currency),
		"total_discounts": text(allocated + loose, currency),
		"total_tip_received": text(tip, currency),
		"email": draw(st.sampled_from(("", "ada@example.com"))),
		"customer": draw(st.sampled_from((None, {}, {"id": 5, "first_name": "Ada", "email": "ada@example.com"}))),
		"billing_address": draw(st.sampled_from((None, {}, ADDRESS))),
		"shipping_address": draw(st.sampled_from((None, {}, ADDRESS))),
		"line_items": [row for row, _amount, _tax in drawn],
		"shipping_lines": shipping_lines,
		"refunds": draw(st.sampled_from((None, []))),
		"fulfillments": draw(st.sampled_from((None, []))),
	}


def _may_be_loose(subtotal: int, tax: int, included: bool) -> bool:
	return subtotal > (tax if included else 0)


def _discount_of(row: dict[str, Any]) -> Decimal:
	return sum((Decimal(share["amount"]) for share in row["discount_allocations"] or ()), Decimal(0))


def body(payload: Any) -> bytes:
	"""Write a payload as the bytes of a delivery."""
	return json.dumps(payload).encode()
