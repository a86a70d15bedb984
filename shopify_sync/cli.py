"""The console script `shopify-sync`: the embedded host from the command line. Needs neither Frappe nor a database server."""

from __future__ import annotations

import click

from shopify_sync import __version__

from .embedded_host.commands.calls import calls
from .embedded_host.commands.common import Commands
from .embedded_host.commands.demo import demo
from .embedded_host.commands.look import documents, event, events
from .embedded_host.commands.operate import discard, map_item, retry
from .embedded_host.commands.replay import replay
from .embedded_host.commands.serve import serve
from .simulation.command import simulate
from .simulator.commands.store import store


@click.group(cls=Commands)
@click.version_option(__version__)
def main() -> None:
	"""Carry Shopify's webhooks over into ERPNext-shaped documents, exactly once, in one SQLite file."""


for _command in (demo, serve, events, documents, event, calls, retry, discard, map_item, replay, store, simulate):
	main.add_command(_command)

if __name__ == "__main__":
	main()
