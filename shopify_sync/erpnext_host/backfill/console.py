"""A backfill in a terminal: begun or gone on with, carried to its end, and summed up in lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import frappe
from frappe.utils import get_datetime

from shopify_sync.core.backfill.ports import Shop
from shopify_sync.core.backfill.run import Run
from shopify_sync.core.backfill.wanted import Orders, Wanted
from shopify_sync.core.operations import Refused

from .. import policies, times
from . import outcome, running, runs


def begun(
	store: str,
	*,
	products: bool = False,
	customers: bool = False,
	orders: str | None = None,
	stock: bool = False,
	rehearse: bool = False,
	again: bool = False,
) -> str:
	"""Begin the run that the options ask for, or have the one go on that was asked for the same; return its name. Commits.

	:param orders: `open`, or the date from which they were placed, in the site's time zone. Nothing at all: all that the store syncs, open orders.
	:raises Refused, ValueError: when that cannot be.
	"""
	if not (products or customers or orders or stock):
		policy = policies.policy(store)
		products, customers, stock = policy.sync_products, policy.sync_customers, policy.sync_inventory
		orders = "open" if policy.sync_orders else None
	kind, since = _orders(orders)
	wanted = Wanted(products, customers, kind, since, stock, rehearse)
	return running.start(store, wanted, "Administrator", again=again)


def _orders(text: str | None) -> tuple[Orders, datetime | None]:
	if not text:
		return Orders.NONE, None
	if text.strip().lower() == "open":
		return Orders.OPEN, None
	try:
		moment = get_datetime(text)
	except Exception as error:
		raise Refused(f"Orders are open, or begin at a date such as 2026-01-31, not {text}.") from error
	return Orders.FROM_DATE, times.from_site(moment)


def carry_on(name: str, progress: Callable[[float, timedelta | None], None], shop: Shop | None = None) -> None:
	"""Carry a run out to its end. Ctrl-C stops it; asked for again, it goes on.

	:param progress: told after every page how far it is, in percent, and how long the rest will take.
	"""

	def show(run: Run) -> None:
		progress(run.percent, run.time_left)

	try:
		running.carry_on(name, shop, show)
	except KeyboardInterrupt:
		frappe.db.rollback()
		runs.end(name, runs.STOPPED, "Stopped at the terminal.")
		frappe.db.commit()
		raise


def summary(name: str) -> Iterator[str]:
	"""Yield what came of a run, line by line."""
	return outcome.lines(name)
