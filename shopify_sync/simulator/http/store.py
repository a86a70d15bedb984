"""A store: several shops on one port, their webhooks sent, their calls answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..clock import Clock, SystemClock
from ..dice import Dice
from ..faults import Faults
from ..shop.shop import Shop
from ..webhooks.sender import Sender
from .app import CLIENT_ID, CLIENT_SECRET
from .routes import Routes
from .server import HOLD_SECONDS, Server
from .site import SCOPES, Site, build


class Store:
	"""Shops behind one address.

	:param port: on 127.0.0.1; 0 takes a free one.
	:param seed: of everything that chance decides.
	:param clock: the shops' time.
	:param hold_seconds: how long a call that is never answered is kept open, in real time.
	:param workers: deliveries at once.
	:raises OSError: when the port is taken.
	"""

	def __init__(
		self,
		port: int = 0,
		*,
		seed: object = 1,
		clock: Clock | None = None,
		client_secret: str = CLIENT_SECRET,
		client_id: str = CLIENT_ID,
		hold_seconds: float = HOLD_SECONDS,
		workers: int = 4,
	) -> None:
		self.clock = clock or SystemClock()
		self.seed = seed
		self.client_id = client_id
		self.client_secret = client_secret
		self.sites: dict[str, Site] = {}
		self.sender = Sender(workers=workers)
		self.server = Server(port, Routes(self.sites).handle, hold_seconds)
		self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

	@classmethod
	@contextmanager
	def running(cls, port: int = 0, shops: Iterable[str] = (), **options: Any) -> Iterator[Store]:
		"""Run a store for the length of the block.

		:param shops: names; *options*: of the store.
		"""
		store = cls(port, **options)
		try:
			for name in shops:
				store.open(name)
			store.start()
			yield store
		finally:
			store.stop()

	@property
	def url(self) -> str:
		"""The address, without a slash at its end."""
		return f"http://127.0.0.1:{self.server.server_port}"

	def open(
		self, name: str, *, faults: Faults | None = None, scopes: Iterable[str] = SCOPES, token: str = "", **options: Any
	) -> Site:
		"""Open a shop.

		:param name: its domain is `<name>.myshopify.com`, its address `<url>/shops/<name>`.
		:param token: a token that never expires; empty: one is made up.
		:param options: of :class:`Shop`, as its currency.
		:raises ValueError: when the name is taken.
		"""
		if name in self.sites:
			raise ValueError(f"There is a shop {name!r} already.")
		dice = Dice(f"{self.seed}/{name}")
		options = {"secret": self.client_secret, "clock": self.clock, **options}
		shop = Shop(name, dice=dice, **options)
		token = token or "shpat_" + dice.uuid("static token").replace("-", "")
		site = build(shop, dice, faults or Faults(), client_id=self.client_id, token=token, scopes=tuple(scopes))
		site.api.base_url = self.address(name)
		self.sites[name] = site
		self.sender.add(site.courier, site.lock, site.api.bulk.settle)
		return site

	def address(self, name: str) -> str:
		"""Return the address of a shop, without a slash at its end."""
		return f"{self.url}/shops/{name}"

	def site(self, name: str) -> Site:
		"""Return a shop with what serves it. :raises KeyError:"""
		return self.sites[name]

	def shop(self, name: str) -> Shop:
		"""Return a shop. Hold its site's lock while using it, for the threads of a running store use it too."""
		return self.sites[name].shop

	def start(self) -> None:
		"""Begin to answer and to send."""
		self._thread.start()
		self.sender.start()

	def stop(self) -> None:
		"""End the threads and free the port."""
		self.server.closing.set()
		if self._thread.is_alive():
			self.server.shutdown()
			self._thread.join()
			self.sender.stop()
		self.server.server_close()

	def settle(self, seconds: float = 30.0) -> bool:
		"""Wait until no delivery waits any more. Return False when some still do after *seconds* of real time."""
		deadline = time.monotonic() + seconds
		while time.monotonic() < deadline:
			if not any(self._waiting(site) for site in self.sites.values()):
				return True
			time.sleep(0.01)
		return False

	@staticmethod
	def _waiting(site: Site) -> int:
		with site.lock:
			return site.courier.waiting()
