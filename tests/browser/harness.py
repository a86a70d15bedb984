"""What browser tests need of a bench: its web server, a worker and, where Node is, socket.io; on loopback, for as long as they run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.tiers.benches import CHECKOUT, Bench

#: Where Debian and others put the browser; CHROMIUM names another one.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NODES = ("/opt/node24/node_modules/.bin/node", "node")
_PATIENCE = 60.0


def chromium() -> str | None:
	"""Return the path of a Chromium of this machine, or None."""
	named = os.environ.get("CHROMIUM")
	return named or next(filter(None, map(shutil.which, _BROWSERS)), None)


class Site:
	"""The test site: where it is served, and what stands in its database.

	:ivar address: as a browser opens it. *live*: whether socket.io runs. *password*: of the users that the tests make.
	"""

	def __init__(
		self, bench: Bench, address: str, live: bool, side: subprocess.Popen[str], worker: subprocess.Popen[Any]
	) -> None:
		self.bench, self.address, self.live, self._side, self._worker = bench, address, live, side, worker
		self.password = secrets.token_urlsafe(16) + "aA1!"
		self.users: dict[str, str] = self.ask("users", password=self.password)
		self.names: dict[str, Any] = self.ask("names")

	@property
	def desk(self) -> str:
		"""The path that the Desk's pages begin with."""
		return "/desk" if self.names["version"] >= 16 else "/app"

	def ask(self, do: str, **arguments: Any) -> Any:
		"""Have the site's half do something, and return what it says. :raises AssertionError: with its traceback."""
		assert self._side.stdin and self._side.stdout
		self._side.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
		self._side.stdin.flush()
		return _answer(self._side)

	@contextmanager
	def without_workers(self) -> Iterator[None]:
		"""Have nobody carry anything out for the length of the block: what is due stays due."""
		self.ask("keep_workers_away")
		os.killpg(self._worker.pid, signal.SIGSTOP)
		try:
			yield
		finally:
			os.killpg(self._worker.pid, signal.SIGCONT)
			self.ask("let_workers_in")

	def rows(self, doctype: str, filters: Any = None, fields: Sequence[str] = ("name",), **more: Any) -> list[dict[str, Any]]:
		"""Return rows, as they are committed."""
		return list(self.ask("rows", doctype=doctype, filters=filters, fields=list(fields), **more))

	def value(self, doctype: str, name: Any, field: Any) -> Any:
		"""Return a value, as it is committed."""
		return self.ask("value", doctype=doctype, name=name, field=field)

	def count(self, doctype: str, **filters: Any) -> int:
		"""Count rows."""
		return int(self.ask("count", doctype=doctype, filters=filters))

	def statuses(self, events: Sequence[str]) -> list[str]:
		"""Return the statuses of events."""
		found = {
			row["name"]: row["status"] for row in self.rows("Sync Event", {"name": ["in", list(events)]}, ["name", "status"])
		}
		return [found[name] for name in events]

	def open_failures(self) -> int:
		"""Count what waits for a person."""
		open_ones = ["Blocked", "Conflict", "Dead Letter", "Held", "Retrying", "Received", "Processing"]
		return self.count("Sync Event", store=self.names["store"], status=["in", open_ones])

	def until(self, what: Callable[[], Any], wanted: Any = True, seconds: float = 45.0) -> Any:
		"""Wait until *what* gives *wanted* (a value, or a function that judges it). :raises AssertionError: with what it gave last."""
		deadline = time.monotonic() + seconds
		while True:
			found = what()
			if wanted(found) if callable(wanted) else found == wanted:
				return found
			assert time.monotonic() < deadline, f"{found!r} instead of {wanted!r} after {seconds:.0f} s"
			time.sleep(0.25)


