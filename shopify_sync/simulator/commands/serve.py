"""`store serve`: a store until it is stopped."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

import click

from shopify_sync.core.topics import RESOURCE_OF_TOPIC

from ..clock import SystemClock
from ..faults import Faults
from ..history import make_history
from ..http.app import CLIENT_SECRET
from ..http.fast_clock import FastClock
from ..rest.topics import PAYLOADS
from ..webhooks.post import NotLocal, require_local
from .common import port_option
from .stock_up import STOCK, skus, stock_up

if TYPE_CHECKING:
	from ..http.site import Site
	from ..http.store import Store

#: What core handles and the simulator emits.
TOPICS = tuple(topic for topic in RESOURCE_OF_TOPIC if topic in PAYLOADS)


@click.command()
@port_option
@click.option("--shop", "shops", multiple=True, default=("dev",), show_default=True, help="A shop to open; may be repeated.")
@click.option("--currency", default="USD", show_default=True, help="Of every shop: an ISO 4217 code.")
@click.option("--webhooks-to", help="http://127.0.0.1:PORT/PATH that is told of everything shopify-sync handles.")
@click.option("--faults", default="", help="What goes wrong how often, as duplicate=0.1,delay=0.05.")
@click.option("--seed", default="1", show_default=True, help="The same seed makes the same ids and the same faults.")
@click.option("--products", default=10, show_default=True, type=click.IntRange(0, 10_000), help="Products in each shop.")
@click.option("--sku", "named", multiple=True, help="SKU of a product; may be repeated, and replaces --products.")
@click.option("--stock", default=STOCK, show_default=True, help="Pieces of each product.")
@click.option("--client-secret", default=CLIENT_SECRET, show_default=True, help="Signs webhooks, and gets tokens.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Of the shops' clocks.")
@click.option("--past-orders", default=0, type=click.IntRange(0, 100_000), help="Orders that each shop has had already.")
@click.option("--past-days", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True), help="In so many days.")
def serve(
	port: int,
	shops: tuple[str, ...],
	currency: str,
	webhooks_to: str | None,
	faults: str,
	seed: str,
	products: int,
	named: tuple[str, ...],
	stock: int,
	client_secret: str,
	speed: float,
	past_orders: int,
	past_days: float,
) -> None:
	"""Run a Shopify store on this machine, until stopped (Ctrl-C)."""
	logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
	Faults.parse(faults)
	if webhooks_to:
		try:
			require_local(webhooks_to)
		except NotLocal as error:
			raise click.ClickException(str(error)) from error
	store = _bind(port, seed, client_secret, speed)
	try:
		for name in shops:
			site = store.open(name, faults=Faults.parse(faults), currency=currency.upper())
			stock_up(site.shop, named or skus(products), stock)
			make_history(site.shop, orders=past_orders, days=past_days, seed=seed)
			_subscribe(site, webhooks_to)
	except ValueError as error:
		store.stop()
		raise click.ClickException(str(error)) from error
	stopped = threading.Event()
	_stop_on_signals(stopped)
	store.start()
	_tell(store, webhooks_to)
	stopped.wait()
	store.stop()


def _bind(port: int, seed: str, client_secret: str, speed: float) -> Store:
	try:
		# Here and not above: the other commands do without the packages that only a store needs.
		from ..http.store import Store
	except ModuleNotFoundError as error:
		raise click.ClickException(f"A store needs {error.name}: pip install 'shopify_sync[simulator]'") from error
	clock = SystemClock() if speed == 1 else FastClock(speed)
	try:
		return Store(port, seed=seed, clock=clock, client_secret=client_secret)
	except OSError as error:
		raise click.ClickException(f"Port {port} cannot be used: {error.strerror}. Choose another --port.") from error


def _subscribe(site: Site, uri: str | None) -> None:
	for topic in TOPICS if uri else ():
		assert uri
		site.shop.subscriptions.create(topic, uri)


def _tell(store: Store, webhooks_to: str | None) -> None:
	click.echo(f"Listening on {store.url}")
	for name, site in store.sites.items():
		click.echo(f"Shop {name}: {store.address(name)} ({site.shop.domain}, {site.shop.currency})")
		click.echo(f"  access token   {site.token}")
	click.echo(f"  client id      {store.client_id}")
	click.echo(f"  client secret  {store.client_secret}")
	if webhooks_to:
		click.echo(f"Webhooks of {len(TOPICS)} topics go to {webhooks_to}")


def _stop_on_signals(stopped: threading.Event) -> None:
	def stop(_number: int, _frame: FrameType | None) -> None:
		stopped.set()

	for number in (signal.SIGTERM, signal.SIGINT):
		signal.signal(number, stop)
