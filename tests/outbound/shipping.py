"""Orders of a shop that are sent from ERPNext: their Delivery Notes, and what the shop has of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shopify_sync.core import keys
from shopify_sync.embedded_host import delivery_notes, documents, links
from shopify_sync.simulator.rest import fulfillment as rest_fulfillment
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.rest.values import gid
from shopify_sync.simulator.shop.records import Fulfillment, Order
from tests.outbound.ground import STORE, Ground
from tests.outbound.webhooks import webhook

RULES: dict[str, Any] = {
	"fulfillment_by": "ERPNext",
	"guest_customer": "Guests",
	"default_tax_account": "VAT",
	"shipping_account": "Freight",
	"gateway_rules": [{"gateway": "manual", "account": "Bank"}],
	"max_attempts": 1000,
}


class Shipping(Ground):
	"""A store that sends from ERPNext. Orders come in by webhooks, as they are at that moment."""

	def __init__(self, folder: Path, **settings: Any) -> None:
		super().__init__(folder, **{**RULES, **settings})
		for inventory_item in self.inventory_item.values():
			for place in self.locations:
				if not self.shop.inventory.level(inventory_item, place):
					self.shop.inventory.connect(inventory_item, place)
				self.shop.inventory.adjust("available", inventory_item, place, 100, "correction")
		self.notes = 0
		self.delivered = 0

	# --- the shop ----------------------------------------------------------------------------------------------------

	def order(self, place: int | None = None, **pieces: int) -> Order:
		"""Place an order and let ERPNext know of it. *pieces*: SKU → pieces; *place*: the location that is to send it."""
		variants = {variant.sku: id for id, variant in self.shop.products.variants.items()}
		lines = [{"variant_id": variants[sku], "quantity": count} for sku, count in pieces.items()]
		location = None if place is None else self.locations[place]
		made = self.shop.orders.place(lines, financial="paid", location_id=location)
		self.tell(made)
		return made

	def tell(self, order: Order, topic: str = "orders/updated", triggered: str = "") -> str:
		"""Deliver the order as it is now; return the name of the event."""
		return self._deliver(topic, rest_order.payload(self.shop, order), triggered)

	def tell_fulfillment(self, order: Order, fulfillment: Fulfillment, topic: str = "fulfillments/update") -> str:
		"""Deliver a fulfillment as it is now; return the name of the event."""
		return self._deliver(topic, rest_fulfillment.payload(self.shop, (order, fulfillment)))

	def _deliver(self, topic: str, payload: Mapping[str, Any], triggered: str = "") -> str:
		self.delivered += 1
		name = f"webhook-{self.delivered}"
		headers, body = webhook(name, topic, payload, triggered or self.clock.now().isoformat())
		assert self.deliver(headers, body) == 200
		return name

	def event(self, name: str) -> dict[str, Any]:
		"""Return an event."""
		(row,) = self._query("SELECT * FROM sync_event WHERE name = ?", name)
		return dict(row)

	def drain(self) -> None:
		"""Apply what came in."""
		self.instance.engine("inbound").drain()

	# --- ERPNext -----------------------------------------------------------------------------------------------------

	def sales_order(self, order: Order) -> str:
		"""Return the Sales Order of an order."""
		link = links.read(self.instance.database.connection(), keys.key(STORE, keys.ORDER, order.id))
		assert link.document_name
		return link.document_name

	def note(self, order: Order, *rows: tuple[str, int] | tuple[str, int, str], name: str = "", **values: Any) -> str:
		"""Submit a Delivery Note of an order. *rows*: SKU, pieces, warehouse (W0)."""
		self.notes += 1
		name = name or f"NOTE-{self.notes}"
		lines = {line.sku: line.id for line in order.line_items}
		items = [
			{
				"shopify_line_item_id": lines[row[0]],
				"item_code": row[0],
				"qty": row[1],
				"warehouse": row[2] if len(row) > 2 else "W0",
			}
			for row in rows
		]
		with self.instance.database.write() as connection:
			delivery_notes.submit(
				connection, self.instance.config, self.instance.events, name, self.sales_order(order), items, **values
			)
		return name

	def cancel_note(self, name: str) -> None:
		"""Cancel a Delivery Note."""
		with self.instance.database.write() as connection:
			delivery_notes.cancel(connection, self.instance.config, self.instance.events, name)

	def amend(self, name: str, order: Order, *rows: tuple[str, int] | tuple[str, int, str], **values: Any) -> str:
		"""Submit the amendment of a cancelled note."""
		return self.note(order, *rows, name=f"{name}-1", amended_from=name, **values)

	def track(self, name: str, number: str, company: str = "UPS", **values: Any) -> None:
		"""Enter a tracking number in a submitted note."""
		fields = {"shopify_tracking_number": number, "shopify_tracking_company": company, **values}
		with self.instance.database.write() as connection:
			delivery_notes.track(connection, self.instance.config, self.instance.events, name, **fields)

	def note_values(self, name: str) -> Mapping[str, Any]:
		"""Return the fields of a Delivery Note."""
		return documents.get(self.instance.database.connection(), "Delivery Note", name).values

	def own_notes(self) -> list[str]:
		"""Return the Delivery Notes that the app made of fulfillments and that stand."""
		rows = self._query(
			"SELECT name FROM document WHERE doctype = 'Delivery Note' AND shopify_key IS NOT NULL AND docstatus = 1"
		)
		return [str(row["name"]) for row in rows]

	# --- what came of it ---------------------------------------------------------------------------------------------

	def live(self, order: Order) -> list[tuple[str, dict[str, int]]]:
		"""Return location and pieces by SKU of the fulfillments that stand, oldest first."""
		skus = {line.id: line.sku for line in order.line_items}
		return [
			(found.location_id, {skus[line]: pieces for line, pieces in found.lines.items()})
			for found in order.fulfillments
			if found.status == "success"
		]

	def sent(self, order: Order) -> dict[str, int]:
		"""Return the pieces by SKU that stand as fulfilled."""
		total: dict[str, int] = {}
		for _location, lines in self.live(order):
			for sku, pieces in lines.items():
				total[sku] = total.get(sku, 0) + pieces
		return total

	def push_events(self, order: Order) -> list[dict[str, Any]]:
		"""Return the events of the order's deliveries, oldest first."""
		return [row for row in self.events() if row["link"] == keys.key(STORE, keys.FULFILLMENT_PUSH, order.id)]

	def last_push(self, order: Order) -> dict[str, Any]:
		"""Return the newest event of the order's deliveries."""
		return self.push_events(order)[-1]

	def facts(self, order: Order) -> Mapping[str, Any]:
		"""Return what is remembered of the order's deliveries."""
		return links.read(self.instance.database.connection(), keys.key(STORE, keys.FULFILLMENT_PUSH, order.id)).facts

	def by_hand(self, order: Order, place: int = 0, **pieces: int) -> Fulfillment:
		"""Fulfil by hand in Shopify."""
		lines = {line.sku: line.id for line in order.line_items}
		return self.shop.fulfillments.create(
			order.id, {lines[sku]: count for sku, count in pieces.items()}, self.locations[place]
		)


def only(steps: Sequence[str], action: Callable[[], None]) -> Callable[[str], None]:
	"""Return a probe that does *action* once, when the first of *steps* is reached."""
	left = [action]

	def probe(step: str) -> None:
		if step in steps and left:
			left.pop()()

	return probe


__all__ = ["RULES", "Shipping", "gid", "only"]
