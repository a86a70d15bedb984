"""The shop itself and the app that is installed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from ...rest.values import gid
from ...shop.shop import Shop
from ..call import Call, Resolver, register, time_text
from ..search import Reader, matcher

_PLAN_NAMES = {
	"basic": "Basic",
	"grow": "Grow",
	"advanced": "Advanced",
	"plus": "Shopify Plus",
	"enterprise": "Commerce Components",
}


def _offset(shop: Shop) -> timedelta:
	return shop.now().astimezone(shop.zone).utcoffset() or timedelta()


def _offset_text(call: Call, shop: Shop) -> str:
	minutes = int(_offset(shop).total_seconds() // 60)
	sign = "-" if minutes < 0 else "+"
	return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _app_number(call: Call) -> str:
	return str(call.shop.dice.between(10**8, 10**9, "app", call.shop.domain))


register("QueryRoot", {"shop": lambda call, _root: call.shop, "currentAppInstallation": lambda call, _root: call.scopes})
register(
	"Shop",
	{
		"id": lambda _c, shop: gid("Shop", shop.id),
		"name": lambda _c, shop: shop.name,
		"myshopifyDomain": lambda _c, shop: shop.domain,
		"url": lambda _c, shop: f"https://{shop.domain}",
		"email": lambda _c, shop: shop.email,
		"contactEmail": lambda _c, shop: shop.email,
		"currencyCode": lambda _c, shop: shop.currency,
		"enabledPresentmentCurrencies": lambda _c, shop: [shop.currency],
		"ianaTimezone": lambda _c, shop: shop.time_zone,
		"timezoneOffset": _offset_text,
		"timezoneOffsetMinutes": lambda _c, shop: int(_offset(shop).total_seconds() // 60),
		"taxesIncluded": lambda _c, shop: shop.taxes_included,
		"orderNumberFormatPrefix": lambda _c, _shop: "#",
		"orderNumberFormatSuffix": lambda _c, _shop: "",
		"plan": lambda _c, shop: shop.plan,
		"createdAt": lambda _c, shop: time_text(shop.created_at),
	},
	value=Shop,
)
register(
	"ShopPlan",
	{
		"publicDisplayName": lambda _c, plan: _PLAN_NAMES.get(plan, plan),
		"displayName": lambda _c, plan: _PLAN_NAMES.get(plan, plan),
		"partnerDevelopment": lambda _c, _plan: False,
		"shopifyPlus": lambda _c, plan: plan in ("plus", "enterprise"),
	},
)


def _scopes(_call: Call, granted: frozenset[str]) -> list[str]:
	return sorted(granted)


def _description(_call: Call, handle: str) -> str:
	verb, _line, what = handle.partition("_")
	return f"{verb.capitalize()} {what.replace('_', ' ')}"


register(
	"AppInstallation",
	{
		"id": lambda call, _scopes: gid("AppInstallation", _app_number(call)),
		"accessScopes": _scopes,
		"app": lambda _call, granted: granted,
	},
)
register("AccessScope", {"handle": lambda _call, handle: handle, "description": _description})
register(
	"App",
	{
		"id": lambda call, _scopes: gid("App", _app_number(call)),
		"title": lambda _call, _scopes: "Simulated app",
		"requestedAccessScopes": _scopes,
	},
)


def count_of(found: int, limit: int | None) -> dict[str, Any]:
	"""Return a Count: exact, or the limit when there are more."""
	if limit is not None and found > limit:
		return {"count": limit, "precision": "AT_LEAST"}
	return {"count": found, "precision": "EXACT"}


def root_count(records: Callable[[Call], Iterable[Any]], readers: Mapping[str, Reader]) -> Resolver:
	"""Return the resolver of a count at the root of the schema that takes `query` and `limit`."""

	def resolve(call: Call, _root: Any, query: str | None = None, limit: int | None = 10_000) -> dict[str, Any]:
		matches = matcher(query, readers)
		return count_of(sum(1 for record in records(call) if matches(record)), limit)

	return resolve


register("Count", {"count": lambda _c, found: found["count"], "precision": lambda _c, found: found["precision"]})
