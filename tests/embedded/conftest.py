"""A bench of the embedded host for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.embedded_bench import EmbeddedBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EmbeddedBench]:
	bench = EmbeddedBench(tmp_path)
	bench.set_up()
	yield bench
	bench.close()
