"""A string enum whose str() is its value; the standard library has one from Python 3.11 on, Frappe 15 also runs on 3.10."""

from __future__ import annotations

from enum import Enum


class StrEnum(str, Enum):
	"""An enum of strings that formats as its value, so that it can be stored and shown as it is."""

	def __str__(self) -> str:
		return str(self.value)

	def __format__(self, format_spec: str) -> str:
		return format(str(self.value), format_spec)
