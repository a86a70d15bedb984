"""Shopify Healing Rule: whether differences of a kind are healed without a person, and how many in one run.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyHealingRule(Document):
	"""One row: kind, whether it is healed, and its limit."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		heals: DF.Check
		kind: DF.Literal[
			"Missing in ERPNext",
			"Not in Shopify",
			"Two Documents",
			"State",
			"Currency",
			"Lines",
			"Item",
			"Total",
			"Taxes",
			"Paid",
			"Refunded",
			"Fulfilled",
			"Customer",
			"Stock",
			"Link",
			"Webhook Subscription",
			"Payout",
			"Ledger",
		]
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		run_limit: DF.Int
	# end: auto-generated types

	pass
