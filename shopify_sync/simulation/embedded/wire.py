"""The way to the simulated shops' Admin API without a network: the product's own client, its requests handed over in the process.

Everything between `AdminClient` and the shop is real, but for the socket: addresses, headers, bodies, tokens, costs and faults.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shopify_sync.admin_api.budgets import ProcessBudget
from shopify_sync.admin_api.client import AdminClient
from shopify_sync.admin_api.connection import StoreConnection
from shopify_sync.admin_api.ports import CallEnded, CallStarted, HttpAnswer, Shop, TransportError
from shopify_sync.admin_api.sign_in import Credentials, SignIn, SignInBy, State
from shopify_sync.admin_api.transport import FileGone
from shopify_sync.core.calls.breaker import Circuit
from shopify_sync.core.outbound.calls import Closed
from shopify_sync.simulator.admin.api import AdminApi
from shopify_sync.simulator.auth.tokens import Tokens
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.faults import Dropped, Faults
from shopify_sync.simulator.http.app import CLIENT_ID
from shopify_sync.simulator.http.bucket import Bucket
from shopify_sync.simulator.http.messages import Request
from shopify_sync.simulator.http.routes import Routes
from shopify_sync.simulator.http.site import SCOPES, Site
from shopify_sync.simulator.webhooks.courier import Courier

from ..scheduler import Scheduler

#: What stands for the host of all simulated shops; nothing is ever sent there.
HOST = "http://shops.invalid"


class Wire:
	"""Implements admin_api/ports.py `Transport` by asking the shops' routes.

	:param late: says of a request whether it arrives only after its answer was given up.
	:param before, after: called with the operation's address around each request; may raise, as a worker does that is killed.
	"""

	def __init__(
		self,
		sites: Mapping[str, Site],
		late: Late | None = None,
		before: Callable[[str], None] = lambda url: None,
		after: Callable[[str], None] = lambda url: None,
	) -> None:
		self._routes = Routes(sites)
		self._late = late
		self.before = before
		self.after = after
		#: Set while Shopify is out: every request is answered with this status.
		self.outage: int | None = None

	def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]) -> HttpAnswer:
		"""Hand a request over. :raises TransportError: where the shop does not answer."""
		self.before(url)
		if self.outage:
			return HttpAnswer(self.outage, {}, b"")
		parts = urlsplit(url)
		names = {name.lower(): value for name, value in headers.items()}
		request = Request("POST", parts.path, dict(parse_qsl(parts.query)), names, body)
		if self._late and self._late.strikes(lambda: self._arrive(request)):
			raise TransportError("no answer: timeout", may_have_arrived=True)
		try:
			response = self._routes.handle(request)
		except Dropped as dropped:
			raise TransportError(f"no answer: {dropped.kind}", may_have_arrived=True) from None
		self.after(url)
		return HttpAnswer(response.status, {name.lower(): value for name, value in response.headers.items()}, response.body)

	def lines(self, url: str, offset: int, timeout: tuple[float, float]) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines of a bulk operation's result. :raises FileGone: when it is not there."""
		response = self._routes.handle(Request("GET", urlsplit(url).path, {}, {"range": f"bytes={offset}-"}, b""))
		if response.status not in (206, 416):
			raise FileGone(f"HTTP {response.status}")
		for line in response.body.splitlines(keepends=True):
			offset += len(line)
			yield line.rstrip(b"\n"), offset

	def _arrive(self, request: Request) -> None:
		"""Carry out a request that nobody waits for any more."""
		with contextlib.suppress(Dropped):
			self._routes.handle(request)


class Late:
	"""Requests that arrive up to a minute after their sender has given them up.

	:param share: how many do.
	"""

	SECONDS = (1.0, 60.0)

	def __init__(self, scheduler: Scheduler, dice: Dice, share: float) -> None:
		self.share = share
		self.count = 0
		self._scheduler = scheduler
		self._dice = dice
		self._asked = 0

	def strikes(self, carry_out: Callable[[], None]) -> bool:
		"""Tell whether a request is late; then it is carried out later."""
		self._asked += 1
		if not self._dice.chance(self.share, "late call", self._asked):
			return False
		self.count += 1
		self._scheduler.after(self._dice.uniform(*self.SECONDS, "how late", self._asked), carry_out)
		return True


