"""The people of a story. Each action is a function of the stage and the intent, and says in a few words what became of it."""

from __future__ import annotations

from collections.abc import Callable

from shopify_sync.core.operations import Refused
from shopify_sync.simulator.shop.errors import UserError

from ..stage import Stage
from ..story import Intent
from . import erp, network, operator, shop

ACTIONS: dict[tuple[str, str], Callable[[Stage, Intent], str]] = {
	(actor, name): getattr(module, name)
	for actor, module, names in (
		("shop", shop, "place paid partial_payment capture cancel note fulfill fulfill_part refund_part announce_return refund_return edit_add edit_remove "
			"change_customer adjust_stock set_stock"),
		("erp", erp, "edit_customer cancel_sales_order count_stock count_floor deliver deliver_part track_delivery cancel_delivery "
			"take_back cancel_return"),
		("operator", operator, "retry double_retry replay replay_all discard pause shadow go_live hold release rotate_secret rotate_secret_unannounced enter_secret close_gap"),
		("network", network, "outage api_outage forged garbage unknown_topic no_id tampered"),
	)
	for name in names.split()
}  # fmt: skip


def act(stage: Stage, intent: Intent) -> None:
	"""Carry an intent out, if it can be; the stage is told what became of it."""
	try:
		outcome = ACTIONS[intent.actor, intent.action](stage, intent)
	except (UserError, Refused) as error:
		outcome = f"refused: {error}"
	stage.tell(f"{intent}: {outcome}")
