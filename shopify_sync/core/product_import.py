"""A product that was read from Shopify, as the event that a worker carries out: the path of a webhook, with another source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .contracts.base import dump_json
from .events import NewEvent, Source
from .keys import short_hash
from .receiving import Headers, new_event

TOPIC = "products/update"


def event_of(payload: Mapping[str, Any], store: str, run: str, read_at: datetime, api_version: str) -> NewEvent:
	"""Return the row for a product that an import has read.

	What was read is as new as the moment of reading: it goes before a webhook of the same `updated_at`, so that an import after a
	change of settings is decided anew; and it never goes before a later state.

	:param run: names the import: the same product twice in one import is one event, and a new import makes a new one.
	:param read_at: UTC.
	"""
	body = dump_json(payload).encode()
	name = f"import-{short_hash(store, str(payload['id']), run)}"
	headers = Headers(
		(
			("x-shopify-topic", TOPIC),
			("x-shopify-webhook-id", name),
			("x-shopify-triggered-at", read_at.isoformat().replace("+00:00", "Z")),
			("x-shopify-api-version", api_version),
		)
	)
	return new_event(headers, body, payload, store, read_at, Source.BACKFILL)
