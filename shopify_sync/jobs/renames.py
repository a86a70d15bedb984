"""When a record is renamed, or merged into another. Called by doc events; thin.

Frappe writes the new name into everything that links to the record, past the documents that hold these links.
"""

from __future__ import annotations

from typing import Any

from shopify_sync.erpnext_host import outbox, policies
from shopify_sync.erpnext_host.stock_marks import Change


def record_renamed(doc: Any, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""A record has another name now. With *merge* two have become one, and so has their stock: no ledger entry says that."""
	policies.renamed(doc.doctype, new)
	if merge and doc.doctype == "Item":
		outbox.changed([Change(new)])
