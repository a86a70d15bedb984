"""Turns JSON into the arguments of a desk's operation: amounts become Decimal, addresses records, lists of three tuples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..shop.records import Address

#: Arguments, and keys of the objects in them, that are amounts of the shop's currency.
_AMOUNTS = frozenset(
	("price", "discount", "order_discount", "tip", "amount", "shipping", "adjustment", "cost", "total", "tax_rate")
)
_ADDRESSES = frozenset(("billing_address", "shipping_address", "default_address"))


class BadArgument(ValueError):
	"""Raised for arguments that do not fit an operation. The message says what can be written."""


def bind(operation: Callable[..., Any], given: Mapping[str, Any]) -> inspect.BoundArguments:
	"""Return *given* as arguments of *operation*. :raises BadArgument: for a name it does not have, or one that is missing."""
	signature = inspect.signature(operation)
	try:
		return signature.bind(**{name: _value(name, value) for name, value in given.items()})
	except TypeError as error:
		names = [str(parameter) for parameter in signature.parameters.values()]
		raise BadArgument(f"{error}. The arguments are: {', '.join(names)}.") from error


def _value(name: str, value: Any) -> Any:
	if name in _ADDRESSES and isinstance(value, dict):
		return _address(name, value)
	if isinstance(value, dict):
		return {key: _value(key, inner) for key, inner in value.items()}
	if isinstance(value, list):
		return [tuple(row) if isinstance(row, list) else _value("", row) for row in value]
	if name in _AMOUNTS and value is not None:
		return _amount(name, value)
	return value


def _address(name: str, value: dict[str, Any]) -> Address:
	try:
		return Address(**value)
	except TypeError as error:
		raise BadArgument(f"{name}: {error}. Known are: {', '.join(Address.__dataclass_fields__)}.") from error


def _amount(name: str, value: Any) -> Decimal:
	try:
		amount = Decimal(str(value))
	except InvalidOperation:
		amount = Decimal("NaN")
	if isinstance(value, bool) or not amount.is_finite():
		raise BadArgument(f"{name}: {value!r} is no amount.")
	return amount
