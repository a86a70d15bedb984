"""How a call about a return is made, remembered, and told: what core/outbound/fulfillment_push.py needs of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import keys
from ..plan import AppliedChange
from .fulfillments import ReturnCall
from .parcels import Act, ParcelMemory
from .ports import ReturnApi
from .returned import Returned, ShopifyReturns, added_up
from .returns import Disposal, OpenReturn, ReceiveReturn

_DOCTYPE = "Return"


def act_of(call: ReturnCall) -> Act:
	"""Return what a call does, for the note that is written before it."""
	if isinstance(call, OpenReturn):
		return Act.RETURN
	return Act.RECEIVE if isinstance(call, ReceiveReturn) else Act.CANCEL_RETURN


def about(call: ReturnCall, seen: ShopifyReturns | None) -> dict[str, Any]:
	"""Return what a call is about, for the same. *seen*: what Shopify has of the order's returns."""
	if isinstance(call, OpenReturn):
		known = tuple(found.id for found in seen.returns) if seen else ()
		return {"note": call.note, "lines": call.lines, "places": call.places, "known": known}
	return {"note": call.returned.note, "lines": call.returned.lines}


def say(api: ReturnApi, call: ReturnCall, events: Sequence[str]) -> str:
	"""Make a call; return the id of the return. :raises FulfillmentRefused: when Shopify refuses it."""
	if isinstance(call, OpenReturn):
		return api.open(call, events)
	if isinstance(call, ReceiveReturn):
		api.receive(call.disposals, events)
	else:
		api.cancel(call.returned.id, events)
	return call.returned.id


def recorded(memory: ParcelMemory, call: ReturnCall, id: str) -> ParcelMemory:
	"""Return the memory after a call that Shopify carried out."""
	if isinstance(call, OpenReturn):
		return memory.having_back(Returned(id, call.note, call.places))
	known = memory.returned.get(id, call.returned)
	if isinstance(call, ReceiveReturn):
		return memory.having_back(replace(known, received=True))
	return memory.having_back(replace(known, cancelled=True))


def in_words(call: ReturnCall) -> str:
	"""Return what a call does, as a sentence for an operator."""
	if isinstance(call, OpenReturn):
		lines = ", ".join(f"{pieces} of line {line}" for line, pieces in call.lines.items())
		return f"Returning {lines} for {call.note}."
	verb = "Receiving" if isinstance(call, ReceiveReturn) else "Cancelling"
	return f"{verb} return {call.returned.id} of {call.returned.note}."


def evidence(call: ReturnCall, id: str, store: str) -> AppliedChange:
	"""Return what a call changed in Shopify. *id*: of the return."""
	key = keys.key(store, "return", id)
	if isinstance(call, OpenReturn):
		return AppliedChange("return", _DOCTYPE, id, key, (("delivery_note", None, call.note), ("lines", None, call.lines)))
	note = ("delivery_note", call.returned.note, call.returned.note)
	if isinstance(call, ReceiveReturn):
		return AppliedChange("receive", _DOCTYPE, id, key, (note, ("restocked", None, _by_location(call.disposals))))
	return AppliedChange("cancel", _DOCTYPE, id, key, (note, ("lines", call.returned.lines, None)))


def found_there(returned: Returned, store: str) -> AppliedChange:
	"""Return the evidence that something in Shopify was taken for what a note takes back."""
	of = ("refund", returned.refund) if returned.refund else ("return", returned.id)
	fields = (("delivery_note", None, returned.note), ("lines", None, returned.lines))
	return AppliedChange("adopt", of[0].capitalize(), of[1], keys.key(store, *of), fields)


def _by_location(disposals: Sequence[Disposal]) -> dict[str, int]:
	"""Return the pieces by location; those that go back into no stock stand under *not restocked*."""
	return added_up({disposal.location or "not restocked": disposal.pieces} for disposal in disposals)
