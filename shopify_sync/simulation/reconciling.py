"""Looks at every order, customer and stock level of the shops and feeds the host what it may have missed, as signals.

A signal from here takes the one path that everything takes. Until the product has a reconciliation of its own, this stands
for the half of it that heals ERPNext; docs/simulation.md says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shopify_sync.core.events import NewEvent, Source
from shopify_sync.core.receiving import Headers, new_event
from shopify_sync.simulator.rest import customer, inventory, order, transaction
from shopify_sync.simulator.shop.shop import Shop

from .shops import inbound_location


def signals(shop: Shop, store: str, run: str) -> Iterator[NewEvent]:
	"""Yield a signal for each resource as it stands in the shop now; *store* is what the host calls it.

	The time of the fetch stands where a webhook has the time at which it was triggered: what is fetched is later than any
	webhook with the same `updated_at`.
	"""
	for topic, resource, payload in _states(shop):
		body = json.dumps(payload).encode()
		headers = Headers(
			(
				("X-Shopify-Topic", topic),
				("X-Shopify-Webhook-Id", f"reconciliation-{run}-{store}-{resource}"),
				("X-Shopify-Triggered-At", shop.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
			)
		)
		# As the receiving path reads it, so that both take the same thing for the same state.
		yield new_event(headers, body, json.loads(body), store, shop.clock.now(), Source.RECONCILIATION)


def _states(shop: Shop) -> Iterator[tuple[str, str, Any]]:
	for one in shop.customers.all.values():
		if one.merged_into is None:
			yield "customers/update", f"customer-{one.id}", customer.payload(shop, one)
	for placed in shop.orders.all.values():
		# What is fetched has the transactions in it; webhooks leave them out.
		paid = [transaction.payload(shop, (placed, entry)) for entry in placed.transactions]
		yield "orders/updated", f"order-{placed.id}", {**order.payload(shop, placed), "transactions": paid}
	for (item, location), level in shop.inventory.levels.items():
		if location == inbound_location(shop) and level.is_active:
			yield "inventory_levels/update", f"level-{item}-{location}", inventory.level(shop, level)
