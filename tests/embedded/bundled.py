"""Makes bundles of what an embedded instance has in its ledger, as a site makes them of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.evidence import bundle
from shopify_sync.core.evidence.bundle import Fact, Made
from shopify_sync.core.evidence.stand_ins import StandIns
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.times import from_text

#: Columns of the embedded ledger by the names of the site's.
_NAMES = {"resource": "resource_type", "label": "order_name", "updated_at": "shopify_updated_at"}
_TIMES = ("received_at", "finished_at", "shopify_updated_at", "started_at", "ended_at")


def write(instance: Instance, path: Path, secret: bytes = b"x" * 32) -> Path:
	"""Write everything that an instance has on record to a bundle."""
	stores = [(store.shop_domain, store.policy) for store in instance.config.stores]
	stand_ins = StandIns(secret)
	connection = instance.database.connection()
	events = connection.execute("SELECT * FROM sync_event ORDER BY received_at, rowid").fetchall()
	lines = [bundle.header(stores, "test", "2026-11-22T00:00:00+00:00", len(events), {"all": True})]
	lines += [fact.line() for fact in _facts(instance)]
	for row in events:
		line, sweep = bundle.event_line(_as_site(row), bundle.ASKED, stand_ins)
		lines.append(line)
		rows = connection.execute("SELECT * FROM sync_attempt WHERE event = ? ORDER BY id", (row["name"],))
		lines += [bundle.attempt_line(_as_site(attempt), sweep) for attempt in rows]
	path.write_text("\n".join(lines) + "\n")
	return path


def _facts(instance: Instance) -> Iterator[Fact]:
	for item in instance.config.items:
		yield Fact("item", item.item_code, item.model_dump(mode="json"))
	for pair, rate in instance.config.exchange_rates.items():
		yield Fact("rate", "-".join(pair), {"rate": str(rate)})
	made, connection = Made(), instance.database.connection()
	for row in connection.execute("SELECT changes FROM sync_attempt"):
		made.note(parse_json(row["changes"]))
	for row in connection.execute("SELECT key, document_name FROM shopify_link WHERE document_type = 'Item'"):
		if made.has("Shopify Link", row["key"]):
			continue
		yield bundle.link_fact(row["key"], "Item", row["document_name"])


def _as_site(row: Mapping[str, Any]) -> dict[str, Any]:
	found = {_NAMES.get(name, name): row[name] for name in row.keys()}  # noqa: SIM118 -- a sqlite3.Row
	found["triggered_at"] = None
	for name in _TIMES:
		found[name] = from_text(found[name]) if found.get(name) else None
	return found
