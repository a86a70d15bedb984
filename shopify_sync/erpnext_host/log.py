"""The app's log, `logs/shopify_sync.log` of the bench and of the site: one JSON object a line, for people and for machines.

Every line that is written while an event is worked on names that event: a claim says which (`working_on`), the next claim or the
end of the drain takes it back (`idle`). A line holds no payload, no personal data and no secret. Frappe keeps warnings out of its
logs in production; ours are meant to be read there. Where Frappe logs to a stream (`FRAPPE_STREAM_LOGGING`), so does this.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any

import frappe

from shopify_sync.core.events import ClaimedEvent

#: In this order, before whatever else a line has to say.
FIELDS = (
	"time",
	"level",
	"message",
	"site",
	"store",
	"event",
	"topic",
	"attempt",
	"status",
	"category",
	"ms",
	"worker",
	"operation",
)
#: Frappe's own 100 kB would be a few hundred events; all processes of a bench write to one file.
_MAX_BYTES, _FILES = 10_000_000, 10
#: `site_config.json`: INFO (default) has a line for each event, WARNING only what somebody should look at.
_LEVEL_KEY = "shopify_sync_log_level"
_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}

_around: ContextVar[Mapping[str, Any] | None] = ContextVar("shopify_sync_log_around", default=None)
_work: ContextVar[Mapping[str, Any] | None] = ContextVar("shopify_sync_log_work", default=None)


class JsonLines(logging.Formatter):
	"""Makes one JSON object of a record; what is not known is left out."""

	def format(self, record: logging.LogRecord) -> str:
		"""Return the line. An exception is told by its class: its text may hold anything."""
		said = {
			"time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
			"level": record.levelname,
			"message": record.getMessage(),
			**getattr(record, "shopify_sync", {}),
		}
		if record.exc_info and record.exc_info[0]:
			said["exception"] = record.exc_info[0].__name__
		ordered = {name: said.pop(name) for name in FIELDS if said.get(name) not in (None, "")} | said
		return json.dumps(ordered, ensure_ascii=False, default=str)


def info(message: str, **fields: Any) -> None:
	"""Write one line of what went as it should. :param fields: see FIELDS; others are allowed. No secrets, no personal data."""
	_write(logging.INFO, message, fields)


def warn(message: str, **fields: Any) -> None:
	"""Write one warning; as :func:`info`."""
	_write(logging.WARNING, message, fields)


@contextmanager
def about(**fields: Any) -> Iterator[None]:
	"""Have every line of the block say *fields*, e.g. the operation that a job carries out. After it nothing is worked on."""
	token = _around.set({**(_around.get() or {}), **fields})
	try:
		yield
	finally:
		_around.reset(token)
		idle()


def working_on(**fields: Any) -> None:
	"""Have every line say what is worked on, from now until the next call or :func:`idle`."""
	_work.set(fields)


def working_on_events(events: Sequence[ClaimedEvent], worker: str) -> None:
	"""Have every line name the events that *worker* has claimed, from now until the next call or :func:`idle`."""
	if not events:
		idle()
	elif len(events) == 1:
		event = events[0]
		working_on(store=event.store, event=event.name, topic=event.topic, attempt=event.attempts, worker=worker)
	else:
		working_on(store=events[0].store, events=[event.name for event in events], worker=worker)


def idle() -> None:
	"""Nothing is worked on any more."""
	_work.set(None)


def _write(level: int, message: str, fields: Mapping[str, Any]) -> None:
	logger = _logger()
	if logger.isEnabledFor(level):
		site = getattr(frappe.local, "site", None)
		said = {"site": site, **(_around.get() or {}), **(_work.get() or {}), **fields}
		known = {name: value for name, value in said.items() if value not in (None, "")}
		# A line is one line, whatever the message was made of.
		logger.log(level, "%s", " ".join(message.split()), extra={"shopify_sync": known})


def _logger() -> logging.Logger:
	"""Return Frappe's logger of this module and site, with our format on whatever it writes to."""
	logger = frappe.logger("shopify_sync", max_size=_MAX_BYTES, file_count=_FILES)
	for handler in logger.handlers:
		if not isinstance(handler.formatter, JsonLines):
			handler.setFormatter(JsonLines())
	conf = getattr(frappe.local, "conf", None) or {}
	logger.setLevel(_LEVELS.get(str(conf.get(_LEVEL_KEY) or "").upper(), logging.INFO))
	return logger
