"""Reads a large part of a shop at once: Shopify carries a query out, writes the result to a file, and the file is read line by line.

https://shopify.dev/docs/api/usage/bulk-operations/queries. A reader keeps the position that it is given before and after each step;
one that died goes on there. The address of a result is signed, so it is a secret: it stands in no log, no error, no position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.core.reading import Position, Window, stamp

from .. import operations
from ..answers import user_errors
from ..ports import TransportError
from ..transport import FileGone
from .ports import Client, ask
from .values import Node
from .windows import Batch, moment

#: The version that told running operations apart by id; before it, one ran at a time, and it was the current one.
_SEVERAL_SINCE = "2026-01"
#: How far the shop's clock may be behind ours when an operation is looked for whose start was not answered.
_SKEW = timedelta(minutes=2)
#: Seconds between two looks at an operation: doubling from the first to the last.
_FIRST_LOOK, _LAST_LOOK = 1.0, 30.0
#: How often a result that breaks off is asked for again, without a new line in between.
_TRIES = 4
_BUSY = ("LIMIT_REACHED", "OPERATION_IN_PROGRESS")


class Downloading(Client, Protocol):
	"""A client that also fetches results; see :class:`..client.AdminClient`."""

	@property
	def shop(self) -> Any:
		"""The shop, with its `api_version`."""

	def lines(self, url: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines of a result from *offset* bytes on, each with the offset behind it."""


class BulkError(CallFailed):
	"""A bulk operation without a result."""

	def __init__(self, category: Category, message: str, retry_after: float | None = None) -> None:
		super().__init__(Failure(category, message, retry_after=retry_after), may_have_arrived=False)


class BulkBusy(BulkError):
	"""As many operations run as may; ours can be started when one of them is over."""


class BulkRefused(BulkError):
	"""Shopify does not run the query."""


class BulkFailed(BulkError):
	"""Shopify gave up. A part of the result may be there: `read(…, partial=True)`."""


class BulkCancelled(BulkError):
	"""Somebody cancelled the operation."""


class BulkExpired(BulkError):
	"""The result is not there any more (Shopify keeps it for a week): start again."""


class NotGrouped(BulkError):
	"""A child came without its parent before it."""


@dataclass(frozen=True)
class Source:
	"""What a bulk operation reads.

	:ivar query: a file in `operations/bulk/`; :ivar whole_days: its filter `updated_at` matches whole days only.
	:ivar children: type of a child → the connection of its parent that it belongs to.
	"""

	query: str
	children: Mapping[str, str] = field(default_factory=dict)
	whole_days: bool = False

	def text(self, window: Window) -> str:
		"""Return the query for a window of `updated_at`."""
		return operations.bulk(self.query, (window.whole_days() if self.whole_days else window).query())


#: What can be read, by :attr:`Position.what`.
SOURCES: Mapping[str, Source] = {
	"orders": Source("Orders", {"LineItem": "lineItems"}),
	"customers": Source("Customers", {"MailingAddress": "addressesV2"}, whole_days=True),
	"products": Source("Products", {"ProductVariant": "variants"}),
	"levels": Source("Levels", {"InventoryLevel": "inventoryLevels"}),
}


@dataclass(frozen=True)
class BulkState:
	"""How far an operation is. *status* as in `BulkOperationStatus`; the addresses are secrets, and not shown."""

	id: str
	status: str
	error_code: str
	objects: int
	records: int
	size: int | None
	url: str | None = field(default=None, repr=False)
	partial_url: str | None = field(default=None, repr=False)

	@property
	def is_over(self) -> bool:
		"""Whether Shopify is done with it, one way or the other."""
		return self.status in ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")


