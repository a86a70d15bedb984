"""A transaction (https://shopify.dev/docs/api/admin-rest/latest/resources/transaction). Its sets say `currency`, not `currency_code`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..shop.payments import MANUAL_GATEWAYS
from ..shop.records import Order, Transaction
from ..shop.totals import open_amount
from .values import gid, money_writer, stamp, whole

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, found: tuple[Order, Transaction]) -> dict[str, Any]:
	"""Return a transaction of an order."""
	order, transaction = found
	write = money_writer(shop)
	unsettled = {"amount": write(_unsettled(order, transaction)), "currency": order.currency}
	created = stamp(shop, transaction.created_at)
	manual = transaction.gateway in MANUAL_GATEWAYS
	details = {} if manual else {"payment_details": _card(transaction)}
	return {
		**details,
		"id": int(transaction.id),
		"order_id": int(order.id),
		"kind": transaction.kind,
		"gateway": transaction.gateway,
		"status": transaction.status,
		"message": transaction.message or None,
		"created_at": created,
		"test": order.test,
		"authorization": None if manual else f"auth-{transaction.id}",
		"location_id": whole(order.location_id),
		"user_id": None,
		"parent_id": whole(transaction.parent_id),
		"processed_at": created,
		"device_id": None,
		"error_code": None,
		"source_name": order.source_name,
		"receipt": {},
		"amount": write(transaction.amount),
		"currency": order.currency,
		"payment_id": f"{order.name}.{order.transactions.index(transaction) + 1}",
		"total_unsettled_set": {"presentment_money": dict(unsettled), "shop_money": dict(unsettled)},
		"manual_payment_gateway": manual,
		"amount_rounding": None,
		"admin_graphql_api_id": gid("OrderTransaction", transaction.id),
	}


def _unsettled(order: Order, transaction: Transaction) -> Decimal:
	"""Return what is authorized and not captured yet."""
	if transaction.kind != "authorization" or order.expired_at:
		return Decimal(0)
	return open_amount(order, transaction.id)


def _card(transaction: Transaction) -> dict[str, Any]:
	"""Return the card that was charged; it is the same made-up one always."""
	return {
		"credit_card_bin": None,
		"avs_result_code": None,
		"cvv_result_code": None,
		"credit_card_number": "•••• •••• •••• 4242",
		"credit_card_company": "Visa",
		"buyer_action_info": None,
		"credit_card_name": None,
		"credit_card_wallet": None,
		"credit_card_expiration_month": None,
		"credit_card_expiration_year": None,
		"payment_method_name": transaction.gateway,
	}
