"""Random lives of a customer, on both sides at once: what is settled stays settled, and nothing is lost silently."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.contract_suite.payloads import address, customer, new_id, order, send
from shopify_sync.core.policy import Authority
from tests.contract.embedded_bench import EmbeddedBench

NAMES = st.sampled_from(("Example", "Sample", "Hopper"))
PHONES = st.sampled_from(("", "+15550100001", "+1 555 010 0002"))
CITIES = st.sampled_from(("Springfield", "Newtown"))
HOMES = ("71", "72", "73")


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
	"""Draw how a customer looks in Shopify."""
	places = draw(st.lists(st.sampled_from(HOMES), unique=True, max_size=3))
	entries = [
		{**address(draw(NAMES), draw(CITIES)), "id": int(place), "phone": draw(PHONES), "default": number == 0}
		for number, place in enumerate(places)
	]
	return {
		"last_name": draw(NAMES),
		"phone": draw(PHONES),
		"tax_exempt": draw(st.booleans()),
		"default_address": entries[0] if entries else None,
		"addresses": entries,
	}


EDITS = st.one_of(
	st.tuples(st.just("Contact"), st.fixed_dictionaries({"last_name": NAMES})),
	st.tuples(st.just("Contact"), st.fixed_dictionaries({"mobile_no": PHONES})),
	st.tuples(st.just("Customer"), st.fixed_dictionaries({"customer_name": NAMES})),
	st.tuples(st.just("Address"), st.fixed_dictionaries({"city": CITIES})),
)
STEPS = st.one_of(
	st.tuples(st.just("shopify"), states()),
	st.tuples(st.just("erpnext"), EDITS),
	st.tuples(st.just("order"), st.tuples(NAMES, CITIES)),
	st.tuples(st.just("decide"), st.sampled_from(("Take Shopify's", "Keep ERPNext's"))),
)
RULES = st.dictionaries(st.sampled_from(("last_name", "mobile_no", "address", "customer_name")), st.sampled_from(Authority))


class Life:
	"""One customer in one store."""

	def __init__(self, bench: EmbeddedBench, rules: dict[str, Authority]) -> None:
		bench.set_up(field_authority=[{"field": name, "authority": str(rule)} for name, rule in rules.items()])
		self.bench = bench
		self.id = new_id()
		self.minute = 0
		self.state: dict[str, Any] = {}

	def shopify(self, state: dict[str, Any]) -> None:
		self.state = state
		self.minute += 1
		self.settle(send(self.bench, "customers/update", customer(self.id, self.minute, **state)))

	def order(self, what: tuple[str, str]) -> None:
		place = address(*what)
		person = customer(self.id, self.minute, **{**self.state, "addresses": []})
		payload = order(self.bench, new_id(), customer=person, billing_address=place, shipping_address=place)
		before = self.documents("Contact") + self.documents("Customer")
		places = self.documents("Address")
		self.settle(send(self.bench, "orders/create", payload))
		if before:
			assert self.documents("Contact") + self.documents("Customer") == before, "an order changed a person"
		assert [row for row in places if row not in self.documents("Address")] == [], "an order changed an Address"

	def erpnext(self, edit: tuple[str, dict[str, str]]) -> None:
		doctype, values = edit
		for document in self.bench.documents(doctype)[:1]:
			self.bench.let_pass(60)
			self.bench.edit(doctype, document.name, **values)

	def decide(self, resolution: str) -> None:
		for conflict in self.bench.conflicts():
			if conflict.status == "Open":
				self.bench.resolve(conflict, resolution, "operator")
				self.bench.drain()
				again = next(row for row in self.bench.conflicts() if row.field == conflict.field)
				stale = self.current(conflict.field) != conflict.erpnext and again.status == "Open"
				assert again.status == "Resolved" or stale, "what was decided is settled, unless a side changed since"

	def current(self, field: str) -> str | None:
		for doctype in ("Contact", "Customer"):
			for document in self.bench.documents(doctype):
				if field in document.values:
					return str(document.values[field] or "")
		return None

	def settle(self, name: str) -> None:
		"""Carry an event out, and once more: the second time there is nothing left to do."""
		self.bench.drain()
		event = self.bench.event(name)
		assert event.status in ("Applied", "No Change", "Conflict"), event
		everything = [self.documents(doctype) for doctype in ("Customer", "Contact", "Address", "Sales Order")]
		self.bench.retry(name, "operator")
		self.bench.drain()
		again = self.bench.event(name)
		assert again.status in ("No Change", "Conflict"), again
		assert (again.status == "Conflict") == (event.status == "Conflict"), (event, again)
		assert everything == [self.documents(doctype) for doctype in ("Customer", "Contact", "Address", "Sales Order")]
		self.check()

	def documents(self, doctype: str) -> list[Any]:
		return [(row.name, row.key, dict(row.values)) for row in self.bench.documents(doctype)]

	def check(self) -> None:
		assert len(self.bench.documents("Customer")) <= 1
		assert len(self.bench.documents("Contact")) <= 1
		keys = [row.key for row in self.bench.documents("Address")]
		assert len(set(keys)) == len(keys)
		for row in self.bench.documents("Contact"):
			assert sum(bool(one.get("is_primary")) for one in row.values.get("email_ids") or ()) <= 1
			phones = [one["phone"] for one in row.values.get("phone_nos") or ()]
			assert len(set(phones)) == len(phones), "a number stands there twice"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=states(), steps=st.lists(STEPS, max_size=8), rules=RULES)
def test_any_life_of_a_customer(first: dict[str, Any], steps: list[tuple[str, Any]], rules: dict[str, Authority]) -> None:
	with tempfile.TemporaryDirectory() as folder:
		bench = EmbeddedBench(Path(folder))
		try:
			life = Life(bench, rules)
			life.shopify(first)
			for what, value in steps:
				getattr(life, what)(value)
		finally:
			bench.close()
