"""A shop: its desks, its clock, its ids and its signing secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ...core.money import minor_units, quantum
from ..clock import Clock
from ..dice import Dice
from .customers import Customers
from .edits import Edits
from .emission import Emitter, Moments
from .errors import UserError
from .fulfillments import Fulfillments
from .inventory import Inventory
from .locations import Locations
from .orders import Orders
from .payouts import Payouts
from .products import Products
from .records import BulkEnd, Webhook
from .refunds import Refunds
from .returns import Returns
from .subscriptions import Subscriptions

#: For how long after a rotation Shopify may still sign with the old secret.
OLD_SECRET_LIVES = timedelta(hours=1)
#: Ids are above 2^53, so that whoever reads them as floating point numbers is found out.
_LOWEST_ID = 820_000_000_000_000_000


class Shop:
	"""A Shopify shop, in memory. Everything that changes it is an operation of one of its desks.

	:param name: `<name>.myshopify.com` is its domain.
	:param secret: the app's client secret, which signs webhooks.
	:param currency: ISO 4217 code of all its money.
	:param tax_rate: as a fraction; zero means that nothing is taxed.
	:param first_id: the first id given out; by default one that the dice choose.
	:param plan: basic, grow, advanced, plus: how fast its API bucket refills.
	:param time_zone: IANA name of the zone in which REST-shaped payloads state times.
	"""

	def __init__(
		self,
		name: str,
		*,
		secret: str,
		clock: Clock,
		dice: Dice,
		currency: str = "USD",
		taxes_included: bool = False,
		tax_title: str = "VAT",
		tax_rate: Decimal = Decimal("0.1"),
		first_id: int | None = None,
		api_version: str = "2026-10",
		plan: str = "basic",
		time_zone: str = "UTC",
		first_order_number: int = 1001,
	) -> None:
		self.name = name
		self.domain = f"{name}.myshopify.com"
		self.clock = clock
		self.dice = dice
		self.currency = currency
		self.decimals = minor_units(currency)
		self.quantum = quantum(currency)
		self.taxes_included = taxes_included
		self.tax_title = tax_title
		self.tax_rate = Decimal(tax_rate)
		self.api_version = api_version
		self.plan = plan
		self.time_zone = time_zone
		self.zone = ZoneInfo(time_zone)
		self.first_order_number = self.next_order_number = first_order_number
		self.secret = secret
		self.previous_secret = ""
		self.secret_rotated_at: datetime | None = None
		self.installed = True
		self.listeners: list[Callable[[Webhook], None]] = []
		self._next_id = first_id if first_id is not None else _LOWEST_ID + dice.between(0, 10**15, "first id", self.domain)
		self._signed = Moments()
		self.emitter = Emitter(self)
		self.locations = Locations(self)
		self.products = Products(self)
		self.inventory = Inventory(self)
		self.customers = Customers(self)
		self.orders = Orders(self)
		self.edits = Edits(self)
		self.fulfillments = Fulfillments(self)
		self.refunds = Refunds(self)
		self.returns = Returns(self)
		self.payouts = Payouts(self)
		self.subscriptions = Subscriptions(self)
		self.id = self.new_id("Shop")
		self.created_at = self.now()

	@property
	def email(self) -> str:
		"""The address of the shop's owner."""
		return f"owner@{self.name}.example.com"

	def now(self) -> datetime:
		"""Return the time, UTC, cut to the second: what every `*_at` field gets."""
		return self.clock.now().replace(microsecond=0)

	def new_id(self, kind: str) -> str:
		"""Return an id that was never given out, as digits. *kind* (`Order`, …) is for the reader: the sequence is one."""
		found = str(self._next_id)
		self._next_id += 1
		return found

	def amount(self, value: Decimal | int | str | float, field: str, *, negative: bool = False) -> Decimal:
		"""Return *value* as an amount of the shop's currency, with its decimals.

		:raises UserError: when it is no amount, has more decimals than the currency, or is below zero and must not be.
		"""
		try:
			found = Decimal(str(value))
			rounded = found.quantize(self.quantum)
		except InvalidOperation:
			raise UserError((field,), f"{field} is not a valid amount", "INVALID") from None
		if rounded != found:
			raise UserError((field,), f"{field} has more decimals than {self.currency} allows", "INVALID")
		if rounded < 0 and not negative:
			raise UserError((field,), f"{field} must be greater than or equal to 0", "INVALID")
		return rounded

	def rotate_secret(self, new: str) -> None:
		"""Give the app a new client secret; the old one may sign for another hour."""
		self.previous_secret, self.secret, self.secret_rotated_at = self.secret, new, self.clock.now()

	def secrets(self) -> list[str]:
		"""Return the client secrets that are good now, the newest first: for an hour after a rotation both are."""
		rotated, previous = self.secret_rotated_at, self.previous_secret
		if previous and rotated and self.clock.now() - rotated < OLD_SECRET_LIVES:
			return [self.secret, previous]
		return [self.secret]

	def signing_secret(self) -> str:
		"""Return the secret that the next webhook is signed with: for an hour after a rotation either the old or the new one."""
		if len(self.secrets()) == 1:
			return self.secret
		moment = self._signed.next(self.clock.now())
		return self.previous_secret if self.dice.chance(0.5, "old secret", self.domain, *moment) else self.secret

	@contextmanager
	def silently(self) -> Iterator[None]:
		"""Emit no webhook inside: for setting a shop up."""
		self.emitter.hush(+1)
		try:
			yield
		finally:
			self.emitter.hush(-1)

	def uninstall(self) -> None:
		"""The merchant uninstalls the app: app/uninstalled is emitted, and the subscriptions are gone.

		Those to the compliance topics stay: they belong to the app's configuration.
		:raises UserError: when it is not installed.
		"""
		if not self.installed:
			raise UserError((), "The app is not installed", "INVALID")
		self._tell("app/uninstalled", self.id, self)
		self.installed = False
		self.subscriptions.clear()

	def redact(self) -> None:
		"""Shopify asks to erase the shop's data, which it does 48 hours after an uninstall.

		https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
		:raises UserError: while the app is installed.
		"""
		if self.installed:
			raise UserError((), "The app is installed", "INVALID")
		self._tell("shop/redact", self.id, self)

	def end_bulk_operation(self, end: BulkEnd) -> None:
		"""A bulk operation of the app is over."""
		self._tell("bulk_operations/finish", end.id, end)

	def _tell(self, topic: str, resource_id: str, record: object) -> None:
		self.emitter.begin()
		self.emitter.note(topic, resource_id, record)
		self.emitter.end()
