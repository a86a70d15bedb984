"""What a run leaves in logs: the app's own file, what the workers print, and Frappe's Error Log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frappe


class Logs:
	"""Remembers where each log ends now, and returns what was added since.

	:param workers: the file that the workers print to.
	"""

	def __init__(self, workers: Path) -> None:
		site = Path(frappe.get_site_path("logs", "shopify_sync.log"))
		self._files = (workers, site, Path(frappe.utils.get_bench_path()) / "logs" / "shopify_sync.log")
		self._ends = {path: _size(path) for path in self._files}
		self._began: Any = frappe.utils.now_datetime()

	def lines(self) -> list[str]:
		"""Return every line since."""
		return [*self._added(), *self._errors()]

	def _added(self) -> list[str]:
		found: list[str] = []
		for path, end in self._ends.items():
			if path.exists():
				with path.open(errors="replace") as file:
					# A file that is shorter now was begun anew.
					file.seek(end if _size(path) >= end else 0)
					found += file.read().splitlines()
		return found

	def _errors(self) -> list[str]:
		"""Return what Frappe itself put down about our code; a job that ends with an exception is put down there."""
		frappe.db.rollback()
		filters = {"creation": (">=", self._began), "error": ("like", "%shopify_sync%")}
		return [
			line for text in frappe.get_all("Error Log", filters=filters, pluck="error") for line in (text or "").splitlines()
		]


def _size(path: Path) -> int:
	return path.stat().st_size if path.exists() else 0