def start(client: Downloading, position: Position) -> Position:
	"""Have Shopify begin, unless it has begun. Return the position with the operation, to be kept.

	Starting is not idempotent: an operation with the same query that was made since `started_at` is taken for ours, so that a lost answer
	does not start it twice. Keep the position with `started_at` before you call.

	:param position: `what` names the source, `window` the time; `started_at` is when it was about to be started.
	:raises BulkBusy, BulkRefused, CallFailed:
	"""
	if position.operation:
		return position
	if position.started_at is None:
		raise ValueError("a bulk operation is started at a time that was kept before")
	query = SOURCES[position.what].text(position.window)
	found = _begun(client, query, position.started_at)
	if found is None:
		data = ask(client, "BulkOperationRunQuery", {"query": query})
		_refuse(data)
		found = data["bulkOperationRunQuery"]["bulkOperation"]["id"]
	return replace(position, operation=found)


def state(client: Client, position: Position) -> BulkState:
	"""Return how far the operation is. :raises BulkExpired: when Shopify knows it no more. :raises CallFailed:"""
	node = ask(client, "BulkOperation", {"id": position.operation})["bulkOperation"]
	if node is None:
		raise BulkExpired(Category.SHOPIFY_UNAVAILABLE, "Shopify knows the bulk operation no more.")
	return BulkState(
		id=node["id"],
		status=node["status"],
		error_code=node["errorCode"] or "",
		objects=int(node["objectCount"]),
		records=int(node["rootObjectCount"]),
		size=int(node["fileSize"]) if node["fileSize"] else None,
		url=node["url"],
		partial_url=node["partialDataUrl"],
	)


def wait(
	client: Client, position: Position, *, sleep: Callable[[float], None], now: Callable[[], datetime], until: datetime
) -> BulkState | None:
	"""Look at the operation, less and less often, until it is over; None when it is not by *until*.

	Shopify may also tell of the end (`bulk_operations/finish`); nobody may count on that, so a reader that is told just looks once more.

	:param sleep: waits so many seconds; :param now: returns the time, UTC.
	:raises CallFailed: when Shopify does not answer.
	"""
	pause = _FIRST_LOOK
	while True:
		found = state(client, position)
		if found.is_over:
			return found
		if now() + timedelta(seconds=pause) > until:
			return None
		sleep(pause)
		pause = min(pause * 2, _LAST_LOOK)


def read(client: Downloading, position: Position, *, batch: int = 100, partial: bool = False) -> Iterator[Batch[Node]]:
	"""Yield the records of an operation that is over, with what hangs on them, from the position on.

	A result that breaks off is asked for again behind the last record. Memory holds one batch.

	:param batch: so many records at a time.
	:param partial: of an operation that failed, yield what there is before the error is raised.
	:raises BulkFailed, BulkCancelled, BulkExpired: when there is no (whole) result. :raises CallFailed: when it cannot be fetched.
	"""
	found = state(client, position)
	if not found.is_over:
		raise BulkBusy(Category.SHOPIFY_UNAVAILABLE, "The bulk operation is still under way.", retry_after=10.0)
	url = found.url or (found.partial_url if partial else None)
	if url:
		source = SOURCES[position.what]
		for records, offset in _batched(grouped(_lines(client, position, url), source.children, position.offset), batch):
			position = position.after_line(offset, len(records))
			yield Batch(records, position)
	check(found)
	yield Batch((), replace(position, done=True))


def check(found: BulkState) -> None:
	"""Check that an operation has a whole result. :raises BulkFailed, BulkCancelled, BulkExpired: when it has none."""
	if found.status == "FAILED":
		category = Category.PERMISSION if found.error_code == "ACCESS_DENIED" else Category.SHOPIFY_UNAVAILABLE
		raise BulkFailed(category, f"Shopify could not finish the bulk operation: {found.error_code or 'no reason given'}.")
	if found.status in ("CANCELED", "CANCELING"):
		raise BulkCancelled(Category.SHOPIFY_UNAVAILABLE, "The bulk operation was cancelled.")
	if found.status == "EXPIRED" or (found.objects and not found.url):
		raise BulkExpired(Category.SHOPIFY_UNAVAILABLE, "The result of the bulk operation is not there any more.")


def cancel(client: Client, position: Position) -> None:
	"""Have Shopify stop an operation that nobody needs any more; one that is over stays as it is. :raises CallFailed:"""
	ask(client, "BulkOperationCancel", {"id": position.operation})


