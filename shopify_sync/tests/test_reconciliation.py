"""Differences are planted on both sides; a run finds each, says what it most likely comes from, and finds nothing else."""

from __future__ import annotations

from shopify_sync.tests.reconciled import ReconciledCase


class TestAgreement(ReconciledCase):
	def test_what_agrees_is_said_to_be_compared(self):
		for pieces in (1, 2, 3):
			self.place(pieces)
		run = self.assert_clean()
		self.assertEqual(3, run.tallies["order"].compared)
