"""The shop as it was some seconds ago, for reads that are answered by a replica which lags behind.

How far Shopify's reads may lag behind is not documented. Here it is less than ten seconds, and always to a state that the shop
really was in, as a whole.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
	from .shop import Shop

#: A state is shown as long as it is younger than this.
SHOWN_FOR = timedelta(seconds=10)
#: As long as a state is younger than this, no other is kept: what is kept costs time, the more the larger the shop is.
KEPT_EVERY = timedelta(seconds=5)
_DESKS = (
	"products",
	"locations",
	"inventory",
	"customers",
	"orders",
	"edits",
	"fulfillments",
	"refunds",
	"payouts",
	"subscriptions",
)


class Past:
	"""Keeps the records of a shop as they are when a change begins.

	:param is_wanted: whether anybody may ask; otherwise nothing is kept.
	"""

	def __init__(self, shop: Shop, is_wanted: Callable[[], bool]) -> None:
		self._shop = shop
		self._is_wanted = is_wanted
		self._at: datetime | None = None
		self._records = b""
		self._past: Shop | None = None
		shop.emitter.before.append(self._keep)

	def shop(self) -> Shop | None:
		"""Return the shop as it was, for reading only; None when it has not changed within the last seconds."""
		if self._at is None or self._shop.clock.now() - self._at >= SHOWN_FOR:
			return None
		if self._past is None:
			self._past = self._restored()
		return self._past

	def _keep(self) -> None:
		now = self._shop.clock.now()
		if not self._is_wanted() or (self._at is not None and now - self._at < KEPT_EVERY):
			return
		# In one piece, so that records that know each other still do afterwards.
		self._records = pickle.dumps({name: _state(getattr(self._shop, name)) for name in _DESKS})
		self._at, self._past = now, None

	def _restored(self) -> Shop:
		past = copy(self._shop)
		# What was pickled are records of this process.
		for name, state in pickle.loads(self._records).items():  # noqa: S301
			desk = copy(getattr(self._shop, name))
			vars(desk).update(state, shop=past)
			setattr(past, name, desk)
		return past


def _state(desk: object) -> dict[str, Any]:
	return {name: value for name, value in vars(desk).items() if name != "shop"}
