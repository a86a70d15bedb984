"""Run the benchmarks that need a site on every bench in `BENCH_PATH`; see the single files for what each measures."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tiers import benches

RUNS = (
	("site_acknowledge.py",),
	("site_apply.py",),
	("site_apply.py", "--paid"),
	("site_workers.py",),
	("site_growth.py",),
	("site_stock.py",),
	("site_reconciliation.py",),
	("site_backfill.py",),
	("site_command_center.py",),
	("site_operations.py",),
)


def main() -> int:
	"""Run them; return the exit code."""
	found, without = benches.find(os.environ.get("BENCH_PATH", benches.DEFAULT))
	failed = 0
	for bench in found:
		benches.start_services(bench)
		print(f"\n=== {bench.path}: {bench.version()}", flush=True)
		for name, *arguments in RUNS:
			failed += bench.python(str(Path(__file__).parent / name), bench.site, *arguments).returncode != 0
	for text in without:
		print(f"not run: {text}")
	return 1 if failed or not found else 0


if __name__ == "__main__":
	sys.exit(main())
