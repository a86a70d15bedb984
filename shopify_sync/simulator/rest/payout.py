"""Payouts with the movements that they are made of.

https://shopify.dev/docs/api/admin-rest/latest/resources/payouts, https://shopify.dev/docs/api/admin-rest/latest/resources/transactions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shop.records import BalanceTransaction, Payout

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, payout: Payout) -> dict[str, Any]:
	"""Return a payout, with its movements as `transactions`."""
	return {
		"id": int(payout.id),
		"status": payout.status,
		"date": payout.issued_at.astimezone(shop.zone).date().isoformat(),
		"currency": shop.currency,
		"amount": str(payout.net),
		"transactions": [_movement(shop, payout, entry) for entry in payout.transactions],
	}


def _movement(shop: Shop, payout: Payout, entry: BalanceTransaction) -> dict[str, Any]:
	return {
		"id": int(entry.id),
		"type": entry.kind,
		"payout_id": int(payout.id),
		"currency": shop.currency,
		"amount": str(entry.amount),
		"fee": str(entry.fee),
		"net": str(entry.net),
		"source_order_id": int(entry.order_id) if entry.order_id else None,
		"source_order_transaction_id": int(entry.transaction_id) if entry.transaction_id else None,
	}
