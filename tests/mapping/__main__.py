"""Writes docs/mapping.md anew, and the table of failures in docs/operations.md (`make mapping`)."""

from __future__ import annotations

from .pages import OPERATIONS, PAGE, page, unexplained, with_failures


def main() -> None:
	"""Write both; refuse when something cannot be explained."""
	if silent := unexplained():
		raise SystemExit(f"Nothing says what becomes of {', '.join(silent)}: use it, or write a comment (#: …) above it.")
	PAGE.write_text(page())
	OPERATIONS.write_text(with_failures(OPERATIONS.read_text()))


main()
