"""Real RQ workers of the bench, killed by signal and replaced after a moment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import frappe
import psutil
from frappe.utils.background_jobs import get_workers

#: What a worker's row in the ledger says of where it runs: `host:pid`.
_HOST = socket.gethostname()


class Crew:
	"""The workers of a run. Real time rules here: a worker takes about a second to start.

	:param output: file that gets what the workers print.
	"""

	def __init__(self, output: Path) -> None:
		self._output = output.open("ab")
		self._sites = Path(frappe.local.sites_path).resolve()
		self._alive: list[subprocess.Popen[bytes]] = []
		#: When, in real time, each of the dead is replaced.
		self._places: list[float] = []
		self.is_down = False

	def start(self, count: int) -> None:
		"""Have so many workers; those that are up already stay."""
		self.is_down = False
		self.look_after()
		for _number in range(count - len(self._alive)):
			self._hire()
		self._places.clear()

	def wait_until_up(self, seconds: float = 30.0) -> None:
		"""Wait until every worker listens to its queue."""
		wanted = {process.pid for process in self._alive}
		deadline = time.monotonic() + seconds
		while not wanted <= {worker.pid for worker in get_workers()} and time.monotonic() < deadline:
			time.sleep(0.1)

	def look_after(self) -> None:
		"""Replace the dead whose moment has come. Call often."""
		self._alive = [process for process in self._alive if process.poll() is None]
		if self.is_down:
			return
		now = time.monotonic()
		for due in [due for due in self._places if due <= now]:
			self._places.remove(due)
			self._hire()

	def kill_one(self, *, only_its_work: bool, replaced_after: float) -> str | None:
		"""Kill the worker that is busy, or any; return what was done, None when nobody is there.

		:param only_its_work: kill the process that does the work, as the system does when memory runs out; RQ's own goes on.
		:param replaced_after: real seconds until another worker starts.
		"""
		busy = [process for process in self._alive if _work_horses(process)]
		if not (busy or self._alive):
			return None
		process = (busy or self._alive)[0]
		if only_its_work and busy:
			for horse in _work_horses(process):
				_send_kill(horse)
			return f"work horse of worker {process.pid}"
		kill(process)
		self._alive.remove(process)
		self._places.append(time.monotonic() + replaced_after)
		return f"worker {process.pid}{', busy' if busy else ''}"

	def kill_all(self) -> None:
		"""Kill every worker with its work horse; nobody comes back before :meth:`start`."""
		self.is_down = True
		for process in self._alive:
			kill(process)
		self._alive.clear()
		self._places.clear()

	def close(self) -> None:
		"""End all workers for good."""
		self.kill_all()
		self._output.close()

	def _hire(self) -> None:
		variables = dict(os.environ)
		# Frappe takes CI for "in a test", where background jobs behave differently.
		variables.pop("CI", None)
		command = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short"]
		self._alive.append(
			subprocess.Popen(  # noqa: S603 -- this Python, and words of our own
				command, cwd=self._sites, env=variables, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output, start_new_session=True
			)
		)  # fmt: skip


def kill(process: subprocess.Popen[bytes]) -> None:
	"""End a process and all that descend from it, as a power cut would.

	Not by its process group: RQ's work horse, which does the work, has a session of its own and would go on.
	"""
	try:
		family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
	except psutil.NoSuchProcess:
		family = []
	for member in family:
		_send_kill(member)
	process.wait(10)


def is_gone(worker: str) -> bool:
	"""Tell whether the process that a row of the ledger names is dead. One on another machine is taken for alive."""
	host, _colon, pid = worker.rpartition(":")
	if host != _HOST or not pid.isdigit():
		return False
	try:
		# A killed work horse stays in the table of processes until somebody asks for its end.
		return str(psutil.Process(int(pid)).status()) in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
	except psutil.NoSuchProcess:
		return True


def _work_horses(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
	try:
		return psutil.Process(process.pid).children(recursive=True)
	except psutil.NoSuchProcess:
		return []


def _send_kill(process: psutil.Process) -> None:
	with suppress(psutil.NoSuchProcess):
		process.send_signal(signal.SIGKILL)
