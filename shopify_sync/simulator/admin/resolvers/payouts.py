"""The account at Shopify Payments, its payouts and its balance. A shop that never took money through it has none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...rest.values import gid
from ...shop.payouts import Payouts
from ...shop.records import ZERO, BalanceTransaction, Payout
from ..call import Call, register, time_text
from ..cursors import Page, Window
from .common import Money, listed

_PAYOUT_SORTS = {"ISSUED_AT": lambda r: r.issued_at, "ID": lambda _record: 0, "STATUS": lambda r: r.status}
_PAYOUT_FILTERS = {
	"id": lambda r: int(r.id), "issued_at": lambda r: r.issued_at, "status": lambda r: r.status, "amount": lambda r: str(r.net),
	"currency": lambda _record: None,
}  # fmt: skip
_BALANCE_SORTS = {"PROCESSED_AT": lambda r: r.at, "ID": lambda _record: 0, "AMOUNT": lambda r: r.amount}
_BALANCE_FILTERS = {
	"id": lambda r: int(r.id), "processed_at": lambda r: r.at, "transaction_type": lambda r: r.kind,
	"payments_transfer_id": lambda r: int(r.payout_id) if r.payout_id else None,
}  # fmt: skip
_SOURCES = {"charge": "CHARGE", "refund": "REFUND", "adjustment": "ADJUSTMENT"}


def _payouts(
	call: Call, desk: Payouts, window: Window, query: str | None = None, sortKey: str = "ISSUED_AT",
) -> Page:  # fmt: skip
	return listed(
		call, desk.all.values(), name="payouts", sorts=_PAYOUT_SORTS, sort_key=sortKey, window=window, query=query,
		readers=_PAYOUT_FILTERS,
	)  # fmt: skip


def _balance(
	call: Call, desk: Payouts, window: Window, query: str | None = None, sortKey: str = "PROCESSED_AT",
) -> Page:  # fmt: skip
	return listed(
		call, desk.balance.values(), name="balanceTransactions", sorts=_BALANCE_SORTS, sort_key=sortKey, window=window,
		query=query, readers=_BALANCE_FILTERS,
	)  # fmt: skip


def _money(read: Any) -> Any:
	return lambda call, found: Money(read(found), call.shop.currency)


def _sum(kind: str, part: str) -> Any:
	def read(call: Call, payout: Payout) -> Money:
		found = (getattr(entry, part) for entry in payout.transactions if entry.kind == kind)
		return Money(sum(found, ZERO), call.shop.currency)

	return read


def _nothing(call: Call, _payout: Payout) -> Money:
	return Money(Decimal(0), call.shop.currency)


register("QueryRoot", {"shopifyPaymentsAccount": lambda call, _root: call.shop.payouts if call.shop.payouts.balance else None})
register(
	"ShopifyPaymentsAccount",
	{
		"id": lambda _c, desk: gid("ShopifyPaymentsAccount", desk.shop.id),
		"activated": lambda _c, _desk: True,
		"country": lambda _c, _desk: "CA",
		"defaultCurrency": lambda call, _desk: call.shop.currency,
		"balance": lambda call, desk: [
			Money(sum((entry.net for entry in desk.balance.values() if entry.payout_id is None), ZERO), call.shop.currency)
		],
		"payouts": _payouts,
		"balanceTransactions": _balance,
	},
)
register(
	"ShopifyPaymentsPayout",
	{
		"id": lambda _c, payout: gid("ShopifyPaymentsPayout", payout.id),
		"legacyResourceId": lambda _c, payout: payout.id,
		"status": lambda _c, payout: payout.status.upper(),
		"issuedAt": lambda _c, payout: time_text(payout.issued_at),
		"net": _money(lambda payout: payout.net),
		"transactionType": lambda _c, payout: "DEPOSIT" if payout.net >= 0 else "WITHDRAWAL",
		"externalTraceId": lambda _c, _payout: None,
		"summary": lambda _c, payout: payout,
	},
	value=Payout,
)
_NEVER = (
	"advanceFees", "advanceGross", "reservedFundsFee", "reservedFundsGross", "retriedPayoutsFee", "retriedPayoutsGross",
	"usdcRebateCreditAmount",
)  # fmt: skip
register(
	"ShopifyPaymentsPayoutSummary",
	{
		"chargesGross": _sum("charge", "amount"),
		"chargesFee": _sum("charge", "fee"),
		"refundsFeeGross": _sum("refund", "amount"),
		"refundsFee": _sum("refund", "fee"),
		"adjustmentsGross": _sum("adjustment", "amount"),
		"adjustmentsFee": _sum("adjustment", "fee"),
		**dict.fromkeys(_NEVER, _nothing),
	},
)
register(
	"ShopifyPaymentsBalanceTransaction",
	{
		"id": lambda _c, entry: gid("ShopifyPaymentsBalanceTransaction", entry.id),
		"type": lambda _c, entry: entry.kind.upper(),
		"amount": _money(lambda entry: entry.amount),
		"fee": _money(lambda entry: entry.fee),
		"net": _money(lambda entry: entry.net),
		"transactionDate": lambda _c, entry: time_text(entry.at),
		"sourceType": lambda _c, entry: _SOURCES[entry.kind],
		"sourceId": lambda _c, entry: entry.id,
		"sourceOrderTransactionId": lambda _c, entry: entry.transaction_id,
		"associatedOrder": lambda _c, entry: entry if entry.order_id else None,
		"associatedPayout": lambda _c, entry: entry,
		"adjustmentReason": lambda _c, _entry: None,
		"test": lambda _c, _entry: False,
	},
	value=BalanceTransaction,
)
register(
	"ShopifyPaymentsAssociatedOrder",
	{"id": lambda _c, entry: gid("Order", entry.order_id), "name": lambda _c, entry: entry.order_name},
)


def _status(call: Call, entry: BalanceTransaction) -> str:
	return call.shop.payouts.all[entry.payout_id].status.upper() if entry.payout_id else "PENDING"


register(
	"ShopifyPaymentsBalanceTransactionAssociatedPayout",
	{
		"id": lambda _c, entry: gid("ShopifyPaymentsPayout", entry.payout_id) if entry.payout_id else None,
		"status": _status,
	},
)
