"""The table: every case, in the order in which it is best read."""

from __future__ import annotations

from dataclasses import replace

from ..case import Case
from . import (
	buyers,
	cancellations,
	currencies,
	edits,
	fulfillments,
	gift_cards,
	payments,
	peers,
	prices_taxes,
	refunds,
	refusals,
	states,
)

_SUBJECTS = (
	states,
	payments,
	gift_cards,
	refunds,
	cancellations,
	edits,
	fulfillments,
	prices_taxes,
	currencies,
	buyers,
	refusals,
	peers,
)

CASES: tuple[Case, ...] = tuple(
	replace(case, name=f"{subject.__name__.rpartition('.')[2].replace('_', ' ')}: {case.name}")
	for subject in _SUBJECTS
	for case in subject.CASES
)
