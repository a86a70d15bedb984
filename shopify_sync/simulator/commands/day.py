"""A day of a shop: orders that are placed, paid, changed, sent, refunded and cancelled, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from shopify_sync.core.money import quantum

from ..dice import Dice

_FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "John")
_LAST = ("Example", "Sample", "Muster", "Beispiel", "Specimen", "Ejemplo", "Esempio", "Örnek")
_CITIES = (("Springfield", "United States", "US"), ("Musterstadt", "Germany", "DE"), ("Exampleton", "United Kingdom", "GB"))


class Desks(Protocol):
	"""Where the operations of a shop are called: over HTTP, or in the same process."""

	def operate(self, desk: str, operation: str, **arguments: Any) -> Any:
		"""Call an operation with plain JSON values and return its result as such."""


class Day:
	"""Plays orders one after the other.

	:param variants: ids of what is sold; each must have stock.
	:param currency: of the shop, so that no amount has more decimals than it allows.
	:param seed: of what happens.
	:ivar done: how often each operation was carried out.
	"""

	def __init__(self, desks: Desks, variants: Sequence[str], seed: object = 1, currency: str = "USD") -> None:
		if not variants:
			raise ValueError("a day needs something to sell")
		self._desks = desks
		self._variants = variants
		self._dice = Dice(f"day/{seed}")
		self._quantum = quantum(currency)
		self._customers: list[str] = []
		self.done: Counter[str] = Counter()

	def play(self, orders: int) -> None:
		"""Play that many orders, each from its checkout to its end."""
		for number in range(orders):
			self.play_one(number)

	def play_one(self, number: int) -> dict[str, Any]:
		"""Play one order. Return it as it was placed."""
		order: dict[str, Any] = self._do("orders", "place", **self._cart(number))
		id = order["id"]
		if self._chance(0.12, "note", number):
			self._do("orders", "update", id=id, note=f"Please wrap it, order {number}")
		if self._chance(0.15, "edit", number):
			order = self._edit(number, order)
		paid = self._pay(number, order)
		if self._chance(0.12, "cancel", number):
			self._do("orders", "cancel", id=id, reason=self._dice.pick(("customer", "inventory", "other"), "reason", number))
			return order
		sent = self._send(number, order)
		if paid and self._chance(0.2, "refund", number):
			self._refund(number, order, sent)
		return order

	def _do(self, desk: str, operation: str, **arguments: Any) -> Any:
		result = self._desks.operate(desk, operation, **arguments)
		self.done[f"{desk}/{operation}"] += 1
		return result

	def _cart(self, number: int) -> dict[str, Any]:
		cart = {"lines": self._lines(number), **self._buyer(number)}
		if self._chance(0.7, "shipping", number):
			cart["shipping"] = {"title": "Standard", "code": "standard", "price": self._amount(490)}
		if self._chance(0.15, "order discount", number):
			cart["order_discount"] = self._amount(100)
		choices = (("paid", 0.5), ("pending", 0.35), ("authorized", 0.15))
		cart["financial"] = self._dice.weighted(choices, "financial", number)
		cart["gateway"] = "manual" if cart["financial"] == "pending" else "shopify_payments"
		return cart

	def _lines(self, number: int) -> list[dict[str, Any]]:
		count = min(self._dice.between(1, 3, "lines", number), len(self._variants))
		first = self._dice.between(0, len(self._variants) - 1, "variant", number)
		lines = []
		for place in range(count):
			variant = self._variants[(first + place) % len(self._variants)]
			line = {"variant_id": variant, "quantity": self._dice.between(1, 4, "quantity", number, place)}
			if self._chance(0.2, "discount", number, place):
				line["discount"] = self._amount(self._dice.between(1, 150, "off", number, place))
			lines.append(line)
		return lines

	def _buyer(self, number: int) -> dict[str, Any]:
		address = self._address(number)
		both = {"billing_address": address, "shipping_address": address}
		kind = self._dice.weighted((("new", 0.4), ("known", 0.4), ("guest", 0.2)), "buyer", number)
		if kind == "guest":
			return {**both, "email": f"guest.{number}@example.com"}
		if kind == "known" and self._customers:
			return {**both, "customer_id": self._dice.pick(self._customers, "customer", number)}
		made = self._do(
			"customers",
			"create",
			first_name=address["first_name"],
			last_name=address["last_name"],
			email=f"customer.{self._dice.bits('email', number):x}@example.com",
			default_address=address,
		)
		self._customers.append(made["id"])
		return {**both, "customer_id": made["id"]}

	def _address(self, number: int) -> dict[str, str]:
		city, country, code = self._dice.pick(_CITIES, "city", number)
		return {
			"first_name": self._dice.pick(_FIRST, "first name", number),
			"last_name": self._dice.pick(_LAST, "last name", number),
			"address1": f"{self._dice.between(1, 99, 'house', number)} Sample Street",
			"city": city,
			"zip": f"{self._dice.between(10_000, 99_999, 'zip', number)}",
			"country": country,
			"country_code": code,
		}

	def _edit(self, number: int, order: dict[str, Any]) -> dict[str, Any]:
		edit = self._do("edits", "begin", order_id=order["id"])
		line = order["line_items"][0]
		more = self._chance(0.5, "edit more", number) or line["quantity"] == 1
		quantity = line["quantity"] + (1 if more else -1)
		self._do("edits", "set_quantity", edit_id=edit, line_item_id=line["id"], quantity=quantity)
		edited: dict[str, Any] = self._do("edits", "commit", edit_id=edit)
		return edited

	def _pay(self, number: int, order: dict[str, Any]) -> bool:
		"""Bring the money in where it is still open, mostly. Return whether all is paid."""
		kinds = [transaction["kind"] for transaction in order["transactions"]]
		if "authorization" in kinds:
			self._do("orders", "capture", id=order["id"])
			return False
		if "sale" in kinds and not all(entry["status"] == "pending" for entry in order["transactions"]):
			return True
		if self._chance(0.7, "pay", number):
			self._do("orders", "mark_as_paid", id=order["id"])
			return True
		return False

	def _send(self, number: int, order: dict[str, Any]) -> bool:
		"""Send it in one parcel, in two, or not. Return whether all of it was sent."""
		if not self._chance(0.75, "send", number):
			return False
		line = order["line_items"][0]
		tracking = {"tracking_company": "Example Post", "tracking_numbers": [f"EX{number:08d}"]}
		if line["current_quantity"] > 1 and self._chance(0.3, "two parcels", number):
			self._do("fulfillments", "create", order_id=order["id"], lines={line["id"]: 1}, **tracking)
			if self._chance(0.3, "second parcel never", number):
				return False
		self._do("fulfillments", "create", order_id=order["id"], **tracking)
		return True

	def _refund(self, number: int, order: dict[str, Any], sent: bool) -> None:
		kind = self._dice.pick(("return", "no_restock"), "restock", number) if sent else "no_restock"
		self._do("refunds", "create", order_id=order["id"], lines=[[order["line_items"][0]["id"], 1, kind]])

	def _amount(self, hundredths: int) -> str:
		return str((Decimal(hundredths) / 100).quantize(self._quantum))

	def _chance(self, probability: float, *name: object) -> bool:
		return self._dice.chance(probability, *name)
