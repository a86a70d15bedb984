"""Feeds recorded deliveries through the receiving path and the engine, or shows on a copy what that would do."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.events import NewEvent, Receipt
from shopify_sync.core.preview import describe_decision
from shopify_sync.core.receiving import Answer, Headers, receive, sign
from shopify_sync.core.signals import Signal
from shopify_sync.core.statuses import Status

from . import ledger
from .config import Config
from .database import NotOurs
from .deliveries import Delivery
from .host import Instance
from .receiver import Receiver
from .workers import is_gone, worker_name


@dataclass
class Summary:
	"""What became of a replay.

	:ivar refused: deliveries that were not recorded: where they stand in the file, the HTTP status, and why.
	"""

	deliveries: int = 0
	recorded: int = 0
	duplicates: int = 0
	refused: list[dict[str, Any]] = field(default_factory=list)
	statuses: dict[str, int] = field(default_factory=dict)


class _Listener(Receiver):
	"""A receiver that remembers what it was last told."""

	def __init__(self, instance: Instance) -> None:
		super().__init__(instance.config, instance.events, instance.clock)
		self.event: NewEvent | None = None
		self.receipt: Receipt | None = None
		self.reason = ""

	def record(self, event: NewEvent) -> Receipt:
		self.event, self.receipt = event, super().record(event)
		return self.receipt

	def refused(self, reason: str, shop_domain: str) -> None:
		self.reason = f"{reason} {shop_domain}" if reason == "unknown shop" else reason

	def take(self, delivery: Delivery, *, sign_unsigned: bool) -> Answer:
		"""Hand in one delivery."""
		self.event, self.receipt, self.reason = None, None, ""
		headers = delivery.headers
		if sign_unsigned and not Headers(headers).get("hmac-sha256"):
			headers = (*headers, *self._signature(delivery))
		return receive(headers, delivery.body, self)

	def _signature(self, delivery: Delivery) -> list[tuple[str, str]]:
		gate = self.gate(Headers(delivery.headers).get("shop-domain").lower())
		return [("X-Shopify-Hmac-Sha256", sign(gate.secrets[0], delivery.body))] if gate else []


def replay(instance: Instance, deliveries: Iterable[Delivery], *, sign_unsigned: bool = False) -> Summary:
	"""Receive every delivery, then carry out what is due.

	:param sign_unsigned: sign those that have no signature; a wrong signature is refused in any case.
	"""
	instance.events.end_leases(is_gone)
	listener = _Listener(instance)
	summary = Summary()
	for delivery in deliveries:
		_count(summary, listener, delivery, listener.take(delivery, sign_unsigned=sign_unsigned))
	instance.engine(worker_name(0)).drain()
	summary.statuses = ledger.count_by_status(instance.database.connection())
	return summary


def _count(summary: Summary, listener: _Listener, delivery: Delivery, answer: Answer) -> None:
	summary.deliveries += 1
	if listener.receipt is None:
		summary.refused.append(_refusal(listener, delivery, answer))
	elif listener.receipt.duplicate:
		summary.duplicates += 1
	else:
		summary.recorded += 1


def _refusal(listener: _Listener, delivery: Delivery, answer: Answer) -> dict[str, Any]:
	return {"place": delivery.place, "status": answer.status, "message": listener.reason or answer.message}


def dry_run(
	path: Path, config: Config, deliveries: Iterable[Delivery], *, sign_unsigned: bool = False
) -> Iterator[Mapping[str, Any]]:
	"""Yield what each delivery would lead to, as plain data. Works on a copy of the database; *path* need not exist.

	On the copy each delivery is carried out once its plan is known, so that a plan counts on those before it.
	"""
	with copy_of(path) as copy, closing(Instance(copy, config)) as instance:
		listener = _Listener(instance)
		for delivery in deliveries:
			answer = listener.take(delivery, sign_unsigned=sign_unsigned)
			yield {"place": delivery.place, **_foresee(instance, listener, delivery, answer)}
			instance.engine("dry-run").drain()


def _foresee(instance: Instance, listener: _Listener, delivery: Delivery, answer: Answer) -> Mapping[str, Any]:
	event, receipt = listener.event, listener.receipt
	if event is None or receipt is None:
		return {"event": None, "decision": "refused", **_refusal(listener, delivery, answer)}
	about = {"event": receipt.name, "topic": event.topic, "label": event.label}
	if receipt.duplicate:
		return {**about, "decision": "duplicate", "reason": "This delivery is known already; it would only be counted."}
	if receipt.status is not Status.RECEIVED:
		return {**about, "decision": "skip", "status": str(receipt.status), "reason": event.message}
	assert event.resource and event.shopify_id and event.version
	signal = Signal(receipt.name, event.store, event.resource, event.shopify_id, event.version, event.topic)
	decision = instance.engine("dry-run").preview(signal, parse_json(event.payload))
	mode = instance.config.store(event.store).policy.mode
	return {**about, "mode": str(mode), **describe_decision(decision)}


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
	"""Make a copy of a database that is thrown away in the end; the original is only read, also while a server writes it."""
	with tempfile.TemporaryDirectory(prefix="shopify-sync-") as folder:
		copy = Path(folder) / "copy.db"
		_check(path)
		wal = path.with_name(path.name + "-wal")
		if wal.exists() and wal.stat().st_size:
			# Part of the content is in the log beside the file: SQLite itself puts them together.
			with (
				closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
				closing(sqlite3.connect(copy)) as target,
			):
				source.backup(target)
		elif path.exists():
			shutil.copyfile(path, copy)
		yield copy


def _check(path: Path) -> None:
	"""Look at the file's first bytes, so that the complaint names it and not the copy."""
	if not path.exists():
		return
	with path.open("rb") as file:
		start = file.read(len(_MAGIC))
	if start not in (_MAGIC, b""):
		raise NotOurs(f"{path} is not an SQLite database. Choose another --db.")


_MAGIC = b"SQLite format 3\x00"
