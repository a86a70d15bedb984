"""Which shop a store stands for, and where it answers. ShopifyAPI knows what a shop's domain and a version look like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import urlsplit

from shopify import ApiVersion, Session, VersionNotFoundError  # type: ignore[import-untyped]

from .ports import DEFAULT_VERSION, Shop
from .transport import is_loopback


class BadAddress(ValueError):
	"""A shop or a version that cannot be called; the message says what to write instead."""


def shop(store: str, domain: str, version: str = "", overrides: Mapping[str, str] | None = None) -> Shop:
	"""Return a shop.

	:param domain: `my-store.myshopify.com`; :param version: `2026-10`; empty: the default one.
	:param overrides: `{"my-store.myshopify.com": "http://127.0.0.1:8100/shops/my-store"}`, for development: addresses on this
		machine and no others, since the token goes there.
	:raises BadAddress: for a version that is none, or an override that leads elsewhere.
	"""
	asked = version.strip() or DEFAULT_VERSION
	check_version(asked)
	return Shop(store, domain, asked, _override(domain, overrides or {}))


def check_version(version: str) -> None:
	"""Check that this is the name of a version of the Admin API. :raises BadAddress:"""
	try:
		name = ApiVersion.coerce_to_version(version).name
	except VersionNotFoundError:
		name = ""
	if name != version or version[4:] not in ("-01", "-04", "-07", "-10"):
		raise BadAddress(f"{version!r} is no version of Shopify's Admin API. Write one as {DEFAULT_VERSION}.")


def version_ends(version: str) -> datetime | None:
	"""Return when Shopify stops to support a version (UTC): a year after its release, and two weeks (2026-01: 2027-01-16).

	https://shopify.dev/docs/api/usage/versioning#release-schedule
	"""
	try:
		check_version(version)
	except BadAddress:
		return None
	year, month = version.split("-")
	return datetime(int(year) + 1, int(month), 16, tzinfo=timezone.utc)


def is_shop_domain(domain: str) -> bool:
	"""Tell whether Shopify gives out domains like this one: `<name>.myshopify.com`."""
	return Session(domain, DEFAULT_VERSION).url == domain and domain.endswith(".myshopify.com")


def _override(domain: str, overrides: Mapping[str, str]) -> str:
	address = str(overrides.get(domain) or "").rstrip("/")
	if not address:
		return ""
	parts = urlsplit(address)
	if parts.scheme not in ("http", "https") or not is_loopback(address) or parts.username or parts.query or parts.fragment:
		raise BadAddress(f"shopify_sync_shops: {domain} may only lead to this machine, as http://127.0.0.1:8100/shops/NAME.")
	return address
