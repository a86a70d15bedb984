"""What a shop holds, as plain values. Ids are strings of digits, money is Decimal in the shop's currency, times are UTC.

Records are changed by the operations of :class:`~shopify_sync.simulator.shop.shop.Shop` only; everybody else reads them.
"""

from __future__ import annotations

from .edit import EditedLine, OrderEdit
from .fulfillment import Fulfillment, FulfillmentHold, FulfillmentOrder, FulfillmentOrderLine
from .order import ZERO, Allocation, DiscountApplication, LineItem, Order, Refund, RefundLine, ShippingLine, TaxLine, Transaction
from .payout import BalanceTransaction, Payout
from .people import Address, Customer, Merge
from .returned import Disposal, Return, ReturnLine
from .stock import ON_HAND_PARTS, QUANTITY_NAMES, InventoryItem, Level, Location, Product, Variant
from .webhook import BulkEnd, Subscription, Webhook

__all__ = [
	"ON_HAND_PARTS",
	"QUANTITY_NAMES",
	"ZERO",
	"Address",
	"Allocation",
	"BalanceTransaction",
	"BulkEnd",
	"Customer",
	"DiscountApplication",
	"Disposal",
	"EditedLine",
	"Fulfillment",
	"FulfillmentHold",
	"FulfillmentOrder",
	"FulfillmentOrderLine",
	"InventoryItem",
	"Level",
	"LineItem",
	"Location",
	"Merge",
	"Order",
	"OrderEdit",
	"Payout",
	"Product",
	"Refund",
	"RefundLine",
	"Return",
	"ReturnLine",
	"ShippingLine",
	"Subscription",
	"TaxLine",
	"Transaction",
	"Variant",
	"Webhook",
]
