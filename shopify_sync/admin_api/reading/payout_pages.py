"""Payouts as reconciliation reads them: a few on a page, each with all its movements, in REST's shape (core/contracts/payout.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from shopify_sync.core.reading import Position
from shopify_sync.core.reading import Window as Span
from shopify_sync.core.reconciliation.ports import Page, Window

from . import payouts
from .payouts import BalanceRead, PayoutRead
from .ports import Client

#: A day's payout of a large store has thousands of movements.
_AT_ONCE = 5


def page(client: Client, window: Window, cursor: str | None, zone: tzinfo) -> Page:
	"""Return the payouts that were issued in a window, or those with the window's ids, page by page, the oldest first.

	:param zone: of the day that a payout is called by. :raises CallFailed:
	"""
	position = Position.from_json(json.loads(cursor)) if cursor else Position("payouts", window=_span(window))
	batch = next(payouts.payouts(client, position, at_once=_AT_ONCE), None)
	if batch is None:
		return Page(())
	payloads = [_payload(one, _movements(client, one.id), zone) for one in batch.records]
	following = None if batch.position.done else json.dumps(batch.position.as_json(), separators=(",", ":"))
	return Page(payloads, following, len(window.ids) or None)


def _span(window: Window) -> Span:
	if window.ids:
		return Span(more=" OR ".join(f"id:{id}" for id in window.ids))
	return Span(window.since, window.until)


def _movements(client: Client, payout: str) -> list[BalanceRead]:
	return [record for batch in payouts.balance(client, Position("balance"), payout) for record in batch.records]


def _payload(payout: PayoutRead, movements: list[BalanceRead], zone: tzinfo) -> Mapping[str, Any]:
	# The API reference does not say whether the net of a withdrawal is below zero.
	amount = -abs(payout.net) if payout.is_withdrawal else payout.net
	return {
		"id": int(payout.id),
		"status": payout.status,
		"date": payout.issued_at.astimezone(zone).date().isoformat(),
		"currency": payout.currency,
		"amount": str(amount),
		"transactions": [_movement(one) for one in movements],
	}


def _movement(read: BalanceRead) -> Mapping[str, Any]:
	return {
		"id": int(read.id),
		"type": read.kind,
		"payout_id": int(read.payout_id) if read.payout_id else None,
		"currency": read.currency,
		"amount": str(read.amount),
		"fee": str(read.fee),
		"net": str(read.net),
		"source_order_id": int(read.order_id) if read.order_id else None,
		"source_order_transaction_id": int(read.transaction_id) if read.transaction_id else None,
	}
