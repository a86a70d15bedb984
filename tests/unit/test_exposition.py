"""Prometheus' text format: whatever the labels are, a strict reader gets back what was told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.exposition import Kind, Metric, histogram, text_of
from shopify_sync.tests.exposition_reader import Malformed, read

TEXTS = st.text(max_size=20)


@given(st.dictionaries(TEXTS, st.floats(allow_nan=False), min_size=1, max_size=5), TEXTS)
def test_what_is_told_is_read_back(numbers: dict[str, float], says: str) -> None:
	metric = Metric("sync_things", Kind.GAUGE, f"Help {says}")
	for label, number in numbers.items():
		metric.add(number, store=label, other='a"b\\c')
	text = text_of([metric])
	assert len(text.split("\n")) == 3 + len(numbers)
	family = read(text)["sync_things"]
	assert {dict(labels)["store"]: value for (_suffix, labels), value in family.samples.items()} == numbers


def test_a_metric_without_numbers_is_left_out_and_an_unknown_number_is_none() -> None:
	empty, half = Metric("a", Kind.GAUGE, "A."), Metric("b", Kind.GAUGE, "B.")
	half.add(None, store="x")
	half.add(True, store="y")
	assert text_of([empty, half]) == '# HELP b B.\n# TYPE b gauge\nb{store="y"} 1\n'


@given(st.lists(st.floats(0, 100), max_size=50))
def test_a_histogram_is_cumulative(durations: list[float]) -> None:
	bounds = (0.5, 1.0, 10.0)
	counts: dict[float, int] = {}
	for seconds in durations:
		bound = next((bound for bound in bounds if seconds <= bound), math.inf)
		counts[bound] = counts.get(bound, 0) + 1
	metric = Metric("took_seconds", Kind.HISTOGRAM, "How long.")
	histogram(metric, bounds, counts, sum(durations), store="s")
	family = read(text_of([metric]))["took_seconds"]
	for bound, label in ((0.5, "0.5"), (1.0, "1"), (10.0, "10"), (math.inf, "+Inf")):
		assert family.value("_bucket", store="s", le=label) == sum(seconds <= bound for seconds in durations)
	assert family.value("_count", store="s") == len(durations)


@pytest.mark.parametrize(("name", "label"), [("a-b", "store"), ("", "store"), ("ok", "9x"), ("ok", "a-b")])
def test_a_name_that_prometheus_would_refuse_is_refused(name: str, label: str) -> None:
	metric = Metric(name, Kind.GAUGE, "Help.")
	metric.add(1, **{label: "x"})
	with pytest.raises(ValueError, match="no name"):
		text_of([metric])


@pytest.mark.parametrize(
	"text",
	[
		"a 1\n",
		"# HELP a A.\n# TYPE a gauge\na 1",
		"# HELP a A.\n# TYPE a gauge\na 1\na 1\n",
		"# HELP a A.\n# TYPE a gauge\nb 1\n",
		'# HELP a A.\n# TYPE a gauge\na{x="1" 1\n',
		'# HELP a A.\n# TYPE a gauge\na{x="1",x="2"} 1\n',
		'# HELP a A.\n# TYPE a gauge\na{x="\\q"} 1\n',
		"# HELP a A.\n# TYPE a counter\na 1\n",
		"# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na 2\n",
		'# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
		"# HELP a A.\n# TYPE a gauge\n",
	],
)
def test_the_reader_bites(text: str) -> None:
	with pytest.raises(Malformed):
		read(text)
