"""One shop of a store with everything around it: its API, its deliveries, its tokens, its faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING

from ..admin.api import AdminApi
from ..auth.tokens import Tokens
from ..dice import Dice
from ..faults import Faults
from ..webhooks.courier import Courier
from .bucket import Bucket

if TYPE_CHECKING:
	from ..shop.shop import Shop

#: What the app is configured with unless said otherwise: all that the simulator serves.
SCOPES = (
	"read_all_orders",
	"write_orders",
	"write_order_edits",
	"write_customers",
	"write_products",
	"write_inventory",
	"write_locations",
	"write_fulfillments",
	"write_merchant_managed_fulfillment_orders",
)  # fmt: skip


@dataclass
class Site:
	"""One shop and what serves it. Everything in it is used under *lock*.

	:ivar token: a token that never expires, as custom apps from before 2026 have.
	"""

	shop: Shop
	dice: Dice
	faults: Faults
	tokens: Tokens
	api: AdminApi
	courier: Courier
	token: str
	bucket: Bucket
	rest_calls: int = 0

	@property
	def lock(self) -> RLock:
		"""The shop's lock."""
		return self.api.lock

	def uninstall(self) -> None:
		"""Remove the app: its tokens end at once, and `app/uninstalled` is the last webhook."""
		self.tokens.revoke_all()
		self.shop.uninstall()


def build(shop: Shop, dice: Dice, faults: Faults, *, client_id: str, token: str, scopes: Sequence[str] = SCOPES) -> Site:
	"""Return a site for *shop*.

	:param scopes: what the app is configured with.
	"""
	tokens = Tokens(client_id, lambda: _secrets(shop), tuple(scopes), shop.clock, dice)
	tokens.add_static(token)
	api = AdminApi(shop, dice=dice, faults=faults, check=tokens.check)
	return Site(shop, dice, faults, tokens, api, Courier(shop, faults, dice), token, Bucket(shop.plan))


def _secrets(shop: Shop) -> list[str]:
	"""Return the client secrets that are good now. Both are, as long as Shopify may still sign with the old one."""
	rotated, previous = shop.secret_rotated_at, shop.previous_secret
	if previous and rotated and shop.clock.now() < rotated + timedelta(hours=1):
		return [shop.secret, previous]
	return [shop.secret]
