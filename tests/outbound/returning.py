"""Orders whose goods come back: people's own returns in ERPNext, and what the shop has of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shopify_sync.embedded_host import documents
from shopify_sync.simulator.shop.records import Order, Refund, Return
from tests.outbound.shipping import Shipping


class Returning(Shipping):
	"""A store that tells Shopify of returns, and keeps its stock."""

	def __init__(self, folder: Path, **settings: Any) -> None:
		super().__init__(folder, **{"push_returns": "Return in Shopify", **settings})

	def take_back(self, note: str, order: Order, *rows: tuple[str, int] | tuple[str, int, str], **values: Any) -> str:
		"""Submit a return against a Delivery Note. *rows*: SKU, pieces, warehouse (W0)."""
		self.notes += 1
		back = [(row[0], -row[1], *row[2:]) for row in rows]
		name = values.pop("name", f"RETURN-{self.notes}")
		return self.note(order, *back, name=name, is_return=1, return_against=note, **values)

	def amend_return(self, name: str, note: str, order: Order, *rows: tuple[str, int]) -> str:
		"""Submit the amendment of a cancelled return."""
		return self.take_back(note, order, *rows, name=f"{name}-1", amended_from=name)

	def is_cancelled(self, name: str) -> bool:
		"""Tell whether a note is cancelled."""
		return documents.get(self.instance.database.connection(), "Delivery Note", name).docstatus == 2

	def retry(self, event: str) -> None:
		"""Press Retry."""
		self.instance.events.retry(event, "operator")

	def returned(self, order: Order) -> dict[str, int]:
		"""Return the pieces by SKU that stand as returned and received in the shop."""
		return self._pieces(order, [found for found in order.returns if found.status != "canceled"], received=True)

	def announced(self, order: Order) -> dict[str, int]:
		"""Return the pieces by SKU that stand as returned, received or not."""
		return self._pieces(order, [found for found in order.returns if found.status != "canceled"], received=False)

	def _pieces(self, order: Order, returns: list[Return], *, received: bool) -> dict[str, int]:
		skus = {line.id: line.sku for line in order.line_items}
		total: dict[str, int] = {}
		for line in (line for found in returns for line in found.lines):
			count = line.quantity - (line.waiting if received else 0)
			if count:
				total[skus[line.line_item_id]] = total.get(skus[line.line_item_id], 0) + count
		return total

	def places(self, order: Order) -> list[tuple[str, str | None, int]]:
		"""Return what was done with what came back: kind, location, pieces."""
		done = (part for found in order.returns for line in found.lines for part in line.disposals)
		return [(part.kind, part.location_id, part.pieces) for part in done]

	def by_hand_back(self, order: Order, **pieces: int) -> Return:
		"""Make a return of the order's first parcel in Shopify."""
		lines = {line.sku: line.id for line in order.line_items}
		parcel = order.fulfillments[0].id
		return self.shop.returns.create(order.id, [(parcel, lines[sku], count) for sku, count in pieces.items()])

	def refund(self, order: Order, **pieces: int) -> Refund:
		"""Refund pieces in Shopify, and put them back into stock there."""
		lines = {line.sku: line.id for line in order.line_items}
		return self.shop.refunds.create(order.id, [(lines[sku], count, "return") for sku, count in pieces.items()])
