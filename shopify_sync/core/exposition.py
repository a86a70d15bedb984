"""Metrics as text, the way Prometheus reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format (version 0.0.4)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan

from .enums import StrEnum

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Kind(StrEnum):
	"""What a number may do: a counter only grows (or begins anew), a gauge goes either way, a histogram counts in buckets."""

	COUNTER = "counter"
	GAUGE = "gauge"
	HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Sample:
	"""One number. :ivar suffix: of a histogram: `_bucket`, `_sum` or `_count`."""

	labels: Mapping[str, str]
	value: float
	suffix: str = ""


@dataclass
class Metric:
	"""Numbers of one name. Units stand in the name (`_seconds`, `_ratio`); a counter ends in `_total`."""

	name: str
	kind: Kind
	help: str
	samples: list[Sample] = field(default_factory=list)

	def add(self, value: float | None, **labels: str) -> None:
		"""Add a number; None is one that is not known, and is left out."""
		if value is not None:
			self.samples.append(Sample(labels, float(value)))


def histogram(metric: Metric, bounds: Iterable[float], counts: Mapping[float, int], total: float, **labels: str) -> None:
	"""Add a histogram: :param counts: upper bound → how many were up to it and above the one before; `inf` for the rest."""
	running = 0
	for bound in (*bounds, float("inf")):
		running += counts.get(bound, 0)
		metric.samples.append(Sample({**labels, "le": _number(bound)}, running, "_bucket"))
	metric.samples.append(Sample(labels, total, "_sum"))
	metric.samples.append(Sample(labels, running, "_count"))


def text_of(metrics: Iterable[Metric]) -> str:
	"""Return the text. A metric without a number is left out. :raises ValueError: for a name that Prometheus would refuse."""
	return "".join(f"{line}\n" for metric in metrics if metric.samples for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
	if not _NAME.fullmatch(metric.name):
		raise ValueError(f"no name of a metric: {metric.name}")
	escaped = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
	yield f"# HELP {metric.name} {escaped}"
	yield f"# TYPE {metric.name} {metric.kind}"
	for sample in metric.samples:
		yield f"{metric.name}{sample.suffix}{_labels(sample.labels)} {_number(sample.value)}"


def _labels(labels: Mapping[str, str]) -> str:
	if not all(_LABEL.fullmatch(name) for name in labels):
		raise ValueError(f"no names of labels: {', '.join(labels)}")
	pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
	return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
	return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
	if isnan(value):
		return "NaN"
	if value in (float("inf"), float("-inf")):
		return "+Inf" if value > 0 else "-Inf"
	return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
