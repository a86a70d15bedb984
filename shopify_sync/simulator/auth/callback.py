"""The redirect that brings a merchant's consent back to the app, signed as Shopify signs it.

Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def signature(secret: str, parameters: Mapping[str, str]) -> str:
	"""Return the `hmac` of callback parameters: hex HMAC-SHA256 over the sorted `name=value` pairs without `hmac` itself."""
	message = "&".join(sorted(f"{_name(name)}={_value(value)}" for name, value in parameters.items() if name != "hmac"))
	return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def callback_url(redirect_uri: str, secret: str, *, code: str, shop_domain: str, state: str, timestamp: int) -> str:
	"""Return the address that the merchant's browser is sent to.

	:param redirect_uri: the app's; parameters that it brings are kept and not signed over twice.
	:param timestamp: seconds since 1970.
	"""
	host = base64.b64encode(f"admin.shopify.com/store/{shop_domain.partition('.')[0]}".encode()).decode().rstrip("=")
	parameters = {"code": code, "host": host, "shop": shop_domain, "state": state, "timestamp": str(timestamp)}
	parts = urlsplit(redirect_uri)
	kept = dict(parse_qsl(parts.query))
	signed = {**kept, **parameters}
	query = urlencode({**signed, "hmac": signature(secret, signed)})
	return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _name(text: str) -> str:
	return _value(text).replace("=", "%3D")


def _value(text: str) -> str:
	return text.replace("%", "%25").replace("&", "%26")
