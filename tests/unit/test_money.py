"""Money: amounts split into quantities times rates lose nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.money import is_exact, minor_units, quantum, split_rate

CURRENCIES = st.sampled_from(("USD", "EUR", "JPY", "KWD"))


@given(st.integers(-(10**12), 10**12), st.integers(1, 10_000), CURRENCIES)
def test_split_rate_comes_back_exactly_in_at_most_two_rows(units: int, quantity: int, currency: str) -> None:
	amount = units * quantum(currency)
	rows = split_rate(amount, quantity, currency)
	assert sum(pieces * rate for pieces, rate in rows) == amount
	assert sum(pieces for pieces, _rate in rows) == quantity
	assert len(rows) <= 2
	assert all(pieces > 0 and is_exact(rate, currency) for pieces, rate in rows)
	assert [rate for _pieces, rate in rows] == sorted((rate for _pieces, rate in rows), reverse=True)
	assert rows[0][1] - rows[-1][1] <= quantum(currency)


def test_split_rate_of_the_example_in_its_docstring() -> None:
	assert split_rate(Decimal("29.00"), 3, "USD") == [(2, Decimal("9.67")), (1, Decimal("9.66"))]


@pytest.mark.parametrize(("amount", "quantity", "complaint"), [("1.005", 1, "more decimals"), ("1.00", 0, "at least 1")])
def test_split_rate_refuses_what_cannot_be_exact(amount: str, quantity: int, complaint: str) -> None:
	with pytest.raises(ValueError, match=complaint):
		split_rate(Decimal(amount), quantity, "USD")


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("jpy", 0), ("KWD", 3), ("KRW", 0), ("TND", 3), ("XYZ", 2)])
def test_minor_units(currency: str, digits: int) -> None:
	assert minor_units(currency) == digits
	assert quantum(currency) == Decimal(1).scaleb(-digits)
