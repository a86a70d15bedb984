"""A real web server and real RQ workers of the site, on loopback, for as long as a test needs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe
import requests

from shopify_sync.simulation.site.workers import kill

PATH = "/api/method/shopify_sync.api.webhooks.receive"
#: Nothing listens there.
NOBODY = "redis://127.0.0.1:1"


class Server:
	"""A gunicorn with the site."""

	def __init__(self, port: int, site: str) -> None:
		self.address = f"http://127.0.0.1:{port}"
		self._headers = {"Host": site}

	def post(self, body: bytes, headers: dict[str, str], path: str = PATH) -> requests.Response:
		"""Send a delivery."""
		return requests.post(self.address + path, data=body, headers={**headers, **self._headers}, timeout=30)

	def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
		"""Ask for a page."""
		return requests.get(self.address + path, headers={**(headers or {}), **self._headers}, timeout=30)


@contextmanager
def server(*, workers: int = 2, wait_for_ping: bool = True, **environment: str) -> Iterator[Server]:
	"""Run the site's web server; *environment* replaces variables (`FRAPPE_REDIS_QUEUE=…`)."""
	port = _free_port()
	command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(workers), "--threads", "4", "-t", "60"]
	with _process([*command, "frappe.app:application"], environment) as process:
		found = Server(port, frappe.local.site)
		deadline = time.monotonic() + 60
		while time.monotonic() < deadline:
			try:
				if found.get("/api/method/ping").ok or not wait_for_ping:
					break
			except requests.ConnectionError:
				assert process.poll() is None, "the web server ended"
			time.sleep(0.1)
		else:
			raise AssertionError("the web server did not come up")
		yield found


@contextmanager
def rq_worker() -> Iterator[subprocess.Popen]:
	"""Run one RQ worker of the bench for the queue that drains go to."""
	with _process([sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short"], {}) as process:
		yield process


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen]:
	sites = Path(frappe.local.sites_path).resolve()
	variables = {**os.environ, **environment}
	# Frappe takes CI for "in a test", where background jobs behave differently.
	variables.pop("CI", None)
	process = subprocess.Popen(
		command, cwd=sites, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
	)
	try:
		yield process
	finally:
		kill(process)


def _free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return int(probe.getsockname()[1])
