"""Shopify Store as the rules see it (`StorePolicy`) and as the receiving path sees it (`Gate`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import cint, get_system_timezone, getdate, now

from shopify_sync.core.holds import Hold
from shopify_sync.core.orders.fields import NOTE_ATTRIBUTE
from shopify_sync.core.policy import (
	Authority,
	BatchRule,
	BookedMoney,
	BundleStock,
	CustomerMerge,
	Direction,
	Drift,
	FieldAuthority,
	FulfillmentLocation,
	FulfillmentSide,
	GatewayRule,
	GuestPolicy,
	InvoiceNaming,
	ItemMatching,
	LocationRule,
	MatchBy,
	MatchingRule,
	Mode,
	NotStocked,
	OrderOutcome,
	PostingDate,
	ReturnPush,
	StateRule,
	StockExclusion,
	StorePolicy,
	TaxRule,
	ValuationRule,
	VariantsAs,
)
from shopify_sync.core.receiving import Gate

from . import remembered, secret_fields
from .refusals import log_refusal

_SECRETS = ("client_secret", "previous_client_secret")
#: Kept in the process, never in Redis: decrypted secrets. Valid for one `modified` of the store.
_gates: dict[tuple[str, str], tuple[Any, Gate]] = {}
_policies: dict[tuple[str, str], tuple[Any, StorePolicy]] = {}
#: By site and store: what the settings take from elsewhere, as they were built with it.
_around: dict[tuple[str, str], tuple[Any, ...]] = {}
#: By site and store: the names of the active holds, and what they say.
_holds: dict[tuple[str, str], tuple[str, tuple[Hold, ...]]] = {}
#: In `frappe.local`, by store: what :func:`policy` found last. A worker's pusher, and the web server's requests, have threads.
_OF_ATTEMPT = "shopify_sync_policies"
_NOW = """SELECT store.modified, (SELECT GROUP_CONCAT(held.name ORDER BY held.name) FROM `tabSync Hold` held
WHERE held.store = store.name AND held.released_at IS NULL), company.default_currency, company.round_off_account,
(SELECT value FROM tabSingles WHERE doctype = 'System Settings' AND field = 'time_zone')
FROM `tabShopify Store` store LEFT JOIN tabCompany company ON company.name = store.company WHERE store.name = %s"""


def gate(shop_domain: str) -> Gate | None:
	"""Return the gate of the enabled or disabled store with this domain, or None. One indexed query."""
	rows = frappe.db.sql(
		"SELECT name, enabled, modified, max_body_mb FROM `tabShopify Store` WHERE shop_domain = %s", (shop_domain,), as_dict=True
	)
	if not rows:
		return None
	row = rows[0]
	known = _gates.get((frappe.local.site, row.name))
	if known and known[0] == row.modified:
		return known[1]
	# In this order, blank or not: the first one is the current one.
	limit = (cint(row.max_body_mb) or 10) * 1024 * 1024
	try:
		secrets = tuple(secret_fields.read("Shopify Store", row.name, field) for field in _SECRETS)
	except secret_fields.Unreadable:
		# Not remembered: once the key is back it can be read, and nobody saves the store then.
		log_refusal("its client secret cannot be read with the site's encryption_key", shop_domain)
		return Gate(row.name, bool(row.enabled), (), limit)
	made = Gate(row.name, bool(row.enabled), secrets, limit)
	_gates[(frappe.local.site, row.name)] = (row.modified, made)
	return made


def policy(store: str) -> StorePolicy:
	"""Return the store's settings as they are in the database now, with what people hold.

	Built again only when the store was saved since, its company or the site's time zone changed, or something else is held. One
	statement.

	:raises frappe.DoesNotExistError: when there is no such store.
	"""
	rows = frappe.db.sql(_NOW, (store,))
	if not rows:
		raise frappe.DoesNotExistError(f"There is no Shopify Store {store}.")
	modified, held, *around = rows[0]
	key = (frappe.local.site, store)
	if _around.get(key) != tuple(around):
		_policies.pop(key, None)
		_around[key] = tuple(around)
	made = of(store, modified)
	setattr(frappe.local, _OF_ATTEMPT, {**getattr(frappe.local, _OF_ATTEMPT, {}), store: made})
	return replace(made, holds=_holds_of(store, held)) if held else made


def _holds_of(store: str, held: str) -> tuple[Hold, ...]:
	"""Return the holds with these names (joined by commas), which say the same for as long as they are active."""
	key = (frappe.local.site, store)
	if key not in _holds or _holds[key][0] != held:
		from .operations.holds import of_names  # which asks the policy's event log

		_holds[key] = (held, of_names(held.split(",")))
	return _holds[key][1]


def of(store: str, modified: Any) -> StorePolicy:
	"""Return the settings of a store that was last saved at *modified*, for who has just read that with something else."""
	known = _policies.get((frappe.local.site, store))
	if known and known[0] == modified:
		return known[1]
	made = _build(frappe.get_doc("Shopify Store", store))
	remembered.definitions_changed()
	_policies[(frappe.local.site, store)] = (modified, made)
	return made


def renamed(doctype: str, name: str) -> list[str]:
	"""Have the settings of the stores that name a record built again, which Frappe renamed in them without saving them.

	:param name: as it is now. Returns the stores. In the running transaction, as the renaming is.
	"""
	stores = _stores_that_name(doctype, name)
	for store in stores:
		# What is kept of a store, in every process, is good for one `modified`.
		frappe.db.set_value("Shopify Store", store, "modified", now(), update_modified=False)
	return stores


def _stores_that_name(doctype: str, name: str) -> list[str]:
	"""Return the stores with a Link to a record, in a field of their own or in a row of their tables."""
	meta = frappe.get_meta("Shopify Store")
	found: set[str] = set()
	for field in meta.get("fields", {"fieldtype": "Link", "options": doctype}):
		found.update(frappe.get_all("Shopify Store", {field.fieldname: name}, pluck="name"))
	for table in meta.get_table_fields():
		for field in frappe.get_meta(table.options).get("fields", {"fieldtype": "Link", "options": doctype}):
			filters = {field.fieldname: name, "parenttype": "Shopify Store"}
			found.update(frappe.get_all(table.options, filters, pluck="parent"))
	return sorted(found)


def as_of_attempt(store: str) -> StorePolicy:
	"""Return the settings as :func:`policy` last found them in this thread, without asking again: an attempt sees one state."""
	known: StorePolicy | None = getattr(frappe.local, _OF_ATTEMPT, {}).get(store)
	return known or policy(store)


def _build(doc: Any) -> StorePolicy:
	currency = frappe.db.get_value("Company", doc.company, "default_currency")
	return StorePolicy(
		store=doc.name,
		company=doc.company,
		company_currency=currency or "",
		time_zone=frappe.db.get_single_value("System Settings", "time_zone", cache=False) or get_system_timezone(),
		# What a disabled store had recorded waits, as for a paused one.
		mode=Mode(doc.mode) if doc.enabled else Mode.PAUSED,
		sync_orders=bool(doc.sync_orders),
		sync_customers=bool(doc.sync_customers),
		sync_inventory=bool(doc.sync_inventory),
		sync_products=bool(doc.sync_products),
		sync_barcodes=bool(doc.sync_barcodes),
		create_items=bool(doc.create_items),
		item_group=doc.item_group or None,
		stock_uom=doc.stock_uom or "Nos",
		variants_as=VariantsAs(doc.variants_as or VariantsAs.TEMPLATE),
		sync_prices=bool(doc.sync_prices),
		item_price_list=doc.item_price_list or None,
		shop_currency=doc.shop_currency or currency or "",
		stock_posting_date=PostingDate(doc.stock_posting_date or PostingDate.RECEIVED),
		order_prefix=doc.order_prefix or "",
		price_list=doc.selling_price_list or None,
		default_warehouse=doc.default_warehouse or None,
		cost_center=doc.cost_center or None,
		delivery_days=cint(doc.delivery_days),
		tax_category=doc.tax_category or None,
		item_matching=ItemMatching(doc.item_matching),
		custom_line_item=doc.custom_line_item or None,
		tip_item=doc.tip_item or None,
		gift_card_item=doc.gift_card_item or None,
		rounding_tolerance=_decimal(doc.rounding_tolerance) or Decimal(0),
		matching_rules=tuple(MatchingRule(MatchBy(row.match_by)) for row in doc.matching_rules),
		field_authority=tuple(FieldAuthority(row.field, Authority(row.authority)) for row in doc.field_authority),
		customer_merge=CustomerMerge(doc.customer_merge or CustomerMerge.REVIEW),
		redact_documents=bool(doc.redact_documents),
		guest_policy=GuestPolicy(doc.guest_policy),
		guest_customer=doc.guest_customer or None,
		customer_group=doc.customer_group or None,
		territory=doc.territory or None,
		default_tax_account=doc.default_tax_account or None,
		tax_rules=tuple(TaxRule(row.tax_title, _decimal(row.rate), row.account) for row in doc.tax_mapping),
		shipping_account=doc.shipping_account or None,
		shipping_rules=tuple((row.shipping_title, row.account) for row in doc.shipping_mapping),
		locations=_locations(doc.location_mapping),
		stock_exclusions=tuple(_exclusion(row) for row in doc.stock_exclusions),
		bundle_stock=BundleStock(doc.bundle_stock or BundleStock.COMPONENTS),
		not_stocked=NotStocked(doc.not_stocked or NotStocked.ACTIVATE),
		on_drift=Drift(doc.on_drift or Drift.ERPNEXT),
		state_rules=tuple(_state_rule(row) for row in doc.order_state_rules),
		gateway_rules=tuple(_gateway(row) for row in doc.gateway_mapping),
		field_rules=tuple(_field_rule(row) for row in doc.field_mapping),
		booked_money=BookedMoney(doc.booked_money or BookedMoney.SHOP),
		fulfillment_by=FulfillmentSide(doc.fulfillment_by or FulfillmentSide.SHOPIFY),
		fulfillment_location=FulfillmentLocation(doc.fulfillment_location or FulfillmentLocation.AS_ASSIGNED),
		notify_customer=bool(doc.notify_customer),
		push_returns=ReturnPush(doc.push_returns or ReturnPush.NOTHING),
		invoice_updates_stock=bool(doc.invoice_updates_stock),
		invoice_naming=InvoiceNaming(doc.invoice_naming or InvoiceNaming.ORDER_NAME),
		invoice_prefix=doc.invoice_prefix or "",
		credit_note_prefix=doc.credit_note_prefix or "",
		payment_prefix=doc.payment_prefix or "",
		delivery_prefix=doc.delivery_prefix or "",
		duty_account=doc.duty_account or None,
		adjustment_account=doc.adjustment_account or None,
		rounding_account=doc.rounding_account or frappe.db.get_value("Company", doc.company, "round_off_account") or None,
		gift_card_account=doc.gift_card_account or None,
		reconcile_payouts=bool(doc.get("reconcile_payouts")),
		orders_from=getdate(doc.orders_from) if doc.get("orders_from") else None,
		max_attempts=cint(doc.max_attempts) or 8,
		retry_base_seconds=float(cint(doc.retry_base_seconds) or 30),
		retry_cap_seconds=float(cint(doc.retry_cap_seconds) or 3600),
	)


def _locations(rows: Iterable[Any]) -> tuple[LocationRule, ...]:
	"""Return a rule for each location: the first row says how it is handled, further rows add their warehouses."""
	rules: dict[str, LocationRule] = {}
	for row in rows:
		rule = _location(row)
		first = rules.get(rule.location_id)
		rules[rule.location_id] = replace(first, also=(*first.also, rule.warehouse)) if first else rule
	return tuple(rules.values())


def _exclusion(row: Any) -> StockExclusion:
	return StockExclusion(row.item or None, row.item_group or None, row.location_id or None)


def _location(row: Any) -> LocationRule:
	return LocationRule(
		location_id=str(row.location_id).strip(),
		warehouse=row.warehouse,
		direction=Direction(row.direction),
		valuation_rule=ValuationRule(row.valuation_rule),
		fixed_rate=_decimal(row.fixed_rate),
		price_list=row.price_list or None,
		batch_rule=BatchRule(row.batch_rule or BatchRule.REFUSE),
		safety_stock=cint(row.safety_stock),
	)


def _state_rule(row: Any) -> StateRule:
	return StateRule(
		outcome=OrderOutcome(row.outcome),
		financial_status=row.financial_status or None,
		fulfillment_status=row.fulfillment_status or None,
		cancelled={"Yes": True, "No": False}.get(row.cancelled),
		invoice=bool(row.make_invoice),
		payment=bool(row.make_payments),
		delivery=bool(row.make_deliveries),
		priority=cint(row.priority),
	)


def _gateway(row: Any) -> GatewayRule:
	return GatewayRule(
		gateway=row.gateway,
		mode_of_payment=row.mode_of_payment or None,
		account=row.account or None,
		clearing_account=row.clearing_account or None,
		fee_account=row.fee_account or None,
	)


def _field_rule(row: Any) -> tuple[str, str]:
	source = f"{NOTE_ATTRIBUTE}{row.note_attribute}" if row.source == "note_attribute" else row.source
	return source, row.sales_order_field


def _decimal(value: Any) -> Decimal | None:
	"""Return a stored number as Decimal; zero and empty are "not set" in the mapping tables."""
	return Decimal(str(value)).normalize() if value else None
