"""`make lifecycles`: many random lives of orders on the test site of every bench in `BENCH_PATH`, and its trial balance."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tiers import benches


def main() -> int:
	"""Run them on one bench after the other; return the exit code."""
	found, without = benches.find(os.environ.get("BENCH_PATH", benches.DEFAULT))
	count, seed = os.environ.get("LIVES", "1000"), os.environ.get("SEED", "1")
	failed = 0
	for bench in found:
		benches.start_services(bench)
		print(f"\n=== {bench.path}: {bench.version()}", flush=True)
		failed += bench.frappe("shopify-sync", "lifecycles", "--count", count, "--seed", seed).returncode != 0
	for text in without:
		print(f"not run: {text}")
	return 1 if failed or not found else 0


if __name__ == "__main__":
	sys.exit(main())
