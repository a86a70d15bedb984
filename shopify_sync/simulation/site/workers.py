"""Real RQ workers of the bench, killed by signal and replaced after a moment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

import frappe
import psutil
from frappe.utils.background_jobs import get_queue, get_workers

from shopify_sync.erpnext_host import wake

#: Where drains are called for, and what the call says.
QUEUE, _CALLS = "short", ("shopify_sync.jobs.drain.run", "shopify_sync.jobs.push.run")
#: What a worker's row in the ledger says of where it runs: `host:pid`.
_HOST = socket.gethostname()


class Blow(Enum):
	"""What can happen to a worker."""

	WORKER = "the worker is killed"
	#: As the system does when memory runs out; RQ's own process goes on.
	WORK_HORSE = "the work horse is killed"
	#: Longer than its lease, which others can take over meanwhile.
	FREEZE = "the work horse stands still"


class Crew:
	"""The workers of a run. Real time rules here: a worker takes about a second to start.

	:param output: file that gets what the workers print.
	"""

	def __init__(self, output: Path) -> None:
		self._output = output.open("ab")
		self._sites = Path(frappe.local.sites_path).resolve()
		self._alive: list[subprocess.Popen[bytes]] = []
		#: What is to be done when, in real time.
		self._due: list[tuple[float, Callable[[], object]]] = []
		self.is_down = False

	def start(self, count: int) -> None:
		"""Have so many workers; those that are up already stay."""
		self.is_down = False
		self.look_after(everything=True)
		for _number in range(count - len(self._alive)):
			self._hire()

	def wait_until_up(self, seconds: float = 30.0) -> None:
		"""Wait until every worker listens to its queue."""
		wanted = {process.pid for process in self._alive}
		deadline = time.monotonic() + seconds
		while not wanted <= {worker.pid for worker in get_workers()} and time.monotonic() < deadline:
			time.sleep(0.1)

	def look_after(self, *, everything: bool = False) -> None:
		"""Replace the dead and wake the frozen whose moment has come, or *everything* at once. Call often."""
		now = time.monotonic()
		ripe = [entry for entry in self._due if everything or entry[0] <= now]
		for entry in ripe:
			self._due.remove(entry)
			entry[1]()
		self._alive = [process for process in self._alive if process.poll() is None]

	def alive_among(self, workers: Iterable[str]) -> list[str]:
		"""Return those of *workers* (`host:pid`) that are of this crew and alive."""
		return [worker for worker in workers if not is_gone(worker) and self._of(worker)]

	def _of(self, worker: str) -> subprocess.Popen[bytes] | None:
		pid = int(worker.rpartition(":")[2])
		return next((process for process in self._alive if pid in (horse.pid for horse in _work_horses(process))), None)

	def strike(self, how: Blow, seconds: float, busy: Sequence[str]) -> str | None:
		"""Let something happen to the first of the *busy*, or to any worker. Return to which, None when nobody is there.

		:param seconds: real ones, until another worker starts, or a frozen one goes on.
		"""
		process = next(filter(None, map(self._of, busy)), None) or next(iter(self._alive), None)
		if process is None:
			return None
		if how is Blow.WORKER or not _work_horses(process):
			kill(process)
			self._alive.remove(process)
			self._later(seconds, self._hire)
		elif how is Blow.WORK_HORSE:
			_signal(_work_horses(process), signal.SIGKILL)
		else:
			frozen = _work_horses(process)
			_signal(frozen, signal.SIGSTOP)
			self._later(seconds, lambda: _signal(frozen, signal.SIGCONT))
		return f"worker {process.pid}{', busy' if busy else ''}"

	def kill_all(self) -> None:
		"""Kill every worker with its work horse; nobody comes back before :meth:`start`."""
		self.is_down = True
		for process in self._alive:
			kill(process)
		self._alive.clear()
		self._due.clear()

	def close(self) -> None:
		"""End all workers for good."""
		self.kill_all()
		self._output.close()

	def _later(self, seconds: float, act: Callable[[], object]) -> None:
		self._due.append((time.monotonic() + seconds, act))

	def _hire(self) -> None:
		variables = dict(os.environ)
		# Frappe takes CI for "in a test", where background jobs behave differently.
		variables.pop("CI", None)
		command = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", QUEUE]
		self._alive.append(
			subprocess.Popen(  # noqa: S603 -- this Python, and words of our own
				command, cwd=self._sites, env=variables, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output, start_new_session=True
			)
		)  # fmt: skip


def is_called() -> bool:
	"""Tell whether a call for a worker of this site waits in Redis."""
	return bool(_calls())


def forget_calls() -> None:
	"""Drop the calls for drains and pushers of this site that wait in Redis: each would keep a worker for seconds, with nothing to do.

	Nothing is lost: the work stands in the database, and the sweeper calls again where something is due. The flags that say
	"a call is on its way" go with the calls, or the next one would be spared.
	"""
	for job in _calls():
		job.delete()
	wake.begin()
	wake.begin_push()


def _calls() -> list[Any]:
	"""Return RQ's jobs that call drains and pushers of this site. What others left in the queue says nothing."""
	jobs = get_queue(QUEUE).get_jobs()
	return [job for job in jobs if job.kwargs.get("site") == frappe.local.site and job.kwargs.get("method") in _CALLS]


def kill(process: subprocess.Popen[bytes]) -> None:
	"""End a process and all that descend from it, as a power cut would.

	Not by its process group: RQ's work horse, which does the work, has a session of its own and would go on.
	"""
	try:
		family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
	except psutil.NoSuchProcess:
		family = []
	_signal(family, signal.SIGKILL)
	process.wait(10)


def is_gone(worker: str) -> bool:
	"""Tell whether the process that a row of the ledger names is dead or stands still. One on another machine is taken for alive."""
	host, _colon, pid = worker.rpartition(":")
	if host != _HOST or not pid.isdigit():
		return False
	try:
		# A killed work horse stays in the table of processes until somebody asks for its end.
		return str(psutil.Process(int(pid)).status()) in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD, psutil.STATUS_STOPPED)
	except psutil.NoSuchProcess:
		return True


def _work_horses(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
	try:
		return psutil.Process(process.pid).children(recursive=True)
	except psutil.NoSuchProcess:
		return []


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
	for process in processes:
		with suppress(psutil.NoSuchProcess):
			process.send_signal(number)
