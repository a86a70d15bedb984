"""What can happen to a made-up order, as a table reads it: each step changes the order and says which webhooks tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopify_sync.core.money import ZERO

from . import payload, totals
from .order import MAIN, Order
from .people import BUYER
from .records import Freight, TaxRate, Transaction, Ware


@dataclass(frozen=True)
class Delivery:
	"""A webhook. *triggered_at*: its header, which orders states of one second."""

	topic: str
	payload: Mapping[str, Any]
	triggered_at: str = ""


Step = Callable[[Order], list[Delivery]]
#: What the store maps, and what it does not.
SHOPIFY, PAYPAL, BANK, CASH, GIFT_CARD, UNKNOWN_GATEWAY = (
	"shopify_payments", "paypal", "manual", "cash", "gift_card", "klarna",
)  # fmt: skip


def vat(percent: int | str = 20) -> tuple[TaxRate, ...]:
	"""Return one tax."""
	return (TaxRate("VAT", Decimal(percent) / 100),)


def placed(
	*wares: Ware,
	freight: Freight | str | None = None,
	taxes: tuple[TaxRate, ...] = (),
	included: bool = False,
	currency: str = "USD",
	presentment: tuple[str, Decimal] | None = None,
	discount: str | None = None,
	loose_discount: str = "0",
	tip: str = "0",
	pays: str | None = None,
	by: str = SHOPIFY,
	fee: str = "0",
	rounding: str = "0",
	foreign: bool = False,
	quiet: bool = False,
	**stated: Any,
) -> Step:
	"""The order is placed.

	:param freight: a price for "Standard", or the whole.
	:param discount: spread over the lines; *loose_discount*: stated for the whole order only. *tip*: one without a line.
	:param pays: `sale` or `authorization` of the whole total (transaction `t1`; an authorization is `auth`); None: nothing yet.
	:param foreign: transactions are told in the customer's currency.
	:param quiet: only orders/create is sent, without the transaction: it comes later, or never.
	:param stated: fields of the payload that replace the computed ones; a function: what it returns each time.
	"""

	def happen(order: Order) -> list[Delivery]:
		order.pays_foreign = foreign
		order.currency, order.taxes, order.taxes_included, order.presentment = currency, taxes, included, presentment
		for ware in wares:
			order.add(ware)
		if freight is not None:
			order.send_by(Freight(freight) if isinstance(freight, str) else freight)
		if discount:
			order.spread(discount)
		order.loose_discount, order.loose_tip = Decimal(loose_discount), Decimal(tip)
		order.stated = {**BUYER, **{name: value() if callable(value) else value for name, value in stated.items()}}
		if not pays:
			return [_tell(order, "orders/create")]
		label = "auth" if pays == "authorization" else "t1"
		made = order.transact(label, pays, totals.total(order), by, fee=fee, rounding=rounding)
		told = [_tell(order, "orders/create"), *_tell_paid(order)]
		return told if quiet else [told[0], _tell_of(order, made), *told[1:]]

	return happen


def pays(label: str, amount: str | None = None, by: str = SHOPIFY, *, kind: str = "sale", **more: Any) -> Step:
	"""Money comes: *amount*, or all that is outstanding. *more*: `fee`, `rounding`, `status`."""

	def happen(order: Order) -> list[Delivery]:
		wanted = totals.outstanding(order) if amount is None else Decimal(amount)
		made = order.transact(label, kind, wanted, by, **more)
		return [_tell_of(order, made), *_tell_paid(order), _tell(order, "orders/updated")]

	return happen


def captures(label: str, amount: str | None = None, by: str = SHOPIFY) -> Step:
	"""What was authorized is taken, or a part of it."""
	return pays(label, amount, by, kind="capture")


def voids() -> Step:
	"""The authorization is released."""

	def happen(order: Order) -> list[Delivery]:
		made = order.transact("void", "void", ZERO, SHOPIFY)
		return [_tell_of(order, made), _tell(order, "orders/updated")]

	return happen


def expires() -> Step:
	"""The authorization runs out."""

	def happen(order: Order) -> list[Delivery]:
		order.expired = True
		return [_tell(order, "orders/updated")]

	return happen


def ships(label: str, pieces: Mapping[str, int], at: str = MAIN, *, company: str = "", number: str = "") -> Step:
	"""A parcel leaves."""

	def happen(order: Order) -> list[Delivery]:
		order.send(label, pieces, at, company, number)
		done = totals.fulfillment_status(order) == "fulfilled"
		return [_tell(order, "orders/fulfilled" if done else "orders/partially_fulfilled"), _tell(order, "orders/updated")]

	return happen


def tracked(label: str, company: str, number: str) -> Step:
	"""A parcel gets another tracking number."""

	def happen(order: Order) -> list[Delivery]:
		parcel = order.parcel(label)
		parcel.company, parcel.number = company, number
		return [_tell(order, "orders/updated")]

	return happen


def unships(label: str) -> Step:
	"""A fulfillment is cancelled."""

	def happen(order: Order) -> list[Delivery]:
		order.take_back_parcel(label)
		return [_tell(order, "orders/updated")]

	return happen


def fails(label: str) -> Step:
	"""A fulfillment fails at the service that should carry it out."""

	def happen(order: Order) -> list[Delivery]:
		order.take_back_parcel(label)
		order.parcel(label).status = "failure"
		return [_tell(order, "orders/updated")]

	return happen


def quietly(step: Step) -> Step:
	"""The same, and no webhook tells of it."""

	def happen(order: Order) -> list[Delivery]:
		step(order)
		return []

	return happen


def refunds(label: str, pieces: Mapping[str, int] | None = None, **how: Any) -> Step:
	"""Pieces come back or money goes back. *how*: see :meth:`Order.refund`."""

	def happen(order: Order) -> list[Delivery]:
		made = order.refund(label, pieces or {}, **how)
		told = [_tell_of(order, transaction) for transaction in made.transactions]
		return [*told, _tell(order, "orders/updated")]

	return happen


def cancels(refund: str | None = "refund", *, restock: str = "cancel", **how: Any) -> Step:
	"""The order is cancelled: what is left is taken back, and what was paid is paid back as refund *refund*.

	:param refund: the refund's label; None: nothing is taken back, nothing paid back.
	"""

	def happen(order: Order) -> list[Delivery]:
		left = {ware.ware.label: ware.current for ware in order.lines if ware.current}
		told = []
		if refund:
			freight = str(sum((line.net for line in order.shipping if not line.is_removed), ZERO))
			due = totals.received(order) - totals.refunded(order)
			money = [(str(due), SHOPIFY)] if due else []
			made = order.refund(refund, left, restock=restock, **{"shipping": freight, "money": money, **how})
			told = [_tell_of(order, transaction) for transaction in made.transactions]
		order.cancelled_at = order.now
		return [*told, _tell(order, "orders/cancelled"), _tell(order, "orders/updated")]

	return happen


def edits(
	*added: Ware, remove: Mapping[str, int] | None = None, grow: Mapping[str, int] | None = None, as_refund: bool = False
) -> Step:
	"""Staff edit the order: lines are added, pieces taken off or put on.

	:param as_refund: what is taken off stands in a refund without money, as Shopify writes removals.
	"""

	def happen(order: Order) -> list[Delivery]:
		if as_refund:
			order.refund("removal", remove or {}, restock="cancel", money=())
		else:
			for name, pieces in (remove or {}).items():
				order.remove(name, pieces)
		for name, pieces in (grow or {}).items():
			order.grow(name, pieces)
		for ware in added:
			order.add(ware)
		return [Delivery("orders/edited", _edited(order, added, remove or {}, grow or {})), _tell(order, "orders/updated")]

	return happen


def changes_shipping(*, remove: str | None = None, add: Freight | None = None) -> Step:
	"""Staff take a shipping line off or add one."""

	def happen(order: Order) -> list[Delivery]:
		for line in order.shipping:
			line.is_removed = line.is_removed or line.freight.label == remove
		if add:
			order.send_by(add)
		return [_tell(order, "orders/updated")]

	return happen


def discounts(name: str, amount: str) -> Step:
	"""Staff take something off a line, after the fact."""

	def happen(order: Order) -> list[Delivery]:
		line = order.line(name)
		line.discounts.append(Decimal(amount))
		order.retax(line)
		return [_tell(order, "orders/updated")]

	return happen


def says(topic: str = "orders/updated", **stated: Any) -> Step:
	"""Shopify says how the order looks, with fields that replace the computed ones from now on."""

	def happen(order: Order) -> list[Delivery]:
		order.stated = {**order.stated, **stated}
		return [_tell(order, topic)]

	return happen


def waits(days: int) -> Step:
	"""Nothing happens for some days."""

	def happen(order: Order) -> list[Delivery]:
		order.minute += days * 24 * 60
		return []

	return happen


def tells_transaction(label: str) -> Step:
	"""Shopify tells of a transaction that happened before."""

	def happen(order: Order) -> list[Delivery]:
		return [_tell_of(order, next(made for made in order.transactions if made.id == order.ids[label]))]

	return happen


def play(steps: Sequence[Step]) -> tuple[Order, list[list[Delivery]]]:
	"""Let everything happen, ten minutes apart. Return the order and what each step told, as it looked then."""
	order, told = Order(), []
	for step in steps:
		told.append(step(order))
		order.minute += 10
	return order, told


def _tell(order: Order, topic: str) -> Delivery:
	return Delivery(topic, payload.order(order))


def _tell_of(order: Order, made: Transaction) -> Delivery:
	return Delivery("order_transactions/create", payload.transaction(order, made))


def _tell_paid(order: Order) -> list[Delivery]:
	return [_tell(order, "orders/paid")] if totals.received(order) and totals.outstanding(order) <= 0 else []


def _edited(order: Order, added: Sequence[Ware], remove: Mapping[str, int], grow: Mapping[str, int]) -> Mapping[str, Any]:
	more = {**{ware.label: ware.quantity for ware in added}, **grow}
	return {
		"order_edit": {
			"id": order.id + 1,
			"order_id": order.id,
			"line_items": {
				"additions": [{"id": order.ids[name], "delta": pieces} for name, pieces in more.items()],
				"removals": [{"id": order.ids[name], "delta": pieces} for name, pieces in remove.items()],
			},
		}
	}
