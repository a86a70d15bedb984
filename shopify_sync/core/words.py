"""Words that people read, written where the rules are: marked here, translated at the edge.

`core/` knows no language. Its texts are written in English inside `_()`, which gives back what it gets, so that Frappe's
extraction (`bench generate-pot-file`) finds them. A text with figures in it is a :class:`Sentence`: the words and the values
apart, since only the words stand in a dictionary. Who shows it to a person passes `frappe._`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Translate = Callable[[str], str]
#: Makes a text of a time as the reader's zone has it.
ShowTime = Callable[[datetime], str]


def _(text: str) -> str:
	"""Mark *text* for translation. Returns it as it is: whoever shows it translates it."""
	return text


@dataclass(frozen=True)
class Sentence:
	"""A text with `{0}` where *values* go. Values are numbers, names, times (aware) or texts that are not translated."""

	text: str
	values: tuple[Any, ...] = ()

	def __str__(self) -> str:
		return self.shown()

	def shown(self, translate: Translate = _, show_time: ShowTime = str) -> str:
		"""Return it in the reader's language, times by *show_time*, dates as ISO, numbers with thousands apart."""
		return translate(self.text).format(*(_shown(value, show_time) for value in self.values))


def say(text: str, *values: Any) -> Sentence:
	"""Return a sentence. Write the text inside `_()`, so that it is found."""
	return Sentence(text, values)


def _shown(value: Any, show_time: ShowTime) -> str:
	if isinstance(value, datetime):
		return show_time(value)
	if isinstance(value, date):
		return value.isoformat()
	return f"{value:,}" if isinstance(value, int) else str(value)
