"""`serve`: receive webhooks and carry them out, until stopped."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import closing
from pathlib import Path
from types import FrameType

import click

from .. import config as config_file
from ..host import Instance
from ..server import RECEIVE_PATH, Server
from ..workers import WorkerPool, is_gone
from .common import config_option, db_option


@click.command()
@db_option
@config_option
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="On 127.0.0.1; 0 takes a free one.")
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1, 64), help="Worker threads.")
def serve(db: Path, config: Path, port: int, workers: int) -> None:
	"""Receive webhooks over HTTP and carry them out, until stopped (Ctrl-C)."""
	logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
	with closing(Instance(db, config_file.load(config))) as instance:
		ended = instance.events.end_leases(is_gone)
		if ended:
			logging.getLogger(__name__).warning("Taking over %s event(s) of workers that have died", ended)
		pool = WorkerPool(instance, workers)
		server = _bind(instance, port, pool)
		_stop_on_signals(server)
		pool.start()
		click.echo(f"Listening on http://127.0.0.1:{server.server_port}{RECEIVE_PATH}")
		server.serve_forever(poll_interval=0.1)
		server.server_close()
		pool.stop()


def _bind(instance: Instance, port: int, pool: WorkerPool) -> Server:
	try:
		return Server(instance, port, pool.wake)
	except OSError as error:
		raise click.ClickException(f"Port {port} cannot be used: {error.strerror}. Choose another --port.") from error


def _stop_on_signals(server: Server) -> None:
	def stop(_number: int, _frame: FrameType | None) -> None:
		# `shutdown` waits for the loop, which is this very thread's.
		threading.Thread(target=server.shutdown).start()

	for number in (signal.SIGTERM, signal.SIGINT):
		signal.signal(number, stop)
