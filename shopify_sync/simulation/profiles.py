"""What a simulated day is like: how much happens, and how often what goes wrong.

A profile is data. `default` has everything at once; the others lean to one side, for whoever looks for a certain kind of bug.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from shopify_sync.simulator.faults import Faults


@dataclass(frozen=True)
class WorkerFaults:
	"""Probabilities, each for one step of a worker's attempt (there are about fifteen)."""

	#: The process is killed.
	crash: float = 0.004
	#: The process stands still for seconds to a quarter of an hour: longer than its lease.
	freeze: float = 0.002
	#: The database asks to start the transaction again.
	deadlock: float = 0.004
	#: Code raises what nobody expected.
	error: float = 0.001


@dataclass(frozen=True)
class ReceiverFaults:
	"""Probabilities, each for one delivery."""

	#: The process is killed before the row is committed, or after it and before the answer.
	crash_before: float = 0.01
	crash_after: float = 0.01
	#: The answer does not reach Shopify.
	lost_answer: float = 0.02
	#: Nobody is woken: Redis is away, or was emptied.
	lost_wake: float = 0.1


@dataclass(frozen=True)
class OperatorFaults:
	"""Probabilities, each for one step of what an operator does."""

	#: The process that carries it out is killed, and the operator does not try again.
	crash: float = 0.04


@dataclass(frozen=True)
class Profile:
	"""How a day goes. Numbers are per store and day, as (least, most)."""

	name: str
	stores: tuple[int, int] = (1, 2)
	workers: tuple[int, int] = (2, 3)
	orders: tuple[int, int] = (3, 6)
	customers: tuple[int, int] = (2, 4)
	customer_changes: tuple[int, int] = (2, 5)
	stock_moves: tuple[int, int] = (3, 7)
	operator_acts: tuple[int, int] = (3, 8)
	outages: tuple[int, int] = (0, 2)
	forgeries: tuple[int, int] = (0, 3)
	#: Seconds by which a store's clock may be wrong, either way.
	skew: float = 90.0
	#: How likely each gap in the mapping is at the start, and that nobody ever closes it.
	gap: float = 0.25
	gap_for_good: float = 0.2
	network: Faults = field(default_factory=lambda: Faults(duplicate=0.12, delay=0.05, reorder=0.15, lose=0.02, garble=0.02))
	worker: WorkerFaults = field(default_factory=WorkerFaults)
	receiver: ReceiverFaults = field(default_factory=ReceiverFaults)
	operator: OperatorFaults = field(default_factory=OperatorFaults)
	#: Whether the shop floor takes its stock from ERPNext, and how often Shopify's Admin API is away.
	pushes: bool = True
	api_outages: tuple[int, int] = (0, 1)
	#: Which side sends the goods, each with how often; and how likely what ERPNext sent comes back.
	sends: tuple[tuple[str, int], ...] = (("Shopify", 4), ("ERPNext", 2), ("Both", 3))
	comes_back: float = 0.3
	#: What strikes calls to the Admin API.
	admin_api: Faults = field(
		default_factory=lambda: Faults(
			throttle=0.03, server_error_before=0.02, server_error_after=0.02, timeout_before=0.01, timeout_after=0.02,
			reset_before=0.01, reset_after=0.02, garble_answer=0.01, still_running=0.1,
		)
	)  # fmt: skip
	#: How likely a request whose answer is lost arrives up to a minute later.
	late_calls: float = 0.02
	#: Everything is reconciled at the end of each day, and both sides must agree then.
	nightly: bool = False
	#: How many times a day a worker is killed by signal; counts on a real site only, where nobody can stop one at a certain step.
	kills: tuple[int, int] = (2, 4)


_CALM = Profile(
	"calm", outages=(0, 0), network=Faults(), worker=WorkerFaults(0, 0, 0, 0), receiver=ReceiverFaults(0, 0, 0, 0), skew=0.0,
	operator=OperatorFaults(0), kills=(0, 0), api_outages=(0, 0), admin_api=Faults(), late_calls=0.0,
)  # fmt: skip
PROFILES = {
	profile.name: profile
	for profile in (
		Profile("default"),
		_CALM,
		replace(
			_CALM,
			name="network",
			skew=300.0,
			network=Faults(duplicate=0.4, delay=0.2, reorder=0.5, lose=0.1, garble=0.1),
			receiver=ReceiverFaults(0.05, 0.05, 0.1, 0.3),
			api_outages=(1, 3),
			admin_api=Faults(
				throttle=0.1,
				server_error_before=0.1,
				server_error_after=0.1,
				timeout_before=0.05,
				timeout_after=0.1,
				reset_before=0.05,
				reset_after=0.1,
				garble_answer=0.05,
				still_running=0.2,
			),
			late_calls=0.1,
		),
		replace(_CALM, name="crashes", outages=(1, 4), worker=WorkerFaults(0.03, 0.01, 0.02, 0.01), workers=(2, 4), kills=(4, 8)),
		replace(_CALM, name="operators", operator_acts=(20, 40), gap=0.6, operator=OperatorFaults(0.03)),
		# Webhooks that never come: what reconciliation is for. `--days 30` makes it a month.
		replace(_CALM, name="lossy", network=Faults(lose=0.05), nightly=True, gap=0.0),
		# Most goods leave ERPNext, most of them come back, and many an answer of Shopify's is lost.
		replace(
			_CALM,
			name="returns",
			orders=(8, 12),
			sends=(("ERPNext", 1), ("Both", 3)),
			comes_back=0.9,
			gap=0.0,
			admin_api=Faults(server_error_after=0.1, timeout_after=0.1, reset_after=0.1),
			late_calls=0.05,
		),
		replace(Profile("busy"), name="busy", orders=(30, 60), customer_changes=(10, 20), stock_moves=(20, 40), workers=(3, 5)),
		# A day that real workers of a real site get through in seconds.
		Profile(
			"site",
			stores=(1, 1),
			workers=(2, 2),
			orders=(3, 4),
			customers=(2, 2),
			customer_changes=(1, 3),
			stock_moves=(1, 3),
			operator_acts=(2, 5),
			outages=(0, 1),
			forgeries=(0, 2),
			gap=0.3,
			pushes=False,
			kills=(1, 2),
		),
	)
}
#: Of the simulator's faults those of deliveries, and those that strike calls to the Admin API.
_OF_DELIVERIES = ("duplicate", "delay", "reorder", "lose", "garble")
_OF_CALLS = (
	"throttle", "server_error_before", "server_error_after", "timeout_before", "timeout_after", "reset_before", "reset_after",
	"garble_answer", "still_running",
)  # fmt: skip
#: Kinds of faults that can be left out by name (`--without`), for finding out which ones a failure needs.
FAULTS = (
	*(f"network.{name}" for name in _OF_DELIVERIES),
	*(f"admin_api.{name}" for name in _OF_CALLS),
	*(f"worker.{entry.name}" for entry in fields(WorkerFaults)),
	*(f"receiver.{entry.name}" for entry in fields(ReceiverFaults)),
	*(f"operator.{entry.name}" for entry in fields(OperatorFaults)),
	"late_calls",
	"skew",
)
#: How the command spells all of them.
ALL = "all"


def without(profile: Profile, faults: tuple[str, ...]) -> Profile:
	"""Return *profile* without some kinds of faults. :raises KeyError: for one that does not exist."""
	for fault in faults:
		if fault not in FAULTS:
			raise KeyError(fault)
		group, _dot, name = fault.partition(".")
		profile = replace(profile, **({group: replace(getattr(profile, group), **{name: 0.0})} if name else {group: 0.0}))
	return profile
