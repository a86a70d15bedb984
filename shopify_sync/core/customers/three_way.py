"""The three-way merge of one value: what Shopify says, what ERPNext says, what both last agreed on, and whose word counts."""

from __future__ import annotations

from ..enums import StrEnum
from ..policy import Authority


class Verdict(StrEnum):
	"""What becomes of a value that both sides have."""

	#: Both say the same.
	AGREED = "agreed"
	#: Shopify's is written to ERPNext.
	TAKE = "take Shopify's"
	#: ERPNext's stays; Shopify has not said anything new.
	KEEP = "keep ERPNext's"
	#: ERPNext's stays although Shopify says something new: recorded.
	REFUSE = "refuse Shopify's"
	#: Nothing is written; a person decides.
	CONFLICT = "conflict"


def judge(base: str | None, shopify: str, erpnext: str, authority: Authority | None, shopify_is_newer: bool | None) -> Verdict:
	"""Return what becomes of a value.

	:param base: what both sides last agreed on, or what Shopify said when it was last decided; None: they never have.
	:param shopify_is_newer: whether Shopify's change came after ERPNext's; None when nobody knows.
	"""
	if shopify == erpnext:
		return Verdict.AGREED
	if authority is Authority.SHOPIFY:
		return Verdict.TAKE
	if authority is Authority.ERPNEXT:
		return Verdict.KEEP if base == shopify else Verdict.REFUSE
	if base is None:
		return _never_agreed(shopify, erpnext, authority, shopify_is_newer)
	if erpnext == base:
		return Verdict.TAKE
	if shopify == base:
		return Verdict.KEEP
	return _newest(shopify_is_newer) if authority is Authority.NEWEST else Verdict.CONFLICT


def _never_agreed(shopify: str, erpnext: str, authority: Authority | None, shopify_is_newer: bool | None) -> Verdict:
	"""Return what becomes of the fields of a Customer that was in ERPNext before Shopify's was linked to it."""
	if not erpnext:
		return Verdict.TAKE
	if not shopify:
		return Verdict.KEEP
	if authority is Authority.NEWEST:
		return _newest(shopify_is_newer)
	return Verdict.CONFLICT if authority is Authority.REVIEW else Verdict.REFUSE


def _newest(shopify_is_newer: bool | None) -> Verdict:
	if shopify_is_newer is None:
		return Verdict.CONFLICT
	return Verdict.TAKE if shopify_is_newer else Verdict.REFUSE


def base_after(verdict: Verdict, base: str | None, shopify: str) -> str | None:
	"""Return what the next merge compares with: a conflict is still open, everything else is settled."""
	return base if verdict is Verdict.CONFLICT else shopify
