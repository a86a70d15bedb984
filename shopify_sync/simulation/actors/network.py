"""What comes over the wire that no shop sent, and power cuts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shopify_sync.core.receiving import sign

from .. import shops
from ..stage import Stage
from ..story import Intent


def outage(stage: Stage, intent: Intent) -> str:
	"""The server is gone for a while, whatever it was doing."""
	stage.target.outage(intent.args["seconds"])
	return f"{intent.args['seconds']:.0f} s"


def api_outage(stage: Stage, intent: Intent) -> str:
	"""Shopify's Admin API is away for a while; webhooks go on."""
	stage.target.api_outage(intent.args["seconds"])
	return f"{intent.args['seconds']:.0f} s"


def _headers(stage: Stage, intent: Intent, topic: str, signature: str) -> dict[str, str]:
	return {
		"X-Shopify-Topic": topic,
		"X-Shopify-Shop-Domain": stage.shop(intent).domain,
		"X-Shopify-API-Version": stage.shop(intent).api_version,
		"X-Shopify-Webhook-Id": f"not-sent-{intent.number}",
		"X-Shopify-Hmac-Sha256": signature,
	}


def _order(stage: Stage, intent: Intent) -> bytes:
	"""Return an order that a forger made up; its name would be found in any log."""
	body = {
		"id": 666_000 + intent.number,
		"name": "#FORGED",
		"updated_at": "2030-01-01T00:00:00Z",
		"email": f"{shops.CANARY}forger@example.com",
	}
	return json.dumps(body).encode()


def _send(stage: Stage, intent: Intent, headers: Mapping[str, str], body: bytes) -> str:
	return f"answered {stage.target.deliver(headers, body)}"


def forged(stage: Stage, intent: Intent) -> str:
	"""Somebody who does not know the secret sends an order."""
	body = _order(stage, intent)
	stage.deeds.forged.append(f"not-sent-{intent.number}")
	return _send(stage, intent, _headers(stage, intent, "orders/create", sign("a guess", body)), body)


def tampered(stage: Stage, intent: Intent) -> str:
	"""Somebody changes a body on the way and leaves its signature."""
	body = _order(stage, intent)
	stage.deeds.forged.append(f"not-sent-{intent.number}")
	return _send(stage, intent, _headers(stage, intent, "orders/create", sign(stage.shop(intent).secret, body)), body + b" ")


def garbage(stage: Stage, intent: Intent) -> str:
	"""A correctly signed body that is no JSON."""
	body = b"\xff\xfe{"
	stage.deeds.forged.append(f"not-sent-{intent.number}")
	return _send(stage, intent, _headers(stage, intent, "orders/create", sign(stage.shop(intent).secret, body)), body)


def _odd(stage: Stage, intent: Intent, topic: str, body: bytes) -> str:
	stage.deeds.odd.append(f"not-sent-{intent.number}")
	return _send(stage, intent, _headers(stage, intent, topic, sign(stage.shop(intent).secret, body)), body)


def unknown_topic(stage: Stage, intent: Intent) -> str:
	"""Shopify sends a topic that nothing handles."""
	return _odd(stage, intent, "themes/publish", b'{"id": 1}')


def no_id(stage: Stage, intent: Intent) -> str:
	"""Shopify sends an order without what every order has."""
	return _odd(stage, intent, "orders/create", b'{"name": "#1"}')
