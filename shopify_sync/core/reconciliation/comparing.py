"""One page of a run: read, compared with what ERPNext has of the same records, and every difference explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .. import keys, topics
from ..contracts.inventory_level import InventoryLevel
from ..contracts.order import Order
from ..contracts.payout import Payout
from ..customers import resource as customer_resource
from ..events import Source
from ..fetched import event_of
from ..inventory import resource as inventory
from ..keys import short_hash
from ..orders import resource as orders
from ..outbound.marks import delivery_mark, stock_mark
from ..policy import Direction, FulfillmentSide
from ..signals import subject_of
from . import causes, counts, subscriptions
from . import customers as customer_comparison
from . import item_links as link_comparison
from . import orders as order_comparison
from . import payouts as payout_comparison
from . import stock as stock_comparison
from .findings import (
	LEFT_OVER,
	ORDER_DAYS,
	PAYOUTS,
	SUBSCRIPTIONS,
	Cause,
	Difference,
	Explanation,
	Finding,
	Kind,
	Proposal,
	Sums,
	Tally,
)
from .found import Found, FoundLevel, FoundOrder
from .ports import Page, ReconcileHost, Shopify, Window
from .schedule import Depth

if TYPE_CHECKING:
	from .run import Run

#: Why a record is not compared.
IN_FLIGHT, UNREADABLE = "Still under way", "Not readable"
_TOPIC = {
	keys.ORDER: "orders/updated",
	keys.CUSTOMER: "customers/update",
	keys.INVENTORY_LEVEL: "inventory_levels/update",
	keys.VARIANT: "products/update",
}


class Comparing:
	"""One page of a run."""

	def __init__(self, host: ReconcileHost, shopify: Shopify, run: Run) -> None:
		self.host, self.shopify, self.run = host, shopify, run
		self.policy = self.host.policy(run.store)
		self.read_at = self.host.now()
		self.next: str | None = None
		self.payloads: dict[str, Mapping[str, Any]] = {}
		self.tally = run.tally(run.resource)

	def compare(self) -> tuple[list[str], list[Finding]]:
		"""Return the keys of the records that were compared, and what differs."""
		run = self.run
		if run.resource == SUBSCRIPTIONS:
			return self._subscriptions()
		if run.resource == LEFT_OVER:
			return self._left_over()
		if run.resource == ORDER_DAYS:
			return self._order_days()
		page = self.shopify.page(run.resource, self._window(), run.cursor)
		self.next = page.cursor
		if page.anew:
			# Counted once, however often it is read.
			self.tally = run.tallies[run.resource] = Tally()
		if page.total is not None:
			run.expected[run.resource] = page.total
		compare = {
			keys.ORDER: self._orders,
			keys.CUSTOMER: self._customers,
			keys.INVENTORY_LEVEL: self._levels,
			keys.PRODUCT: self._variants,
			PAYOUTS: self._payouts,
		}[run.resource]
		return compare(page)

	def _window(self) -> Window:
		run, is_full = self.run, self.run.depth is Depth.FULL
		since = payout_comparison.begins(run.since, run.until) if run.resource == PAYOUTS else run.since
		# What a full run has not met of these is not there any more: what changed meanwhile must be met too.
		until = None if is_full and run.resource in (keys.PRODUCT, keys.INVENTORY_LEVEL) else run.until
		return Window(since, until, run.ids.get(run.resource, ()), full=is_full)

	def can_heal(self, finding: Finding) -> bool:
		"""Tell whether there is anything to carry out of what is proposed."""
		return finding.proposal in (Proposal.PUSH, Proposal.SUBSCRIBE) or finding.link in self.payloads

	def heal(self, finding: Finding) -> None:
		"""Carry out what is proposed, in a transaction of its own; doing it twice is as good as once."""
		if finding.proposal is Proposal.SUBSCRIBE:
			self.shopify.subscribe(finding.shopify_id, self.host.webhook_address(self.run.store))
			return
		if finding.proposal is Proposal.PUSH:
			self._push(finding)
			return
		payload = self.payloads[finding.link]
		name = f"reconcile-{short_hash(self.run.name, finding.link)}"
		version = self.host.api_version(self.run.store)
		event = event_of(_TOPIC[finding.resource], payload, self.run.store, name, self.read_at, version, Source.RECONCILIATION)
		# It came in now, behind whatever live came in since its page was read.
		self.host.signal(replace(event, received_at=self.host.now()))

	def _push(self, finding: Finding) -> None:
		store = self.run.store
		if finding.resource == keys.INVENTORY_LEVEL:
			item, _hyphen, location = finding.shopify_id.partition("-")
			document = finding.difference.document
			self.host.mark(stock_mark(store, item, location, document[1] if document else "", look=True))
		else:
			document = finding.difference.document
			self.host.mark(delivery_mark(store, finding.shopify_id, finding.label, document[1] if document else ""))

	def _finding(
		self, resource: str, id: str, label: str, difference: Difference, explanation: Explanation, proposal: Proposal
	) -> Finding:
		return Finding(self.run.store, resource, id, label, difference, explanation, proposal)

	def _orders(self, page: Page) -> tuple[list[str], list[Finding]]:
		parsed = list(self._parsed(page.payloads, lambda payload: orders.parse(payload, self.policy)))
		found = self.host.orders(self.policy, [order for order, _payload in parsed])
		compared, findings = [], []
		for order, payload in parsed:
			key = keys.key(self.policy.store, keys.ORDER, order.id)
			self.payloads[key] = payload
			there = found[order.id]
			if causes.is_on_its_way(there) or self._is_late(order.updated_at) or causes.is_ahead(there, order.updated_at):
				self.tally.leave_out(IN_FLIGHT)
				self._leave_stock_alone(order, there)
				continue
			compared.append(key)
			differing = self._order(order, there)
			if any(one.difference.kind in order_comparison.MOVES_STOCK for one in differing):
				self._leave_stock_alone(order, there)
			findings += differing
		return compared, findings

	def _leave_stock_alone(self, order: Order, found: FoundOrder) -> None:
		"""Have the stock of what left with an order left out, as long as it is not booked; where ERPNext alone sends it never is."""
		if self.policy.fulfillment_by is not FulfillmentSide.ERPNEXT:
			self.run.unbooked |= order_comparison.moved(order, found)

	def _order_days(self) -> tuple[list[str], list[Finding]]:
		"""Count orders day by day, then read the days whole that do not come out even, page by page."""
		run, zone = self.run, self.policy.time_zone
		if run.cursor is None:
			counted = self._counted(zone)
			self.next = _cursor(counts.Reading([(day, counted.more(day)) for day in counted.to_read[: counts.MOST]]))
			return [], []
		reading = counts.Reading.from_text(run.cursor)
		day, more = reading.days[0]
		page = self.shopify.page(keys.ORDER, Window(*counts.span(day, zone), placed=True), reading.page)
		# Figures of these orders would stand beside those of the days.
		whole, self.tally = self.tally, Tally()
		compared, findings = self._orders(page)
		whole.add(self.tally)
		if page.cursor is None:
			run.accepted[day] = more
		self.next = _cursor(reading.after(page.cursor))
		return compared, findings

	def _counted(self, zone: str) -> counts.DayCounts:
		days = counts.days_of(self.run.until, zone)
		shopify = {day: self.shopify.count(keys.ORDER, Window(*counts.span(day, zone), placed=True)) or 0 for day in days}
		found = counts.DayCounts(shopify, self.host.day_counts(self.policy, days), self.run.accepted)
		for day in days:
			self.tally.sums[day.isoformat(), counts.ALL] = Sums(found.shopify.get(day, 0), found.erpnext.get(day, 0))
		# What lies further back is not counted any more.
		self.run.accepted = {day: more for day, more in self.run.accepted.items() if day in shopify}
		return found

	def _order(self, order: Order, found: FoundOrder) -> list[Finding]:
		comparison = order_comparison.compare(order, found, self.policy)
		if comparison.reason:
			self.tally.leave_out(comparison.reason)
			return []
		self._sum(order, comparison)
		if comparison.agrees and not self._is_unlinked(found):
			self.tally.agreed += 1
			return []
		findings = [self._explained(keys.ORDER, order.id, order.label, one, found) for one in self._of(comparison, found)]
		self.tally.agreed += not findings
		return findings

	def _of(self, comparison: order_comparison.Comparison, found: Found) -> Iterator[Difference]:
		yield from order_comparison.differences(comparison)
		if self._is_unlinked(found) and comparison.erpnext.live:
			document = next((one.ref for one in comparison.documents), None)
			yield Difference(Kind.LINK, "", "an order", "no link", document=document)

	def _is_unlinked(self, found: Found) -> bool:
		return found.link is None or not found.link.document_name

	def _sum(self, order: Order, comparison: order_comparison.Comparison) -> None:
		self.tally.compared += 1
		day = order.placed_at.astimezone(timezone.utc).date().isoformat()
		sums = self.tally.sums.setdefault((day, order_comparison.status_of(order)), Sums())
		for figures, side in ((comparison.shopify, "shopify"), (comparison.erpnext, "erpnext")):
			setattr(sums, side, getattr(sums, side) + figures.live)
			total = f"{side}_total"
			setattr(sums, total, getattr(sums, total) + (figures.total or 0))

	def _explained(self, resource: str, id: str, label: str, difference: Difference, found: Found) -> Finding:
		explanation = causes.explain(difference, found, self._version(resource, id))
		told = causes.of_deliveries(difference, explanation, self.policy)
		explanation, proposal = told or (explanation, causes.propose(difference, explanation))
		return self._finding(resource, id, label, difference, explanation, proposal)

	def _version(self, resource: str, id: str) -> str:
		"""Return the version of a state that was read, as far as the state itself tells it."""
		payload = self.payloads[keys.key(self.policy.store, resource, id)]
		return subject_of(resource, payload, "").version

	def _customers(self, page: Page) -> tuple[list[str], list[Finding]]:
		parsed = list(self._parsed(page.payloads, lambda payload: customer_resource.parse(payload, self.policy)))
		found = self.host.customers(self.policy, [customer.id for customer, _payload in parsed])
		compared, findings = [], []
		for customer, payload in parsed:
			key, there = keys.key(self.policy.store, keys.CUSTOMER, customer.id), found[customer.id]
			self.payloads[key] = payload
			if causes.is_on_its_way(there) or self._is_late(customer.updated_at) or causes.is_ahead(there, customer.updated_at):
				self.tally.leave_out(IN_FLIGHT)
				continue
			compared.append(key)
			if reason := customer_comparison.left_out(there, self.policy):
				self.tally.leave_out(reason)
				continue
			self.tally.compared += 1
			differing = list(customer_comparison.differences(customer, there, self.policy))
			self.tally.agreed += not differing
			findings += [self._explained(keys.CUSTOMER, customer.id, "", one, there) for one in differing]
		return compared, findings

	def _levels(self, page: Page) -> tuple[list[str], list[Finding]]:
		compared, findings, doubtful = [], [], []
		for level, there, differing in self._compared_levels(page.payloads):
			if differing and not self.run.ids:
				doubtful.append(level.id)
				continue
			compared.append(level.id)
			findings += [self._of_level(level, one, there) for one in differing]
		# What was read at once may be minutes old, and stock moves meanwhile: what differs is looked at as it is now.
		for level, there, differing in self._compared_levels(list(self._named(keys.INVENTORY_LEVEL, doubtful))):
			compared.append(level.id)
			findings += [self._of_level(level, one, there) for one in differing]
		self.tally.compared += len(compared)
		self.tally.agreed += len(compared) - len({finding.shopify_id for finding in findings})
		return [keys.key(self.policy.store, keys.INVENTORY_LEVEL, id) for id in compared], findings

	def _compared_levels(
		self, payloads: Sequence[Mapping[str, Any]]
	) -> Iterator[tuple[InventoryLevel, FoundLevel, list[Difference]]]:
		"""Yield each level with what differs; those that are not compared are counted."""
		parsed = list(self._parsed(payloads, lambda payload: inventory.parse(payload, self.policy)))
		found = self.host.levels(self.policy, [level for level, _payload in parsed])
		for level, payload in parsed:
			key, there = keys.key(self.policy.store, keys.INVENTORY_LEVEL, level.id), found[level.id]
			self.payloads[key] = payload
			if reason := stock_comparison.left_out(level, there, self.policy):
				self.tally.leave_out(reason)
				continue
			if causes.is_on_its_way(there):
				self._wait_for(key, IN_FLIGHT)
				continue
			differing = list(stock_comparison.differences(level, payload.get("on_hand"), there, self.policy, self.read_at))
			if differing and (reason := self._waits(level, there)):
				self._wait_for(key, reason)
				continue
			yield level, there, differing

	def _named(self, resource: str, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		"""Yield the records with these ids, as far as Shopify has them."""
		cursor, has_more = None, bool(ids)
		while has_more:
			page = self.shopify.page(resource, Window(None, None, tuple(ids)), cursor)
			yield from page.payloads
			cursor, has_more = page.cursor, page.cursor is not None

	def _wait_for(self, key: str, reason: str) -> None:
		"""Leave out a record that is there, and is compared another time: what is known of it stands."""
		self.tally.leave_out(reason)
		self.run.waiting.add(key)

	def _waits(self, level: InventoryLevel, found: FoundLevel) -> str:
		"""Return why the difference of a level is none of its own, or an empty text."""
		if self._is_late(level.updated_at):
			return IN_FLIGHT
		rule = self.policy.location(level.location_id)
		is_pushed = rule is not None and rule.direction is Direction.OUTBOUND
		return stock_comparison.UNBOOKED if is_pushed and (found.item, level.location_id) in self.run.unbooked else ""

	def _of_level(self, level: InventoryLevel, difference: Difference, found: FoundLevel) -> Finding:
		on_hand = self.payloads[keys.key(self.policy.store, keys.INVENTORY_LEVEL, level.id)].get("on_hand")
		explanation = causes.explain(difference, found, self._version(keys.INVENTORY_LEVEL, level.id))
		proposal = Proposal.APPLY
		if difference.field == "on_hand":
			explanation = stock_comparison.explain(level, on_hand, found, explanation)
			proposal = Proposal.PUSH
		else:
			explanation = stock_comparison.explain_inbound(level, found, explanation)
		if explanation.cause is Cause.FAILED_EVENT:
			proposal = Proposal.MEND_EVENT
		if explanation.cause is Cause.DISCARDED:
			proposal = Proposal.REVIEW
		label = found.item or ""
		return self._finding(keys.INVENTORY_LEVEL, level.id, label, difference, explanation, proposal)

	def _variants(self, page: Page) -> tuple[list[str], list[Finding]]:
		rows = [(payload, variant) for payload in page.payloads for variant in payload.get("variants") or ()]
		found = self.host.variants(self.policy, [variant for _product, variant in rows])
		compared, findings = [], []
		for product, variant in rows:
			id, there = str(variant["id"]), found[str(variant["id"])]
			key = keys.key(self.policy.store, keys.VARIANT, id)
			self.payloads[key] = product
			if self._is_late(_time(product.get("updated_at"))):
				self._wait_for(key, IN_FLIGHT)
				continue
			compared.append(key)
			if there.item is None and there.by_sku is None:
				self.tally.leave_out(link_comparison.NOT_CARRIED)
				continue
			self.tally.compared += 1
			sku, stock = str(variant.get("sku") or ""), variant.get("inventory_item_id")
			differing = list(link_comparison.differences(sku, str(stock) if stock else None, there))
			self.tally.agreed += not differing
			findings += [self._of_variant(id, sku, one) for one in differing]
		return compared, findings

	def _of_variant(self, id: str, sku: str, difference: Difference) -> Finding:
		explanation = Explanation(Cause.MAPPING if difference.field == "sku" else Cause.BROKEN_LINK)
		# A link that leads somewhere is never led elsewhere by the engine: what is healed then would be found again at every run.
		proposal = Proposal.APPLY if difference.erpnext == link_comparison.NO_LINK else Proposal.REVIEW
		return self._finding(keys.VARIANT, id, sku, difference, explanation, proposal)

	def _payouts(self, page: Page) -> tuple[list[str], list[Finding]]:
		payouts: list[Payout] = [payout for payout, _payload in self._parsed(page.payloads, Payout.model_validate)]
		found = self.host.payments(self.policy, payout_comparison.wanted(payouts))
		compared, findings = [], []
		for payout in payouts:
			reason = payout_comparison.left_out(payout)
			if reason or payout_comparison.is_on_its_way(payout, found):
				self.tally.leave_out(reason or IN_FLIGHT)
				continue
			compared.append(keys.key(self.policy.store, PAYOUTS, payout.id))
			self.tally.compared += 1
			self.tally.sums.setdefault((payout.date, payout.status), Sums()).add(payout_comparison.sums(payout, found))
			differing = list(payout_comparison.differences(payout, found, self.policy))
			self.tally.agreed += not differing
			findings += [self._finding(PAYOUTS, payout.id, payout.date, *one) for one in differing]
		return compared, findings

	def _subscriptions(self) -> tuple[list[str], list[Finding]]:
		store = self.run.store
		wanted = topics.topics_needed(self.policy)
		address, version = self.host.webhook_address(store), self.host.api_version(store)
		there = self.shopify.subscriptions()
		found = list(subscriptions.differences(wanted, there, address, version))
		self.tally.compared += len(wanted)
		self.tally.agreed += len(wanted) - len({topic for topic, _one in found})
		findings = [
			self._finding(SUBSCRIPTIONS, topic, topic, one, Explanation(Cause.DELETED_IN_SHOPIFY), Proposal.SUBSCRIBE)
			for topic, one in found
		]
		return [keys.key(store, SUBSCRIPTIONS, topic) for topic in wanted], findings

	def _left_over(self) -> tuple[list[str], list[Finding]]:
		"""Find what ERPNext has of orders that this run did not meet, and Shopify says it has not.

		What was missing in ERPNext, and is not in Shopify any more either, is over.
		"""
		page = self.host.not_met(self.run, self.run.cursor)
		self.next = page.cursor
		there = self.shopify.existing(keys.ORDER, [id for id, _label, _ref in page.records])
		findings, over = [], [keys.key(self.policy.store, keys.CUSTOMER, id) for id in self._gone_customers(page.customers)]
		for id, label, ref in page.records:
			if ref is None:
				over += [] if id in there else [keys.key(self.policy.store, keys.ORDER, id)]
				continue
			if id in there:
				self.tally.leave_out(IN_FLIGHT)
				continue
			difference = Difference(Kind.NOT_IN_SHOPIFY, "", "no order", "live", document=ref)
			findings.append(
				self._finding(keys.ORDER, id, label, difference, Explanation(Cause.DELETED_IN_SHOPIFY), Proposal.REVIEW)
			)
		self.tally.compared += len(findings)
		return [*(finding.link for finding in findings), *over], findings

	def _gone_customers(self, ids: Sequence[str]) -> list[str]:
		"""Return which of *ids* Shopify has no more; they are few, and asked for by id."""
		if not ids or keys.CUSTOMER not in self.run.phases:
			# A run that reads no customers met none of them.
			return []
		there = {str(payload["id"]) for payload in self._named(keys.CUSTOMER, ids)}
		return [id for id in ids if id not in there]

	def _is_late(self, updated_at: datetime | None) -> bool:
		return updated_at is not None and updated_at > self.run.until

	def _parsed(
		self, payloads: Sequence[Mapping[str, Any]], parse: Callable[[Mapping[str, Any]], Any]
	) -> Iterator[tuple[Any, Mapping[str, Any]]]:
		for payload in payloads:
			try:
				yield parse(payload), payload
			except ValidationError:
				self.tally.leave_out(UNREADABLE)


def _time(text: object) -> datetime | None:
	"""Return a time of a payload that no contract has read, None where there is none."""
	return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None


def _cursor(reading: counts.Reading | None) -> str | None:
	return reading.as_text() if reading and reading.days else None
