"""A store as reconciliation reads it: one page after the other, however they are read, and its webhook subscriptions.

Implements core/reconciliation/ports.py `Shopify`. A cursor says all that is needed to go on in another process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from shopify_sync.core import keys
from shopify_sync.core.calls.bucket import BACKFILL_SHARE
from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.core.policy import Direction, StorePolicy
from shopify_sync.core.reading import FURTHEST, Position, Way, choose
from shopify_sync.core.reading import Window as Span
from shopify_sync.core.reconciliation.findings import PAYOUTS
from shopify_sync.core.reconciliation.ports import Page, Window
from shopify_sync.core.reconciliation.subscriptions import Subscription
from shopify_sync.core.topics import enum_of

from ..answers import user_errors
from ..products import all_variants, as_webhook
from . import bulk, counts, payout_pages, reader, windows
from .bulk import Downloading
from .customer_payload import customer_payload
from .parts import read_order
from .ports import ask
from .stock_payload import LevelRead, level_read
from .values import number
from .windows import Batch

#: What a record costs by pages, in points, as seen in answers: an order with a few lines, a parcel, a customer with an address, …
POINTS = {keys.ORDER: 100.0, keys.CUSTOMER: 8.0, keys.PRODUCT: 40.0, keys.INVENTORY_LEVEL: 3.0}
_WHAT = {keys.ORDER: "orders", keys.CUSTOMER: "customers", keys.PRODUCT: "products", keys.INVENTORY_LEVEL: "levels"}
#: Records of a bulk result that make a page: what a page costs in statements and in what is kept is shared by so many.
_BATCH = 100
#: Records that were asked for by id, on a page.
_NAMED = 25
_MOST_IDS = 250
#: The plan's rate until an answer has told it: the smallest plan's.
_SLOWEST = 100.0


class ReadingStore:
	"""Reads a store, within its share of the points.

	:param client: of the store; :param share: of what the plan restores, as the client's budget was told: by it the way is chosen.
	:param now: returns the time, UTC; :param sleep: waits so many seconds.
	:param policy: of the store: stock is read at its mapped locations; None: at all.
	:param patience: seconds that a page may wait for a bulk operation; when it is not over then, the page is empty and has a cursor.
	"""

	def __init__(
		self,
		client: Downloading,
		*,
		share: float = BACKFILL_SHARE,
		now: Callable[[], datetime],
		policy: StorePolicy | None = None,
		sleep: Callable[[float], None] = time.sleep,
		patience: float = 20.0,
	) -> None:
		self._client = client
		self._share = share
		self._now = now
		self._policy = policy
		self._sleep = sleep
		self._patience = timedelta(seconds=patience)
		self._places: tuple[str, ...] | None = None
		self._sees_all: bool | None = None
		#: The result of a bulk operation that is being read, and up to where it was.
		self._download: tuple[Position, Iterator[Batch[Any]]] | None = None

	def page(self, resource: str, window: Window, cursor: str | None) -> Page:
		"""See the port. :raises CallFailed:"""
		if resource == PAYOUTS:
			return payout_pages.page(self._client, window, cursor, self._zone)
		if window.ids:
			return self._named(resource, window.ids, int(cursor or 0))
		if cursor is None:
			return self._begin(resource, window)
		kept = json.loads(cursor)
		position = Position.from_json(kept["position"])
		if position.way is Way.BULK:
			return self._of_bulk(resource, position)
		return self._of_pages(resource, position, kept["places"])

	def subscriptions(self) -> Sequence[Subscription]:
		"""See the port. :raises CallFailed:"""
		return [
			Subscription(one.id, one.topic, one.uri, one.api_version, one.include_fields, one.filter)
			for one in windows.subscriptions(self._client)
		]

	def subscribe(self, topic: str, address: str) -> None:
		"""See the port. :raises CallFailed: also when Shopify refuses it."""
		there = next((one for one in self.subscriptions() if one.topic == topic and one.address == address), None)
		wanted: dict[str, Any] = {"uri": address, "includeFields": [], "filter": ""}
		if there is None:
			data = ask(self._client, "WebhookSubscriptionCreate", {"topic": enum_of(topic), "subscription": {"uri": address}})
		else:
			gid = f"gid://shopify/WebhookSubscription/{there.id}"
			data = ask(self._client, "WebhookSubscriptionUpdate", {"id": gid, "subscription": wanted})
		if errors := [str(error.get("message") or "") for error in user_errors(data)]:
			message = f"Shopify does not send {topic}: {' '.join(errors)[:300]}"
			raise CallFailed(Failure(Category.REVIEW, message), may_have_arrived=False)

	def existing(self, resource: str, ids: Sequence[str]) -> Collection[str]:
		"""See the port. An app without read_all_orders does not see orders of more than 60 days: then none is said to be gone.

		:raises CallFailed:
		"""
		if resource != keys.ORDER:
			raise ValueError(f"nobody asks whether a {resource} exists")
		if not ids:
			return set()
		if not self._sees_old_orders():
			return set(ids)
		found: set[str] = set()
		for start in range(0, len(ids), _MOST_IDS):
			gids = [f"gid://shopify/Order/{id}" for id in ids[start : start + _MOST_IDS]]
			nodes = ask(self._client, "ExistingOrders", {"ids": gids})["nodes"]
			found.update(str(number(node["id"])) for node in nodes if node)
		return found

	def count(self, resource: str, window: Window) -> int | None:
		"""Return how many records there are, None where nothing tells. Of stock: variants, times the locations. :raises CallFailed:"""
		return self._count(resource, _span(window))

	def _begin(self, resource: str, window: Window) -> Page:
		span = _span(window)
		total = self._count(resource, span)
		way = Way.PAGES
		if total is not None:
			way = choose(total, POINTS[resource], restore_rate=self._rate, share=self._share)
		position = Position(_WHAT[resource], way, span, started_at=self._now() if way is Way.BULK else None, expected=total)
		if way is Way.BULK:
			# Kept before it is started, so that a start whose answer is lost is found again.
			return Page((), _cursor(position), total)
		return replace(self._of_pages(resource, position, 0), total=total)

	def _count(self, resource: str, span: Span) -> int | None:
		"""Return how many records there are, None where nothing tells."""
		if resource == keys.ORDER:
			return counts.orders(self._client, span).count
		if resource == keys.CUSTOMER:
			return counts.customers(self._client, span).count
		if resource == keys.PRODUCT:
			return counts.products(self._client, span).count
		return None if span.start else counts.variants(self._client).count * len(self._locations())

	@property
	def _rate(self) -> float:
		"""Points a second that the plan restores, as the last answer told."""
		return float(getattr(self._client, "restore_rate", None) or _SLOWEST)

	def _of_bulk(self, resource: str, position: Position) -> Page:
		if not position.operation:
			return Page((), _cursor(bulk.start(self._client, position)))
		try:
			if not position.offset and not self._is_over(position):
				return Page((), _cursor(position))
			batch = self._downloaded(position)
		except (bulk.BulkFailed, bulk.BulkCancelled, bulk.BulkExpired) as error:
			if error.failure.category is Category.PERMISSION:
				raise
			return Page((), _cursor(self._begun_anew(position)), anew=True)
		if batch is None:
			return Page(())
		return Page(self._payloads(resource, batch.records), None if batch.position.done else _cursor(batch.position))

	def _begun_anew(self, position: Position) -> Position:
		"""Return where to go on when Shopify could not read something at once: page by page, from the beginning.

		More than Shopify gives out by pages is read at once again, after a while.
		"""
		if (position.expected or 0) <= FURTHEST:
			return Position(position.what, Way.PAGES, position.window, expected=position.expected)
		self._sleep(self._patience.total_seconds())
		return Position(position.what, Way.BULK, position.window, started_at=self._now(), expected=position.expected)

	def _downloaded(self, position: Position) -> Batch[Any] | None:
		"""Return what comes behind a position; the download stays open for the page behind it, which this reader is asked for as a rule."""
		open_at, found = self._download or (None, None)
		self._download = None
		batch = None
		if found is not None and open_at == position:
			try:
				batch = next(found, None)
			except bulk.BulkExpired:  # the address was good for a while only; Shopify gives another one
				found = None
		if found is None or open_at != position:
			found = reader.records(self._client, position, batch=_BATCH)
			batch = next(found, None)
		if batch is not None and not batch.position.done:
			self._download = (batch.position, found)
		return batch

	def _is_over(self, position: Position) -> bool:
		until = self._now() + self._patience
		return bulk.wait(self._client, position, sleep=self._sleep, now=self._now, until=until) is not None

	def _of_pages(self, resource: str, position: Position, place: int) -> Page:
		if resource != keys.INVENTORY_LEVEL:
			batch = next(reader.records(self._client, position), None)
			if batch is None:
				return Page(())
			return Page(self._payloads(resource, batch.records), None if batch.position.done else _cursor(batch.position))
		places = self._locations()
		if place >= len(places):
			return Page(())
		found = next(windows.levels(self._client, position, places[place]), None)
		records = found.records if found else ()
		if found is None or found.position.done:
			place, after = place + 1, Position(position.what, Way.PAGES, position.window)
		else:
			after = found.position
		return Page(self._payloads(resource, records), _cursor(after, place) if place < len(places) else None)

	def _payloads(self, resource: str, records: Sequence[Any]) -> list[Mapping[str, Any]]:
		if resource == keys.CUSTOMER:
			return [record.payload for record in records]
		if resource == keys.INVENTORY_LEVEL:
			places = frozenset(self._locations())
			return [_level(record) for record in records if str(record.payload["location_id"]) in places]
		return list(records)

	def _named(self, resource: str, ids: Sequence[str], start: int) -> Page:
		"""Return records that were asked for by id; those that are not there are left out."""
		wanted = ids[start : start + _NAMED]
		end = start + len(wanted)
		found = {
			keys.ORDER: self._orders_of,
			keys.CUSTOMER: self._customers_of,
			keys.PRODUCT: self._products_of,
			keys.INVENTORY_LEVEL: self._levels_of,
		}[resource](wanted)
		return Page(list(found), str(end) if end < len(ids) else None, len(ids))

	def _orders_of(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		for id in ids:
			if (order := read_order(self._client, id)) is not None:
				yield order

	def _customers_of(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		for id in ids:
			node = ask(self._client, "Customer", {"id": f"gid://shopify/Customer/{id}"})["customer"]
			if node is not None:
				yield customer_payload(node)

	def _products_of(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		query: str | None = " OR ".join(f"id:{id}" for id in ids)
		cursor = None
		while True:
			found = ask(self._client, "ProductsPage", {"query": query, "after": cursor})["products"]
			for node in found["nodes"]:
				yield as_webhook(node, all_variants(self._client, node))
			if not found["pageInfo"]["hasNextPage"]:
				return
			cursor = found["pageInfo"]["endCursor"]

	def _levels_of(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		by_place: dict[str, list[str]] = {}
		for id in ids:
			item, _hyphen, place = id.partition("-")
			by_place.setdefault(place, []).append(f"gid://shopify/InventoryItem/{item}")
		for place, items in by_place.items():
			gid = f"gid://shopify/Location/{place}"
			for node in ask(self._client, "InventoryLevelsOfItems", {"ids": items, "locationId": gid})["nodes"]:
				if node and node["inventoryLevel"]:
					yield _level(level_read({**node["inventoryLevel"], "item": node}, gid))

	def _locations(self) -> tuple[str, ...]:
		"""Return the locations whose stock is compared."""
		if self._places is None:
			self._places = self._mapped() if self._policy is not None else self._all_locations()
		return self._places

	def _mapped(self) -> tuple[str, ...]:
		assert self._policy is not None
		return tuple(rule.location_id for rule in self._policy.locations if rule.direction is not Direction.NONE)

	def _all_locations(self) -> tuple[str, ...]:
		found: list[str] = []
		after = None
		while True:
			page = ask(self._client, "Locations", {"after": after})["locations"]
			found += [str(number(node["id"])) for node in page["nodes"] if node["isActive"]]
			if not page["pageInfo"]["hasNextPage"]:
				return tuple(found)
			after = page["pageInfo"]["endCursor"]

	@property
	def _zone(self) -> tzinfo:
		return ZoneInfo(self._policy.time_zone) if self._policy else timezone.utc

	def _sees_old_orders(self) -> bool:
		if self._sees_all is None:
			granted = ask(self._client, "AppScopes", {})["currentAppInstallation"]["accessScopes"]
			self._sees_all = any(scope["handle"] == "read_all_orders" for scope in granted)
		return self._sees_all


def _span(window: Window) -> Span:
	"""Return a window as Shopify searches it. `status:open`: https://shopify.dev/docs/api/admin-graphql/latest/queries/orders"""
	field = "created_at" if window.placed else "updated_at"
	return Span(window.since, window.until, field, "status:open" if window.only_open else "")


def _cursor(position: Position, place: int = 0) -> str:
	return json.dumps({"position": position.as_json(), "places": place}, separators=(",", ":"))


def _level(read: LevelRead) -> Mapping[str, Any]:
	"""Return a level as its webhook tells of it, with what is on hand besides what is available."""
	return {**read.payload, "on_hand": read.on_hand if read.tracked else None}
