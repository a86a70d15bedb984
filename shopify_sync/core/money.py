"""Money as Decimal: the quantum of each currency, and lines whose rate times quantity is exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

# ISO 4217 minor units that are not 2 (https://www.iso.org/iso-4217-currency-codes.html).
_MINOR_UNITS = {
	**dict.fromkeys(
		(
			"BIF",
			"CLP",
			"DJF",
			"GNF",
			"ISK",
			"JPY",
			"KMF",
			"KRW",
			"PYG",
			"RWF",
			"UGX",
			"UYI",
			"VND",
			"VUV",
			"XAF",
			"XOF",
			"XPF",
		),
		0,
	),
	**dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_units(currency: str) -> int:
	"""Return the number of decimals of *currency* (ISO 4217 code): 0 for JPY, 3 for KWD, 2 for most."""
	return _MINOR_UNITS.get(currency.upper(), 2)


def quantum(currency: str) -> Decimal:
	"""Return the smallest amount of *currency*: ``Decimal('0.01')`` for USD, ``Decimal('1')`` for JPY."""
	return Decimal(1).scaleb(-minor_units(currency))


def is_exact(amount: Decimal, currency: str) -> bool:
	"""Tell whether *amount* can be written in whole minor units of *currency*."""
	return amount % quantum(currency) == 0


def split_rate(amount: Decimal, quantity: int, currency: str) -> list[tuple[int, Decimal]]:
	"""Write *amount* as quantities times rates of whole minor units, so that nothing is lost in rounding.

	ERPNext rounds the rate of a row to the currency's precision and multiplies by the quantity, so 29.00 for three
	pieces cannot be one row (9.67 x 3 = 29.01). It becomes two: 2 x 9.67 and 1 x 9.66. At most two rows come out,
	the larger rate first.

	:param amount: what the rows must add up to, in *currency*; a whole number of minor units.
	:param quantity: pieces, at least 1.
	:raises ValueError: when the amount has a fraction of a minor unit or the quantity is below 1.
	"""
	if quantity < 1:
		raise ValueError(f"quantity must be at least 1, not {quantity}")
	if not is_exact(amount, currency):
		raise ValueError(f"{amount} has more decimals than {currency} allows")
	unit = quantum(currency)
	low_units, dearer = divmod(int(amount / unit), quantity)
	rows = [(dearer, (low_units + 1) * unit), (quantity - dearer, low_units * unit)]
	return [(pieces, rate) for pieces, rate in rows if pieces]


def part(amount: Decimal, pieces: int, of: int, currency: str) -> Decimal:
	"""Return the share of *pieces* out of *of* in *amount*, in whole minor units, half up; all of them get all of it."""
	if pieces == of:
		return amount
	return (amount * pieces / of).quantize(quantum(currency), ROUND_HALF_UP)


def split_by(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
	"""Split *amount* in proportion to *weights*, in whole minor units that add up to it exactly (largest remainders first).

	Without any weight the first share takes all.
	"""
	whole = sum(weights, ZERO)
	if not weights:
		return []
	if not whole:
		return [amount, *(ZERO for _weight in weights[1:])]
	unit = quantum(currency)
	exact_shares = [amount * weight / whole for weight in weights]
	shares = [(share / unit).to_integral_value(ROUND_FLOOR) * unit for share in exact_shares]
	left = int((amount - sum(shares, ZERO)) / unit)
	by_remainder = sorted(range(len(shares)), key=lambda place: (shares[place] - exact_shares[place], place))
	for place in by_remainder[:left]:
		shares[place] += unit
	return shares


def total(amounts: Iterable[Decimal]) -> Decimal:
	"""Add up *amounts*; an empty sum is Decimal zero, never int."""
	return sum(amounts, ZERO)


def plain(amount: Decimal) -> str:
	"""Write *amount* without an exponent, for messages and JSON."""
	return format(amount, "f")
