"""Amounts of tax by title and rate, added and taken off."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..money import ZERO

#: A tax of an order: title and rate (a fraction).
TaxKey = tuple[str, Decimal]


def added(*sums: Mapping[TaxKey, Decimal]) -> dict[TaxKey, Decimal]:
	"""Return what *sums* come to, tax by tax."""
	found: dict[TaxKey, Decimal] = {}
	for taxes in sums:
		for key, amount in taxes.items():
			found[key] = found.get(key, ZERO) + amount
	return found


def negated(taxes: Mapping[TaxKey, Decimal]) -> dict[TaxKey, Decimal]:
	"""Return the same amounts with the other sign."""
	return {key: -amount for key, amount in taxes.items()}


def minus(taxes: Mapping[TaxKey, Decimal], off: Mapping[TaxKey, Decimal]) -> dict[TaxKey, Decimal]:
	"""Return *taxes* less *off*, tax by tax."""
	return added(taxes, negated(off))
