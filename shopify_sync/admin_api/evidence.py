"""What of a call may be kept as evidence: quantities and ids as they are, persons and addresses masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.masking import PERSONAL_FIELDS, mask_value

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Links to a parcel show where it goes; a carrier's own page for it may too.
_MORE = frozenset(("url", "urls", "tracking_url", "tracking_urls", "staff_note", "company", "province", "city"))
_SECRETS = frozenset(("access_token", "refresh_token", "client_secret", "code", "password", "hmac"))


def masked(variables: Mapping[str, Any]) -> str:
	"""Return the variables of a call as canonical JSON, without what is personal or secret in them."""
	return dump_json(_masked("", variables))


def _masked(name: str, value: Any) -> Any:
	if isinstance(value, Mapping):
		return {inner: _masked(_HUMP.sub("_", str(inner)).lower(), found) for inner, found in value.items()}
	if isinstance(value, list | tuple):
		return [_masked(name, found) for found in value]
	is_gid = isinstance(value, str) and value.startswith("gid://")
	is_hidden = name in PERSONAL_FIELDS or name in _MORE or name in _SECRETS
	return mask_value(value) if is_hidden and not is_gid else value
