"""The checksum of an order's figures: equal on both sides exactly when nothing is found by looking at them one by one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.reconciliation.orders import Comparison, Figures, differences

NAMES = st.sampled_from(("1", "2", "3"))
#: Few values, so that the sides often agree; with zeros of several spellings.
AMOUNTS = st.sampled_from(("0", "0.00", "1", "1.00", "1.0", "2.50", "2.5", "-1", "100", "1E+2")).map(Decimal)
ITEMS = st.sampled_from(("TEE", "MUG"))


@st.composite
def sides(draw: st.DrawFn) -> tuple[Figures, Figures]:
	"""Draw both sides of an order: of what is compared, both say something; of what is not, neither does."""
	lines = draw(st.sets(NAMES))
	if not draw(st.booleans()):
		return Figures(draw(st.booleans()), "USD"), Figures(False)
	has_total, has_taxes, has_lines, has_sent = (draw(st.booleans()) for _one in range(4))

	def side() -> Figures:
		amounts = st.dictionaries(NAMES, AMOUNTS)
		return Figures(
			live=True,
			currency=draw(st.sampled_from(("USD", "EUR"))),
			total=draw(AMOUNTS) if has_total else None,
			taxes=draw(AMOUNTS) if has_taxes else None,
			lines=draw(amounts) if has_lines else None,
			sent=draw(amounts) if has_sent else None,
			paid=draw(amounts),
			refunded=draw(amounts),
			items={line: draw(ITEMS) for line in lines},
		)

	first = side()
	return (first, first) if draw(st.booleans()) else (first, side())


@given(sides())
def test_checksums_are_equal_exactly_when_nothing_differs(both: tuple[Figures, Figures]) -> None:
	shopify, erpnext = both
	if not shopify.live and not erpnext.live:
		shopify = erpnext
	comparison = Comparison("", shopify, erpnext)
	assert comparison.agrees == (not list(differences(comparison)))


@given(st.dictionaries(NAMES, AMOUNTS))
def test_a_checksum_does_not_depend_on_how_numbers_are_spelled_or_sorted(paid: dict[str, Decimal]) -> None:
	plain = Figures(True, "USD", total=Decimal("10"), paid=paid)
	spelled = {name: paid[name] * Decimal("1.000") for name in sorted(paid, reverse=True)}
	assert Figures(True, "USD", total=Decimal("10.00"), paid=spelled).checksum == plain.checksum


@given(sides())
def test_amounts_are_erpnext_s_less_shopify_s(both: tuple[Figures, Figures]) -> None:
	for one in differences(Comparison("", *both)):
		if one.amount is not None:
			assert one.amount == Decimal(one.erpnext) - Decimal(one.shopify) != 0
