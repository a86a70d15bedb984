"""A world for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World, world


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
	with world(tmp_path) as found:
		yield found
