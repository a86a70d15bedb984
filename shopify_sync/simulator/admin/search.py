"""Shopify's search syntax, as far as the lists here know it (https://shopify.dev/docs/api/usage/search-syntax).

`name:value` terms, with comparators (`:>`, `:>=`, `:<`, `:<=`), quotes, `-`/`NOT`, `AND` or juxtaposition, and `OR` (which binds
weaker). A filter that a list does not know is an error here; Shopify ignores some of those and warns, which hides mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import bad_request

_TERM = re.compile(
	r"""\s*(?P<not>-|NOT\s+)?(?:(?P<field>[\w.]+):(?P<op>>=|<=|>|<)?)?(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s()'"]+)""",
	re.VERBOSE,
)
#: What a filter reads of a record: text, a number, a time, or None.
Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class WholeDay:
	"""A time of which a filter compares the day only, UTC."""

	moment: datetime


@dataclass(frozen=True)
class Term:
	"""One condition of a query."""

	field: str
	operator: str
	value: str
	negated: bool = False


def parse(query: str) -> list[list[Term]]:
	"""Return alternatives of conditions. :raises ApiError: for what cannot be read."""
	alternatives: list[list[Term]] = [[]]
	position = 0
	text = query.strip()
	while position < len(text):
		found = _TERM.match(text, position)
		if not found:
			raise bad_request(f"Invalid search query: {query!r}")
		position = found.end()
		value = found["value"]
		if found["field"] is None and value in ("AND", "OR"):
			if value == "OR":
				alternatives.append([])
			continue
		alternatives[-1].append(_term(found))
		while position < len(text) and text[position].isspace():
			position += 1
	return [terms for terms in alternatives if terms]


def _term(found: re.Match[str]) -> Term:
	value = found["value"]
	if value[0] in "'\"":
		value = re.sub(r"\\(.)", r"\1", value[1:-1])
	return Term(found["field"] or "default", found["op"] or "=", value, bool(found["not"]))


def matcher(query: str | None, readers: Mapping[str, Reader]) -> Callable[[Any], bool]:
	"""Return what tells whether a record matches *query*.

	:param readers: by filter name; a reader may return a list, of which one has to match.
	:raises ApiError: for an unknown filter or a value that is none.
	"""
	if not query or not query.strip():
		return lambda _record: True
	alternatives = [[_condition(term, readers) for term in terms] for terms in parse(query)]
	return lambda record: any(all(condition(record) for condition in conditions) for conditions in alternatives)


def _condition(term: Term, readers: Mapping[str, Reader]) -> Callable[[Any], bool]:
	if term.field not in readers:
		raise bad_request(
			f"The simulator does not implement the search filter `{term.field}`; it knows {', '.join(sorted(readers))}."
		)
	read = readers[term.field]

	def holds(record: Any) -> bool:
		found = read(record)
		values = found if isinstance(found, list) else [found]
		return any(_compare(value, term) for value in values) != term.negated

	return holds


def _compare(value: Any, term: Term) -> bool:
	if value is None:
		return False
	if isinstance(value, WholeDay):
		return _ordered(value.moment.date(), moment(term.value, term.field).astimezone(timezone.utc).date(), term.operator)
	if isinstance(value, datetime):
		return _ordered(value, moment(term.value, term.field), term.operator)
	if isinstance(value, int) and not isinstance(value, bool):
		return _ordered(value, _whole(term), term.operator)
	text, wanted = str(value).casefold(), term.value.casefold()
	if term.operator != "=":
		return _ordered(text, wanted, term.operator)
	return wanted == "*" or (text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted)


def _ordered(left: Any, right: Any, operator: str) -> bool:
	if operator == "=":
		return bool(left == right)
	if operator in (">", ">="):
		return bool(left > right or (operator == ">=" and left == right))
	return bool(left < right or (operator == "<=" and left == right))


def _whole(term: Term) -> int:
	try:
		return int(term.value.rsplit("/", 1)[-1])
	except ValueError:
		raise bad_request(f"Invalid value for query filter `{term.field}`: {term.value!r}") from None


def moment(value: str, field: str) -> datetime:
	"""Return the time that a query names; without a zone it is UTC. :raises ApiError: when it is no time."""
	try:
		found = datetime.fromisoformat(value.replace("Z", "+00:00"))
	except ValueError:
		raise bad_request(f"Invalid timestamp for query filter `{field}`.") from None
	return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
