"""Keeps what is known of a store's connection: Shopify Connection, and its tokens in Frappe's encrypted `__Auth`.

The only module that writes a Shopify Connection. What it changes it commits at once, since all workers share it; what it reads
before a change it reads after a commit, so that no old snapshot of a transaction is taken for the present.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import frappe
from frappe.utils.password import remove_encrypted_password, set_encrypted_password

from shopify_sync.admin_api import sign_in as sign_ins
from shopify_sync.admin_api.sign_in import SignIn, State
from shopify_sync.core.calls import breaker
from shopify_sync.core.calls.breaker import Circuit, CircuitState
from shopify_sync.core.contracts.base import dump_json

from . import notify, secret_fields, times
from .log import warn

DOCTYPE = "Shopify Connection"
_TOKENS = ("access_token", "refresh_token")
#: How many openings and closings are shown.
_HISTORY = 50
#: How long another worker's request for a token is waited for; longer than such a request lasts.
_RENEWING_SECONDS = 45
#: Decrypted tokens stay in the process, never in Redis. Good for one `token_id`.
_tokens: dict[tuple[str, str], tuple[str, str, str]] = {}


class FrappeConnectionStore:
	"""Implements admin_api/sign_in.py `ConnectionStore` for one store."""

	def __init__(self, store: str) -> None:
		self._store = store
		self._heard: set[tuple[str, str]] = set()

	def read(self) -> State:
		"""See `ConnectionStore`."""
		rows = frappe.db.sql("SELECT sign_in, circuit, token_id FROM `tabShopify Connection` WHERE name = %s", (self._store,))
		if not rows:
			return State()
		sign_in, circuit, token_id = rows[0]
		tokens = self._tokens_of(token_id) if token_id else ("", "")
		return State(sign_ins.from_json(_loaded(sign_in), *tokens), breaker.from_json(_loaded(circuit)))

	@contextmanager
	def renewing(self) -> Iterator[bool]:
		"""See `ConnectionStore`. MariaDB's advisory lock ends with the connection, however the process ends."""
		name = "shopify_sync:" + hashlib.sha256(f"{frappe.conf.db_name}:{self._store}".encode()).hexdigest()[:40]
		is_ours = frappe.db.sql("SELECT GET_LOCK(%s, %s)", (name, _RENEWING_SECONDS))[0][0] == 1
		frappe.db.commit()  # what the worker before us left is seen only after it
		try:
			yield is_ours
		finally:
			if is_ours:
				frappe.db.sql("SELECT RELEASE_LOCK(%s)", (name,))

	def save(self, sign_in: SignIn) -> None:
		"""See `ConnectionStore`."""
		frappe.db.commit()
		self._ensure()
		for fieldname in _TOKENS:
			token = getattr(sign_in, fieldname)
			if token:
				set_encrypted_password(DOCTYPE, self._store, token, fieldname)
			else:
				remove_encrypted_password(DOCTYPE, self._store, fieldname)
		self._write(
			sign_in=dump_json(sign_ins.as_json(sign_in)),
			token_id=frappe.generate_hash(length=20),
			state=str(sign_in.state),
			reason=sign_in.reason,
			obtained_at=times.to_site(sign_in.obtained_at),
			expires_at=times.to_site(sign_in.expires_at),
			refresh_expires_at=times.to_site(sign_in.refresh_expires_at),
			scopes=", ".join(sorted(sign_in.scopes or ())),
		)
		frappe.db.commit()

	def change_circuit(self, change: Callable[[Circuit], Circuit]) -> Circuit:
		"""See `ConnectionStore`."""
		frappe.db.commit()
		self._ensure()
		row = frappe.db.sql(
			"SELECT circuit, circuit_history FROM `tabShopify Connection` WHERE name = %s FOR UPDATE", (self._store,)
		)[0]
		before = breaker.from_json(_loaded(row[0]))
		after = change(before)
		values: dict[str, Any] = {"circuit": dump_json(breaker.as_json(after))}
		if after.state is not before.state:
			entry = breaker.entry(after, times.now())
			values["circuit_history"] = dump_json([*_listed(row[1]), entry][-_HISTORY:])
		if after.state is not before.state or after.until != before.until:
			values |= _shown(after)
		self._write(**values)
		frappe.db.commit()
		return after

	def tell_rejected(self, reason: str) -> None:
		"""See `ConnectionStore`. People are told by the alert *Sign-in refused*, which looks every minute and says when it is over too."""
		warn(f"Shopify does not accept the sign-in of store {self._store}: nothing is sent to it. {reason}")

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""See `ConnectionStore`."""
		if (answered_version, deprecated) in self._heard:
			return
		self._heard.add((answered_version, deprecated))
		frappe.db.commit()
		self._ensure()
		known = frappe.db.sql(
			"SELECT answered_version, deprecated_reason FROM `tabShopify Connection` WHERE name = %s FOR UPDATE", (self._store,)
		)[0]
		if answered_version and answered_version != known[0]:
			self._write(answered_version=answered_version)
			self._warn(
				f"Shopify answered {self._store} with API version {answered_version}.", "Set API Version on Shopify Store."
			)
		if deprecated and deprecated != known[1]:
			self._write(deprecated_reason=deprecated[:500])
			self._warn(f"Store {self._store} makes a call that Shopify will not support for long.", deprecated[:500])
		frappe.db.commit()

	def begin_sign_in(self, digest: str, user: str, until: datetime) -> None:
		"""Keep what a callback must bring: the digest of its state, by whom it was begun, and until when it counts (UTC)."""
		self.note(oauth_state=digest, oauth_user=user, oauth_expires_at=times.to_naive_utc(until))

	def take_sign_in(self, user: str) -> str:
		"""Return the digest that a callback of *user* must bring now, and forget it: it counts once. Empty: none is waited for."""
		frappe.db.commit()
		rows = frappe.db.sql(
			"SELECT oauth_state, oauth_user, oauth_expires_at FROM `tabShopify Connection` WHERE name = %s FOR UPDATE",
			(self._store,),
		)
		if not rows or not rows[0][0] or rows[0][1] != user:
			frappe.db.commit()
			return ""
		digest, _user, until = rows[0]
		self.note_now(oauth_state=None, oauth_user=None, oauth_expires_at=None)
		return str(digest) if times.to_naive_utc(times.now()) < until else ""

	def note_now(self, **values: Any) -> None:
		"""Write in the running transaction, and commit."""
		self._write(**values)
		frappe.db.commit()

	def note(self, **values: Any) -> None:
		"""Write what a test of the connection found, and commit."""
		frappe.db.commit()
		self._ensure()
		self.note_now(**values)

	def _warn(self, subject: str, text: str) -> None:
		notify.tell(subject, text, "Shopify Store", self._store)

	def _tokens_of(self, token_id: str) -> tuple[str, str]:
		key = (frappe.local.site, self._store)
		known = _tokens.get(key)
		if known is None or known[0] != token_id:
			access, refresh = (_token(self._store, name) for name in _TOKENS)
			known = _tokens[key] = (token_id, access, refresh)
		return known[1], known[2]

	def _ensure(self) -> None:
		ensure(self._store)

	def _write(self, **values: Any) -> None:
		setting = ", ".join(f"`{name}` = %s" for name in values)
		frappe.db.sql(
			f"UPDATE `tabShopify Connection` SET {setting}, modified = %s WHERE name = %s",  # noqa: S608 - names from this module
			(*values.values(), times.to_site(times.now()), self._store),
		)


def ensure(store: str) -> None:
	"""Make the row of a store if there is none, in the running transaction."""
	if frappe.db.sql("SELECT 1 FROM `tabShopify Connection` WHERE name = %s", (store,)):
		return
	now = times.to_site(times.now())
	frappe.db.sql(
		"INSERT IGNORE INTO `tabShopify Connection` (name, store, creation, modified, owner, modified_by, docstatus, idx, state,"
		" circuit_state) VALUES (%s, %s, %s, %s, 'Administrator', 'Administrator', 0, 0, 'Not signed in', 'Closed')",
		(store, store, now, now),
	)


def _token(store: str, field: str) -> str:
	try:
		return secret_fields.read(DOCTYPE, store, field)
	except secret_fields.Unreadable:
		return ""  # as if there were none: a new one is asked for, or a person signs in


def _shown(circuit: Circuit) -> Mapping[str, Any]:
	is_closed = circuit.state is CircuitState.CLOSED
	return {
		"circuit_state": str(circuit.state),
		"circuit_reason": None if is_closed else circuit.reason or None,
		"circuit_since": times.to_site(circuit.since),
		"circuit_until": None if is_closed else times.to_site(circuit.until),
	}


def _loaded(text: str | None) -> dict[str, Any]:
	return json.loads(text) if text else {}


def _listed(text: str | None) -> list[Any]:
	return json.loads(text) if text else []


__all__ = ["DOCTYPE", "FrappeConnectionStore", "ensure"]
