"""What the client of the Admin API works with: plain values, and what a host must offer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shopify_sync.core.calls.bucket import Priority, ThrottleStatus
from shopify_sync.core.enums import StrEnum
from shopify_sync.core.failures import Category
from shopify_sync.core.outbound.calls import CallFailed, Closed, ClosedBecause

#: The version that is asked for unless a store says otherwise (https://shopify.dev/docs/api/usage/versioning).
DEFAULT_VERSION = "2026-10"


@dataclass(frozen=True)
class Shop:
	"""A shop to talk to.

	:ivar store: our name of it; :ivar domain: Shopify's, `my-store.myshopify.com`.
	:ivar address: where it answers, without a slash at its end; empty: `https://<domain>`.
	"""

	store: str
	domain: str
	api_version: str = DEFAULT_VERSION
	address: str = ""

	@property
	def base(self) -> str:
		"""Where the shop answers, without a slash at its end."""
		return self.address or f"https://{self.domain}"

	@property
	def graphql_url(self) -> str:
		"""Where GraphQL is posted to."""
		return f"{self.base}/admin/api/{self.api_version}/graphql.json"

	@property
	def token_url(self) -> str:
		"""Where tokens are asked for."""
		return f"{self.base}/admin/oauth/access_token"


@dataclass(frozen=True)
class HttpAnswer:
	"""What came back. Names of headers are in lower case."""

	status: int
	headers: Mapping[str, str]
	body: bytes


class TransportError(Exception):
	"""There was no answer. The message names neither address nor headers.

	:ivar may_have_arrived: False only when the request was certainly never sent.
	"""

	def __init__(self, message: str, *, may_have_arrived: bool) -> None:
		super().__init__(message)
		self.may_have_arrived = may_have_arrived


class Transport(Protocol):
	"""Carries one request."""

	def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]) -> HttpAnswer:
		"""Send *body*; follow no redirect.

		:param timeout: seconds to connect, and seconds without a byte of the answer.
		:raises TransportError: when there is no whole answer.
		"""

	def lines(self, url: str, offset: int, timeout: tuple[float, float]) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines of a file from *offset* bytes on, each with the offset behind it.

		:raises FileGone: when it is not there. :raises TransportError: when it breaks off.
		"""


@dataclass(frozen=True)
class Cost:
	"""What a call cost, in points; None where the answer did not say."""

	requested: float | None = None
	actual: float | None = None
	status: ThrottleStatus | None = None


@dataclass(frozen=True)
class Answer:
	"""What Shopify answered.

	:ivar data: `data` of the answer; `userErrors` are in it, for the caller to read (:func:`~.answers.user_errors`).
	:ivar request_id: Shopify's `X-Request-Id`; :ivar call: the name of the evidence.
	"""

	data: Mapping[str, Any]
	cost: Cost = field(default_factory=Cost)
	request_id: str = ""
	call: str = ""


class CallOutcome(StrEnum):
	"""How a call ended, as its evidence says. Unknown: a change that may have taken effect. Failed: a query without an answer."""

	IN_FLIGHT = "In Flight"
	ANSWERED = "Answered"
	USER_ERRORS = "User Errors"
	REFUSED = "Refused"
	FAILED = "Failed"
	NOT_SENT = "Not Sent"
	UNKNOWN = "Unknown"


@dataclass(frozen=True)
class CallStarted:
	"""A call about to be made. *variables* are JSON, masked; *events* are the names of the Sync Events it is made for."""

	store: str
	operation: str
	priority: Priority
	key: str | None
	variables: str
	events: tuple[str, ...]
	api_version: str
	started_at: datetime


@dataclass(frozen=True)
class CallEnded:
	"""How a call ended. *tries*: requests that were made for it; *message* holds no personal data and no secret."""

	outcome: CallOutcome
	ended_at: datetime
	tries: int
	cost: Cost = field(default_factory=Cost)
	http_status: int | None = None
	request_id: str = ""
	api_version: str = ""
	category: Category | None = None
	message: str = ""


class CallLog(Protocol):
	"""The evidence of calls. Each method is a transaction of its own and returns after its commit.

	Call :meth:`AdminClient.execute` while no transaction of yours is open: on a site there is one connection.
	"""

	def begin(self, call: CallStarted) -> str:
		"""Write that a call is about to be made; return the name of the row.

		A repetition under the key of an earlier call goes on in that call's row.
		"""

	def end(self, name: str, ended: CallEnded) -> None:
		"""Write how it ended; *tries* are added to those that the row counts."""


class Connection(Protocol):
	"""One store's right to call, shared by all workers of the store: token, budget, circuit."""

	def gate(self) -> Closed | None:
		"""Tell why nothing may be sent now; None: go ahead. Takes nothing, and never talks to Shopify."""

	def token(self) -> str:
		"""Return a valid access token; get a new one when it ends soon, one worker at a time.

		:raises CallFailed: when there is none, with the gate that is closed for it.
		"""

	def rejected(self, token: str, reason: str) -> bool:
		"""Note that Shopify refused *token*. Return whether there is another one to try; if not, the gate is closed now."""

	def lacks(self, operation: str) -> tuple[str, ...]:
		"""Return the scopes that *operation* needs and the token does not have."""

	def acquire(self, ticket: str, operation: str, priority: Priority) -> float:
		"""Take the points of a call, or return the seconds to wait before asking again. 0: they are taken."""

	def learn(self, ticket: str, operation: str, cost: Cost, *, arrived: bool = True) -> None:
		"""Give back what a call did not use, and note what its answer says of the bucket."""

	def allow(self) -> Closed | None:
		"""Ask the circuit breaker right before a request; None: go ahead (it may be the probe, then it is the only one)."""

	def record(self, ok: bool, reason: str = "") -> Closed | None:
		"""Tell the circuit breaker how a request went, and why it failed. Return the gate when it is open now."""

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""Note what the headers of an answer say of versions and of deprecated calls."""


__all__ = [
	"DEFAULT_VERSION", "Answer", "CallEnded", "CallFailed", "CallLog", "CallOutcome", "CallStarted", "Category", "Closed",
	"ClosedBecause", "Connection", "Cost", "HttpAnswer", "Priority", "Shop", "ThrottleStatus", "Transport", "TransportError",
]  # fmt: skip
