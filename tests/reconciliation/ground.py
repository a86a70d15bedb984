"""A store on the embedded host that agrees with its shop: what tests plant their differences in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.contracts.order import Order as Contract
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.discrepancy import Discrepancy
from shopify_sync.core.reconciliation.found import FoundOrder
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.core.reconciliation.run import Reconciler, Run, phases_of
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.core.reconciliation.settings import Settings
from shopify_sync.core.topics import topics_needed
from shopify_sync.embedded_host import documents
from shopify_sync.embedded_host.reconciliation import ReconcileHost, discrepancies, run_of
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.rest import customer as rest_customer
from shopify_sync.simulator.rest import product as rest_product
from shopify_sync.simulator.rest import transaction as rest_transaction
from shopify_sync.simulator.shop.records import Customer, Order
from tests.outbound.ground import STORE
from tests.outbound.shipping import Shipping

ADDRESS = "https://erp.example.com/webhooks"
HEAL = Settings(dry_run=False)
DRY = Settings()
#: What a store keeps in agreement here; stock and links have their own tests.
SETTINGS: Mapping[str, Any] = {
	"fulfillment_by": "Shopify",
	"tax_rules": [{"title": "VAT", "rate": None, "account": "VAT"}],
	"rounding_account": "Rounding",
	"adjustment_account": "Adjustments",
	"tip_item": "TIP",
	"gateway_rules": [
		{"gateway": "manual", "account": "Bank"},
		{"gateway": "shopify_payments", "account": "Bank", "clearing_account": "Clearing", "fee_account": "Fees"},
	],
}


class Agreeing(Shipping):
	"""One store and its shop. What is planted is told, or not; a run says what differs."""

	def __init__(self, folder: Path, **settings: Any) -> None:
		items = [{"item_code": code} for code in ("TEE", "MUG", "TIP")]
		super().__init__(folder, **{"items": items, **SETTINGS, **settings})
		self.runs = 0
		self.read_until: datetime | None = None
		self.accepted: Mapping[date, int] = {}
		for topic in topics_needed(self.policy):
			self.shop.subscriptions.create(topic, ADDRESS)
		for product in list(self.shop.products.all.values()):
			self._deliver("products/update", rest_product.payload(self.shop, product))
		for item in self.items:
			self.book(item["item_code"], 100)
		self.settle()

	@property
	def policy(self) -> StorePolicy:
		"""The settings."""
		return self.instance.config.store(STORE).policy

	@property
	def host(self) -> ReconcileHost:
		"""The host."""
		return ReconcileHost(self.instance, lambda _store: ADDRESS)

	# --- the shop ------------------------------------------------------------------------------------------------------

	def sold(self, *, told: bool = True, pieces: int = 2, sku: str = "TEE", **values: Any) -> Order:
		"""Place an order; *told*: ERPNext hears of it and of its transactions."""
		variants = {variant.sku: id for id, variant in self.shop.products.variants.items()}
		lines = [{"variant_id": variants[sku], "quantity": pieces}]
		made = self.shop.orders.place(lines, **{"financial": "paid", "email": "c@example.com", **values})
		if told:
			self.tell_all(made)
		return made

	def tell_all(self, order: Order) -> None:
		"""Tell of an order and of its transactions."""
		self.tell(order)
		for one in order.transactions:
			self._deliver("order_transactions/create", rest_transaction.payload(self.shop, (order, one)))

	def tell_customer(self, customer: Customer) -> None:
		"""Tell of a customer."""
		self._deliver("customers/update", rest_customer.payload(self.shop, customer))

	def later(self, order_change: Callable[[], Any]) -> Any:
		"""Do something in the shop a minute later, which nobody tells ERPNext."""
		self.pass_time(60)
		return order_change()

	# --- both sides ----------------------------------------------------------------------------------------------------

	def reader(self) -> ShopReader:
		"""Return what reads the shop."""
		return ShopReader(self.shop)

	def fetched(self, order: Order) -> Contract:
		"""Return an order as it is fetched."""
		window = Window(None, self.clock.now(), (order.id,))
		(payload,) = self.reader().page(keys.ORDER, window, None).payloads
		return orders.parse(payload, self.policy)

	def both(self, order: Order) -> tuple[Contract, FoundOrder]:
		"""Return an order as it is fetched, and what ERPNext has of it."""
		fetched = self.fetched(order)
		return fetched, self.host.orders(self.policy, [fetched])[order.id]

	def edit(self, doctype: str, name: str, docstatus: int | None = None, **values: Any) -> None:
		"""Change a document behind the sync's back."""
		with self.instance.database.write() as connection:
			state = documents.get(connection, doctype, name)
			text = dump_json({**state.values, **values})
			connection.execute(
				"UPDATE document SET data = ?, docstatus = ? WHERE doctype = ? AND name = ?",
				(text, state.docstatus if docstatus is None else docstatus, doctype, name),
			)

	def remove(self, doctype: str, name: str) -> None:
		"""Delete a document behind the sync's back."""
		with self.instance.database.write() as connection:
			connection.execute("DELETE FROM document WHERE doctype = ? AND name = ?", (doctype, name))

	def names(self, order: Order, doctype: str) -> list[str]:
		"""Return the documents of an order that stand."""
		_fetched, found = self.both(order)
		return [one.name for one in found.documents if one.doctype == doctype and one.docstatus < 2]

	# --- runs ----------------------------------------------------------------------------------------------------------

	def begin(self, depth: Depth = Depth.FULL, ids: Mapping[str, tuple[str, ...]] | None = None) -> Run:
		"""Return a run of everything up to now."""
		self.runs += 1
		now = self.clock.now()
		phases = phases_of(self.policy, depth, ids)
		until = now + timedelta(seconds=1)
		run = Run(f"run-{self.runs}", STORE, depth, None, until, phases, ids or {}, started_at=now)
		if depth is Depth.LIGHT:
			run.since, run.accepted = self.read_until or now - timedelta(days=1), dict(self.accepted)
		return run

	def reconcile(self, settings: Settings = DRY, run: Run | None = None, probe: Callable[[str], None] | None = None) -> Run:
		"""Compare everything, or go on with *run*, and carry out what that sets going."""
		run = Reconciler(self.host, self.reader(), settings, probe).run(run or self.begin())
		self.instance.engine("inbound").drain()
		if run.depth is Depth.LIGHT:
			self.read_until, self.accepted = run.until, run.accepted
		return run

	def resumed(self, run: Run) -> Run:
		"""Return a run as another process finds it."""
		fresh = Run(run.name, run.store, run.depth, run.since, run.until, run.phases, run.ids, started_at=run.started_at)
		return run_of(self.instance.database.connection(), run.name, fresh)

	def discrepancies(self) -> list[Discrepancy]:
		"""Return all discrepancies."""
		return discrepancies(self.instance.database.connection(), STORE)

	def open(self) -> list[tuple[str, str, str, str]]:
		"""Return (kind, field, cause, proposal) of what is not over."""
		return sorted(
			(
				str(one.finding.difference.kind),
				one.finding.difference.field,
				str(one.finding.explanation.cause),
				str(one.finding.proposal),
			)
			for one in self.discrepancies()
			if one.state in ("Open", "Healing")
		)

	def signals(self) -> list[str]:
		"""Return the events that runs made."""
		return [row["name"] for row in self._query("SELECT name FROM sync_event WHERE source = 'Reconciliation' ORDER BY name")]
