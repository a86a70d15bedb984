"""The documentation names files that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .guards import ROOT

_PATH = re.compile(r"`((?:[a-z_0-9]+/)+[\w.]+\.(?:py|js|json|svg))`")


def _files() -> list[str]:
	folders = ("shopify_sync", "tests", "benchmarks", "docs")
	found = (path for folder in folders for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts)
	return ["/" + path.relative_to(ROOT).as_posix() for path in found if path.is_file()]


def _absent(text: str, files: list[str]) -> Iterator[str]:
	for path in _PATH.findall(text):
		if not any(file.endswith("/" + path) for file in files):
			yield path


def test_every_file_that_is_named_is_there() -> None:
	files = _files()
	pages: list[Path] = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
	texts = {page.name: page.read_text() for page in pages}
	assert sum(len(_PATH.findall(text)) for text in texts.values()) > 100
	assert {name: absent for name, text in texts.items() if (absent := list(_absent(text, files)))} == {}


def test_a_file_that_moved_is_missed() -> None:
	files = ["/shopify_sync/core/orders/lines.py"]
	assert list(_absent("`core/orders/lines.py`, `orders/lines.py`", files)) == []
	assert list(_absent("`core/order_lines.py` and `core/lines.py`", files)) == ["core/order_lines.py", "core/lines.py"]
