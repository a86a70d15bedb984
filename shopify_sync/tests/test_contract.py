"""The contract, kept by the Frappe host. One test per case of shopify_sync/contract_suite."""

from __future__ import annotations

import re
from collections.abc import Callable

from frappe.tests.utils import FrappeTestCase

from shopify_sync.contract_suite import CASES, Case
from shopify_sync.contract_suite.crashes import AFTER_COMMIT, STEPS_BEFORE_COMMIT
from shopify_sync.contract_suite.payloads import new_id, order, send

from . import site
from .suite_bench import SiteBench, forget_suite


class TestContract(FrappeTestCase):
	"""Gets its methods below."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		# Workers of the site, if any are up, must not carry out what the cases are about to.
		site.keep_workers_away()
		cls.addClassCleanup(site.let_workers_in)
		cls.bench = SiteBench()
		cls.addClassCleanup(cls.bench.mortals.close)
		cls.addClassCleanup(forget_suite)

	def test_every_step_of_the_engine_has_a_crash_case(self) -> None:
		self.bench.set_up()
		send(self.bench, "orders/create", order(self.bench, new_id()))
		reached: list[str] = []
		self.bench.drain(reached.append)
		self.assertEqual(tuple(reached), (*STEPS_BEFORE_COMMIT, AFTER_COMMIT))


def _method(case: Case) -> Callable[[TestContract], None]:
	return lambda self: case.run(self.bench)


for _case in CASES:
	setattr(TestContract, "test_" + re.sub(r"\W+", "_", _case.name), _method(_case))
