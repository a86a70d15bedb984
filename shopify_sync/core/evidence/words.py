"""Sentences of stories: made of sentences themselves, and empty ones among them. See core/words.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..words import Sentence


@dataclass(frozen=True)
class Words(Sentence):
	"""A sentence; a value of it that is itself one, or a time, is put into words first (:func:`plain`). An empty one is false."""

	def __bool__(self) -> bool:
		return bool(self.text)


#: No sentence.
NOTHING = Words("")


def _(text: str, *values: Any) -> Words:
	"""Return a sentence; called `_`, so that Frappe's translators find the literal."""
	return Words(text, values)


def said(text: str) -> Words:
	"""Return text that was written at another time (a recorded message), as it is; braces in it are no places."""
	return Words("{0}", (text,)) if text else Words("")


def duration(span: timedelta | float | None) -> Words:
	"""Return a span of time (timedelta, or seconds) in the two units that matter; nothing for None or less than nothing."""
	seconds = span.total_seconds() if isinstance(span, timedelta) else span
	if seconds is None or seconds < 0:
		return Words("")
	if seconds < 1:
		return _("{0} ms", round(seconds * 1000))
	if seconds < 60:
		return _("{0} s", round(seconds))
	if seconds < 3600:
		return _two("{0} min", "{0} min {1} s", *divmod(int(seconds), 60))
	if seconds < 48 * 3600:
		return _two("{0} h", "{0} h {1} min", *divmod(int(seconds) // 60, 60))
	return _two("{0} days", "{0} days {1} h", *divmod(int(seconds) // 3600, 24))


#: The literals of :func:`duration`, where translators find them.
SPANS = (
	_("{0} min"), _("{0} min {1} s"), _("{0} h"), _("{0} h {1} min"), _("{0} days"), _("{0} days {1} h"),
)  # fmt: skip


def _two(one: str, both: str, first: int, second: int) -> Words:
	return Words(both, (first, second)) if second else Words(one, (first,))


def plain(value: Any, translate: Callable[[str], str] = str, tell_time: Callable[[datetime], str] = str) -> Any:
	"""Return *value* with every sentence in the reader's language and every time as text: mappings and lists all through.

	:param translate: the translation of a literal, its places kept. *tell_time*: a time (aware) as the reader sees it.
	"""
	if isinstance(value, Sentence):
		values = [plain(inner, translate, tell_time) for inner in value.values]
		text = translate(value.text) if value.text else ""
		return text.format(*values) if values else text
	if isinstance(value, datetime):
		return tell_time(value)
	if isinstance(value, Mapping):
		return {name: plain(inner, translate, tell_time) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [plain(inner, translate, tell_time) for inner in value]
	return value
