"""Reads what Shopify answered: data, cost, errors; and says what an error means to an operator.

Sources: https://shopify.dev/docs/api/admin-graphql/latest#status_and_error_codes, https://shopify.dev/docs/api/usage/response-codes
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopify_sync.core.calls.bucket import ThrottleStatus
from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.masking import scrub

from .ports import Cost, HttpAnswer

CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"
_SCOPE = re.compile(r"`([a-z_]+)`")
_MOST_TEXT = 500


class Garbled(Exception):
	"""The answer is none that can be read."""


@dataclass(frozen=True)
class Read:
	"""An answer of HTTP 200, read."""

	data: Mapping[str, Any]
	errors: tuple[Mapping[str, Any], ...]
	cost: Cost

	@property
	def codes(self) -> tuple[str, ...]:
		"""The codes of the top-level errors."""
		return tuple(code for error in self.errors if (code := str(_part(error, "extensions").get("code") or "")))


def read(answer: HttpAnswer) -> Read:
	"""Read a GraphQL answer; numbers with a point become Decimal. :raises Garbled: when it is no such answer."""
	try:
		content = parse_json(answer.body)
	except NotJson:
		raise Garbled("the answer is no JSON") from None
	if not isinstance(content, Mapping) or not ("data" in content or "errors" in content):
		raise Garbled("the answer has neither data nor errors")
	errors = content.get("errors") or ()
	if not isinstance(errors, list | tuple):
		errors = ({"message": str(errors)},)
	known = tuple(error for error in errors if isinstance(error, Mapping))
	return Read(_part(content, "data"), known, _cost(_part(content, "extensions")))


def user_errors(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
	"""Yield the `userErrors` of every mutation in an answer: `{field, message}`, and `code` where Shopify has one."""
	for payload in data.values():
		if isinstance(payload, Mapping):
			for name, found in payload.items():
				if name.endswith("serErrors") and isinstance(found, list):
					yield from (error for error in found if isinstance(error, Mapping))


def failure_of(found: Read, operation: str) -> Failure:
	"""Return what top-level errors mean."""
	text = scrub("; ".join(str(error.get("message") or "") for error in found.errors))[:_MOST_TEXT]
	codes = set(found.codes)
	if "THROTTLED" in codes:
		message = f"Shopify refused {operation}: the store's API budget is used up."
		return Failure(Category.THROTTLED, message, retry_after=_until_enough(found.cost))
	if "ACCESS_DENIED" in codes:
		return _denied(found, operation, text)
	if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"} or "Internal error" in text:
		return Failure(Category.SHOPIFY_UNAVAILABLE, f"Shopify failed while it carried out {operation}.", detail=text)
	if "SHOP_INACTIVE" in codes:
		return Failure(Category.PERMISSION, f"Shopify refused {operation}: the shop is not active.", detail=text)
	if "MAX_COST_EXCEEDED" in codes:
		return Failure(Category.UNSUPPORTED, f"Shopify refused {operation}: it asks for too much at once.", detail=text)
	return Failure(Category.BUG, f"Shopify refused {operation}: {text}", detail=text)


def _until_enough(cost: Cost) -> float:
	"""Return the seconds until the bucket holds what a call asks for, by what the answer says of it."""
	if cost.status is None or cost.requested is None or cost.status.restore_rate <= 0:
		return 1.0
	return max((cost.requested - cost.status.available) / cost.status.restore_rate, 0.0)


def _denied(found: Read, operation: str, text: str) -> Failure:
	sentences = [str(_part(error, "extensions").get("requiredAccess") or error.get("message") or "") for error in found.errors]
	scopes = sorted({scope for sentence in sentences for scope in _SCOPE.findall(sentence)})
	if scopes:
		message = (
			f"The app may not do {operation}: it lacks the scope {' or '.join(scopes)}. Add it, then sign the store in again."
		)
		return Failure(Category.PERMISSION, message, missing=f"scope:{scopes[0]}", detail=text)
	return Failure(Category.PERMISSION, f"The app may not do {operation}: {text}", detail=text)


def failure_of_status(answer: HttpAnswer, operation: str, version: str) -> Failure:
	"""Return what an HTTP status other than 200 means."""
	status = answer.status
	if status >= 500 or status == 423:
		return Failure(
			Category.SHOPIFY_UNAVAILABLE, f"Shopify answered {status} to {operation}.", retry_after=retry_after(answer)
		)
	if status in (429, 430):
		message = f"Shopify refused {operation}: too many calls ({status})."
		return Failure(Category.THROTTLED, message, retry_after=retry_after(answer) or 2.0)
	if status == 401:
		return Failure(Category.AUTHENTICATION, "Shopify did not accept the access token (401). Sign the store in again.")
	if status == 402:
		return Failure(Category.PERMISSION, "Shopify has frozen the shop (402): its plan must be paid first.")
	if status == 403:
		return Failure(Category.PERMISSION, f"Shopify forbids {operation} (403).")
	if status == 404:
		message = f"Shopify knows no API version {version} at this address (404). Check the store's domain and API Version."
		return Failure(Category.PERMISSION, message)
	if 300 <= status < 400:
		return Failure(Category.PERMISSION, f"Shopify redirected the call ({status}). Enter the shop's own myshopify.com domain.")
	return Failure(Category.BUG, f"Shopify answered {status} to {operation}.")


def retry_after(answer: HttpAnswer) -> float | None:
	"""Return the seconds of `Retry-After`, or None. Dates are not written by Shopify, and ignored."""
	try:
		return min(max(float(answer.headers.get("retry-after", "")), 0.0), 3600.0)
	except ValueError:
		return None


def took_effect_maybe(found: Read) -> bool:
	"""Tell whether a mutation with top-level errors may have happened: some part of it was answered, or Shopify failed in it."""
	return any(value is not None for value in found.data.values()) or bool(
		set(found.codes) & {"INTERNAL_SERVER_ERROR", "TIMEOUT"} or (found.errors and not found.codes)
	)


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
	found = value.get(name)
	return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> float | None:
	try:
		return None if value is None else float(value)
	except (TypeError, ValueError):
		return None


def _cost(extensions: Mapping[str, Any]) -> Cost:
	cost = _part(extensions, "cost")
	status = _part(cost, "throttleStatus")
	numbers = [_number(status.get(name)) for name in ("maximumAvailable", "currentlyAvailable", "restoreRate")]
	known = None if None in numbers else ThrottleStatus(*(float(number or 0) for number in numbers))
	return Cost(_number(cost.get("requestedQueryCost")), _number(cost.get("actualQueryCost")), known)
