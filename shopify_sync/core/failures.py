"""Failure categories: what an operator is told, where the fix is, and whether trying again is safe and useful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .enums import StrEnum
from .statuses import Status
from .words import _


class Retry(StrEnum):
	"""Whether a failed event is worth another try."""

	AUTOMATIC = "automatic"
	AFTER_FIX = "after fix"
	NEVER = "never"


class Category(StrEnum):
	"""Why an event failed. The value is what the database and the Desk show."""

	NETWORK = "Network"
	SHOPIFY_UNAVAILABLE = "Shopify unavailable"
	THROTTLED = "Throttled"
	CONTENTION = "Database contention"
	AUTHENTICATION = "Authentication"
	PERMISSION = "Permission"
	MISSING_ITEM = "Missing item"
	MISSING_CUSTOMER = "Missing customer"
	MISSING_TAX_ACCOUNT = "Missing tax account"
	MISSING_SHIPPING_ACCOUNT = "Missing shipping account"
	MISSING_WAREHOUSE = "Missing warehouse"
	MISSING_GATEWAY = "Missing gateway"
	MISSING_STATE_RULE = "Missing state rule"
	MISSING_EXCHANGE_RATE = "Missing exchange rate"
	MISSING_ACCOUNT = "Missing account"
	REVIEW = "Held for review"
	VALUATION_REQUIRED = "Valuation required"
	PERIOD_CLOSED = "Accounting period closed"
	ACCOUNTS_FROZEN = "Accounts frozen"
	CUSTOMER_BLOCKED = "Customer blocked"
	CREDIT_LIMIT = "Credit limit"
	ITEM_DISABLED = "Item disabled"
	SERIAL_OR_BATCH = "Serial or batch required"
	STOCK_UNAVAILABLE = "Stock unavailable"
	NOT_STOCKED = "Not stocked"
	FULFILLMENT_REFUSED = "Fulfillment refused"
	ERPNEXT_VALIDATION = "ERPNext validation"
	TOTALS_MISMATCH = "Totals mismatch"
	INVALID_PAYLOAD = "Invalid payload"
	UNSUPPORTED = "Unsupported"
	CONFLICT = "Conflict"
	WORKER_DIED = "Worker died"
	BUG = "Bug"


@dataclass(frozen=True)
class CategoryInfo:
	"""What an operator needs to know of a category."""

	title: str
	explanation: str
	fix: str
	retry: Retry
	#: Status that an event of this category waits in when it is not retried by itself.
	rests_in: Status = Status.DEAD_LETTER


def _mapping(title: str, explanation: str, fix: str) -> CategoryInfo:
	return CategoryInfo(title, explanation, fix, Retry.AFTER_FIX, Status.BLOCKED)


_STORE_FIX = _("Add the row in Shopify Store and save: the waiting events are tried again by themselves.")

INFO: Mapping[Category, CategoryInfo] = {
	Category.NETWORK: CategoryInfo(
		_("The network failed"), _("A connection broke or timed out."), _("Nothing to do unless it persists."), Retry.AUTOMATIC
	),
	Category.SHOPIFY_UNAVAILABLE: CategoryInfo(
		_("Shopify did not answer"),
		_("Shopify answered with an error of its own."),
		_("See Shopify's status page."),
		Retry.AUTOMATIC,
	),
	Category.THROTTLED: CategoryInfo(
		_("Too many calls"), _("The store's API budget is used up for the moment."), _("Nothing to do."), Retry.AUTOMATIC
	),
	Category.CONTENTION: CategoryInfo(
		_("The database was busy"),
		_("Other work held the same rows (deadlock or lock wait) through every restart of the transaction."),
		_("Nothing to do unless it persists; then look for a long-running job."),
		Retry.AUTOMATIC,
	),
	Category.AUTHENTICATION: CategoryInfo(
		_("Shopify refused the credentials"), _("The token is not valid."), _("Sign the store in again."), Retry.AFTER_FIX
	),
	Category.PERMISSION: CategoryInfo(
		_("A permission is missing"),
		_("The app or the user may not do this."),
		_("Grant what the message names."),
		Retry.AFTER_FIX,
	),
	Category.MISSING_ITEM: _mapping(
		_("An item is missing"),
		_("A line of the order, or a stock level, belongs to no Item in ERPNext."),
		_("Create the Item with this SKU, or map it with a Shopify Link; the waiting events are tried again by themselves."),
	),
	Category.MISSING_CUSTOMER: _mapping(
		_("No customer for this order"),
		_("The store's policy does not say which Customer to use for an order like this."),
		_("Name a guest Customer, or change the guest policy, in Shopify Store and save."),
	),
	Category.MISSING_TAX_ACCOUNT: _mapping(
		_("A tax has no account"), _("A tax of the order is in no row of the store's Tax Mapping."), _STORE_FIX
	),
	Category.MISSING_SHIPPING_ACCOUNT: _mapping(
		_("Shipping has no account"), _("A shipping line is in no row of the store's Shipping Mapping."), _STORE_FIX
	),
	Category.MISSING_WAREHOUSE: _mapping(
		_("A location has no warehouse"), _("A Shopify location is in no row of the store's Location Mapping."), _STORE_FIX
	),
	Category.MISSING_GATEWAY: _mapping(
		_("A payment gateway has no account"), _("A gateway is in no row of the store's mapping."), _STORE_FIX
	),
	Category.MISSING_STATE_RULE: _mapping(
		_("No rule for this state"), _("No Order State Rule covers this combination of statuses."), _STORE_FIX
	),
	Category.MISSING_EXCHANGE_RATE: CategoryInfo(
		_("No exchange rate"),
		_("ERPNext has no rate between the order's currency and the company's for that day."),
		_("Create a Currency Exchange, then press Retry."),
		Retry.AFTER_FIX,
	),
	Category.VALUATION_REQUIRED: _mapping(
		_("The stock has no valuation"),
		_("Stock cannot be put in without a valuation rate, and the location's rule finds none."),
		_("Give the Item a valuation rate, or choose another rule in the Location Mapping, and save the store."),
	),
	Category.PERIOD_CLOSED: CategoryInfo(
		_("The accounting period is closed"),
		_("ERPNext refuses postings on that date."),
		_("Open the period, then Retry."),
		Retry.AFTER_FIX,
	),
	Category.MISSING_ACCOUNT: _mapping(
		_("An account is not set"),
		_("The order has something that the store names no account for: duties, an adjustment, cash rounding."),
		_("Name the account in Shopify Store and save: the waiting events are tried again by themselves."),
	),
	Category.REVIEW: _mapping(
		_("A person looks at this order"),
		_("The store's Order State Rule for this combination of statuses says to hold the order for review."),
		_("Settle the order in Shopify (its next state is looked at by itself), or change the rule and save the store."),
	),
	Category.ACCOUNTS_FROZEN: CategoryInfo(
		_("Postings are frozen"),
		_("ERPNext refuses postings up to a date, or on this account."),
		_("Unfreeze the account, or move 'Accounts Frozen Till Date' in Accounts Settings; then Retry."),
		Retry.AFTER_FIX,
	),
	Category.CUSTOMER_BLOCKED: CategoryInfo(
		_("The customer is blocked"),
		_("The Customer is frozen or disabled in ERPNext, so nothing may be booked for it."),
		_("Unfreeze or enable the Customer, or point its Shopify Link at another one; then Retry."),
		Retry.AFTER_FIX,
	),
	Category.CREDIT_LIMIT: CategoryInfo(
		_("The credit limit is reached"),
		_("The order would take the Customer beyond its credit limit."),
		_("Raise the limit, or tick 'Bypass Credit Limit Check' on the Customer; then Retry."),
		Retry.AFTER_FIX,
	),
	Category.ITEM_DISABLED: _mapping(
		_("An item is disabled"),
		_("A line of the order belongs to an Item that is disabled in ERPNext."),
		_("Enable the Item, or map the line to another one; the waiting events are tried again by themselves."),
	),
	Category.SERIAL_OR_BATCH: CategoryInfo(
		_("A serial or batch number is needed"),
		_("The goods leave or come back as serial numbers or batches, which Shopify does not state."),
		_(
			"Let ERPNext choose (Stock Settings: 'Auto Create Serial and Batch Bundle For Outward'), or make the Delivery Note "
			"by hand and Discard the event."
		),
		Retry.AFTER_FIX,
	),
	Category.STOCK_UNAVAILABLE: CategoryInfo(
		_("Not enough stock"), _("ERPNext refuses a negative stock."), _("Correct the stock, then Retry."), Retry.AFTER_FIX
	),
	Category.NOT_STOCKED: CategoryInfo(
		_("Not stocked at the location"),
		_("Shopify does not stock the item at the location that its stock should go to."),
		_("Stock it there in Shopify, or let the store do it (Shopify Store, Inventory), then Retry."),
		Retry.AFTER_FIX,
	),
	Category.FULFILLMENT_REFUSED: CategoryInfo(
		_("Shopify does not take the fulfillment"),
		_(
			"The order's fulfillment order is on hold, scheduled, with another service, or has less left than was delivered. Of a return: "
			"Shopify lets less be returned, or has received it already."
		),
		_("Look at the order in Shopify, correct there or in the Delivery Note what the message names, then Retry."),
		Retry.AFTER_FIX,
	),
	Category.ERPNEXT_VALIDATION: CategoryInfo(
		_("ERPNext refused the document"),
		_("A validation of ERPNext, or of a customisation, did not accept it. The message is ERPNext's own."),
		_("Correct what the message names, then press Retry."),
		Retry.AFTER_FIX,
	),
	Category.TOTALS_MISMATCH: CategoryInfo(
		_("The totals differ"),
		_("The order does not add up to the total that Shopify states, so nothing was posted."),
		_("Compare the figures in the message; correct the mapping or the setting they point at, then press Retry."),
		Retry.AFTER_FIX,
	),
	Category.INVALID_PAYLOAD: CategoryInfo(
		_("The payload is not what Shopify documents"),
		_("The delivery was signed correctly but lacks what its topic must have."),
		_("Trying again sends the same bytes. Report it with the event's id."),
		Retry.NEVER,
	),
	Category.UNSUPPORTED: CategoryInfo(
		_("Not supported yet"),
		_("The change is of a kind that this version does not carry over. Nothing was posted."),
		_("Carry it over by hand, then Discard the event with a note."),
		Retry.NEVER,
	),
	Category.CONFLICT: CategoryInfo(
		_("ERPNext and Shopify disagree"),
		_("Somebody changed the document in ERPNext in a way that contradicts Shopify. Nothing was overwritten."),
		_("Decide which side is right, correct the other, then press Retry or Discard."),
		Retry.AFTER_FIX,
		Status.CONFLICT,
	),
	Category.WORKER_DIED: CategoryInfo(
		_("The worker died"),
		_("The process that worked on the event ended without a word, every time: killed, out of memory, or restarted."),
		_("Look at the worker's log and at the server's memory, then press Retry."),
		Retry.AUTOMATIC,
	),
	Category.BUG: CategoryInfo(
		_("An unexpected error"),
		_("The code met something it was not made for."),
		_("Report it with the technical detail."),
		Retry.AUTOMATIC,
	),
}


@dataclass(frozen=True)
class Failure:
	"""Why a signal could not be carried out.

	:ivar message: one or two sentences for an operator; names what is missing; no personal data.
	:ivar missing: what would have to exist, as `kind:name` (`item:TEE-M`), so that events of one cause can be found together.
	:ivar retry_after: seconds that the other side asks us to wait.
	:ivar waits_until: what it waits for ends by itself by then (UTC); a try before that uses up no attempt.
	:ivar detail: technical detail for a developer, masked.
	"""

	category: Category
	message: str
	missing: str | None = None
	retry_after: float | None = None
	waits_until: datetime | None = None
	detail: str | None = field(default=None, repr=False)

	@property
	def info(self) -> CategoryInfo:
		"""What an operator is told of the category."""
		return INFO[self.category]


class SyncFailure(Exception):
	"""Carries a Failure out of code that cannot return one. Rolls the transaction back."""

	def __init__(self, failure: Failure) -> None:
		super().__init__(failure.message)
		self.failure = failure


def resting_status(failure: Failure, attempts: int, max_attempts: int) -> Status:
	"""Return the status of an event after *failure*: Retrying while attempts are left and waiting can help, else where it rests.

	:param attempts: attempts used, this one included.
	"""
	if failure.info.retry is Retry.AUTOMATIC and attempts < max_attempts:
		return Status.RETRYING
	return failure.info.rests_in


def costs_an_attempt(status: Status) -> bool:
	"""Tell whether ending in *status* uses up an attempt: waiting for a mapping or for a paused store does not."""
	return status not in (Status.BLOCKED, Status.HELD)
