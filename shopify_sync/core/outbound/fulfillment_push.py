"""Carries out the deliveries of an order."""

from __future__ import annotations

from .pusher import Batch


def push_fulfillments(batch: Batch) -> None:
	"""Push what ERPNext delivered of an order."""
	raise NotImplementedError