def grouped(
	lines: Iterable[tuple[bytes, int]], children: Mapping[str, str], offset: int = 0
) -> Iterator[tuple[dict[str, Any], int]]:
	"""Yield each record with its children in their connections, and the offset behind the last line of it.

	:param lines: with the offset behind each; children follow their parents (`groupObjects`), and name them: `__parentId`.
	:param offset: where the first line begins.
	:raises NotGrouped: when a child has no parent before it. :raises BulkFailed: for a line that is no JSON.
	"""
	root: dict[str, Any] | None = None
	known: dict[str, dict[str, Any]] = {}
	for line, behind in lines:
		node = _node(line)
		parent = node.pop("__parentId", None)
		if parent is None:
			if root is not None:
				yield root, offset
			root, known = node, {}
			for connection in children.values():
				node[connection] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
		else:
			_add(node, known.get(parent), children)
		known[str(node.get("id"))] = node
		offset = behind
	if root is not None:
		yield root, offset


def _add(node: dict[str, Any], parent: dict[str, Any] | None, children: Mapping[str, str]) -> None:
	kind = str(node.get("id")).removeprefix("gid://shopify/").partition("/")[0]
	if parent is None or kind not in children:
		raise NotGrouped(Category.BUG, f"A {kind} of a bulk operation's result belongs to nothing before it.")
	parent.setdefault(children[kind], {"nodes": []})["nodes"].append(node)


def _node(line: bytes) -> dict[str, Any]:
	try:
		node = parse_json(line)
	except NotJson:
		node = None
	if not isinstance(node, dict):
		raise BulkFailed(Category.SHOPIFY_UNAVAILABLE, "The result of the bulk operation holds a line that is no JSON object.")
	return node


def _lines(client: Downloading, position: Position, url: str) -> Iterator[tuple[bytes, int]]:
	"""Yield the lines from the position on; a connection that breaks is made again behind the last line."""
	offset, tries = position.offset, 0
	while True:
		try:
			for line, behind in client.lines(url, offset):
				offset, tries = behind, 0
				yield line, behind
			return
		except FileGone as error:
			message = f"The result of the bulk operation is not there any more ({error})."
			raise BulkExpired(Category.SHOPIFY_UNAVAILABLE, message) from None
		except TransportError as error:
			tries += 1
			if tries >= _TRIES:
				failure = Failure(Category.NETWORK, f"The result of the bulk operation could not be fetched: {error}.")
				raise CallFailed(failure, may_have_arrived=False) from None


def _batched(records: Iterable[tuple[Node, int]], size: int) -> Iterator[tuple[tuple[Node, ...], int]]:
	batch: list[Node] = []
	behind = 0
	for record, behind in records:
		batch.append(record)
		if len(batch) == size:
			yield tuple(batch), behind
			batch = []
	if batch:
		yield tuple(batch), behind


def _begun(client: Downloading, query: str, since: datetime) -> str | None:
	"""Return the operation with this query that was made since then, the newest; None when there is none."""
	earliest = since - _SKEW
	if client.shop.api_version < _SEVERAL_SINCE:
		current = ask(client, "CurrentBulkOperation", {})["currentBulkOperation"]
		nodes = [current] if current else []
	else:
		nodes = ask(client, "BulkOperations", {"query": f"created_at:>='{stamp(earliest)}'"})["bulkOperations"]["nodes"]
	for node in nodes:
		is_ours = node["query"].strip() == query.strip() and moment(node["createdAt"]) >= earliest
		if is_ours and node["status"] in ("CREATED", "RUNNING", "COMPLETED"):
			return str(node["id"])
	return None


def _refuse(data: Mapping[str, Any]) -> None:
	errors = list(user_errors(data))
	if not errors:
		return
	message = " ".join(str(error.get("message") or "") for error in errors)[:500]
	if any(error.get("code") in _BUSY for error in errors):
		raise BulkBusy(Category.THROTTLED, message, retry_after=60.0)
	raise BulkRefused(Category.BUG, message)
