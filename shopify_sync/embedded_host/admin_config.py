"""How a store of the config signs in to Shopify: its section `admin`, and where shops answer that are on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FIELDS = ("client_id", "access_token", "api_version")


@dataclass(frozen=True)
class Admin:
	"""Client credentials (*client_id*, with the store's `client_secret`) or a static *access_token*; neither: nothing is sent."""

	client_id: str = ""
	access_token: str = field(default="", repr=False)
	api_version: str = ""


def read(place: str, data: Any, domain: str, shops: Mapping[str, str]) -> tuple[Admin, list[str]]:
	"""Read the section *data* of a store.

	:param place: where it stands; *domain*: the store's; *shops*: addresses by domain (:func:`addresses`).
	:returns: the settings, and a line for each mistake.
	"""
	if data is None:
		return Admin(), []
	if not isinstance(data, Mapping):
		return Admin(), [f'{place}: must be an object, as {{"client_id": "…"}} or {{"access_token": "…"}}.']
	problems = [f"{place}.{name}: is no setting; known are: {', '.join(_FIELDS)}." for name in sorted(set(data) - set(_FIELDS))]
	problems += [f"{place}.{name}: must be text." for name in _FIELDS if not isinstance(data.get(name, ""), str)]
	if data.get("client_id") and data.get("access_token"):
		problems.append(f"{place}: write client_id or access_token, not both.")
	if problems:
		return Admin(), problems
	found = Admin(**{name: str(data.get(name) or "").strip() for name in _FIELDS})
	return found, _bad_address(place, domain, found.api_version, shops)


def addresses(data: Any) -> tuple[Mapping[str, str], list[str]]:
	"""Read `shops`: `{"my-store.myshopify.com": "http://127.0.0.1:8100/shops/my-store"}`. Return it, and a line for each mistake."""
	if data is None:
		return {}, []
	if not isinstance(data, Mapping) or not all(isinstance(address, str) for address in data.values()):
		return {}, ['shops: must be an object, as {"my-store.myshopify.com": "http://127.0.0.1:8100/shops/my-store"}.']
	found = {str(domain).strip().lower(): address for domain, address in data.items()}
	return found, [line for domain in found for line in _bad_address("shops", domain, "", found)]


def _bad_address(place: str, domain: str, version: str, shops: Mapping[str, str]) -> list[str]:
	# ShopifyAPI takes a while to import: only who signs in needs it.
	from shopify_sync.admin_api.shops import BadAddress, shop

	try:
		shop("", domain, version, shops)
	except BadAddress as error:
		return [f"{place}: {error}"]
	return []
