"""The lifecycle table's ground on the embedded host: one database and one config for all cases of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.contract_suite.bench import DocumentView, EventView
from shopify_sync.contract_suite.lifecycle.books import books_of
from shopify_sync.contract_suite.lifecycle.ground import DOCTYPES
from shopify_sync.contract_suite.lifecycle.steps import Delivery
from shopify_sync.contract_suite.lifecycle.wares import BATCHED, CARD, COSTS, CUSTOM, DISABLED, TIP
from shopify_sync.contract_suite.payloads import signed
from shopify_sync.core.operations import Refused
from shopify_sync.core.receiving import receive
from shopify_sync.embedded_host import config
from shopify_sync.embedded_host.host import Instance

_ITEMS = [
	*({"item_code": item, "valuation_rate": cost} for item, cost in COSTS.items()),
	*({"item_code": item, "is_stock_item": False} for item in (CUSTOM, TIP, CARD)),
	{"item_code": BATCHED, "has_batch_or_serial": True},
	{"item_code": DISABLED, "disabled": True},
]


class EmbeddedGround:
	"""Implements contract_suite.lifecycle.ground.Ground."""

	has_ledger = False
	store, shop_domain, secret, currency = "life", "life.myshopify.com", "hush", "USD"

	def __init__(self, folder: Path) -> None:
		self._config = folder / "config.json"
		self._folder = folder
		self._number = 0
		self._written = ""
		self.instance: Instance | None = None

	def account(self, role: str) -> str:
		return f"{role} - L"

	def warehouse(self, location_id: str) -> str:
		return f"Place {location_id} - L"

	def open(self, settings: Mapping[str, Any]) -> None:
		store = {
			"store": self.store,
			"shop_domain": self.shop_domain,
			"client_secret": self.secret,
			"company": "Lifecycle Ltd",
			"company_currency": self.currency,
			"customer_group": "All",
			"territory": "All",
			**settings,
		}
		rates = {"CHF-USD": "1.25", "KRW-USD": "0.0008", "BHD-USD": "2.00"}
		text = json.dumps({"stores": [store], "items": _ITEMS, "exchange_rates": rates})
		if text == self._written:
			return
		self.close()
		self._config.write_text(text)
		self._number += 1
		self._written = text
		# Cases leave nothing to lose: without waiting for the disk they run three times as fast.
		self.instance = Instance(self._folder / f"life-{self._number}.db", config.load(self._config), synchronous="OFF")

	def deliver(self, delivery: Delivery, webhook_id: str) -> None:
		headers, body = signed(self, delivery.topic, delivery.payload, webhook_id, delivery.triggered_at)  # type: ignore[arg-type]
		answer = receive(headers.items(), body, self._open.receiver)
		assert answer.status == 200, f"{delivery.topic} was answered {answer.status}"

	def drain(self) -> None:
		self._open.engine("lifecycle").drain()

	def event(self, name: str) -> EventView:
		(row,) = self._query("SELECT * FROM sync_event WHERE name = ?", name)
		kept = {field: row[field] for field in EventView.__dataclass_fields__ if field not in ("document", "not_applied")}
		return EventView(**kept, document=None, not_applied=row["not_applied"])

	def replay(self, names: Sequence[str]) -> None:
		for name in names:
			try:
				self._open.events.replay([name], "operator")
			except Refused:
				continue
			self.drain()

	def documents(self, order_id: int) -> list[DocumentView]:
		key = f"{self.store}/order/{order_id}"
		rows = self._query(
			"SELECT * FROM document WHERE shopify_key = ? OR shopify_key LIKE ? ORDER BY doctype, name", key, f"{key}/%"
		)
		return [
			DocumentView(row["doctype"], row["name"], row["shopify_key"], row["docstatus"], json.loads(row["data"]))
			for row in rows
			if row["doctype"] in DOCTYPES
		]

	def books(self, documents: Sequence[DocumentView]) -> dict[str, Decimal]:
		return books_of(documents, lambda account: account.removesuffix(" - L"))

	def outstanding(self, document: DocumentView) -> Decimal:
		raise NotImplementedError("nobody keeps it here")

	def put_in_the_way(self, circumstance: str, order_id: int) -> AbstractContextManager[None]:
		raise NotImplementedError(circumstance)

	def close(self) -> None:
		if self.instance:
			self.instance.close()

	@property
	def _open(self) -> Instance:
		assert self.instance is not None, "open comes first"
		return self.instance

	def _query(self, statement: str, *values: Any) -> list[Any]:
		return self._open.database.connection().execute(statement, values).fetchall()
