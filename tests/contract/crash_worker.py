"""A worker process that kills itself, as a power cut would, when the engine reaches a step.

Arguments: database, config, seconds to add to the clock, step, and what it does: `drain` or `push`.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.embedded_host import config
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.times import utc_now
from tests.contract.embedded_bench import push_host


def main(database: str, config_path: str, passed: str, step: str, work: str) -> None:
	def die(reached: str) -> None:
		if reached == step:
			os.kill(os.getpid(), signal.SIGKILL)

	later = timedelta(seconds=float(passed))
	instance = Instance(database, config.load(config_path), clock=lambda: utc_now() + later)
	if work == "push":
		Pusher(push_host(instance, "crashing", instance.clock), die).drain()
	else:
		instance.engine("crashing", die).drain()


if __name__ == "__main__":
	main(*sys.argv[1:])
