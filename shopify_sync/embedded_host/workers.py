"""Worker threads: each drains what is due, sleeps until it is woken, and looks by itself now and then.

The wake-up only saves time. A lost one costs at most a poll interval: what is due stands in the database.
"""

from __future__ import annotations

import logging
import os
import threading

from .host import Instance

_LOG = logging.getLogger("shopify_sync.workers")
POLL_SECONDS = 1.0


def worker_name(number: int) -> str:
	"""Return a name that tells which process the worker is part of."""
	return f"worker-{os.getpid()}-{number}"


def is_gone(name: str) -> bool:
	"""Tell whether the process of a worker has ended. One of our own number is of an earlier life of this container."""
	kind, _hyphen, rest = name.partition("-")
	pid = rest.partition("-")[0]
	if kind != "worker" or not pid.isdigit():
		return False
	if int(pid) == os.getpid():
		return True
	try:
		os.kill(int(pid), 0)
	except ProcessLookupError:
		return True
	except PermissionError:
		return False
	return False


class WorkerPool:
	"""Threads that carry events out.

	:param poll_seconds: how long an idle worker waits for a wake-up before it looks for due retries.
	"""

	def __init__(self, instance: Instance, count: int, poll_seconds: float = POLL_SECONDS) -> None:
		self._instance = instance
		self._poll_seconds = poll_seconds
		self._bell = threading.Condition()
		self._stopping = False
		self._rung = False
		names = [worker_name(number) for number in range(1, count + 1)]
		self._threads = [threading.Thread(target=self._run, name=name, args=(name,), daemon=True) for name in names]

	def start(self) -> None:
		"""Start the threads."""
		for thread in self._threads:
			thread.start()

	def wake(self) -> None:
		"""Tell one idle worker that there is work."""
		with self._bell:
			self._rung = True
			self._bell.notify()

	def stop(self) -> None:
		"""Let each worker end the event at hand, then stop."""
		with self._bell:
			self._stopping = True
			self._bell.notify_all()
		for thread in self._threads:
			thread.join()

	def _run(self, name: str) -> None:
		engine = self._instance.engine(name)
		try:
			while not self._stopping:
				try:
					engine.drain(lambda: not self._stopping)
				except Exception:
					# The ledger could not be read or written. The events are still there: wait, then look again.
					_LOG.exception("Worker %s could not go on; it looks again in %s s", name, self._poll_seconds)
				self._wait()
		finally:
			self._instance.close()

	def _wait(self) -> None:
		with self._bell:
			if not self._rung and not self._stopping:
				self._bell.wait(self._poll_seconds)
			self._rung = False
