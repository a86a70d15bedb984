"""What the made-up shop sells, and what the store is told about it. Costs are valuation rates: TEE 4.00, MUG 2.00."""

from __future__ import annotations

from typing import Any

from .records import Ware

#: Items. The first two are stocked; SIX is a SKU that is a box of six TEEs.
TEE, MUG, SIX, CUSTOM, TIP, CARD, BATCHED, DISABLED = (
	"LIFE-TEE", "LIFE-MUG", "LIFE-SIX", "LIFE-CUSTOM", "LIFE-TIP", "LIFE-CARD", "LIFE-BATCHED",
	"LIFE-DISABLED",
)  # fmt: skip
COSTS = {TEE: "4.00", MUG: "2.00"}
#: The Customer of sales to nobody.
PASSER_BY = "Lifecycle Passer-by"


def tee(quantity: int = 1, price: str = "10.00", label: str = "l1", **more: Any) -> Ware:
	"""T-shirts: line `l1`."""
	return Ware(label, TEE, quantity, price, **more)


def mug(quantity: int = 1, price: str = "5.00", label: str = "l2", **more: Any) -> Ware:
	"""Mugs: line `l2`."""
	return Ware(label, MUG, quantity, price, **more)


def six(quantity: int = 1, price: str = "48.00", label: str = "l6", **more: Any) -> Ware:
	"""Boxes of six T-shirts."""
	return Ware(label, SIX, quantity, price, **more)


def custom(price: str = "3.50", quantity: int = 1, label: str = "c1", **more: Any) -> Ware:
	"""A custom line: no product, no SKU."""
	return Ware(label, "", quantity, price, kind="custom", **more)


def tip(price: str = "2.00", label: str = "tip") -> Ware:
	"""A tip."""
	return Ware(label, "", 1, price, kind="tip", taxable=False)


def card(price: str = "50.00", quantity: int = 1, label: str = "g1") -> Ware:
	"""Gift cards."""
	return Ware(label, "", quantity, price, kind="gift card", taxable=False)


def nobody_knows(price: str = "7.00", label: str = "x1") -> Ware:
	"""Something whose SKU belongs to no Item."""
	return Ware(label, "LIFE-NOBODY", 1, price)


#: Two TEEs and a MUG: 25.00. With freight "5.00": 30.00. What they cost the merchant: 2 × 4 + 2 = 10.00.
BASKET = (tee(2), mug(1))
PIECES = {TEE: 2, MUG: 1}
