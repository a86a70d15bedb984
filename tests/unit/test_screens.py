"""The pictures of docs: each that is named is there, small enough, and each that is there is shown."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 150_000


def test_every_picture_is_there_small_and_shown_somewhere() -> None:
	texts = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
	named = {match for text in texts for match in re.findall(r"images/([\w.-]+\.(?:png|svg))", text.read_text())}
	there = {path.name for path in (DOCS / "images").iterdir()}
	assert named - there == set(), "named and not there"
	assert there - named == set(), "there and never shown"
	assert {path.name for path in (DOCS / "images").iterdir() if path.stat().st_size > MOST_BYTES} == set()
