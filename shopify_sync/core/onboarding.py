"""The way of a new store from its first setting to going live: each step tells from facts whether it is done, and what is missing.

Nobody ticks anything off. What the facts are is in :class:`Facts`; who reads them is the host's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .enums import StrEnum
from .failures import Category
from .words import Sentence, _, say


class StepState(StrEnum):
	"""How a step stands. One that no flow of the store needs is no part of the way."""

	DONE = "Done"
	OPEN = "Open"
	NOT_NEEDED = "Not needed"


@dataclass(frozen=True)
class Facts:
	"""What a site knows of a store.

	:ivar signed_in: it signs in, and Shopify accepts it; :ivar webhook_came: a delivery was verified and recorded.
	:ivar subscriptions_missing: topics that Shopify does not deliver, as reconciliation last saw it.
	:ivar locations, gateways: rows of the mapping; :ivar taxes, shipping: rows, or a default account.
	:ivar makes_payments: a rule of the store asks for payments; :ivar items_linked: at least one variant or SKU leads to an Item.
	:ivar failing: category → events that wait for a person. :ivar shadowed: at least one event was decided in Shadow mode.
	:ivar rehearsed: a rehearsal of the import completed; :ivar applied: at least one event was carried out.
	"""

	store: str
	enabled: bool = True
	mode: str = "Live"
	has_secret: bool = False
	signs_in: bool = False
	signed_in: bool = False
	scopes_missing: Sequence[str] = ()
	webhook_came: bool = False
	subscriptions_missing: Sequence[str] = ()
	sync_orders: bool = True
	sync_inventory: bool = True
	default_warehouse: bool = False
	locations: int = 0
	taxes: bool = False
	shipping: bool = False
	makes_payments: bool = True
	gateways: int = 0
	items_linked: bool = False
	failing: Mapping[str, int] = field(default_factory=dict)
	shadowed: bool = False
	rehearsed: bool = False
	applied: bool = False


@dataclass(frozen=True)
class Step:
	"""One step of one store.

	:ivar missing: what is still to be done; empty where it is done. :ivar field: of Shopify Store, where that is done.
	"""

	key: str
	title: str
	explanation: str
	state: StepState
	missing: tuple[Sentence, ...] = ()
	field: str = ""


@dataclass(frozen=True)
class Way:
	"""All steps of a store, in order. :ivar done, needed: how many of them."""

	store: str
	steps: tuple[Step, ...]

	@property
	def needed(self) -> int:
		"""How many steps there are for this store."""
		return sum(step.state is not StepState.NOT_NEEDED for step in self.steps)

	@property
	def done(self) -> int:
		"""How many of them are done."""
		return sum(step.state is StepState.DONE for step in self.steps)

	@property
	def is_over(self) -> bool:
		"""Nothing is left to do."""
		return self.done == self.needed


def way(facts: Facts) -> Way:
	"""Return the steps of a store as they stand."""
	before = [step(facts) for step in _BEFORE]
	left = [one.title for one in before if one.state is StepState.OPEN]
	return Way(facts.store, (*before, _go_live(facts, left)))


def _step(key: str, title: str, explanation: str, missing: Sequence[Sentence], field: str, needed: bool = True) -> Step:
	if not needed:
		return Step(key, title, explanation, StepState.NOT_NEEDED, (), field)
	return Step(key, title, explanation, StepState.OPEN if missing else StepState.DONE, tuple(missing), field)


def _connect(facts: Facts) -> Step:
	missing = []
	if not facts.has_secret:
		missing.append(say(_("Enter the Client Secret of the app in Shopify: webhooks are verified with it.")))
	if not facts.signs_in:
		missing.append(
			say(_("Choose how the store signs in (Sign In By), so that ERPNext can read from Shopify and write to it."))
		)
	elif not facts.signed_in:
		missing.append(say(_("Press Sign In, then Test Connection: Shopify has not accepted the sign-in yet.")))
	if facts.scopes_missing:
		text = _("Shopify has not granted {0}. Sign in again and accept these permissions.")
		missing.append(say(text, ", ".join(facts.scopes_missing)))
	explanation = _("The store has the credentials of its app in Shopify, and Shopify accepts them.")
	return _step("connect", _("Connect the store"), explanation, missing, "sign_in_by")


def _webhook(facts: Facts) -> Step:
	missing = []
	if facts.subscriptions_missing:
		text = _("Shopify does not deliver {0}. Run a reconciliation that heals: it creates the subscriptions.")
		missing.append(say(text, ", ".join(facts.subscriptions_missing)))
	if not facts.webhook_came:
		text = _("No webhook has arrived. Create the subscriptions, then change an order or a product in Shopify.")
		missing.append(say(text))
	explanation = _("Shopify tells ERPNext of each change, and its signature was found right.")
	return _step("webhook", _("Verify the webhook"), explanation, missing, "webhook_help")


def _locations(facts: Facts) -> Step:
	missing = []
	if facts.sync_inventory and not facts.locations:
		missing.append(say(_("Add a row for each location of the shop to the Location Mapping, with its warehouse.")))
	if facts.sync_orders and not facts.default_warehouse and not facts.locations:
		missing.append(say(_("Choose a Default Warehouse: orders without a location are delivered from it.")))
	missing += _failing(facts, Category.MISSING_WAREHOUSE)
	explanation = _("Each location in Shopify has a warehouse in ERPNext.")
	needed = facts.sync_inventory or facts.sync_orders
	return _step("locations", _("Map the locations"), explanation, missing, "location_mapping", needed)


def _taxes(facts: Facts) -> Step:
	missing = []
	if not facts.taxes:
		missing.append(say(_("Add a row for each tax of the shop to the Tax Mapping, or choose a Default Tax Account.")))
	if not facts.shipping:
		missing.append(say(_("Choose a Shipping Account, or add a row for each shipping method.")))
	missing += _failing(facts, Category.MISSING_TAX_ACCOUNT, Category.MISSING_SHIPPING_ACCOUNT, Category.MISSING_ACCOUNT)
	explanation = _("Taxes and shipping of orders have the accounts on which they are booked.")
	return _step("taxes", _("Map taxes and shipping"), explanation, missing, "tax_mapping", facts.sync_orders)


def _gateways(facts: Facts) -> Step:
	missing = []
	if not facts.gateways:
		missing.append(say(_("Add a row for each way to pay of the shop, with the account that the money arrives on.")))
	missing += _failing(facts, Category.MISSING_GATEWAY)
	explanation = _("Each payment gateway has its accounts.")
	needed = facts.sync_orders and facts.makes_payments
	return _step("gateways", _("Map the payment gateways"), explanation, missing, "gateway_mapping", needed)


def _items(facts: Facts) -> Step:
	missing = []
	if not facts.items_linked:
		text = _(
			"No variant of the shop leads to an Item yet. Run a Shopify Backfill of the products, or let the first orders come."
		)
		missing.append(say(text))
	missing += _failing(facts, Category.MISSING_ITEM, Category.ITEM_DISABLED)
	explanation = _("The variants of the shop are Items in ERPNext.")
	return _step("items", _("Link the items"), explanation, missing, "item_matching")


def _shadow(facts: Facts) -> Step:
	missing = []
	if not (facts.shadowed or facts.rehearsed):
		text = _("Set the Mode to Shadow and let some orders come, or rehearse a Shopify Backfill: both say what would fail.")
		missing.append(say(text))
	explanation = _("What would be done was looked at before it is done: in Shadow mode nothing in ERPNext changes.")
	return _step("shadow", _("Try it in Shadow mode"), explanation, missing, "mode")


def _go_live(facts: Facts, left: Sequence[str]) -> Step:
	missing = []
	if not facts.enabled:
		missing.append(say(_("Tick Enabled.")))
	if facts.mode != "Live":
		missing.append(say(_("Set the Mode to Live. What was only decided in Shadow mode is then replayed.")))
	elif not facts.applied:
		missing.append(say(_("Nothing has been carried out yet: wait for the first order, or import with a Shopify Backfill.")))
	if left:
		missing.append(say(_("Steps before this one are open: {0}."), len(left)))
	explanation = _("Orders, customers and stock are kept in agreement from now on.")
	return _step("live", _("Go live"), explanation, missing, "mode")


_BEFORE: tuple[Callable[[Facts], Step], ...] = (_connect, _webhook, _locations, _taxes, _gateways, _items, _shadow)


def _failing(facts: Facts, *categories: Category) -> list[Sentence]:
	"""Return what to say of events that wait for exactly what the step is about."""
	number = sum(facts.failing.get(str(category), 0) for category in categories)
	text = _("Events that wait for it: {0}. The Sync Command Center shows what they miss.")
	return [say(text, number)] if number else []
