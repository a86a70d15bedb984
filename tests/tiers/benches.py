"""Benches on this machine: where they are, how to start what they need, how to run Frappe's commands with this checkout's code."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT = "~/frappe-bench:~/frappe-bench-16"
_FRESH = "shopify-sync-fresh.localhost"


@dataclass(frozen=True)
class Bench:
	"""A bench with a test site (`allow_tests` in its site_config.json)."""

	path: Path
	site: str

	@property
	def sites(self) -> Path:
		"""The folder that Frappe's commands run in."""
		return self.path / "sites"

	@property
	def config(self) -> dict:
		"""common_site_config.json."""
		return json.loads((self.sites / "common_site_config.json").read_text())

	@property
	def fresh_site(self) -> str:
		"""The name of a site that is made for one check and dropped."""
		return _FRESH

	def python(self, *arguments: str, **options: object) -> subprocess.CompletedProcess:
		"""Run the bench's Python in `sites`, with this checkout before whatever is installed in the bench."""
		environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
		# Frappe takes it for "background jobs run in tests".
		environment.pop("CI", None)
		return subprocess.run(
			[str(self.path / "env/bin/python"), *arguments], cwd=self.sites, env=environment, check=False, **options
		)

	def frappe(self, *arguments: str, site: str | None = None, **options: object) -> subprocess.CompletedProcess:
		"""Run a command of Frappe, as `bench --site SITE …` does."""
		where = ["--site", site or self.site] if site != "" else []
		return self.python("-m", "frappe.utils.bench_helper", "frappe", *where, *arguments, **options)

	def version(self) -> str:
		"""Frappe's and ERPNext's version."""
		code = "import frappe, erpnext; print(f'Frappe {frappe.__version__}, ERPNext {erpnext.__version__}')"
		return self.python("-c", code, capture_output=True, text=True).stdout.strip()


def find(paths: str) -> tuple[list[Bench], list[str]]:
	"""Return the benches with a test site among *paths* (colon-separated), and why the others are not."""
	found, without = [], []
	for text in filter(None, paths.split(":")):
		path = Path(text).expanduser()
		if not (path / "sites" / "common_site_config.json").exists():
			without.append(f"{text}: no bench there")
			continue
		site = _test_site(path / "sites")
		if site:
			found.append(Bench(path, site))
		else:
			without.append(f"{text}: no site with allow_tests in its site_config.json")
	return found, without


def _test_site(sites: Path) -> str | None:
	for config in sorted(sites.glob("*/site_config.json")):
		if config.parent.name != _FRESH and json.loads(config.read_text()).get("allow_tests"):
			return config.parent.name
	return None


def start_services(bench: Bench) -> None:
	"""Start MariaDB and Redis where nothing answers; a bench may bring its own `config/start-services`."""
	own = bench.path / "config" / "start-services"
	if os.access(own, os.X_OK):
		subprocess.run([str(own)], check=True)
		return
	config = bench.config
	_start("127.0.0.1", int(config.get("db_port") or 3306), ["service", "mariadb", "start"], "MariaDB")
	for name in ("redis_cache", "redis_queue"):
		address = urlparse(config[name])
		_start(
			str(address.hostname),
			int(address.port or 6379),
			["redis-server", str(bench.path / "config" / f"{name}.conf"), "--daemonize", "yes"],
			name,
		)


def _start(host: str, port: int, command: list[str], what: str) -> None:
	if _answers(host, port):
		return
	if not shutil.which(command[0]):
		raise SystemExit(f"{what} does not answer on {host}:{port}, and {command[0]} is not installed to start it.")
	subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
	deadline = time.monotonic() + 60
	while not _answers(host, port):
		if time.monotonic() > deadline:
			raise SystemExit(f"{what} does not answer on {host}:{port} after `{' '.join(command)}`.")
		time.sleep(0.2)


def _answers(host: str, port: int) -> bool:
	try:
		with socket.create_connection((host, port), timeout=1):
			return True
	except OSError:
		return False
