"""How the stores are: the figures read from the site, for the Desk, the terminal, metrics and alerts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.health import StoreHealth
from shopify_sync.erpnext_host import times

from . import kept
from .reading import read

__all__ = ["as_dict", "healths", "healths_of", "kept_healths"]


def healths(store: str | None = None) -> list[StoreHealth]:
	"""Return how every store is now, or the one that is named; by name. Whoever may see them is the caller's question."""
	return healths_of([store] if store else frappe.get_all("Shopify Store", pluck="name", order_by="name"))


def healths_of(stores: Sequence[str]) -> list[StoreHealth]:
	"""Return how *stores* are now, in that order; one that is not there is left out."""
	return read(stores) if stores else []


def kept_healths(stores: Sequence[str], *, fresh: bool = False) -> list[StoreHealth]:
	"""Return how *stores* were at most five seconds ago: for a page that many people have open. *fresh*: how they are now."""
	return kept.through(stores, healths_of, fresh=fresh)


def as_dict(health: StoreHealth) -> dict[str, Any]:
	"""Return a store's health as the Desk shows it: in the user's language, times as the site has them (`YYYY-MM-DD HH:MM:SS`)."""
	return health.as_dict(_, lambda moment: f"{times.to_site(moment):%Y-%m-%d %H:%M:%S}")
