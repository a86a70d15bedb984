"""Recorded deliveries: bytes come back as they were, and a bad line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.embedded_host.deliveries import BadDelivery, Delivery, _parse, read, write


@given(st.binary(max_size=40), st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=3))
def test_what_was_written_is_read_back(body: bytes, headers: dict[str, str]) -> None:
	line = write(Delivery(tuple(headers.items()), body))
	assert "\n" not in line
	assert _parse(line.encode(), "here") == Delivery(tuple(headers.items()), body, "here")


def test_files_are_read_line_by_line_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
	path = tmp_path / "day.jsonl"
	path.write_text('{"headers": {}, "body": "1"}\n\n{"headers": {"A": "b"}, "body": "2"}\n')
	found = list(read(path))
	assert [(one.body, one.place) for one in found] == [(b"1", f"{path}:1"), (b"2", f"{path}:3")]


@pytest.mark.parametrize(
	("line", "complaint"),
	[
		("{", "is not JSON"),
		("[]", "must be a JSON object"),
		('{"body": ""}', '"headers" must be an object of texts'),
		('{"headers": {"A": 1}, "body": ""}', '"headers" must be an object of texts'),
		('{"headers": {}}', 'either "body"'),
		('{"headers": {}, "body": {}}', 'either "body"'),
		('{"headers": {}, "body": "", "body_base64": ""}', 'either "body"'),
		('{"headers": {}, "body_base64": "?"}', "is not base64"),
	],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
	path = tmp_path / "day.jsonl"
	path.write_text(json.dumps({"headers": {}, "body": "x"}) + "\n" + line + "\n")
	with pytest.raises(BadDelivery) as caught:
		list(read(path))
	assert f"{path}:2: " in str(caught.value)
	assert complaint in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
	with pytest.raises(BadDelivery, match="cannot be read: No such file"):
		list(read(tmp_path / "nowhere"))
