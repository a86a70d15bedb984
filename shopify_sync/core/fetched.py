"""What was read from Shopify, as the event that a worker carries out: the path of a webhook, with another source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .contracts.base import dump_json
from .events import NewEvent, Source
from .receiving import Headers, new_event


def event_of(
	topic: str, payload: Mapping[str, Any], store: str, name: str, read_at: datetime, api_version: str, source: Source
) -> NewEvent:
	"""Return the row for a payload that was read.

	What was read is as new as the moment of reading: it goes before a webhook of the same `updated_at`, so that it is decided
	about anew after a change of settings; and it never goes before a later state.

	:param topic: a webhook topic whose payload has this shape.
	:param name: the same for the same payload of the same undertaking, so that reading it twice is one event.
	:param read_at: UTC.
	"""
	body = dump_json(payload).encode()
	headers = Headers(
		(
			("x-shopify-topic", topic),
			("x-shopify-webhook-id", name),
			("x-shopify-triggered-at", read_at.isoformat().replace("+00:00", "Z")),
			("x-shopify-api-version", api_version),
		)
	)
	return new_event(headers, body, payload, store, read_at, source)
