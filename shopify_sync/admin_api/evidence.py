"""What of a call may be kept as evidence: quantities and ids as they are, persons and addresses masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.masking import MASK, PERSONAL_FIELDS, mask_value, scrub

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Links to a parcel show where it goes; a carrier's own page for it may too.
_MORE = frozenset(("url", "urls", "tracking_url", "tracking_urls", "staff_note", "company", "province", "city"))
_SECRETS = frozenset(("access_token", "refresh_token", "client_secret", "code", "password", "hmac"))


def masked(variables: Mapping[str, Any]) -> str:
	"""Return the variables of a call as canonical JSON, without what is personal or secret in them."""
	return dump_json(_masked("", variables))


def scrubbed(text: str, variables: Mapping[str, Any]) -> str:
	"""Return what Shopify says of a call without what was personal or secret in its variables: its errors may repeat them."""
	for value in sorted(set(_hidden_texts("", variables)), key=len, reverse=True):
		text = text.replace(value, MASK)
	return scrub(text)


def _hidden_texts(name: str, value: Any) -> Iterator[str]:
	if isinstance(value, Mapping):
		for inner, found in value.items():
			yield from _hidden_texts(_plain(str(inner)), found)
	elif isinstance(value, list | tuple):
		for found in value:
			yield from _hidden_texts(name, found)
	elif isinstance(value, str) and len(value.strip()) > 3 and _is_hidden(name, value):
		yield value.strip()


def _plain(name: str) -> str:
	return _HUMP.sub("_", name).lower()


def _is_hidden(name: str, value: Any) -> bool:
	is_gid = isinstance(value, str) and value.startswith("gid://")
	return not is_gid and (name in PERSONAL_FIELDS or name in _MORE or name in _SECRETS)


def _masked(name: str, value: Any) -> Any:
	if isinstance(value, Mapping):
		return {inner: _masked(_plain(str(inner)), found) for inner, found in value.items()}
	if isinstance(value, list | tuple):
		return [_masked(name, found) for found in value]
	return mask_value(value) if _is_hidden(name, value) else value
