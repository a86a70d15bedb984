"""Acknowledging a delivery over HTTP, against Frappe's own `ping` with the same body: p50, p95 and throughput, as ratios.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_acknowledge.py SITE [--requests N]`. Starts gunicorn on
loopback; the kinds of request take turns, so that a slow moment of the machine hits all of them. Needs Redis up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from collections.abc import Callable

import frappe
import requests

STORE = "bench-store"
ROUND = 10


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--requests", type=int, default=300, help="of each kind")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site
	from shopify_sync.tests.server import server

	site.make_store(STORE)
	site.keep_workers_away()
	with server(workers=1) as web:
		kinds = make_kinds(web, args.requests)
		times = take_turns(kinds, args.requests)
		report(times)
		throughput(kinds)
	site.clear_store(STORE)


def make_kinds(web, count: int) -> dict[str, Callable[[requests.Session], int]]:
	"""Return what to send, by name; each returns the status code."""
	from shopify_sync.tests import site
	from shopify_sync.tests.server import PATH

	session_headers = {"Host": frappe.local.site}
	same = body_of(site.fresh_id())
	known = site.signed_headers(same, "orders/create", store=STORE)

	def post(session: requests.Session, path: str, body: bytes, headers: dict[str, str]) -> int:
		return session.post(web.address + path, data=body, headers={**headers, **session_headers}).status_code

	def ping(session: requests.Session) -> int:
		return post(session, "/api/method/ping", same, {"Content-Type": "application/json"})

	def first(session: requests.Session) -> int:
		body, headers = fresh.pop()
		return post(session, PATH, body, headers)

	# Made before the clock runs: the client's work is not what is measured.
	bodies = [body_of(site.fresh_id()) for _ in range(count + 1000)]
	fresh = [(body, site.signed_headers(body, "orders/create", store=STORE)) for body in bodies]

	def duplicate(session: requests.Session) -> int:
		return post(session, PATH, same, known)

	def forged(session: requests.Session) -> int:
		return post(session, PATH, same, {**known, "X-Shopify-Hmac-Sha256": "Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2VkIGZvcmdlZA=="})

	return {"ping": ping, "first": first, "duplicate": duplicate, "forged": forged}


def body_of(number: int) -> bytes:
	"""Return an order of about 16 kB."""
	from shopify_sync.tests import payloads

	lines = [payloads.line(number + n, "TEE-M", "20.00", 2, discount="1.00", tax="7.80") for n in range(1, 36)]
	return json.dumps(payloads.order(number, lines)).encode()


def take_turns(kinds: dict[str, Callable], count: int) -> dict[str, list[float]]:
	"""Send *count* of each kind, a few of one, then of the next; return seconds."""
	times: dict[str, list[float]] = {name: [] for name in kinds}
	with requests.Session() as session:
		for send in kinds.values():
			for _warm in range(10):
				send(session)
		for _round in range(count // ROUND):
			for name, send in kinds.items():
				for _ in range(ROUND):
					began = time.perf_counter()
					status = send(session)
					times[name].append(time.perf_counter() - began)
					assert status == (401 if name == "forged" else 200), (name, status)
	return times


def report(times: dict[str, list[float]]) -> None:
	"""Print p50 and p95 of each kind, and against ping."""
	size = len(body_of(10**15))
	print(f"acknowledge, {len(times['ping'])} of each, {size / 1000:.1f} kB, one at a time:")
	base = quantiles(times["ping"])
	for name, seconds in times.items():
		p50, p95 = quantiles(seconds)
		print(
			f"  {name:<10} p50 {p50 * 1000:6.1f} ms ({p50 / base[0]:4.2f} x ping)   p95 {p95 * 1000:6.1f} ms ({p95 / base[1]:4.2f} x ping)"
		)
	first = quantiles(times["first"])[0]
	print(
		f"  aims: first at most 1.6 x ping; duplicate / first {quantiles(times['duplicate'])[0] / first:.2f} (at most 1); "
		f"forged / first {quantiles(times['forged'])[0] / first:.2f} (below 1)"
	)


def quantiles(seconds: list[float]) -> tuple[float, float]:
	"""Return p50 and p95."""
	return statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]


def throughput(kinds: dict[str, Callable], threads: int = 4, each: int = 60) -> None:
	"""Print requests a second from several connections at once."""
	rates = {}
	for name in ("ping", "first", "ping", "first"):

		def many(send: Callable = kinds[name]) -> None:
			with requests.Session() as session:
				for _ in range(each):
					send(session)

		running = [threading.Thread(target=many) for _ in range(threads)]
		began = time.perf_counter()
		for thread in running:
			thread.start()
		for thread in running:
			thread.join()
		rates.setdefault(name, []).append(threads * each / (time.perf_counter() - began))
	ping, first = (statistics.mean(rates[name]) for name in ("ping", "first"))
	print(
		f"  throughput, {threads} connections, one web process: ping {ping:.0f}/s, first {first:.0f}/s ({first / ping:.2f} x ping)"
	)


if __name__ == "__main__":
	main()
