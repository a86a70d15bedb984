"""What events failed of, so that a thousand of one cause are one line: a name for the cause that does not change from event to event.

A group of failures is (store, category, cause). What a failure misses names its cause exactly (`item:TEE-M`); where nothing is
missing, the message does, without what differs from one event to the next: numbers, ids, whatever stands in quotes.
"""

from __future__ import annotations

import re
from hashlib import sha256

#: The column holds 140 characters.
LONGEST = 140
#: Stands for what differs between events of one cause.
GAP = "…"
#: The cause of an event that says nothing at all.
UNKNOWN = "unknown"

_TAGS = re.compile(r"<[^<>]*>")
_ADDRESSES = re.compile(r"\S+@\S+|\w+://\S+")
#: An apostrophe inside of a word (Shopify's) opens nothing.
_QUOTED = re.compile(r"\"[^\"]*\"|`[^`]*`|“[^”]*”|„[^“”]*[“”]|«[^»]*»|‘[^’]*’|(?<!\w)'[^']*'(?!\w)")
#: A word with a digit in it: an amount, an id, a date, the name of an order, of a document, of an Item.
_NUMBERED = re.compile(r"[^\s,;:()\[\]{}]*\d[^\s;()\[\]{}]*?(?=[.,:]?(?:[\s;()\[\]{}]|$))")
_GAPS = re.compile(rf"{GAP}(?:[\s,./|–-]*{GAP})+")
_SPACES = re.compile(r"\s+")


def cause_of(category: str | None, missing: str | None, message: str | None) -> str:
	"""Return the name of what an event failed of, at most 140 characters and never empty.

	:param category: where nothing is missing and nothing is said, it is the cause.
	:param missing: `kind:name` of what would have to exist; it alone is the cause where it is known.
	:param message: as an operator reads it; two messages that differ in figures, ids and quoted names only have one cause.
	"""
	if missing and missing.strip():
		return missing.strip()[:LONGEST]
	return _fingerprint(message or "") or (category or "").strip()[:LONGEST] or UNKNOWN


def _fingerprint(message: str) -> str:
	text = _TAGS.sub(" ", message)
	for pattern in (_QUOTED, _ADDRESSES, _NUMBERED):
		text = pattern.sub(GAP, text)
	text = _GAPS.sub(GAP, _SPACES.sub(" ", text)).strip()
	if len(text) <= LONGEST:
		return text
	# Two long messages may differ only behind what fits.
	digest = sha256(text.encode()).hexdigest()[:8]
	return f"{text[: LONGEST - len(digest) - 2].rstrip()}{GAP} {digest}"
