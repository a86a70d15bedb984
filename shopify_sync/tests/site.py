"""What site tests stand on: a store with its mappings, Items, deliveries as Shopify signs them, and a clean ledger."""

from __future__ import annotations

import json
from typing import Any

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.core.receiving import Answer, receive, sign
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.wake import begin, push_slot_names, slot_names
from shopify_sync.simulation.site.workers import forget_calls

from . import store_rows

SECRET = "test-secret-of-a-test-store"
LOCATION = "655441491"


def company() -> str:
	"""Return the site's company; a test site has one (setup wizard)."""
	return frappe.db.get_value("Company", {}, "name", order_by="creation")


def make_store(name: str = "test-store", **values: Any) -> Any:
	"""Create the store anew, with everything mapped, or as *values* say; commits."""
	if frappe.db.exists("Shopify Store", name):
		clear_store(name)
	if not values and store_rows.put_back(name):
		frappe.db.commit()
		return frappe.get_doc("Shopify Store", name)
	abbr, currency = frappe.db.get_value("Company", company(), ["abbr", "default_currency"])
	frappe.delete_doc("Shopify Store", name, force=True, ignore_missing=True)
	account = tax_account()
	defaults = {
		"doctype": "Shopify Store",
		"store_name": name,
		"shop_domain": f"{name}.myshopify.com",
		"company": company(),
		"client_secret": SECRET,
		"order_prefix": f"{name}-",
		"selling_price_list": _price_list(currency),
		"default_warehouse": f"Stores - {abbr}",
		"tax_category": "Shopify",
		"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}),
		"territory": frappe.db.get_value("Territory", {"is_group": 0}),
		"default_tax_account": account,
		"shipping_account": account,
		"custom_line_item": make_item("CUSTOM-LINE", is_stock_item=0),
		"tip_item": make_item("TIP", is_stock_item=0),
		"gift_card_item": make_item("GIFT-CARD", is_stock_item=0),
		"location_mapping": [
			{
				"location_id": LOCATION,
				"warehouse": f"Stores - {abbr}",
				"direction": "Shopify → ERPNext",
				"valuation_rule": "Fixed rate",
				"fixed_rate": 7,
			}
		],
	}
	doc = frappe.get_doc({**defaults, **values}).insert(ignore_permissions=True)
	if not values:
		store_rows.keep(name)
	frappe.db.commit()
	return doc


def tax_account() -> str:
	"""Return an account that tax and shipping may be booked on."""
	return frappe.db.get_value("Account", {"company": company(), "account_type": "Tax", "is_group": 0}) or frappe.db.get_value(
		"Account", {"company": company(), "root_type": "Liability", "is_group": 0, "account_type": ("is", "not set")}
	)


def difference_account() -> str:
	"""Return the account that a Stock Reconciliation of the site takes, the very first one included."""
	from erpnext.stock.doctype.stock_reconciliation.stock_reconciliation import get_difference_account

	first = not frappe.db.exists("Stock Ledger Entry", {})
	return get_difference_account("Opening Stock" if first else "Stock Reconciliation", company())


def _price_list(currency: str) -> str:
	found = frappe.db.get_value("Price List", {"selling": 1, "enabled": 1, "currency": currency})
	return found or frappe.db.get_value("Price List", {"selling": 1, "enabled": 1})


def make_item(code: str, **values: Any) -> str:
	"""Make sure that an Item exists; return its code."""
	if not frappe.db.exists("Item", code):
		group = frappe.db.get_value("Item Group", {"is_group": 0})
		doc = {"doctype": "Item", "item_code": code, "item_name": code, "item_group": group, "stock_uom": "Nos", **values}
		frappe.get_doc(doc).insert(ignore_permissions=True)
		frappe.db.commit()
	return code


def keep_workers_away() -> None:
	"""Take all slots, so that no worker of the site carries out what a test is about to; until `let_workers_in`, or the process ends."""
	for name in (*slot_names(), *push_slot_names("test-store")):
		frappe.db.sql("DO GET_LOCK(%s, 60)", (name,))
	# What deleting a store leaves in Frappe's queue is worked off by nobody meanwhile; version 16 refuses beyond some 500 jobs.
	frappe.conf.max_queued_jobs = 1_000_000


def let_workers_in() -> None:
	"""Give the slots back. Nobody answered the calls that went out meanwhile: hundreds would keep the next test's one worker busy."""
	forget_calls()
	for name in (*slot_names(), *push_slot_names("test-store")):
		frappe.db.sql("DO RELEASE_LOCK(%s)", (name,))


def clear_store(name: str) -> None:
	"""Remove the ledger and the links of a store; ERPNext's documents keep their keys, so tests use fresh ids."""
	frappe.db.commit()  # what workers did meanwhile is seen, or it could not be removed
	events = frappe.get_all("Sync Event", filters={"store": name}, pluck="name")
	if events:
		frappe.db.delete("Sync Attempt", {"event": ("in", events)})
	frappe.db.delete("Sync Event", {"store": name})
	frappe.db.delete("Shopify Link", {"store": name})
	frappe.db.delete("Sync Conflict", {"store": name})
	frappe.db.delete("Sync Operation", {"store": name})
	frappe.db.delete("Sync Hold", {"store": name})
	frappe.db.commit()


def deliver(
	payload: dict | bytes,
	topic: str,
	*,
	webhook_id: str | None = None,
	store: str = "test-store",
	secret: str = SECRET,
	**headers: str,
) -> Answer:
	"""Hand a signed delivery to the receiving path, as the endpoint does after the HTTP part."""
	body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
	return receive(
		signed_headers(body, topic, webhook_id=webhook_id, store=store, secret=secret, **headers).items(), body, FrappeHost()
	)


def signed_headers(
	body: bytes, topic: str, *, webhook_id: str | None = None, store: str = "test-store", secret: str = SECRET, **more: str
) -> dict[str, str]:
	"""Return the headers that Shopify sends with *body*."""
	return {
		"Content-Type": "application/json",
		"X-Shopify-Topic": topic,
		"X-Shopify-Hmac-Sha256": sign(secret, body),
		"X-Shopify-Shop-Domain": f"{store}.myshopify.com",
		"X-Shopify-API-Version": "2026-07",
		"X-Shopify-Webhook-Id": webhook_id or frappe.generate_hash(length=20),
		**{name.replace("_", "-"): value for name, value in more.items()},
	}


def drain() -> int:
	"""Carry out everything that is due, in this process."""
	begin()
	with read_committed():
		return Engine(FrappeHost()).drain()


def fresh_id() -> int:
	"""Return an id that no earlier test used: keys of documents are unique for good."""
	return int(frappe.generate_hash(length=12), 16) + 10**15


def event(name: str) -> Any:
	"""Return a Sync Event's row as it is committed."""
	frappe.db.rollback()
	return frappe.db.get_value("Sync Event", name, "*", as_dict=True)
