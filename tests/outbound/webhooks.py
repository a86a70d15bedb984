"""Webhooks as the shop sends them: headers and body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shopify_sync.core.receiving import sign


def webhook(name: str, topic: str, payload: Mapping[str, Any], triggered_at: str) -> tuple[dict[str, str], bytes]:
	"""Return the headers and the body of a delivery to the store of the ground."""
	body = json.dumps(payload, default=str).encode()
	headers = {
		"X-Shopify-Topic": topic,
		"X-Shopify-Shop-Domain": "push.myshopify.com",
		"X-Shopify-Webhook-Id": name,
		"X-Shopify-Event-Id": name,
		"X-Shopify-Triggered-At": triggered_at,
		"X-Shopify-Api-Version": "2026-10",
		"X-Shopify-Hmac-Sha256": sign("hush", body),
	}
	return headers, body
