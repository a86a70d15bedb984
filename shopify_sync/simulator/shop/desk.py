"""What all desks of a shop share: their records, and that an operation is one action of the merchant."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import NotFound

if TYPE_CHECKING:
	from .shop import Shop

Record = TypeVar("Record")
Method = TypeVar("Method", bound=Callable[..., Any])


class Desk(Generic[Record]):
	"""One kind of record of a shop and the operations on it.

	:ivar all: every record that is there now, by id, in the order in which they were made.
	"""

	#: What the records are called, as in Shopify's GIDs.
	kind = ""
	#: The argument that names a record, for errors.
	argument = "id"

	def __init__(self, shop: Shop) -> None:
		self.shop = shop
		self.all: dict[str, Record] = {}

	def get(self, id: str) -> Record:
		"""Return a record. :raises NotFound: when there is none with that id (a string of digits)."""
		found = self.all.get(str(id))
		if found is None:
			raise NotFound((self.argument,), f"{self.kind} does not exist", "NOT_FOUND")
		return found


def operation(method: Method) -> Method:
	"""Make a desk's method one action: its webhooks share an event id and go out at its end; none when it raises.

	An operation that calls another is one action with it.
	"""

	@wraps(method)
	def run(desk: Any, *args: Any, **kwargs: Any) -> Any:
		emitter = desk.shop.emitter
		emitter.begin()
		try:
			result = method(desk, *args, **kwargs)
		except BaseException:
			emitter.abort()
			raise
		emitter.end()
		return result

	run.is_operation = True  # type: ignore[attr-defined]
	return run  # type: ignore[return-value]
