"""What Shopify refuses, as it says so in `userErrors`."""

from __future__ import annotations

from collections.abc import Iterable


class UserError(Exception):
	"""An operation that Shopify would answer with `userErrors`; nothing was changed.

	:ivar field: the path of the input that is wrong, as Shopify writes it; empty for the whole operation.
	:ivar code: Shopify's error code, where the mutation has one.
	"""

	def __init__(self, field: Iterable[str], message: str, code: str | None = None) -> None:
		super().__init__(message)
		self.field = tuple(field)
		self.message = message
		self.code = code


class NotFound(UserError):
	"""There is no record with that id."""
