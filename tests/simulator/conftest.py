"""A running store whose clock is turned by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.http.store import Store

from .http_client import START, Caller, Hook


@pytest.fixture
def clock() -> ManualClock:
	return ManualClock(START)


@pytest.fixture
def store(clock: ManualClock) -> Iterator[Store]:
	with Store.running(shops=["dev", "other"], clock=clock, hold_seconds=0.5) as store:
		yield store


@pytest.fixture
def shop(store: Store) -> Caller:
	return Caller(store)


@pytest.fixture
def hook() -> Iterator[Hook]:
	hook = Hook()
	yield hook
	hook.close()
