"""Writes docs/mapping.md anew (`make mapping`)."""

from __future__ import annotations

from .pages import PAGE, page, unexplained


def main() -> None:
	"""Write the page; refuse when something cannot be explained."""
	if silent := unexplained():
		raise SystemExit(f"Nothing says what becomes of {', '.join(silent)}: use it, or write a comment (#: …) above it.")
	PAGE.write_text(page())


main()
