"""Bundles for people: sent to the browser as a file, or written to one by the command line; each leaves a Sync Operation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from shopify_sync.core.operations import OperatorAction, Refused

from .. import times
from ..operations.record import recorded
from . import bundles
from .bundles import Asked, Selection

#: More are not made within a request, which would end before: the command line does it.
MOST_IN_A_REQUEST = 2_000
#: So much of a bundle is kept in memory, in bytes; what is larger goes to a file that is gone when it was sent.
_IN_MEMORY = 1_000_000


def asked(event: str | None, link: str | None, filters: str | Mapping[str, Any] | None) -> Asked:
	"""Return what a browser asks for. :raises Refused: when that is nothing, or not to be read."""
	if isinstance(filters, str):
		try:
			filters = json.loads(filters) if filters.strip() else None
		except ValueError:
			raise Refused("The filter is not JSON.") from None
	if filters is not None and not isinstance(filters, Mapping):
		raise Refused("A filter is a dict of what to look for.")
	return Asked(event or None, link or None, dict(filters) if filters else None)


def send(wanted: Asked) -> Response:
	"""Return the bundle as a download. It is written to a file first, so that a failure is an answer and not half a file."""
	selection = bundles.select(wanted)
	if len(selection.names) > MOST_IN_A_REQUEST:
		raise Refused(
			f"{len(selection.names)} events would be exported, and no more than {MOST_IN_A_REQUEST} fit into one request. Narrow the "
			"filter, or use the command: bench --site SITE shopify-sync export."
		)
	# Closed by the response when it was sent.
	file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
	_recorded(wanted, selection, lambda: bundles.write(file, wanted, selection))
	size = file.tell()
	file.seek(0)
	response = Response(FileWrapper(file), mimetype="application/x-ndjson", direct_passthrough=True)
	response.headers["Content-Length"] = str(size)
	response.headers["Content-Disposition"] = f'attachment; filename="{file_name(selection)}"'
	return response


def to_file(wanted: Asked, out: IO[bytes], tell: Callable[[int], None]) -> int:
	"""Write a bundle to an open file; return how many events are in it."""
	selection = bundles.select(wanted)
	return _recorded(wanted, selection, lambda: bundles.write(out, wanted, selection, tell))


def file_name(selection: Selection) -> str:
	"""Return what a bundle is called: the store and the time, nothing of what is in it."""
	store = selection.stores[0] if len(selection.stores) == 1 else "stores"
	return f"{Path(store).name}-{times.to_site(times.now()):%Y%m%d-%H%M%S}.bundle.jsonl"


def _recorded(wanted: Asked, selection: Selection, work: Callable[[], int]) -> int:
	store = selection.stores[0] if len(selection.stores) == 1 else None
	with recorded(OperatorAction.EXPORT, store, wanted.as_data(), wanted.says()) as entry:
		done = work()
		entry.total = done
		entry.message = f"{done} event(s) exported, without personal values."
	return done
