"""What a host's adapter offers to the cases, and what must exist in ERPNext (or its stand-in) before they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from shopify_sync.core.receiving import Answer

if TYPE_CHECKING:
	from .connected import ConnectedShop

#: Stock Items that exist; TEE has a valuation rate of its own, UNVALUED has none and no stock anywhere.
TEE, MUG, UNVALUED = "SUITE-TEE", "SUITE-MUG", "SUITE-UNVALUED"
#: A SKU that belongs to no Item.
UNKNOWN_SKU = "SUITE-NOBODY-KNOWS"
#: Locations of every store that `set_up` makes: each has a warehouse; the last one is in no mapping.
INBOUND_LOCATION, OUTBOUND_LOCATION, SILENT_LOCATION, UNMAPPED_LOCATION = "9001", "9002", "9003", "9099"
#: Titles that every store maps to an account.
TAX_TITLE, SHIPPING_TITLE = "VAT", "Standard"


@dataclass(frozen=True)
class EventView:
	"""A Sync Event as a case looks at it."""

	name: str
	status: str
	attempts: int
	deliveries: int
	category: str | None
	missing: str | None
	message: str
	superseded_by: str | None
	document: tuple[str, str] | None
	not_applied: str
	echo_of: str | None = None
	signed_with: str | None = None


@dataclass(frozen=True)
class AttemptView:
	"""A Sync Attempt as a case looks at it."""

	attempt: int
	action: str
	outcome: str
	user: str | None
	reason: str
	restarts: int
	changes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class DocumentView:
	"""A document as a case looks at it. *values* has at least the fields that a case asks for; money as text or Decimal."""

	doctype: str
	name: str
	key: str
	docstatus: int
	values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConflictView:
	"""A Sync Conflict as a case looks at it."""

	link: str
	field: str
	event: str
	status: str
	base: str | None
	erpnext: str | None
	shopify: str | None


@dataclass(frozen=True)
class CallView:
	"""A call to Shopify as a case looks at it."""

	operation: str
	outcome: str
	key: str | None
	request_id: str


@dataclass(frozen=True)
class LinkView:
	"""A Shopify Link as a case looks at it; *item* is the Item it leads to, or None."""

	item: str | None
	agreed: Mapping[str, Any]
	facts: Mapping[str, Any]


class Bench(Protocol):
	"""The adapter. `set_up` comes first in every case, and everything after it concerns that one store.

	:ivar currency: of the company, which the cases' orders are in.
	"""

	store: str
	shop_domain: str
	secret: str
	currency: str

	def set_up(self, **settings: Any) -> None:
		"""Make a store that nothing was ever delivered to. *settings* are fields of core/policy.py StorePolicy as plain JSON.

		Unless they say otherwise: Live; SKU is Item Code; every location, tax and shipping title above is mapped; a failed
		event has 3 attempts; guests get one Customer per e-mail; customers are matched by their link only.
		"""

	def save_settings(self, **settings: Any) -> None:
		"""Change settings as an operator does, with everything that saving sets off."""

	def deliver(self, headers: Mapping[str, str], body: bytes) -> Answer:
		"""Hand in one delivery. May be called from several threads through `run_concurrently`."""

	def drain(self, probe: Callable[[str], None] | None = None) -> int:
		"""Run one worker until nothing is due; *probe* goes to the engine. Return how many events were claimed."""

	def run_concurrently(self, calls: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
		"""Make *calls* in that many threads at once, each ready to use the bench. Return the results; raise what one raised."""

	def losing_wakes(self) -> AbstractContextManager[None]:
		"""Within the block nothing that would wake a worker gets through."""

	def sweep(self) -> None:
		"""Run what runs without being woken (poll, scheduler) until nothing is due any more, or fail."""

	def crash_at(self, step: str) -> None:
		"""Run a worker in a process of its own that is killed (SIGKILL) when it first reaches *step*; fail if it was not."""

	def let_pass(self, seconds: float) -> None:
		"""Let time pass for leases and retries."""

	def event(self, name: str) -> EventView:
		"""Return one event."""

	def payload(self, name: str) -> str:
		"""Return the payload of one event as it is kept."""

	def events(self) -> list[EventView]:
		"""Return every event of the store."""

	def attempts(self, name: str) -> list[AttemptView]:
		"""Return the evidence of one event, oldest first."""

	def documents(self, doctype: str) -> list[DocumentView]:
		"""Return the documents whose `shopify_key` is of this store, cancelled ones too."""

	def item(self, code: str) -> Mapping[str, Any] | None:
		"""Return an Item, or None. Of its tables it has `barcodes` and `attributes`, as rows."""

	def make_item(self, code: str, **values: Any) -> None:
		"""Make an Item as ERPNext's user does. *values*: `barcode`, `valuation_rate`, `has_batch`, `has_serial`."""

	def set_batch_rule(self, location_id: str, rule: str) -> None:
		"""Change the rule of a location for Items with batches, as an operator does."""

	def rename_item(self, code: str, new: str) -> None:
		"""Give an Item another code as ERPNext's user does."""

	def price(self, item: str) -> Decimal | None:
		"""Return the price of an Item in the list that :meth:`price_list` names."""

	def price_list(self) -> str:
		"""Return the name of a price list in the store's currency."""

	def item_group(self) -> str:
		"""Return an Item Group that Items can be in."""

	def link(self, resource: str, shopify_id: str) -> LinkView:
		"""Return a Shopify Link of the store; an empty one where there is none."""

	def edit(self, doctype: str, name: str, **values: Any) -> None:
		"""Change fields of a document as ERPNext's user does."""

	def note(
		self, order_id: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION, amends: str = "", **values: Any
	) -> str:
		"""Submit a Delivery Note of an order as ERPNext's user does; return its name.

		:param rows: line item id → pieces. *amends*: a cancelled note that it is the amendment of. *values*: further fields.
		"""

	def take_back(self, note: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION) -> str:
		"""Submit a return against a Delivery Note as ERPNext's user does; return its name. *rows*: line item id → pieces."""

	def cancel_note(self, name: str) -> None:
		"""Cancel a Delivery Note as ERPNext's user does."""

	def stock(self, item: str, location_id: str) -> Decimal:
		"""Return what the Bin of the Item in the location's warehouse holds."""

	def set_stock(self, item: str, location_id: str, quantity: Decimal) -> None:
		"""Bring that Bin to a quantity as ERPNext's user does."""

	def connected(self) -> AbstractContextManager[ConnectedShop]:
		"""Connect the store to a shop of its own, with its locations mapped in the directions that `set_up` gives them."""

	def push(self, probe: Callable[[str], None] | None = None) -> int:
		"""Run one pusher until nothing is due that may be sent. Return how many events were claimed."""

	def crash_push_at(self, step: str) -> None:
		"""Run a pusher in a process of its own that is killed (SIGKILL) when it first reaches *step*; fail if it was not."""

	def outbound(self) -> list[EventView]:
		"""Return the store's events on their way out, in the order in which they were marked."""

	def calls(self, event: str) -> list[CallView]:
		"""Return the calls that were made for an event."""

	def sign_in(self, token: str) -> None:
		"""Enter another static token, as an operator does."""

	def set_direction(self, location_id: str, direction: str) -> None:
		"""Change the direction of a location, as an operator does."""

	def map_item(self, resource: str, shopify_id: str, item: str) -> None:
		"""Save a Shopify Link (`variant`, `inventory_item`) to an Item as an operator does, with all that saving sets off."""

	def hold(self, scope: str, what: str, reason: str) -> None:
		"""Hold a flow, a topic or a resource (by its key) of the store, as an operator does."""

	def release(self, scope: str, what: str) -> None:
		"""Release what was held, as an operator does; what waited is put back."""

	def retry(self, event: str, user: str) -> None:
		"""Press Retry. :raises Refused: of core/operations.py."""

	def discard(self, event: str, user: str, reason: str) -> None:
		"""Press Discard. :raises Refused: of core/operations.py."""

	def conflicts(self) -> list[ConflictView]:
		"""Return the Sync Conflicts of the store, settled ones too."""

	def resolve(self, conflict: ConflictView, resolution: str, user: str, value: str | None = None) -> None:
		"""Press a button of a Sync Conflict. :raises Refused: of core/operations.py."""

	def contention(self) -> BaseException:
		"""Return an error by which the database asks to start the transaction again."""
