"""The store of the cases, in the words of core/policy.py. A ground knows which accounts, warehouses and Items these are."""

from __future__ import annotations

from typing import Any, Protocol

from .order import MAIN, SECOND
from .wares import CARD, CUSTOM, PASSER_BY, TIP


class Names(Protocol):
	"""What things are called where the cases run."""

	def account(self, role: str) -> str:
		"""Return the account of a role."""

	def warehouse(self, location_id: str) -> str:
		"""Return the warehouse of a location."""


#: gateway → (money account, whether it is a clearing account, fee account)
GATEWAYS = {
	"shopify_payments": ("clearing", True, "fees"),
	"paypal": ("paypal", False, None),
	"manual": ("bank", False, None),
	"Cash on Delivery (COD)": ("bank", False, None),
	"cash": ("cash", False, None),
	"gift_card": ("gift_card", False, None),
	"twint": ("twint", False, None),
}
_ACCOUNTS = {
	"duty_account": "duty",
	"adjustment_account": "adjustment",
	"rounding_account": "rounding",
	"gift_card_account": "gift_card",
	"shipping_account": None,
	"default_tax_account": None,
}


def settings(names: Names, **changes: Any) -> dict[str, Any]:
	"""Return the store's settings; *changes* name accounts by role."""
	accounts = {**_ACCOUNTS, **{name: role for name, role in changes.items() if name in _ACCOUNTS}}
	return {
		"default_warehouse": names.warehouse(MAIN),
		"custom_line_item": CUSTOM,
		"tip_item": TIP,
		"gift_card_item": CARD,
		"guest_customer": PASSER_BY,
		"invoice_updates_stock": False,
		"fulfillment_by": "Shopify",
		"booked_money": "Shop money",
		"state_rules": [],
		"field_rules": [],
		"tax_rules": [
			{"title": "VAT", "rate": None, "account": names.account("tax")},
			{"title": "City", "rate": None, "account": names.account("city_tax")},
		],
		"shipping_rules": [["Standard", names.account("shipping")], ["Express", names.account("shipping")]],
		"gateway_rules": [_gateway(names, gateway) for gateway in GATEWAYS],
		"locations": [
			{"location_id": place, "warehouse": names.warehouse(place), "direction": "None"} for place in (MAIN, SECOND)
		],
		**{name: role and names.account(role) for name, role in accounts.items()},
		**{name: value for name, value in changes.items() if name not in _ACCOUNTS},
	}


def _gateway(names: Names, gateway: str) -> dict[str, Any]:
	role, is_clearing, fees = GATEWAYS[gateway]
	account = names.account(role)
	return {
		"gateway": gateway,
		"mode_of_payment": None,
		"account": None if is_clearing else account,
		"clearing_account": account if is_clearing else None,
		"fee_account": names.account(fees) if fees else None,
	}
