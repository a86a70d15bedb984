"""Signing a store in by authorization code: the way to Shopify's consent page, and back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import escape_html, get_url, get_url_to_form

from shopify_sync.admin_api import authorization
from shopify_sync.admin_api.authorization import CallbackRefused
from shopify_sync.admin_api.ports import CallFailed
from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.admin_api.sign_in import SignInBy
from shopify_sync.core.calls import scopes
from shopify_sync.core.operations import OperatorAction
from shopify_sync.erpnext_host import connections, policies, times, wake
from shopify_sync.erpnext_host.log import warn
from shopify_sync.erpnext_host.operations.record import recorded


def begin(store: str) -> str:
	"""Return where the user's browser is sent to consent; what comes back must bring the state that is kept here.

	The caller has checked the role. Not whitelisted by itself: `api.connection.sign_in` is.
	"""
	link = connections.link_of(store, for_operator=True)
	own = link.connection.credentials
	if own.by is not SignInBy.AUTHORIZATION_CODE or not own.client_id or not own.secrets:
		frappe.throw(_("Choose Sign In By: Authorization code, enter Client ID and Client Secret, and save the store first."))
	state = secrets.token_urlsafe(32)
	until = times.now() + timedelta(seconds=authorization.SIGN_IN_SECONDS)
	link.store.begin_sign_in(authorization.digest(state), frappe.session.user, until)
	wanted = scopes.needed(policies.policy(store))
	return authorization.consent_address(link.connection.shop, own.client_id, wanted, callback_address(), state)


def callback_address() -> str:
	"""Return the address that Shopify sends the browser back to; the app's settings in Shopify must allow it."""
	return get_url("/api/method/shopify_sync.api.oauth.callback")


@frappe.whitelist(allow_guest=True, methods=["GET"])
def callback() -> None:
	"""Take the code that Shopify's consent page sends back, and get a token for it. Ends on the store's form, or on a page."""
	# What Shopify signed: the address as it came, not what Frappe made of it.
	parameters = {name: value for name, value in frappe.request.args.items(multi=True)}
	try:
		store = _finish(parameters)
	except (CallbackRefused, CallFailed, BadAddress) as error:
		warn(f"a sign-in was refused: {error}")
		_page(str(error))
		return
	frappe.local.response["type"] = "redirect"
	frappe.local.response["location"] = get_url_to_form("Shopify Store", store)


def _finish(parameters: Mapping[str, str]) -> str:
	"""Carry out a callback. Return the store that is signed in now."""
	user = frappe.session.user
	store = frappe.db.get_value("Shopify Store", {"shop_domain": parameters.get("shop") or "-"}, "name")
	if not store:
		raise CallbackRefused("The callback is for a shop that is no store here.")
	link = connections.link_of(store, for_operator=True)
	own = link.connection.credentials
	# Nothing is used up by a forged callback: the signature comes first.
	if not authorization.is_from_shopify(parameters, own.secrets):
		raise CallbackRefused("The signature of the callback is not Shopify's. Check the store's Client Secret.")
	if user == "Guest":
		raise CallbackRefused("You are not logged in here. Log in, then press Sign In on the store again.")
	kept = link.store.take_sign_in(user)
	code = authorization.code_of(parameters, link.connection.shop, own.secrets, kept, times.now())
	if own.by is not SignInBy.AUTHORIZATION_CODE:
		raise CallbackRefused("The store does not sign in by authorization code any more.")
	with recorded(OperatorAction.CONNECT, store, {"store": store}, store) as entry:
		link.connection.exchange(code)
		entry.changed, entry.message = 1, _("Signed in to Shopify.")
	connections.note_scopes(store)
	wake.wake_pusher(flag=False)
	return str(store)


def _page(message: str) -> None:
	frappe.respond_as_web_page(
		_("The store is not signed in"),
		f"<p>{escape_html(message)}</p><p>{escape_html(_('Nothing was changed. Go back to the Shopify Store and press Sign In.'))}</p>",
		http_status_code=403,
		indicator_color="red",
	)
