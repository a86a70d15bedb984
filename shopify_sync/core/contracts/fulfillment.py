"""A fulfillment in a message of its own: `fulfillments/create` and `fulfillments/update`.

https://shopify.dev/docs/api/admin-rest/latest/resources/fulfillment
"""

from __future__ import annotations

from typing import Any

from .base import OptionalId, UtcTime, WithExactId
from .order import Fulfillment


class FulfillmentMessage(WithExactId, Fulfillment):
	"""A fulfillment as it stood at `updated_at`. The destination and the e-mail address are not read: the order has them."""

	#: Finds the order that it is a part of.
	order_id: OptionalId = None
	updated_at: UtcTime

	def as_fact(self) -> dict[str, Any]:
		"""Return what has to be remembered of it: no person."""
		return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