@contextmanager
def site(bench: Bench, log: Path) -> Iterator[Site]:
	"""Serve the bench's test site for the length of the block; what the processes print goes to *log*."""
	port = _free_port()
	with ExitStack() as stack, log.open("ab") as output:
		python = str(bench.path / "env/bin/python")
		environment = _environment()
		run = _Runner(stack, bench.sites, environment, output)
		side = run(
			[python, str(Path(__file__).with_name("site_side.py")), bench.site],
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			text=True,
		)
		stack.callback(_end_side, side)
		live = _start_socketio(bench, run)
		# As `bench start` does: the Desk then looks for socket.io on the port of its own.
		served = {"DEV_SERVER": "1"} if live else {}
		# A browser opens connections before it needs them, and each that says nothing yet holds a thread of gunicorn's: with four of
		# them held, requests waited for minutes. Where people work, nginx stands in between.
		gunicorn = [python, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--threads", "32", "-t", "120"]
		run([*gunicorn, "frappe.app:application_with_statics()"], **served)
		# One that stays up, for what is due now: a process for each drain would let the tests wait. And one for what takes longer.
		frappe = [python, "-m", "frappe.utils.bench_helper", "frappe"]
		worker = run([*frappe, "--site", bench.site, "shopify-sync", "worker"])
		run([*frappe, "worker", "--queue", "default,long,short"])
		_wait_for(f"http://127.0.0.1:{port}/api/method/ping", bench.site)
		assert _answer(side) == "ready"
		yield Site(bench, f"http://{bench.site}:{port}", live, side, worker)


class _Runner:
	"""Starts processes that end with the block."""

	def __init__(self, stack: ExitStack, folder: Path, environment: dict[str, str], output: Any) -> None:
		self._stack, self._folder, self._environment, self._output = stack, folder, environment, output

	def __call__(
		self,
		command: list[str],
		*,
		stdin: Any = subprocess.DEVNULL,
		stdout: Any = None,
		text: bool = False,
		folder: Path | None = None,
		**more: str,
	) -> subprocess.Popen[Any]:
		process = subprocess.Popen(
			command, cwd=folder or self._folder, env={**self._environment, **more}, stdin=stdin, stdout=stdout or self._output,
			stderr=self._output, text=text, start_new_session=True,
		)  # fmt: skip
		self._stack.callback(_end, process)
		return process


def _environment() -> dict[str, str]:
	"""This checkout before whatever the bench has; without CI, which Frappe takes for "background jobs run in tests"."""
	kept = {name: value for name, value in os.environ.items() if name != "CI"}
	return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}


def _start_socketio(bench: Bench, run: _Runner) -> bool:
	"""Start socket.io on the bench's port for it, unless it runs; return whether it does."""
	port = int(bench.config.get("socketio_port") or 9000)
	if _answers(port):
		return True
	node = next(filter(None, map(shutil.which, _NODES)), None)
	if node is None or not (bench.path / "apps/frappe/node_modules/socket.io").exists():
		return False
	run([node, "-r", str(Path(__file__).with_name("loopback.cjs")), "apps/frappe/socketio.js"], folder=bench.path)
	deadline = time.monotonic() + 15
	while not _answers(port):
		if time.monotonic() > deadline:
			return False
		time.sleep(0.2)
	return True


def _answers(port: int) -> bool:
	try:
		with socket.create_connection(("127.0.0.1", port), timeout=1):
			return True
	except OSError:
		return False


def _wait_for(url: str, host: str) -> None:
	deadline = time.monotonic() + _PATIENCE
	while True:
		try:
			urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=30).close()
			return
		except (urllib.error.URLError, ConnectionError) as error:
			assert time.monotonic() < deadline, f"the web server did not come up: {error}"
			time.sleep(0.2)


def _answer(side: subprocess.Popen[str]) -> Any:
	assert side.stdout
	line = side.stdout.readline()
	assert line, "the site's half ended; see the log"
	answer = json.loads(line)
	assert "error" not in answer, answer["error"]
	return answer["ok"]


def _end_side(side: subprocess.Popen[str]) -> None:
	"""Let it clear up: the end of its input is its end."""
	assert side.stdin
	side.stdin.close()
	try:
		side.wait(_PATIENCE)
	except subprocess.TimeoutExpired:
		side.kill()


def _end(process: subprocess.Popen[Any]) -> None:
	if process.poll() is None:
		os.killpg(process.pid, signal.SIGTERM)
		try:
			process.wait(10)
		except subprocess.TimeoutExpired:
			os.killpg(process.pid, signal.SIGKILL)
			process.wait(10)


def _free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return int(probe.getsockname()[1])
