"""One shop of a store with everything around it: its API, its deliveries, its tokens, its faults."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING

from ..admin.api import AdminApi, Response
from ..auth.tokens import Tokens
from ..dice import Dice
from ..faults import Faults, cut_short
from ..shop.shop import OLD_SECRET_LIVES
from ..webhooks.courier import Courier
from .bucket import Bucket
from .messages import server_error

if TYPE_CHECKING:
	from ..shop.records import Webhook
	from ..shop.shop import Shop

_LOG = logging.getLogger("shopify_sync.store")
#: What the app is configured with unless said otherwise: all that the simulator serves.
SCOPES = (
	"read_all_orders",
	"write_orders",
	"write_order_edits",
	"write_customers",
	"write_customer_merge",
	"write_products",
	"write_inventory",
	"write_locations",
	"write_fulfillments",
	"write_merchant_managed_fulfillment_orders",
	"write_returns",
	"read_payment_terms",
	"read_shopify_payments_accounts",
	"read_shopify_payments_payouts",
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
	token_calls: int = 0
	rotations: int = 0

	@property
	def lock(self) -> RLock:
		"""The shop's lock."""
		return self.api.lock

	def happens(self, fault: str, *name: object) -> bool:
		"""Tell whether a fault strikes what *name* stands for."""
		return self.faults.happens(fault, self.dice, *name)

	def tried(self, carry_out: Callable[[], Response], *name: object) -> Response:
		"""Return what *carry_out* answers, unless a fault strikes before or after it. :raises Dropped:"""
		if status := self.faults.strike("before", self.dice, *name):
			return server_error(status)
		response = carry_out()
		if status := self.faults.strike("after", self.dice, *name):
			return server_error(status)
		if self.happens("garble_answer", *name):
			return replace(response, body=cut_short(response.body, self.dice, *name))
		return response

	def rotate_by_chance(self, webhook: Webhook) -> None:
		"""Let the merchant rotate the client secret, if the dice say so and the last rotation is over."""
		rotated, now = self.shop.secret_rotated_at, self.shop.clock.now()
		is_over = rotated is None or now - rotated >= OLD_SECRET_LIVES
		if is_over and self.happens("rotate_secret", webhook.id):
			self.rotations += 1
			self.shop.rotate_secret("shpss_" + self.dice.uuid("secret", self.rotations).replace("-", ""))
			_LOG.warning("The client secret of %s was rotated: see /shops/%s/control/state", self.shop.domain, self.shop.name)

	def uninstall(self) -> None:
		"""Remove the app: its tokens end at once, and `app/uninstalled` is the last webhook."""
		self.tokens.revoke_all()
		self.shop.uninstall()


def build(shop: Shop, dice: Dice, faults: Faults, *, client_id: str, token: str, scopes: Sequence[str] = SCOPES) -> Site:
	"""Return a site for *shop*.

	:param scopes: what the app is configured with.
	"""
	tokens = Tokens(client_id, shop.secrets, tuple(scopes), shop.clock, dice)
	tokens.add_static(token)
	api = AdminApi(shop, dice=dice, faults=faults, check=tokens.check)
	site = Site(shop, dice, faults, tokens, api, Courier(shop, faults, dice), token, Bucket(shop.plan))
	shop.listeners.append(site.rotate_by_chance)
	return site
