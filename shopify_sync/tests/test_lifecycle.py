"""The lifecycle table on a site: documents, the General Ledger by account, what is open in the Payment Ledger."""

from __future__ import annotations

import re
from collections.abc import Callable

import erpnext
from frappe.tests.utils import FrappeTestCase

from shopify_sync.contract_suite.lifecycle.case import Case
from shopify_sync.contract_suite.lifecycle.cases import CASES
from shopify_sync.contract_suite.lifecycle.check import carry_out, carry_out_shuffled

from . import lifecycles, site
from .lifecycle_ground import SiteGround


class _OnTheGround(FrappeTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		site.keep_workers_away()
		cls.addClassCleanup(site.let_workers_in)
		cls.ground = SiteGround()
		cls.addClassCleanup(site.clear_store, SiteGround.store)


class TestLifecycle(_OnTheGround):
	"""One test per case: told as it happens. Every event is replayed afterwards and must change nothing."""


class TestLifecycleInAnyOrder(_OnTheGround):
	"""One in four of the cases whose books do not depend on the order of arrival: shuffled, and some deliveries doubled.

	All of them are shuffled on the embedded host (tests/lifecycle); here it is about ERPNext's own part in it.
	"""


class TestTrialBalance(FrappeTestCase):
	"""Fifty random lives, others on each version of ERPNext: a hundred in the site tier."""

	def test_every_account_moves_by_what_the_payloads_come_to(self) -> None:
		outcome = lifecycles.run(50, f"tier {erpnext.__version__.partition('.')[0]}")
		self.assertEqual(list(lifecycles.told(outcome))[1:-1], [])
		self.assertTrue(outcome.is_good, outcome.differences)
		self.assertLess(outcome.held, 8)


def _told(case: Case) -> Callable[[_OnTheGround], None]:
	return lambda self: carry_out(case, self.ground)


def _shuffled(case: Case) -> Callable[[_OnTheGround], None]:
	return lambda self: carry_out_shuffled(case, self.ground, "site")


for _number, _case in enumerate(CASES):
	_name = "test_" + re.sub(r"\W+", "_", _case.name)
	if "site" in _case.runs_on:
		setattr(TestLifecycle, _name, _told(_case))
		if _case.any_order and _number % 4 == 0:
			setattr(TestLifecycleInAnyOrder, _name, _shuffled(_case))
