"""How stock comes in, by the rules of the store and of the location: its valuation, its batch, its day."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ..failures import Category, Failure
from ..keys import short_hash
from ..plan import CreateDocument
from ..policy import BatchRule, LocationRule, PostingDate, StorePolicy, ValuationRule
from ..snapshots import ItemState, StockSnapshot

#: ERPNext's names hold 140 characters.
_LONGEST_NAME = 140


def batch_name(item: str, location_id: str) -> str:
	"""Return the name of the one batch that an Item has at a location: the same always, so that it is made once."""
	name = f"{item}-SHOPIFY-{location_id}"
	return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 9]}-{short_hash(name)[:8]}"


def moment_of(updated_at: datetime, policy: StorePolicy) -> datetime | None:
	"""Return when a change of stock is booked, by the store's rule; None: when it is carried out."""
	return None if policy.stock_posting_date is PostingDate.RECEIVED else updated_at


def refuse_serial_or_batch(item: ItemState, rule: LocationRule) -> Failure | None:
	"""Return why stock of an Item cannot come in that has serial numbers, or batches without a rule for them."""
	if item.has_serial:
		message = f"Item {item.code} has serial numbers, which Shopify does not state. Book its stock by hand, then Discard."
		return Failure(Category.SERIAL_OR_BATCH, message)
	if item.has_batch_or_serial and rule.batch_rule is BatchRule.REFUSE:
		message = (
			f"Item {item.code} has batches, which Shopify does not state. Choose 'One batch per location' for location "
			f"{rule.location_id} in the Location Mapping and press Retry, or book its stock by hand."
		)
		return Failure(Category.SERIAL_OR_BATCH, message)
	return None


def quantity_to_state(snapshot: StockSnapshot, item: ItemState, wanted: Decimal) -> Decimal | Failure:
	"""Return the quantity that the Stock Reconciliation must state, so that the Bin ends at *wanted*.

	What is booked is the difference: on an earlier day to what was there then, on a batch to what the batch holds.
	"""
	if snapshot.booked is None:
		return wanted
	stated = snapshot.booked.quantity + wanted - snapshot.quantity
	if stated >= 0:
		return stated
	where = "at that time" if snapshot.booked.at else "in the location's batch"
	return Failure(
		Category.STOCK_UNAVAILABLE,
		f"Shopify states {wanted} of Item {item.code}, ERPNext holds {snapshot.quantity}, and only {snapshot.booked.quantity} of it "
		f"{where}: the difference cannot be taken from there. Correct the stock by hand, then Retry.",
	)


def row_of(item: ItemState, rule: LocationRule, quantity: Decimal, rate: Decimal) -> dict[str, Any]:
	"""Return the row of the Stock Reconciliation. *rate*: in the company's currency; zero: none is stated."""
	row: dict[str, Any] = {"item_code": item.code, "warehouse": rule.warehouse, "qty": quantity}
	if item.has_batch_or_serial:
		row |= {"use_serial_batch_fields": 1, "batch_no": batch_name(item.code, rule.location_id)}
	return row | ({"valuation_rate": rate} if rate else {})


def batch_to_make(snapshot: StockSnapshot, item: ItemState, rule: LocationRule) -> tuple[CreateDocument, ...]:
	"""Return the Batch that has to be made first, if any."""
	if not item.has_batch_or_serial or (snapshot.booked and snapshot.booked.batch_exists):
		return ()
	name = batch_name(item.code, rule.location_id)
	return (CreateDocument("Batch", f"{snapshot.link.key}/batch", {"batch_id": name, "item": item.code}, name=name),)


def day_of(snapshot: StockSnapshot) -> dict[str, Any]:
	"""Return the fields that book a document on another day than today; none where it is booked now."""
	if snapshot.booked is None or snapshot.booked.at is None:
		return {}
	at = snapshot.booked.at
	return {"set_posting_time": 1, "posting_date": at.date(), "posting_time": f"{at:%H:%M:%S.%f}"}


def valuation(snapshot: StockSnapshot, rule: LocationRule, quantity: Decimal) -> Decimal | None:
	"""Return the valuation rate in the company's currency; zero where none is needed, None where the rule finds none.

	Stock that is there keeps its rate: a count must not revalue it.
	"""
	there = snapshot.booked.rate if snapshot.booked and snapshot.booked.rate else snapshot.bin_rate
	if not quantity:
		return there or Decimal(0)
	if there:
		return there
	found = {
		ValuationRule.ITEM: snapshot.item_rate,
		ValuationRule.LAST_PURCHASE: snapshot.last_purchase_rate,
		ValuationRule.PRICE_LIST: snapshot.price_list_rate,
		ValuationRule.FIXED: rule.fixed_rate,
		ValuationRule.FAIL: None,
	}[rule.valuation_rule]
	return found if found and found > 0 else None
