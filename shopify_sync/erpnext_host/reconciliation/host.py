"""`core.reconciliation.ports.ReconcileHost` on the site that Frappe is connected to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import frappe
from frappe.utils import get_url

from shopify_sync.core import keys
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.contracts.order import Order
from shopify_sync.core.events import NewEvent, Receipt, Source
from shopify_sync.core.outbound.marks import Mark
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.discrepancy import Discrepancy
from shopify_sync.core.reconciliation.findings import SUBSCRIPTIONS, Finding, Kind
from shopify_sync.core.reconciliation.found import FoundCustomer, FoundLevel, FoundOrder, FoundVariant
from shopify_sync.core.reconciliation.payouts import FoundPayments
from shopify_sync.core.reconciliation.ports import NotMet
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.schedule import Depth

from .. import mark_lock, policies, times, wake
from ..event_log import FrappeEventLog, in_short_transaction
from . import customers, discrepancies, orders, payments, runs, stock
from .touches import Deleted

#: Where webhooks are received (api/webhooks.py).
RECEIVE = "/api/method/shopify_sync.api.webhooks.receive"
#: Sales Orders that a run did not meet, at a time: Shopify is asked about them by one call.
_NOT_MET = 100
#: What a full run that ended has not found stands no more: their records are all read, or are not there any more.
_ENDS_WITH_A_FULL_RUN = (keys.VARIANT, keys.INVENTORY_LEVEL, SUBSCRIPTIONS)


class RunIsOver(Exception):
	"""A person stopped the run, or deleted it, while a page was compared."""


class FrappeReconcileHost:
	"""Implements the port. Every method that writes commits."""

	def __init__(self) -> None:
		self._deleted = Deleted()

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return times.now()

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""
		return policies.policy(store)

	def webhook_address(self, store: str) -> str:
		"""Return where Shopify has to send webhooks: `shopify_sync_webhook_address` of site_config.json, or the site's own."""
		return str(frappe.conf.get("shopify_sync_webhook_address") or get_url(RECEIVE))

	def api_version(self, store: str) -> str:
		"""Return the version that the store is set to."""
		return str(frappe.db.get_value("Shopify Store", store, "api_version") or "")

	def orders(self, policy: StorePolicy, orders_: Sequence[Order]) -> Mapping[str, FoundOrder]:
		"""See the port."""
		return orders.read(policy, orders_, self._deleted)

	def customers(self, policy: StorePolicy, ids: Sequence[str]) -> Mapping[str, FoundCustomer]:
		"""See the port."""
		return customers.read(policy, ids, self._deleted)

	def levels(self, policy: StorePolicy, levels: Sequence[InventoryLevel]) -> Mapping[str, FoundLevel]:
		"""See the port."""
		return stock.read_levels(policy, levels)

	def variants(self, policy: StorePolicy, variants: Sequence[Mapping[str, Any]]) -> Mapping[str, FoundVariant]:
		"""See the port."""
		return stock.read_variants(policy, variants)

	def day_counts(self, policy: StorePolicy, days: Sequence[date]) -> Mapping[date, int]:
		"""See the port."""
		return orders.count_by_day(policy.store, days)

	def payments(self, policy: StorePolicy, transactions: Mapping[str, str]) -> FoundPayments:
		"""See the port."""
		return payments.read(policy, transactions, self._deleted)

	def not_met(self, run: Run, cursor: str | None) -> NotMet:
		"""See the port."""
		began = times.to_site(run.started_at)
		rows = frappe.db.sql(
			"""SELECT link.name, link.shopify_id, document.shopify_order_name, document.name AS document FROM `tabShopify Link` link
			JOIN `tabSales Order` document ON document.name = link.document_name AND document.docstatus < 2
			WHERE link.store = %(store)s AND link.resource_type = 'order' AND link.document_type = 'Sales Order'
			AND (link.compared_at IS NULL OR link.compared_at < %(began)s) AND link.creation < %(began)s AND link.name > %(cursor)s
			ORDER BY link.name LIMIT %(limit)s""",
			{"store": run.store, "began": began, "cursor": cursor or "", "limit": _NOT_MET},
			as_dict=True,
		)
		records: list[tuple[str, str, tuple[str, str] | None]] = [
			(row.shopify_id, row.shopify_order_name or "", ("Sales Order", row.document)) for row in rows
		]
		if len(rows) == _NOT_MET:
			return NotMet(records, rows[-1].name)
		missing, customers = discrepancies.not_met(run.store, run.name)
		return NotMet([*records, *((id, label, None) for id, label in missing)], None, customers)

	def signal(self, event: NewEvent) -> Receipt:
		"""See the port."""
		receipt = FrappeEventLog().record(event)
		wake.wake()
		return receipt

	def mark(self, mark: Mark) -> None:
		"""See the port."""

		def write() -> None:
			mark_lock.hold_until_the_end()
			FrappeEventLog().mark([mark], Source.RECONCILIATION)

		in_short_transaction(write)
		wake.wake_pusher()

	def known(self, findings: Sequence[Finding]) -> Mapping[str, Discrepancy]:
		"""See the port."""
		return discrepancies.known(findings)

	def note(self, run: Run, findings: Sequence[Finding]) -> None:
		"""See the port."""
		in_short_transaction(lambda: discrepancies.settle(run.name, findings, (), self.now()))

	def keep(self, run: Run, findings: Sequence[Finding], compared: Sequence[str]) -> None:
		"""See the port. :raises RunIsOver: and nothing is kept."""
		now = self.now()

		def write() -> None:
			if not runs.save(run, now):
				raise RunIsOver(run.name)
			discrepancies.settle(run.name, findings, compared, now)
			if run.depth is Depth.FULL:
				_met(compared, now)
			if run.ended:
				runs.count(run)
			if run.ended and run.depth is Depth.FULL:
				_settle_what_is_no_more(run, now)

		in_short_transaction(write)


def _met(compared: Sequence[str], now: datetime) -> None:
	"""Note which orders a full run met. One that a worker has locked is being looked at: it is asked for once more in the end."""
	wanted = tuple(key for key in compared if key.split("/", 2)[1] == keys.ORDER)
	if not wanted:
		return
	free = frappe.db.sql("SELECT name FROM `tabShopify Link` WHERE name IN %s ORDER BY name FOR UPDATE SKIP LOCKED", (wanted,))
	if free:
		names = tuple(name for (name,) in free)
		frappe.db.sql("UPDATE `tabShopify Link` SET compared_at = %s WHERE name IN %s", (times.to_site(now), names))


def _settle_what_is_no_more(run: Run, now: datetime) -> None:
	discrepancies.settle_all(
		run.store,
		"""IFNULL(last_run, '') != %(run)s AND link NOT IN %(waiting)s
		AND (kind = %(kind)s OR (resource_type IN %(resources)s AND resource_type IN %(seen)s))""",
		{
			"run": run.name,
			"kind": str(Kind.NOT_IN_SHOPIFY),
			"resources": _ENDS_WITH_A_FULL_RUN,
			"seen": tuple(_resources(run)) or ("",),
			"waiting": tuple(run.waiting) or ("",),
		},
		now,
	)


def _resources(run: Run) -> list[str]:
	"""Return the resources of the findings that the phases of a run make."""
	return [keys.VARIANT if phase == keys.PRODUCT else phase for phase in run.phases]
