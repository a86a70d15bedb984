"""Types that every contract shares: ids as strings, money as Decimal, times in UTC, null sections as empty ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, model_validator

_GID = re.compile(r"^gid://shopify/\w+/(\d+)")
_GID_ITEM = re.compile(r"[?&]inventory_item_id=(\d+)")


class NotJson(ValueError):
	"""Raised when a body is no JSON that we can read."""


def _refuse_constant(name: str) -> None:
	raise NotJson(f"{name} is not JSON")


def parse_json(raw: bytes | str) -> Any:
	"""Read JSON with every number that has a decimal point as Decimal, so that no money passes through a float.

	:raises NotJson: when it is not JSON (NaN and Infinity included) or is nested too deeply to read.
	"""
	try:
		return json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
	except (ValueError, RecursionError) as error:
		raise NotJson(str(error) or "nested too deeply") from error


def dump_json(value: Any) -> str:
	"""Write *value* as canonical JSON: sorted keys, Decimals as plain strings, other types by str()."""
	return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def id_from_gid(gid: object) -> str | None:
	"""Return the number in `gid://shopify/Order/123`, or None. Exact where the JSON number beside it lost digits."""
	match = _GID.match(gid) if isinstance(gid, str) else None
	return match.group(1) if match else None


def inventory_item_from_gid(gid: object) -> str | None:
	"""Return the inventory item in `gid://shopify/InventoryLevel/1?inventory_item_id=2`, or None."""
	match = _GID_ITEM.search(gid) if isinstance(gid, str) else None
	return match.group(1) if match else None


def exact_id(payload: Mapping[str, Any]) -> str | None:
	"""Return the resource's id as a string: from the gid where there is one, else from `id`."""
	return id_from_gid(payload.get("admin_graphql_api_id")) or as_id(payload.get("id"))


def as_id(value: object) -> str | None:
	"""Return an id as a string of digits, or None when *value* is no id (a float has lost digits: refused too)."""
	if isinstance(value, bool) or value is None:
		return None
	if isinstance(value, int):
		return str(value) if value > 0 else None
	if isinstance(value, str):
		text = id_from_gid(value) or value.strip()
		return text if text.isascii() and text.isdigit() and len(text) <= 40 else None
	return None


def _id(value: object) -> str:
	text = as_id(value)
	if text is None:
		raise ValueError("is not a Shopify id")
	return text


def _finite(value: Decimal) -> Decimal:
	if not value.is_finite():
		raise ValueError("is not a finite amount")
	return value


def _utc(value: datetime) -> datetime:
	return value.astimezone(timezone.utc)


ShopifyId = Annotated[str, BeforeValidator(_id)]
OptionalId = Annotated[str | None, BeforeValidator(as_id)]
Amount = Annotated[Decimal, AfterValidator(_finite)]
AmountOrZero = Annotated[Decimal, BeforeValidator(lambda value: 0 if value in (None, "") else value), AfterValidator(_finite)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Flag = Annotated[bool, BeforeValidator(bool)]
#: For lists: null, missing and empty are the same.
nullable_list = BeforeValidator(lambda value: value or ())


class ShopifyModel(BaseModel):
	"""Base of every contract: immutable, white space trimmed, unknown fields ignored."""

	model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


class WithExactId(ShopifyModel):
	"""A resource with an id of its own, taken from the gid where there is one: the number beside it may have lost digits."""

	id: ShopifyId

	@model_validator(mode="before")
	@classmethod
	def _take_exact_id(cls, data: Any) -> Any:
		if isinstance(data, dict) and (found := exact_id(data)):
			return {**data, "id": found}
		return data
