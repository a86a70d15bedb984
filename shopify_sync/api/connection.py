"""What people do about a store's connection to Shopify: sign in, test it, close its circuit again."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from shopify_sync.admin_api.ports import CallFailed, Priority
from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.admin_api.sign_in import SignInBy
from shopify_sync.core.operations import OperatorAction
from shopify_sync.erpnext_host import connections, times, wake
from shopify_sync.erpnext_host.operations import stores
from shopify_sync.erpnext_host.operations.record import recorded
from shopify_sync.erpnext_host.operations.targets import Target

from . import oauth
from .roles import MAY_OPERATE, MAY_SET_UP, only_for, only_of


@frappe.whitelist(methods=["POST"])
def sign_in(store: str) -> dict[str, Any]:
	"""Sign a store in: get a token now, or say where the person has to go for it.

	:returns: `{"redirect": address}` for the authorization code, else what :func:`test` returns.
	"""
	only_for(MAY_SET_UP)
	link = _link(store)
	by = link.connection.credentials.by
	if by is SignInBy.AUTHORIZATION_CODE:
		return {"redirect": oauth.begin(store)}
	if by is SignInBy.CLIENT_CREDENTIALS:
		try:
			with recorded(OperatorAction.CONNECT, store, {"store": store}, store) as entry:
				link.connection.sign_in()
				entry.changed, entry.message = 1, _("Signed in to Shopify.")
		except CallFailed as error:
			_refuse(error)
		connections.note_scopes(store)
		wake.wake_pusher(flag=False)
	return test(store)


@frappe.whitelist(methods=["POST"])
def test(store: str) -> dict[str, Any]:
	"""Ask Shopify which shop this is and what the app may do there, and keep the answer on Shopify Connection."""
	only_for(MAY_OPERATE)
	link = _link(store)
	try:
		answer = link.client.execute("Shop", {}, priority=Priority.OPERATOR)
		granted = link.client.execute("AppScopes", {}, priority=Priority.OPERATOR)
	except CallFailed as error:
		_refuse(error)
	shop = answer.data["shop"]
	installation = granted.data["currentAppInstallation"] or {}
	link.connection.granted(frozenset(scope["handle"] for scope in installation.get("accessScopes") or ()))
	status = answer.cost.status
	link.store.note(
		shop_name=shop["name"],
		plan=(shop.get("plan") or {}).get("publicDisplayName"),
		restore_rate=status.restore_rate if status else 0,
		tested_at=times.to_site(times.now()),
	)
	return {
		"shop": shop["name"],
		"domain": shop["myshopifyDomain"],
		"is_other_shop": shop["myshopifyDomain"] != link.connection.shop.domain,
		"plan": (shop.get("plan") or {}).get("publicDisplayName"),
		"restore_rate": status.restore_rate if status else None,
		"version": link.connection.shop.api_version,
		"missing": connections.note_scopes(store),
	}


@frappe.whitelist(methods=["POST"])
def reset_circuit(store: str) -> dict[str, str]:
	"""Close a store's circuit breaker, so that calls go out at once."""
	only_for(MAY_OPERATE)
	_link(store)
	with recorded(OperatorAction.RESET_CIRCUIT, store, {"store": store}, store) as entry:
		entry.message = stores.reset(Target(store=store), "", {}, frappe.session.user, entry)
	return {"message": entry.message}


@frappe.whitelist(methods=["GET"])
def state(store: str) -> dict[str, Any]:
	"""Return what the form of a store shows of its connection; no tokens."""
	if not frappe.has_permission("Shopify Store", "read", store):
		raise frappe.PermissionError
	fields = ["state", "reason", "expires_at", "refresh_expires_at", "scopes_missing", "circuit_state", "circuit_reason", "circuit_until",
		"answered_version", "deprecated_reason", "shop_name", "plan", "restore_rate", "tested_at"]  # fmt: skip
	found = frappe.db.get_value("Shopify Connection", store, fields, as_dict=True) or {}
	try:
		closed = connections.gate_of(store)
	except frappe.DoesNotExistError:
		closed = None
	gate = {"because": str(closed.because), "message": closed.message} if closed else None
	return {**found, "gate": gate, "callback": oauth.callback_address()}


def _link(store: str) -> connections.Link:
	only_of(store)
	try:
		return connections.link_of(store, for_operator=True)
	except BadAddress as error:
		frappe.throw(str(error), title=_("Wrong address"))


def _refuse(error: CallFailed) -> None:
	frappe.throw(str(error), title=_(error.failure.info.title))
