"""The client of each store on a site: built from Shopify Store, kept in the process until the store is saved.

`client_of(store).execute(…)` commits; call it while no transaction of yours is open.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import frappe

from shopify_sync.admin_api.budgets import RedisBudget, loaded
from shopify_sync.admin_api.client import AdminClient
from shopify_sync.admin_api.connection import StoreConnection
from shopify_sync.admin_api.ports import Answer, CallFailed, Closed, ClosedBecause, Shop
from shopify_sync.admin_api.shops import BadAddress, shop
from shopify_sync.admin_api.sign_in import Credentials, SignInBy, SignInState
from shopify_sync.admin_api.transport import RequestsTransport
from shopify_sync.core.calls import scopes
from shopify_sync.core.calls.bucket import BACKFILL_SHARE, Priority

from . import policies, secret_fields, times
from .call_log import FrappeCallLog
from .connection_store import FrappeConnectionStore
from .log import warn

_FIELDS = ("name", "modified", "enabled", "mode", "shop_domain", "client_id", "sign_in_by", "api_version", "reconcile_share")
_TRANSPORT = RequestsTransport()
#: Kept in the process, never in Redis: decrypted secrets. Good for one `modified` of the store.
_known: dict[tuple[str, str, bool], tuple[Any, Link]] = {}


@dataclass(frozen=True)
class Link:
	"""A store's connection, its state, and the client on it."""

	connection: StoreConnection
	store: FrappeConnectionStore
	client: AdminClient


def client_of(store: str) -> AdminClient:
	"""Return the client of a store.

	:raises frappe.DoesNotExistError: when there is no such store. :raises BadAddress: when its settings lead nowhere.
	"""
	return link_of(store).client


class CurrentClient:
	"""The client of a store as its settings are at each call, for work that takes long: a store that is paused is read no further.

	:raises BadAddress: when its settings lead nowhere, now. Later calls raise CallFailed.
	"""

	def __init__(self, store: str) -> None:
		self._store = store
		client_of(store)

	@property
	def shop(self) -> Shop:
		"""The shop, as it is called now."""
		return self._client().shop

	@property
	def restore_rate(self) -> float | None:
		"""See `AdminClient`."""
		return self._client().restore_rate

	def execute(self, operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		"""See `AdminClient`. :raises CallFailed:"""
		return self._client().execute(operation, variables, priority=priority)

	def lines(self, url: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
		"""See `AdminClient`. :raises CallFailed:"""
		return self._client().lines(url, offset)

	def _client(self) -> AdminClient:
		try:
			return client_of(self._store)
		except BadAddress as error:
			raise CallFailed.of(Closed(ClosedBecause.NOT_SIGNED_IN, str(error))) from error


def gate_of(store: str) -> Closed | None:
	"""Return why nothing may be sent to a store now, or None. Reads the database, and talks to nobody."""
	try:
		return link_of(store).connection.gate()
	except BadAddress as error:
		return Closed(ClosedBecause.NOT_SIGNED_IN, str(error))


def link_of(store: str, *, for_operator: bool = False) -> Link:
	"""Return a store's connection and client as its settings are in the database now.

	:param for_operator: an operator may test the connection of a store that is paused or disabled.
	:raises frappe.DoesNotExistError: :raises BadAddress:
	"""
	columns = ", ".join(_FIELDS)
	rows = frappe.db.sql(f"SELECT {columns} FROM `tabShopify Store` WHERE name = %s", (store,), as_dict=True)  # noqa: S608
	if not rows:
		raise frappe.DoesNotExistError(f"There is no Shopify Store {store}.")
	key = (frappe.local.site, store, for_operator)
	known = _known.get(key)
	if known and known[0] == rows[0].modified:
		return known[1]
	made = _made(rows[0], for_operator)
	_known[key] = (rows[0].modified, made)
	return made


def settings_changed(store: str) -> bool:
	"""Look at a store's connection after its settings were saved. Return whether something may be sent now.

	Credentials that were rejected count as new when anything of them was changed.
	"""
	link = link_of(store)
	found = link.store.read().sign_in
	own = link.connection.credentials
	is_rejected = found.state is SignInState.REJECTED and found.rejected_with == own.fingerprint
	is_signed_in = own.by is SignInBy.ACCESS_TOKEN or (found.access_token and found.identity == own.identity)
	state = SignInState.SIGNED_IN if is_signed_in else SignInState.NOT_SIGNED_IN
	if not is_rejected and found.state is not state:
		link.store.save(replace(found, state=state, rejected_with="", reason=""))
	note_scopes(store)
	return link.connection.gate() is None


def points_used_share(store: str) -> float | None:
	"""Return which share (0 to 1) of the points that Shopify gives is taken now; None: nothing was sent lately, or Redis is away."""
	try:
		text = frappe.cache.get(_redis_key(store))
	except Exception:  # whatever the client raises: a figure that is not known
		return None
	bucket = loaded(text or "").at(time.time())
	return min(max(1.0 - bucket.level / bucket.maximum, 0.0), 1.0) if bucket.known and bucket.maximum > 0 else None


def note_scopes(store: str) -> tuple[str, ...]:
	"""Write which scopes the flows of a store need and its token does not have. Return them; none where that is not known."""
	link = link_of(store)
	granted = link.store.read().sign_in.scopes
	lacking = () if granted is None else scopes.missing(granted, scopes.needed(policies.policy(store)))
	link.store.note(scopes_missing=", ".join(lacking))
	return lacking


def _made(row: Any, for_operator: bool) -> Link:
	overrides = frappe.conf.get("shopify_sync_shops") or {}
	target = shop(row.name, row.shop_domain, row.api_version or "", overrides)
	secrets = tuple(filter(None, (_secret(row.name, field) for field in ("client_secret", "previous_client_secret"))))
	credentials = Credentials(
		store=row.name,
		by=SignInBy(row.sign_in_by or SignInBy.NONE),
		client_id=row.client_id or "",
		secrets=secrets,
		access_token=_secret(row.name, "access_token"),
		paused="" if for_operator else _paused(row),
	)
	kept = FrappeConnectionStore(row.name)
	budget = RedisBudget(frappe.cache, _redis_key(row.name), time.time, warn, backfill=_share(row))
	jitter = random.random
	connection = StoreConnection(target, credentials, kept, budget, _TRANSPORT, now=times.now, jitter=jitter)
	client = AdminClient(target, _TRANSPORT, connection, FrappeCallLog(), now=times.now, sleep=time.sleep, jitter=jitter)
	return Link(connection, kept, client)


def _share(row: Any) -> float:
	"""Return the share of the rate limit that reading may use; a field that was emptied is the default."""
	percent = float(row.reconcile_share or 0)
	return min(percent, 100.0) / 100 if percent > 0 else BACKFILL_SHARE


def _paused(row: Any) -> str:
	if not row.enabled:
		return "The store is disabled."
	return "The store is paused." if row.mode == "Paused" else ""


def _secret(store: str, fieldname: str) -> str:
	try:
		return secret_fields.read("Shopify Store", store, fieldname)
	except secret_fields.Unreadable as error:
		raise BadAddress(str(error)) from None


def _redis_key(store: str) -> str:
	# Frappe's own prefix is the database's name: sites may share a Redis.
	return f"{frappe.conf.db_name}|shopify_sync:budget:{store}"
