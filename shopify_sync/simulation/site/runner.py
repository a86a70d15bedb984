"""Runs seeds on the connected site, one after the other, with one crew of workers for all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe

from .. import story
from ..profiles import PROFILES, Profile, without
from ..result import Result
from ..runner import Case
from . import ledger
from .logs import Logs
from .workers import Crew, forget_calls
from .world import SiteWorld

_LOCK = "shopify_sync:simulation"


class Unsuitable(Exception):
	"""Raised when nothing may be simulated here; the message says why."""


def run_many(cases: Iterable[Case], on_result: Callable[[Case, Result], bool]) -> None:
	"""Run cases on the site.

	:param on_result: called after each; false ends the run.
	:raises Unsuitable: on a site that is not there for tests, or while another simulation runs on it.
	"""
	with _site_of_our_own(), crew_and_output() as (crew, output):
		for case in cases:
			if not on_result(case, run(case, crew, output)):
				break


def run(case: Case, crew: Crew, output: Path, profile: Profile | None = None) -> Result:
	"""Run one case, and clear up behind it.

	:param profile: instead of the case's own.
	"""
	kind = profile or PROFILES[case.profile]
	written = story.write(case.seed, kind, case.days)
	if case.only is not None:
		written = written.only(case.only)
	frappe.set_user("Administrator")
	ledger.clear()
	forget_calls()
	try:
		written = written.named(ledger.PREFIX, edition=frappe.generate_hash(length=6))
		return SiteWorld(case.seed, written, without(kind, case.without), crew, Logs(output)).run()
	finally:
		ledger.clear()
		forget_calls()


@contextmanager
def crew_and_output() -> Iterator[tuple[Crew, Path]]:
	"""Have a crew for the block, and the file that its workers print to."""
	with tempfile.TemporaryDirectory(prefix="shopify-sync-") as folder:
		output = Path(folder) / "workers.log"
		crew = Crew(output)
		try:
			yield crew, output
		finally:
			crew.close()


@contextmanager
def _site_of_our_own() -> Iterator[None]:
	if not frappe.conf.allow_tests:
		raise Unsuitable(
			f"{frappe.local.site} is not there for tests: a simulation writes orders, customers and stock. "
			f"On a site without real data: bench --site {frappe.local.site} set-config allow_tests true"
		)
	# Two at once would count each other's stock. Per server, hence with the database's name.
	name = f"{_LOCK}:{frappe.conf.db_name}"[:64]
	if frappe.db.sql("SELECT GET_LOCK(%s, 0)", (name,))[0][0] != 1:
		raise Unsuitable(f"Another simulation runs on {frappe.local.site}.")
	try:
		yield
	finally:
		frappe.db.sql("DO RELEASE_LOCK(%s)", (name,))
