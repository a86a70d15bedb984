"""Commands for everything that has none of its own: any operation of a desk, the faults, the app's secret, its end."""

from __future__ import annotations

import json
from typing import Any

import click

from .client import StoreError
from .common import client, port_option, shop_option

#: Longer whole numbers are ids, which stay text.
_LONGEST_NUMBER = 12


@click.command("do")
@click.argument("desk")
@click.argument("operation")
@click.argument("given", nargs=-1, metavar="[NAME=VALUE]...")
@port_option
@shop_option
def do(desk: str, operation: str, given: tuple[str, ...], port: int, shop: str) -> None:
	"""Carry out any operation, as: do customers merge keep_id=… remove_id=…

	A VALUE is text, a number, or JSON. A wrong name is answered with those that there are.
	"""
	result = client(port, shop).operate(desk, operation, **dict(map(_argument, given)))
	if result is not None:
		click.echo(json.dumps(result, indent=2, ensure_ascii=False))


@click.command()
@click.argument("given", nargs=-1, metavar="[FAULT=PROBABILITY]...")
@port_option
@shop_option
def faults(given: tuple[str, ...], port: int, shop: str) -> None:
	"""Show what goes wrong how often; change some of it, as: faults duplicate=0.1 lose=0"""
	changes = {name: _number(name, value) for name, value in map(_argument, given)}
	for name, probability in client(port, shop).act("faults", **changes).items():
		click.echo(f"{name:20} {probability:g}")


@click.command()
@click.argument("new")
@port_option
@shop_option
def rotate_secret(new: str, port: int, shop: str) -> None:
	"""Give the app a NEW client secret; the old one may sign for another hour."""
	client(port, shop).act("rotate_secret", new=new)
	click.echo("Rotated. The old secret may sign for another hour.")


@click.command()
@click.option("--redact", is_flag=True, help="Ask to erase the shop's data, as Shopify does 48 hours after an uninstall.")
@port_option
@shop_option
def uninstall(redact: bool, port: int, shop: str) -> None:
	"""Remove the app: its tokens and its subscriptions end."""
	client(port, shop).act("redact" if redact else "uninstall")
	click.echo("Asked to erase the shop's data." if redact else "Uninstalled.")


def _argument(text: str) -> tuple[str, Any]:
	name, equals, value = text.partition("=")
	if not equals or not name:
		raise StoreError(f"{text!r}: write NAME=VALUE.")
	try:
		found = json.loads(value, parse_float=str)
	except ValueError:
		return name, value
	return name, value if isinstance(found, int) and len(value) > _LONGEST_NUMBER else found


def _number(name: str, value: Any) -> float:
	try:
		return float(value)
	except (TypeError, ValueError):
		raise StoreError(f"{name}: {value!r} is no probability; write a number from 0 to 1.") from None
