"""One request, while it is executed: which resolver answers which field, and what comes back when none does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..shop import errors as shop_errors
from .cursors import Window
from .errors import NotImplementedHere
from .scopes import Access

if TYPE_CHECKING:
	from ..shop.shop import Shop
	from .bulk import BulkOperations
	from .idempotency import Idempotency
	from .schema import AdminSchema

#: (call, parent, **arguments) → value. The keyword arguments of the function are the arguments that are implemented; `window`
#: stands for the five that every connection has.
Resolver = Callable[..., Any]


@dataclass
class Slice:
	"""A part of the records that a bulk operation reads, which are settled when it begins. *start*: of the part that is next."""

	size: int
	start: int = 0
	records: list[Any] | None = None

	def of(self, found: Iterable[Any]) -> list[Any]:
		"""Return the part that is next. *found*: all records, looked at the first time."""
		if self.records is None:
			self.records = list(found)
		return self.records[self.start : self.start + self.size]

	def advance(self) -> bool:
		"""Go on to the part behind it. Return whether there is one."""
		self.start += self.size
		return self.records is not None and self.start < len(self.records)


@dataclass
class Call:
	"""What resolvers know of the request."""

	shop: Shop
	version: str
	schema: AdminSchema
	access: Access
	scopes: frozenset[str]
	bulk: BulkOperations
	idempotency: Idempotency
	#: Things that live as long as the API: order edits that are open, inventory adjustment groups by number.
	memory: dict[str, Any]
	#: Set while a bulk operation runs; connections are then read whole.
	in_bulk: bool = False
	#: The part of its root list that a bulk operation reads now; None once that list was read.
	slice: Slice | None = None


@dataclass(frozen=True)
class Entry:
	"""A resolver and the arguments it takes. *paged*: those of a connection come to it as one, a Window."""

	resolve: Resolver
	arguments: frozenset[str]
	paged: bool

	def answer(self, call: Call, parent: Any, given: Mapping[str, Any]) -> Any:
		"""Return what the field is, with those of the *given* arguments that the resolver takes."""
		taken = {name: value for name, value in given.items() if name in self.arguments}
		if self.paged:
			taken["window"] = Window(**{name: taken.pop(name) for name in WINDOW if name in taken})
		return self.resolve(call, parent, **taken)


#: The arguments that say which part of a connection is asked for.
WINDOW = tuple(field.name for field in fields(Window))
#: Type → field → resolver.
REGISTRY: dict[str, dict[str, Entry]] = {}
#: Python type of a value → name of its GraphQL type, or what tells it; for interfaces and unions.
TYPE_NAMES: dict[type, str | Callable[[Any], str]] = {}


def register(type_name: str, resolvers: Mapping[str, Resolver], *, value: type | None = None) -> None:
	"""Say how the fields of a GraphQL type are answered.

	:param value: the Python type of its values, where an interface has to be told which type it holds.
	"""
	known = REGISTRY.setdefault(type_name, {})
	for name, resolve in resolvers.items():
		parameters = list(inspect.signature(resolve).parameters)[2:]
		paged = "window" in parameters
		arguments = [argument for argument in parameters if argument != "window"]
		known[name] = Entry(resolve, frozenset((*arguments, *WINDOW) if paged else arguments), paged)
	if value is not None:
		TYPE_NAMES[value] = type_name


def entry(type_name: str, field_name: str) -> Entry:
	"""Return the resolver of a field. :raises NotImplementedHere: when there is none."""
	try:
		return REGISTRY[type_name][field_name]
	except KeyError:
		raise NotImplementedHere(f"{type_name}.{field_name}") from None


def type_of(value: Any, _info: Any, _abstract: Any) -> str:
	"""Return the GraphQL type of a value that stands behind an interface."""
	found = TYPE_NAMES[type(value)]
	return found(value) if callable(found) else found


def plain(*names: str) -> dict[str, Resolver]:
	"""Return resolvers that read the attributes of the parent with the same names in snake_case."""
	return {name: _reader(_snake(name)) for name in names}


def _reader(attribute: str) -> Resolver:
	def read(_call: Call, parent: Any) -> Any:
		value = getattr(parent, attribute)
		return time_text(value) if isinstance(value, datetime) else value

	return read


def _snake(name: str) -> str:
	return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def time_text(value: datetime | None) -> str | None:
	"""Return a time as `DateTime` shows it: UTC, to the second."""
	return None if value is None else value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def or_none(text: str) -> str | None:
	"""Return None for an empty text: GraphQL says null for what was never given."""
	return text or None


@dataclass(frozen=True)
class Bag:
	"""An amount in the shop's currency; the simulator's shops sell in that one only."""

	amount: Decimal
	currency: str


class Payload(dict[str, Any]):
	"""What a mutation answers, by field."""


def mutation(name: str, resolve: Resolver, *fields: str) -> None:
	"""Say how a mutation is answered.

	:param resolve: (call, None, **arguments) → the payload's fields without the errors; raises UserError or Refusals before
		it changes anything.
	:param fields: those of the payload that it fills.
	"""
	register("Mutation", {name: resolve})
	errors = ("userErrors", "orderCancelUserErrors") if name == "orderCancel" else ("userErrors",)
	lists: dict[str, Resolver] = dict.fromkeys(errors, _no_errors)
	register(f"{name[0].upper()}{name[1:]}Payload", {**dict.fromkeys(fields, _nothing), **lists})


def _nothing(_call: Call, _parent: Any) -> None:
	"""Stand for a field of a payload; it is read from the payload itself."""


def _no_errors(_call: Call, _parent: Any) -> list[Any]:
	return []


class Refusals(Exception):
	"""A mutation is refused: nothing was changed, the reasons stand in `userErrors`."""

	def __init__(self, *errors: shop_errors.UserError) -> None:
		super().__init__(*errors)
		self.errors = errors


def refuse(message: str, *path: str, code: str | None = None) -> Refusals:
	"""Return the refusal with one reason; *path* leads to the argument."""
	return Refusals(shop_errors.UserError(path, message, code))
