"""What the store's commands share: their options, and their errors in one line."""

from __future__ import annotations

from typing import Any

import click

from ..faults import UnknownFault
from .client import Client, StoreError

DEFAULT_PORT = 8766

port_option = click.option(
	"--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="The store's, on 127.0.0.1."
)
shop_option = click.option("--shop", default="", help="The shop's name; can be left out when there is only one.")


class StoreCommands(click.Group):
	"""A group whose commands end in one clear line when the person can mend the cause; without a command it is `serve`."""

	def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
		"""Put `serve` in front of options that are none of the group's."""
		asks_for_help = bool(args) and args[0] in self.get_help_option_names(ctx)
		if not asks_for_help and (not args or args[0].startswith("-")):
			args = ["serve", *args]
		return super().parse_args(ctx, args)

	def invoke(self, ctx: click.Context) -> Any:
		"""Run a command."""
		try:
			return super().invoke(ctx)
		except (StoreError, UnknownFault) as error:
			raise click.ClickException(str(error)) from error


def client(port: int, shop: str) -> Client:
	"""Return the control desk of a running store's shop."""
	return Client(port, shop)
