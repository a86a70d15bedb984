"""Reads Prometheus' text format as strictly as Prometheus, and more: what it only warns of is an error here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"({_NAME})(\{{(.*)\}})? (\S+)")
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
_SUFFIXES = ("_bucket", "_sum", "_count")

Labels = tuple[tuple[str, str], ...]


class Malformed(AssertionError):
	"""The text is not in the format. The message says which line."""


@dataclass
class Family:
	"""The samples of one name, by suffix and labels."""

	name: str
	help: str
	kind: str = ""
	samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

	def value(self, suffix: str = "", **labels: str) -> float | None:
		"""Return the number with exactly these labels."""
		return self.samples.get((suffix, tuple(sorted(labels.items()))))


def read(text: str) -> dict[str, Family]:
	"""Return name → family. :raises Malformed:"""
	if text and not text.endswith("\n"):
		raise Malformed("the last line does not end")
	found: dict[str, Family] = {}
	current: Family | None = None
	for line in text.split("\n")[:-1]:
		if line.startswith("# HELP "):
			_hash, _help, name, says = line.split(" ", 3)
			if name in found:
				raise Malformed(f"{name} comes twice, or not in one piece")
			current = found[name] = Family(name, says)
		elif line.startswith("# TYPE "):
			_type(line, current)
		else:
			_sample(line, current)
	for family in found.values():
		_check(family)
	return found


def _type(line: str, current: Family | None) -> None:
	_hash, _type, name, kind = line.split(" ")
	if current is None or current.name != name or current.kind or current.samples:
		raise Malformed(f"TYPE without its HELP before it: {line}")
	if kind not in ("counter", "gauge", "histogram"):
		raise Malformed(line)
	current.kind = kind


def _sample(line: str, current: Family | None) -> None:
	matched = _SAMPLE.fullmatch(line)
	if not matched or current is None or not current.kind:
		raise Malformed(line)
	name, _braces, inside, number = matched.groups()
	suffix = name.removeprefix(current.name)
	if not name.startswith(current.name) or suffix not in (("",) if current.kind != "histogram" else _SUFFIXES):
		raise Malformed(f"{name} is no sample of {current.name}")
	key = (suffix, _labels(inside or "", line))
	if key in current.samples:
		raise Malformed(f"twice: {line}")
	current.samples[key] = float(number.replace("Inf", "inf"))


def _labels(inside: str, line: str) -> Labels:
	found, at = {}, 0
	while at < len(inside):
		matched = _PAIR.match(inside, at)
		if not matched or matched[1] in found:
			raise Malformed(line)
		found[matched[1]] = re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), matched[2])
		at = matched.end()
	return tuple(sorted(found.items()))


def _check(family: Family) -> None:
	if not family.kind or not family.samples or not family.help:
		raise Malformed(f"{family.name} has no type, no help or no sample")
	if (family.kind == "counter") != family.name.endswith("_total"):
		raise Malformed(f"{family.name} is a {family.kind}")
	if family.kind == "counter" and any(value < 0 for value in family.samples.values()):
		raise Malformed(f"{family.name} is below 0")
	if family.kind == "histogram":
		_check_histogram(family)


def _check_histogram(family: Family) -> None:
	for suffix, labels in list(family.samples):
		if suffix != "_count":
			continue
		buckets = sorted(
			(float(dict(its)["le"].replace("Inf", "inf")), value)
			for (of, its), value in family.samples.items()
			if of == "_bucket" and tuple(pair for pair in its if pair[0] != "le") == labels
		)
		values = [value for _bound, value in buckets]
		if values != sorted(values) or not buckets or buckets[-1] != (float("inf"), family.samples[suffix, labels]):
			raise Malformed(f"{family.name}: buckets do not add up")
		if ("_sum", labels) not in family.samples:
			raise Malformed(f"{family.name} has no sum")
