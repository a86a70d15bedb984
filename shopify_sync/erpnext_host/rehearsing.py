"""A host that decides and writes nothing at all, not even the empty link rows that others lock: for rehearsals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shopify_sync.core.snapshots import LinkState, Needs

from . import links
from .documents import read
from .host import FrappeHost, FrappeTransaction


class RehearsingTransaction(FrappeTransaction):
	"""Reads links without locking them; one that is not there is empty."""

	def lock(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
		"""See the port: here nothing is locked, so that no worker waits for what is only looked at."""
		self._locked = links.look(keys)
		return self._locked


class RehearsingHost(FrappeHost):
	"""For `Engine.preview` of what no event speaks of yet."""

	transaction_class = RehearsingTransaction

	def prepare(self, keys: Sequence[str], needs: Needs) -> None:
		"""See the port: no link rows are made."""
		self._exchange_rate = read.exchange_rate(needs)
