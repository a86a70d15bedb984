"""What is held and released ends as if nothing had been held: the same days with holds and without, side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.simulation import story
from shopify_sync.simulation.embedded import world
from shopify_sync.simulation.facts import Facts
from shopify_sync.simulation.invariants import Moment, World
from shopify_sync.simulation.profiles import PROFILES

#: Nothing goes wrong; operators do much, of which only the holds are kept.
PROFILE = replace(PROFILES["calm"], operator_acts=(80, 120), gap=0.0)
HOLDS = ("hold", "release")


def lived(seed: int, *, holds: bool) -> tuple[Counter[str], dict[str, Any]]:
	"""Return what happened on the days of *seed*, on which only the shop and who holds do anything, and what is booked in the end."""
	told = story.write(seed, PROFILE)
	kept = {one.number for one in told.intents if one.actor == "shop" or (holds and one.action in HOLDS)}
	seen: list[World] = []
	result = world.run(seed, told.only(frozenset(kept)), PROFILE, seen.append)
	assert not result.violations, "\n".join(map(str, result.violations))
	assert seen[-1].moment is Moment.RECONCILED
	return result.counts, booked(seen[-1])


def booked(seen: World) -> dict[str, Any]:
	"""Return what ERPNext has of each order and customer, every Bin, and every level of the shops."""
	found: dict[str, dict[Any, Any]] = {}
	facts = seen.facts
	cancelled = {id for shop in seen.shops for id, order in shop.orders.all.items() if order.cancelled_at}
	for link in facts.links:
		if link.split("/")[1] == "order":
			found[link] = _order(facts, link)
			if link.split("/")[2] in cancelled:
				# What is cancelled before it was booked is not booked at all: money that came and went is neither.
				found[link]["paid"] = sum(found[link]["paid"].values())
		elif link.split("/")[1] == "customer":
			found[link] = _customer(facts, link)
	found["stock"] = dict(facts.stock)
	for shop in seen.shops:
		found[shop.name] = {place: level.on_hand for place, level in shop.inventory.levels.items()}
	return found


def _order(facts: Facts, key: str) -> dict[str, Any]:
	books: dict[str, Any] = {"billed": Decimal(0), "paid": {}, "sent": Counter()}
	for one in facts.documents:
		if one.docstatus != 1 or not (one.key or "").startswith(f"{key}/"):
			continue
		if one.doctype == "Sales Invoice":
			books["billed"] += Decimal(str(one.values["grand_total"]))
		elif one.doctype == "Payment Entry":
			sign = 1 if one.values["payment_type"] == "Receive" else -1
			books["paid"][one.values["reference_no"]] = sign * Decimal(str(one.values["paid_amount"]))
		elif one.doctype == "Delivery Note":
			for row in one.values["items"]:
				books["sent"][row["shopify_line_item_id"]] += Decimal(str(row["qty"]))
	books["sent"] = {line: pieces for line, pieces in books["sent"].items() if pieces}
	return books


def _customer(facts: Facts, key: str) -> dict[str, Any]:
	contact = facts.live("Contact", key.replace("/customer/", "/contact/"))
	fields = ("first_name", "last_name", "email_id", "mobile_no")
	return {
		"name": [one.values["customer_name"] for one in facts.live("Customer", key)],
		"contact": [{field: one.values.get(field) for field in fields} for one in contact],
	}


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_is_held_and_released_ends_as_if_it_had_not_been(seed: int) -> None:
	counts, held = lived(seed, holds=True)
	assert counts["act.operator hold"] and counts["held"], "nothing was held on these days"
	_counts, plain = lived(seed, holds=False)
	assert held == plain
