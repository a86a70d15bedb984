"""What bulk_operations/finish tells (https://shopify.dev/docs/api/usage/bulk-operations/queries)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..shop.records import BulkEnd
from .values import gid

if TYPE_CHECKING:
	from ..shop.shop import Shop


def finished(shop: Shop, end: BulkEnd) -> dict[str, Any]:
	"""Return how an operation ended. Unlike REST's other times these are UTC."""
	return {
		"admin_graphql_api_id": gid("BulkOperation", end.id),
		"completed_at": _utc(end.completed_at),
		"created_at": _utc(end.created_at),
		"error_code": end.error_code.lower() if end.error_code else None,
		"status": end.status.lower(),
		"type": "query",
	}


def _utc(moment: datetime) -> str:
	return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
