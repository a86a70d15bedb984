"""What Shopify does not have any more: customers that are forgotten, and what was found of records that are deleted since."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.customers import GONE
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.shop.records import Customer
from tests.reconciliation.ground import DRY, HEAL, Agreeing


def forgotten(store: Agreeing, customer: Customer) -> None:
	"""Tell that a customer asked to be forgotten."""
	request = {
		"customer": {"id": int(customer.id), "email": customer.email},
		"orders_to_redact": [],
		"shop_domain": store.shop.domain,
	}
	store._deliver("customers/redact", request)
	store.settle()


def known(store: Agreeing) -> Customer:
	"""Return a customer that both sides have."""
	made = store.shop.customers.create(first_name="Ada", last_name="Example", email="a@example.com")
	store.tell_customer(made)
	assert store.reconcile(DRY).found == {}
	return made


def test_a_customer_whose_documents_were_blanked_on_request_does_not_differ(tmp_path: Path) -> None:
	store = Agreeing(tmp_path, redact_documents=True)
	forgotten(store, known(store))
	run = store.reconcile(HEAL)
	assert (run.found, store.signals()) == ({}, [])
	assert run.tallies[keys.CUSTOMER].left_out == {GONE: 1}


def test_nor_one_that_shopify_has_blanked_while_erpnext_keeps_it(tmp_path: Path) -> None:
	store = Agreeing(tmp_path)
	customer = known(store)
	forgotten(store, customer)
	with store.shop.silently():
		store.later(lambda: store.shop.customers.update(customer.id, first_name="", last_name="", email=""))
	assert store.reconcile(HEAL).found == {}


@pytest.mark.parametrize("page", [1, 20])
def test_what_was_found_of_a_record_is_over_when_shopify_has_it_no_more(
	page: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(Agreeing, "reader", lambda self: ShopReader(self.shop, page=page))
	store = Agreeing(tmp_path)
	changed = known(store)
	orders = [store.sold(told=False, email=None) for _order in range(2)]
	unknown = store.shop.customers.create(first_name="Bo", email="b@example.com")
	with store.shop.silently():
		store.later(lambda: store.shop.customers.update(changed.id, first_name="Augusta"))
	assert store.reconcile(DRY).found == {"Missing in ERPNext": 3, "Customer": 2}
	with store.shop.silently():
		store.shop.orders.delete(orders[0].id)
		store.shop.customers.delete(unknown.id)
		store.shop.customers.delete(changed.id)
	store.pass_time(3600)
	run = store.reconcile(DRY)
	assert run.found == {"Missing in ERPNext": 1}, store.open()
	assert [(one.finding.shopify_id, str(one.state)) for one in store.discrepancies() if one.state == "Open"] == [
		(orders[1].id, "Open")
	]
