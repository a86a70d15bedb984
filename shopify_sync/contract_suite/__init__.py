"""One contract for both hosts: what a delivery must lead to, whatever happens on the way.

The cases are plain functions over :class:`bench.Bench`. Each host brings an adapter and runs every case of
:data:`CASES` under its own test runner; a case raises AssertionError where the host does not keep the contract.
"""

from .bench import AttemptView, Bench, DocumentView, EventView
from .registry import CASES, Case

__all__ = ["CASES", "AttemptView", "Bench", "Case", "DocumentView", "EventView"]