def shop_site(courier: Courier, dice: Dice, faults: Faults) -> Site:
	"""Return what answers for a shop whose webhooks *courier* brings."""
	shop = courier.shop
	tokens = Tokens(CLIENT_ID, shop.secrets, SCOPES, shop.clock, dice)
	token = f"shpat_{shop.name}"
	tokens.add_static(token)
	api = AdminApi(shop, dice=dice, faults=faults, check=tokens.check)
	return Site(shop, dice, faults, tokens, api, courier, token, Bucket(shop.plan))


@dataclass
class MemoryStore:
	"""Implements admin_api/sign_in.py `ConnectionStore` in memory: what all workers of a world share."""

	state: State = field(default_factory=State)
	told: list[str] = field(default_factory=list)
	circuits: list[str] = field(default_factory=list)
	_lock: threading.RLock = field(default_factory=threading.RLock)

	def read(self) -> State:
		"""Return the state as it is now."""
		return self.state

	@contextmanager
	def renewing(self) -> Iterator[bool]:
		"""Hold the right to get a new token."""
		with self._lock:
			yield True

	def save(self, sign_in: SignIn) -> None:
		"""Keep what Shopify gave."""
		self.state = replace(self.state, sign_in=sign_in)

	def change_circuit(self, change: Callable[[Circuit], Circuit]) -> Circuit:
		"""Change the circuit; note where its state changes."""
		with self._lock:
			before, circuit = self.state.circuit, change(self.state.circuit)
			self.state = replace(self.state, circuit=circuit)
			if circuit.state is not before.state:
				self.circuits.append(str(circuit.state))
			return circuit

	def tell_rejected(self, reason: str) -> None:
		"""Take note that the operators were told."""
		self.told.append(reason)

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""Take note of nothing: the simulated shops answer the version that they are asked for."""


@dataclass
class Calls:
	"""Implements admin_api/ports.py `CallLog` in memory."""

	started: dict[str, CallStarted] = field(default_factory=dict)
	ended: dict[str, CallEnded] = field(default_factory=dict)

	def begin(self, call: CallStarted) -> str:
		"""Keep a call that is about to be made; return its name."""
		name = call.key or f"call-{len(self.started)}"
		self.started[name] = call
		return name

	def end(self, name: str, ended: CallEnded) -> None:
		"""Keep how it ended."""
		self.ended[name] = ended


class WiredShops:
	"""Implements embedded_host/push_host.py `Shops` for the shops of a world.

	:param sites: by shop name; :param names: store → shop name.
	:param now: UTC; :param sleep: waits; :param jitter: a uniform number in [0, 1).
	"""

	def __init__(
		self,
		sites: Mapping[str, Site],
		names: Mapping[str, str],
		*,
		now: Callable[[], datetime],
		sleep: Callable[[float], None],
		jitter: Callable[[], float] = lambda: 0.5,
		wire: Wire | None = None,
	) -> None:
		self.wire = wire or Wire(sites)
		self.calls = Calls()
		self.stores = {store: MemoryStore() for store in names}
		self._clients: dict[str, AdminClient] = {}
		self._connections: dict[str, StoreConnection] = {}
		for store, name in names.items():
			shop = Shop(store, f"{name}.myshopify.com", address=f"{HOST}/shops/{name}")
			credentials = Credentials(store, SignInBy.ACCESS_TOKEN, access_token=sites[name].token)
			budget = ProcessBudget(lambda: now().timestamp())
			options: dict[str, Any] = {"now": now, "jitter": jitter}
			connection = StoreConnection(shop, credentials, self.stores[store], budget, self.wire, **options)
			self._connections[store] = connection
			self._clients[store] = AdminClient(shop, self.wire, connection, self.calls, sleep=sleep, **options)

	def gate(self, store: str) -> Closed | None:
		"""Return why nothing is sent to *store* now, or None."""
		return self._connections[store].gate()

	def client(self, store: str) -> AdminClient:
		"""Return the client of a store."""
		return self._clients[store]
