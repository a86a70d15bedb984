"""A product that was read from Shopify, as the event that a worker carries out: the path of a webhook, with another source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import fetched
from .events import NewEvent, Source
from .keys import short_hash

TOPIC = "products/update"


def event_of(payload: Mapping[str, Any], store: str, run: str, read_at: datetime, api_version: str) -> NewEvent:
	"""Return the row for a product that an import has read.

	:param run: names the import: the same product twice in one import is one event, and a new import makes a new one.
	:param read_at: UTC.
	"""
	name = f"import-{short_hash(store, str(payload['id']), run)}"
	return fetched.event_of(TOPIC, payload, store, name, read_at, api_version, Source.BACKFILL)
