"""Shopify Store: one shop, with its credentials, defaults and mappings.

People with the role Shopify Sync Manager write it; the sync itself never does.
What it holds is policy: no rule about an order, a customer or stock stands here.
"""

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, validate_email_address

from shopify_sync.admin_api.ports import DEFAULT_VERSION
from shopify_sync.admin_api.shops import BadAddress, check_version
from shopify_sync.core.orders.states import DEFAULT_RULES
from shopify_sync.core.policy import StateRule
from shopify_sync.erpnext_host.alerts.settings import complete_rules

STORE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
#: What the sync itself writes to a Sales Order: no other value may be mapped there.
WRITTEN_BY_THE_SYNC = frozenset(
	"""amended_from company conversion_rate cost_center currency customer customer_address delivery_date discount_amount
	disable_rounded_total docstatus ignore_pricing_rule name naming_series order_type selling_price_list shipping_address_name
	contact_person shopify_key shopify_order_name status tax_category transaction_date""".split()
)
SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]+\.[a-z]+|[a-z0-9-]+")


class ShopifyStore(Document):
	"""One shop: how it signs in, what is synced and where things are mapped to."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF
		from shopify_sync.shopify_sync.doctype.shopify_alert_rule.shopify_alert_rule import ShopifyAlertRule
		from shopify_sync.shopify_sync.doctype.shopify_customer_matching_rule.shopify_customer_matching_rule import (
			ShopifyCustomerMatchingRule,
		)
		from shopify_sync.shopify_sync.doctype.shopify_field_authority.shopify_field_authority import ShopifyFieldAuthority
		from shopify_sync.shopify_sync.doctype.shopify_field_mapping.shopify_field_mapping import ShopifyFieldMapping
		from shopify_sync.shopify_sync.doctype.shopify_healing_rule.shopify_healing_rule import ShopifyHealingRule
		from shopify_sync.shopify_sync.doctype.shopify_location_mapping.shopify_location_mapping import ShopifyLocationMapping
		from shopify_sync.shopify_sync.doctype.shopify_order_state_rule.shopify_order_state_rule import ShopifyOrderStateRule
		from shopify_sync.shopify_sync.doctype.shopify_payment_gateway_mapping.shopify_payment_gateway_mapping import (
			ShopifyPaymentGatewayMapping,
		)
		from shopify_sync.shopify_sync.doctype.shopify_shipping_mapping.shopify_shipping_mapping import ShopifyShippingMapping
		from shopify_sync.shopify_sync.doctype.shopify_stock_exclusion.shopify_stock_exclusion import ShopifyStockExclusion
		from shopify_sync.shopify_sync.doctype.shopify_tax_mapping.shopify_tax_mapping import ShopifyTaxMapping

		access_token: DF.Password | None
		adjustment_account: DF.Link | None
		alert_escalation: DF.Int
		alert_reminder: DF.Int
		alert_rules: DF.Table[ShopifyAlertRule]
		alerts: DF.Check
		api_version: DF.Data | None
		booked_money: DF.Literal["Shop money", "Presentment money"]
		bundle_stock: DF.Literal["From its components", "Not pushed"]
		client_id: DF.Data | None
		client_secret: DF.Password | None
		company: DF.Link
		cost_center: DF.Link | None
		create_items: DF.Check
		credit_note_prefix: DF.Data | None
		custom_line_item: DF.Link | None
		customer_group: DF.Link
		customer_merge: DF.Literal["Review", "Merge"]
		default_tax_account: DF.Link | None
		default_warehouse: DF.Link | None
		delivery_days: DF.Int
		delivery_prefix: DF.Data | None
		digest: DF.Literal["Never", "Daily", "Weekly"]
		digest_hour: DF.Int
		digest_to: DF.SmallText | None
		digest_weekday: DF.Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
		duty_account: DF.Link | None
		enabled: DF.Check
		field_authority: DF.Table[ShopifyFieldAuthority]
		field_mapping: DF.Table[ShopifyFieldMapping]
		fulfillment_by: DF.Literal["Shopify", "ERPNext", "Both"]
		fulfillment_location: DF.Literal["As assigned in Shopify", "Move it"]
		gateway_mapping: DF.Table[ShopifyPaymentGatewayMapping]
		gift_card_account: DF.Link | None
		gift_card_item: DF.Link | None
		guest_customer: DF.Link | None
		guest_policy: DF.Literal["One Customer per e-mail", "One Customer for all guests", "Hold"]
		healing_rules: DF.Table[ShopifyHealingRule]
		invoice_naming: DF.Literal["Order name", "Naming Series"]
		invoice_prefix: DF.Data | None
		invoice_updates_stock: DF.Check
		item_group: DF.Link | None
		item_matching: DF.Literal["SKU is Item Code", "SKU is Barcode", "Shopify Link only"]
		item_price_list: DF.Link | None
		location_mapping: DF.Table[ShopifyLocationMapping]
		matching_rules: DF.Table[ShopifyCustomerMatchingRule]
		max_attempts: DF.Int
		max_body_mb: DF.Int
		mode: DF.Literal["Live", "Shadow", "Paused"]
		not_stocked: DF.Literal["Stock it there", "Fail"]
		notify_customer: DF.Check
		on_drift: DF.Literal["ERPNext's figure counts", "Conflict"]
		order_prefix: DF.Data | None
		order_state_rules: DF.Table[ShopifyOrderStateRule]
		orders_from: DF.Date | None
		payment_prefix: DF.Data | None
		previous_client_secret: DF.Password | None
		push_returns: DF.Literal["Nothing", "Return in Shopify"]
		quiet_from: DF.Time | None
		quiet_until: DF.Time | None
		reconcile_every: DF.Int
		reconcile_hour: DF.Int
		reconcile_nightly: DF.Check
		reconcile_payouts: DF.Check
		reconcile_share: DF.Percent
		reconciliation_healing: DF.Literal["Dry run", "Heal"]
		reconciliation_limit: DF.Int
		redact_documents: DF.Check
		retry_base_seconds: DF.Int
		retry_cap_seconds: DF.Int
		rounding_account: DF.Link | None
		rounding_tolerance: DF.Currency
		selling_price_list: DF.Link
		shipping_account: DF.Link | None
		shipping_mapping: DF.Table[ShopifyShippingMapping]
		shop_currency: DF.Link | None
		shop_domain: DF.Data
		sign_in_by: DF.Literal["None", "Client credentials", "Authorization code", "Access token"]
		stock_exclusions: DF.Table[ShopifyStockExclusion]
		store_name: DF.Data
		stock_posting_date: DF.Literal["When received", "When it happened in Shopify", "When it happened, or the next open day"]
		stock_uom: DF.Link | None
		sync_barcodes: DF.Check
		sync_customers: DF.Check
		sync_inventory: DF.Check
		sync_orders: DF.Check
		sync_prices: DF.Check
		sync_products: DF.Check
		tax_category: DF.Link | None
		tax_mapping: DF.Table[ShopifyTaxMapping]
		territory: DF.Link
		tip_item: DF.Link | None
		variants_as: DF.Literal["Template and variants", "Separate Items"]
	# end: auto-generated types

	def before_naming(self):
		self.store_name = (self.store_name or "").strip().lower()

	def before_insert(self):
		if not self.order_state_rules:
			self.add_default_rules()

	def remember_mode(self, to):
		"""Keep the mode that the store has, when it is about to be paused: Resume leads back to it."""
		before = frappe.db.get_value("Shopify Store", self.name, "mode")
		if to == "Paused" and before and before != "Paused":
			self.mode_before_pause = before

	def validate(self):
		if not self.is_new():
			self.remember_mode(self.mode)
		self.validate_store_name()
		self.validate_shop_domain()
		self.validate_secrets()
		self.validate_sign_in()
		self.validate_taxes()
		self.validate_shipping()
		self.validate_locations()
		self.validate_exclusions()
		self.validate_items()
		self.validate_customers()
		self.validate_accounts()
		self.validate_gateways()
		self.validate_states()
		self.validate_fields()
		self.validate_reconciliation()
		self.validate_alerts()
		self.validate_processing()

	def on_update(self):
		from shopify_sync.erpnext_host import live
		from shopify_sync.jobs import connections, onboarding, outbox, requeue

		requeue.store_saved(self)
		outbox.store_saved(self)
		connections.store_saved(self)
		onboarding.store_saved()
		live.after_commit(self.name)

	def on_trash(self):
		if frappe.db.exists("Sync Event", {"store": self.name}):
			frappe.throw(
				_(
					"Store {0} has Sync Events, which are the record of what was done. "
					"Clear Enabled to stop it instead, or delete its Sync Events first."
				).format(frappe.bold(self.name)),
				title=_("Store Is in Use"),
			)
		frappe.delete_doc("Shopify Connection", self.name, ignore_missing=True, ignore_permissions=True, force=True)
		frappe.db.delete("Sync Alert", {"store": self.name})
		# Else a store that is made anew under the same name would be held from the start.
		frappe.db.delete("Sync Hold", {"store": self.name})

	def validate_store_name(self):
		if not STORE_NAME.fullmatch(self.store_name or ""):
			frappe.throw(
				_(
					"Store Name {0} cannot be part of a key. Use up to 31 lower-case letters, digits and hyphens, "
					"and begin with a letter or a digit, e.g. my-store."
				).format(frappe.bold(frappe.utils.escape_html(self.store_name or "")))
			)

	def validate_shop_domain(self):
		domain = (self.shop_domain or "").strip().lower()
		domain = domain.removeprefix("https://").removeprefix("http://").split("/", 1)[0]
		if not SHOP_DOMAIN.fullmatch(domain):
			frappe.throw(
				_("{0} is not a shop's domain. Enter it as Shopify shows it, e.g. my-store.myshopify.com.").format(
					frappe.bold(frappe.utils.escape_html(self.shop_domain or ""))
				)
			)
		self.shop_domain = domain
		if self.has_value_changed("shop_domain") and not domain.endswith(".myshopify.com"):
			frappe.msgprint(
				_(
					"Shopify's deliveries name the shop by its myshopify.com domain. "
					"A delivery from another domain than {0} is refused, so check that it is the right one."
				).format(frappe.bold(domain)),
				indicator="orange",
				alert=True,
			)

	def validate_secrets(self):
		for fieldname in ("client_secret", "previous_client_secret", "access_token"):
			secret = self.get(fieldname)
			if not secret:
				continue
			if not secret.strip():
				frappe.throw(
					_("{0} is only white space, which verifies nothing. Enter the secret, or leave it empty.").format(
						self.label_of(fieldname)
					)
				)
			self.set(fieldname, secret.strip())

	def validate_sign_in(self):
		self.client_id = (self.client_id or "").strip()
		self.api_version = (self.api_version or "").strip() or DEFAULT_VERSION
		try:
			check_version(self.api_version)
		except BadAddress as error:
			frappe.throw(_("API Version: {0}").format(frappe.utils.escape_html(str(error))))
		if self.sign_in_by in ("Client credentials", "Authorization code") and not (self.client_id and self.client_secret):
			frappe.throw(_("Enter the Client ID and the Client Secret of the app: the store signs in to Shopify with them."))
		if self.sign_in_by == "Access token" and not self.access_token:
			frappe.throw(_("Enter the Access Token, or choose another way to sign in."))

	def validate_taxes(self):
		seen = {}
		for row in self.tax_mapping:
			row.tax_title = (row.tax_title or "").strip()
			self.refuse_twin(seen, row, (row.tax_title.casefold(), flt(row.rate, 6)), "tax_mapping")

	def validate_shipping(self):
		seen = {}
		for row in self.shipping_mapping:
			row.shipping_title = (row.shipping_title or "").strip()
			self.refuse_twin(seen, row, row.shipping_title.casefold(), "shipping_mapping")

	def validate_locations(self):
		rows_of, seen = {}, {}
		for row in self.location_mapping:
			row.location_id = self.location_number(row, "location_mapping")
			self.refuse_twin(seen, row, (row.location_id, row.warehouse), "location_mapping")
			rows_of.setdefault(row.location_id, []).append(row)
			if row.valuation_rule == "Fixed rate" and flt(row.fixed_rate) <= 0:
				self.throw_row(row, "location_mapping", _("enter a Fixed Rate above zero, or choose another Valuation Rule."))
		warehouses = tuple({row.warehouse for row in self.location_mapping if row.warehouse})
		groups = set(frappe.get_all("Warehouse", filters={"name": ("in", warehouses), "is_group": 1}, pluck="name"))
		for rows in rows_of.values():
			self.validate_location(rows, groups)

	def validate_location(self, rows: list, groups: set[str]):
		"""Check the rows of one location: the first says how it is handled, the others add warehouses to what goes out."""
		first = rows[0]
		if first.warehouse in groups:
			self.throw_row(
				first,
				"location_mapping",
				_(
					"{0} is a group, and the first row of a location must name a warehouse that goods can be sent from. "
					"Enter one, and the group in another row of the same location."
				).format(frappe.bold(frappe.utils.escape_html(first.warehouse))),
			)
		for row in rows[1:]:
			if row.direction != "ERPNext → Shopify" or first.direction != row.direction:
				self.throw_row(
					row,
					"location_mapping",
					_(
						"row {0} names the same location. Several warehouses of one location can only be added up: "
						"choose ERPNext → Shopify as the Direction of all its rows, or remove one."
					).format(first.idx),
				)
			if row.safety_stock:
				self.throw_row(
					row,
					"location_mapping",
					_("enter the Safety Stock in row {0}, the first of this location; it counts for all its warehouses.").format(
						first.idx
					),
				)

	def validate_exclusions(self):
		seen, known = {}, {row.location_id for row in self.location_mapping}
		for row in self.stock_exclusions:
			if bool(row.item) == bool(row.item_group):
				self.throw_row(row, "stock_exclusions", _("enter either an Item or an Item Group."))
			if row.location_id:
				row.location_id = self.location_number(row, "stock_exclusions")
				if row.location_id not in known:
					self.throw_row(
						row,
						"stock_exclusions",
						_("location {0} is not in the Location Mapping. Correct it, or leave it empty for all locations.").format(
							row.location_id
						),
					)
			self.refuse_twin(seen, row, (row.item, row.item_group, row.location_id or ""), "stock_exclusions")

	def location_number(self, row: Document, table: str) -> str:
		"""Return a location's id of a row, taken out of its gid if that is what was entered."""
		number = (row.location_id or "").strip().rsplit("/", 1)[-1]
		if not (number.isascii() and number.isdigit()):
			self.throw_row(row, table, _("Location ID must be Shopify's number, digits only."))
		return number

	def validate_items(self):
		if self.create_items and not self.item_group:
			frappe.throw(_("Items are made of products: choose an Item Group for them."))
		if not self.sync_prices:
			return
		if not self.item_price_list:
			frappe.throw(_("Prices of products are kept: choose a Price List for them."))
		currency = self.shop_currency or frappe.get_cached_value("Company", self.company, "default_currency")
		of_list = frappe.db.get_value("Price List", self.item_price_list, "currency")
		if of_list != currency:
			frappe.throw(
				_("Price List {0} is in {1}, and the shop's prices are in {2}. Choose a list of that currency.").format(
					frappe.bold(frappe.utils.escape_html(self.item_price_list)), of_list, currency
				)
			)

	def validate_customers(self):
		rules, fields = {}, {}
		for row in self.matching_rules:
			self.refuse_twin(rules, row, row.match_by, "matching_rules")
		for row in self.field_authority:
			self.refuse_twin(fields, row, row.field, "field_authority")

	def validate_accounts(self):
		"""Every account of the store must be one that its company can book on."""
		rows = ((row, table) for table in ("tax_mapping", "shipping_mapping", "gateway_mapping") for row in self.get(table))
		named = [(self.get(field), self.label_of(field)) for field in account_fields(self.meta)]
		for row, table in rows:
			where = _("{0}, row {1}").format(self.label_of(table), row.idx)
			named += [(row.get(field), where) for field in account_fields(row.meta)]
		wanted = {account for account, _where in named if account}
		if not wanted:
			return
		found = frappe.get_all(
			"Account", filters={"name": ("in", list(wanted))}, fields=["name", "company", "is_group", "disabled"]
		)
		known = {row.name: row for row in found}
		for account, where in named:
			if account:
				self.check_account(known.get(account), account, where)

	def check_account(self, found, account: str, where: str):
		bold = frappe.bold(frappe.utils.escape_html(account))
		if not found:
			frappe.throw(_("{0}: there is no Account {1}.").format(where, bold))
		if found.company != self.company:
			frappe.throw(
				_("{0}: Account {1} belongs to {2}. Choose one of {3}.").format(
					where, bold, found.company, frappe.bold(self.company)
				)
			)
		if found.is_group or found.disabled:
			frappe.throw(_("{0}: Account {1} is a group or disabled, so nothing can be booked on it.").format(where, bold))

	def validate_gateways(self):
		seen = {}
		for row in self.gateway_mapping:
			row.gateway = (row.gateway or "").strip()
			self.refuse_twin(seen, row, row.gateway.casefold(), "gateway_mapping")
			if not (row.account or row.clearing_account):
				self.throw_row(row, "gateway_mapping", _("enter an Account or a Clearing Account."))

	def validate_states(self):
		seen = {}
		for row in self.order_state_rules:
			state = (row.financial_status or "", row.fulfillment_status or "", row.cancelled or "", cint(row.priority))
			self.refuse_twin(seen, row, state, "order_state_rules")
			asks_for_more = row.make_invoice or row.make_payments or row.make_deliveries
			if asks_for_more and row.outcome not in ("Submitted", "Closed", "Cancelled"):
				self.throw_row(
					row,
					"order_state_rules",
					_("invoices, payments and deliveries need a submitted Sales Order. Choose Submitted, or clear them."),
				)

	def validate_fields(self):
		meta, seen = frappe.get_meta("Sales Order"), {}
		for row in self.field_mapping:
			row.sales_order_field = (row.sales_order_field or "").strip()
			row.note_attribute = (row.note_attribute or "").strip() if row.source == "note_attribute" else None
			if row.source == "note_attribute" and not row.note_attribute:
				self.throw_row(row, "field_mapping", _("enter the name of the attribute."))
			self.refuse_twin(seen, row, row.sales_order_field, "field_mapping")
			df = meta.get_field(row.sales_order_field)
			if not df or df.fieldtype in frappe.model.no_value_fields or df.fieldtype in frappe.model.table_fields:
				self.throw_row(
					row,
					"field_mapping",
					_("Sales Order has no field {0}. Enter its name, not its label.").format(
						frappe.bold(frappe.utils.escape_html(row.sales_order_field))
					),
				)
			if row.sales_order_field in WRITTEN_BY_THE_SYNC:
				self.throw_row(row, "field_mapping", _("the sync itself writes {0}.").format(frappe.bold(row.sales_order_field)))

	def add_default_rules(self):
		"""Fill the table with the rules that hold without any, so that people see and change them."""
		for rule in DEFAULT_RULES:
			self.append("order_state_rules", rule_values(rule))

	def validate_reconciliation(self):
		if not 0 <= cint(self.reconcile_hour) <= 23:
			frappe.throw(_("Hour of the nightly comparison: enter a number from 0 to 23."))
		if not 1 <= flt(self.reconcile_share) <= 90:
			frappe.throw(_("Share of the Rate Limit: enter 1 to 90 percent. The rest is left to what is live."))
		seen = {}
		for row in self.healing_rules:
			self.refuse_twin(seen, row, row.kind, "healing_rules")

	def validate_alerts(self):
		if not 0 <= cint(self.digest_hour) <= 23:
			frappe.throw(_("Hour of the digest: enter a number from 0 to 23."))
		if (self.quiet_from is None) != (self.quiet_until is None):
			frappe.throw(_("Quiet hours: enter both when they begin and when they end, or neither."))
		for address in (self.digest_to or "").replace(",", "\n").split("\n"):
			if address.strip() and not validate_email_address(address.strip()):
				frappe.throw(
					_("Digest: {0} is not an e-mail address.").format(frappe.bold(frappe.utils.escape_html(address.strip())))
				)
		seen = {}
		for row in self.alert_rules:
			self.refuse_twin(seen, row, row.condition, "alert_rules")
		complete_rules(self)

	def validate_processing(self):
		if cint(self.max_attempts) < 1:
			frappe.throw(_("Max Attempts must be 1 or more: with none, no event would ever be applied."))

	def refuse_twin(self, seen: dict, row: Document, key, table: str):
		if key in seen:
			self.throw_row(row, table, _("says the same as row {0}. Remove one of them.").format(seen[key]))
		seen[key] = row.idx

	def throw_row(self, row: Document, table: str, what: str):
		frappe.throw(_("{0}, row {1}: {2}").format(self.label_of(table), row.idx, what))

	def label_of(self, fieldname: str) -> str:
		return _(self.meta.get_label(fieldname))


def account_fields(meta) -> list[str]:
	"""Return the fields of a doctype that name an Account."""
	return [df.fieldname for df in meta.get("fields", {"fieldtype": "Link", "options": "Account"})]


def rule_values(rule: StateRule) -> dict:
	"""Return a state rule as a row of the store."""
	return {
		"financial_status": rule.financial_status or "",
		"fulfillment_status": rule.fulfillment_status or "",
		"cancelled": {True: "Yes", False: "No"}.get(rule.cancelled, ""),
		"outcome": str(rule.outcome),
		"make_invoice": int(rule.invoice),
		"make_payments": int(rule.payment),
		"make_deliveries": int(rule.delivery),
		"priority": rule.priority,
	}
