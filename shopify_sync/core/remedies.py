"""For each category of failure: what to check, what to press, when to call whom, and whether trying again is safe before that.

The one place for these words: the command center shows them, and docs/operations.md is checked against them. What the category is
called and what happened (title, explanation, fix) stands in :mod:`.failures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .enums import StrEnum
from .failures import INFO, Category, Retry
from .words import _


class Safe(StrEnum):
	"""What an operator may do right now, before anything was mended. Nothing here is ever booked twice: the engine compares first."""

	#: Trying again is safe and may help now.
	RETRY = "retry"
	#: Something has to be mended first: another try would fail in the same way.
	FIX = "fix"
	#: Trying again reads the same and cannot help.
	NEVER = "never"


@dataclass(frozen=True)
class Remedy:
	"""What an operator does about a category.

	:ivar check: what to look at, and where, in this order.
	:ivar press: which button then.
	:ivar call: when somebody else is needed, and who.
	"""

	check: tuple[str, ...]
	press: str
	call: str


def safe(category: Category) -> Safe:
	"""Return what may be done about a category before anything was mended."""
	return {Retry.AUTOMATIC: Safe.RETRY, Retry.AFTER_FIX: Safe.FIX, Retry.NEVER: Safe.NEVER}[INFO[category].retry]


_RETRY_AFTER = _("Retry, once it is mended.")
_MANAGER = _("A Shopify Sync Manager, when you may not change the store's settings.")
_ACCOUNTANT = _("The accountant, before a period or an account is opened again.")
_ADMINISTRATOR = _("The administrator of the server, when it comes back within a day.")
_DEVELOPER = _("The developers, with the details for developers of the event and an export of it.")

REMEDIES: Mapping[Category, Remedy] = {
	Category.NETWORK: Remedy(
		(_("Whether other events of the store go through."), _("Shopify Connection: when the last call succeeded.")),
		_("Nothing while it is Retrying; Retry when it is a Dead Letter."),
		_("The administrator of the server, when nothing goes through for an hour."),
	),
	Category.SHOPIFY_UNAVAILABLE: Remedy(
		(_("Shopify's status page."), _("The circuit of the store: while it is open, nothing is sent, and nothing is lost.")),
		_("Nothing while it is Retrying; Retry when it is a Dead Letter. Reset Circuit does not wait for the next probe."),
		_("Shopify's support, when its status page shows no trouble and it lasts for hours."),
	),
	Category.THROTTLED: Remedy(
		(
			_("Whether an import or a comparison runs, and its share of the rate limit in Shopify Store."),
			_("Whether other apps of the shop call Shopify a lot."),
		),
		_("Nothing: it is tried again by itself. Retry when it is a Dead Letter."),
		_("A Shopify Sync Manager, when it happens every day: lower the share, or import at night."),
	),
	Category.CONTENTION: Remedy(
		(_("Long-running jobs: a repost of valuations, a large import, a backup."),),
		_("Nothing while it is Retrying; Retry when it is a Dead Letter."),
		_ADMINISTRATOR,
	),
	Category.AUTHENTICATION: Remedy(
		(
			_("Shopify Connection: what Shopify said of the token."),
			_("Shopify's admin: whether the app is still installed, and its secret the one that is entered."),
		),
		_("Sign in again on Shopify Store, then Retry."),
		_("Who owns the app in Shopify, when its secret was rotated or it was removed. A Shopify Sync Manager signs in."),
	),
	Category.PERMISSION: Remedy(
		(
			_("The message: the scope that the app lacks, or what the user of the sync may not do in ERPNext."),
			_("Whether the shop's plan is paid: Shopify freezes a shop that is not."),
		),
		_("Grant the scope in the app, sign in again on Shopify Store, then Retry."),
		_("Who owns the app in Shopify, for its scopes. The System Manager, for permissions in ERPNext."),
	),
	Category.MISSING_ITEM: Remedy(
		(
			_("The SKU in the message: whether it is spelled as in ERPNext."),
			_("Whether it is a new product: then its Item has to be made first."),
		),
		_("Fix: choose the Item. Every event that waits for it goes on by itself. Making the Item with this code does the same."),
		_("Who keeps the Items, when you do not know which one it is."),
	),
	Category.MISSING_CUSTOMER: Remedy(
		(_("The order in Shopify: whether it has a customer or an e-mail."), _("Guest Policy in Shopify Store.")),
		_("Fix: name the Customer for such orders."),
		_MANAGER,
	),
	Category.MISSING_TAX_ACCOUNT: Remedy(
		(_("Title and rate of the tax in the message: whether the shop should take it at all."),),
		_("Fix: choose the account, for this rate or for every rate."),
		_("The accountant, when you do not know the account."),
	),
	Category.MISSING_SHIPPING_ACCOUNT: Remedy(
		(_("The title of the shipping in the message."),),
		_("Fix: choose the account. Shipping Account in Shopify Store is for all that have no row."),
		_("The accountant, when you do not know the account."),
	),
	Category.MISSING_WAREHOUSE: Remedy(
		(_("The location in Shopify's admin (Settings, Locations), by its id."), _("Which side knows its stock.")),
		_("Fix: choose the warehouse, and the direction."),
		_MANAGER,
	),
	Category.MISSING_GATEWAY: Remedy(
		(
			_("The gateway, as Shopify spells it: a row that is there may lack its account, or the fee account."),
			_("A payment without the name of a gateway is booked by hand, and its event discarded."),
		),
		_("Fix: choose the accounts. All payments through it go on."),
		_("The accountant, when you do not know the accounts."),
	),
	Category.MISSING_STATE_RULE: Remedy(
		(_("The combination of payment, fulfillment and cancellation in the message, and which documents should exist for it."),),
		_("Fix: say what should exist. All orders in this state go on."),
		_("The accountant, when it is not clear what should be booked. A Shopify Sync Manager adds the rule."),
	),
	Category.MISSING_EXCHANGE_RATE: Remedy(
		(_("The two currencies and the day in the message."), _("Currency Exchange: whether the automatic rates stopped.")),
		_("Fix: enter the rate of that day."),
		_("The accountant, for the rate to book."),
	),
	Category.MISSING_ACCOUNT: Remedy(
		(_("The message: duties, an adjustment of a refund, or cash rounding."),),
		_("Fix: choose the account."),
		_("The accountant, when you do not know the account."),
	),
	Category.REVIEW: Remedy(
		(_("The order in Shopify: will it be paid, or is it to be cancelled?"),),
		_("Settle it in Shopify: its next state is looked at by itself. Or Discard, with the reason."),
		_("Who looks after the shop's orders. A Shopify Sync Manager, when such orders should not wait: Order States."),
	),
	Category.VALUATION_REQUIRED: Remedy(
		(_("What one piece is worth, and the Valuation Rule of the location in Shopify Store."),),
		_("Fix: enter the rate."),
		_("The accountant, for the rate."),
	),
	Category.PERIOD_CLOSED: Remedy(
		(
			_("The day in the message; documents have the date of the payment, the fulfillment or the refund."),
			_("Accounting Period, Period Closing Voucher, Fiscal Year, Stock Settings."),
		),
		_("Retry, once the period is open. Or book it by hand on a later day, and Discard."),
		_ACCOUNTANT,
	),
	Category.ACCOUNTS_FROZEN: Remedy(
		(_("Accounts Settings: Accounts Frozen Till Date."), _("The account in the message: whether it is frozen.")),
		_("Retry, once it is open. Or book it by hand, and Discard."),
		_ACCOUNTANT,
	),
	Category.CUSTOMER_BLOCKED: Remedy(
		(_("The Customer of the order: frozen or disabled, and why."),),
		_("Enable the Customer, or point its Shopify Link at another one; then Retry."),
		_("Who blocked the Customer."),
	),
	Category.CREDIT_LIMIT: Remedy(
		(_("The Customer's credit limit and what is open; whether the order is paid already."),),
		_("Raise the limit, or tick Bypass Credit Limit Check; then Retry."),
		_("The credit manager."),
	),
	Category.ITEM_DISABLED: Remedy(
		(_("The Item in the message: whether it is disabled on purpose, and which one took its place."),),
		_("Fix: choose another Item. Or enable it: what waits goes on by itself."),
		_("Who keeps the Items."),
	),
	Category.SERIAL_OR_BATCH: Remedy(
		(
			_("Stock Settings: whether ERPNext chooses serial numbers and batches by itself."),
			_("Whether enough of them are in the warehouse, and not expired."),
		),
		_("Retry, once ERPNext can choose. Or make the Delivery Note by hand, and Discard."),
		_("The warehouse, for the numbers of what was sent."),
	),
	Category.STOCK_UNAVAILABLE: Remedy(
		(_("Stock Balance of the Item in the warehouse: a parcel left that ERPNext does not have."),),
		_("Correct the stock (a receipt that was not booked, most often), then Retry."),
		_("The warehouse."),
	),
	Category.NOT_STOCKED: Remedy(
		(_("The item in Shopify's admin: at which locations it is stocked."),),
		_("Fix: let the store stock it there. Or stock it in Shopify, then Retry."),
		_MANAGER,
	),
	Category.FULFILLMENT_REFUSED: Remedy(
		(
			_("The order in Shopify: on hold, scheduled, with another service, or fulfilled already."),
			_("The Delivery Note: whether its quantities are what was sent."),
		),
		_("Correct one of the two, then Retry. Discard, when it is fulfilled in Shopify already."),
		_("Who sends the parcels."),
	),
	Category.ERPNEXT_VALIDATION: Remedy(
		(
			_("The message is ERPNext's own: it names the document and what is wrong."),
			_("Whether it began with a change of settings, or of a customisation."),
		),
		_RETRY_AFTER,
		_("Who looks after ERPNext, when the message names a customisation."),
	),
	Category.TOTALS_MISMATCH: Remedy(
		(
			_("The figures in the message, one by one: goods, discounts, shipping, taxes."),
			_("Compare: what Shopify states and what ERPNext has, side by side."),
		),
		_(
			"Correct the mapping, or the Rounding Tolerance for a difference of a cent; then Retry. "
			"Where Shopify's own figures do not add up: book it by hand, then Discard."
		),
		_("The accountant, before a difference is tolerated. The developers, when the figures should agree."),
	),
	Category.INVALID_PAYLOAD: Remedy(
		(
			_("The message: which field is missing or of another kind."),
			_("Whether the webhook has an API version that the app knows."),
		),
		_("Fetch from Shopify again, which reads it as it is now. Then Discard this one."),
		_DEVELOPER,
	),
	Category.UNSUPPORTED: Remedy(
		(_("The message: what is not carried over."),),
		_("Do it by hand in ERPNext, then Discard with a note."),
		_("The developers, when it happens often."),
	),
	Category.CONFLICT: Remedy(
		(
			_("Sync Conflict: what both sides say, and what they last agreed on."),
			_("The message: what was changed, cancelled or deleted by hand."),
		),
		_("Decide in the Sync Conflict. Or undo the change by hand, then Retry; or finish by hand, then Discard."),
		_("Who made the change."),
	),
	Category.WORKER_DIED: Remedy(
		(_("The log of the worker, and the memory of the server."),),
		_("Retry one event, and see whether it goes through, before you retry all."),
		_("The administrator of the server."),
	),
	Category.BUG: Remedy(
		(_("Whether it began with an update, of this app or of another one."),),
		_("Retry one event, and see whether it goes through."),
		_DEVELOPER,
	),
}
