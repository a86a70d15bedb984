"""Reading Shopify for reconciliation and backfill: by windows of `updated_at`, page by page or in bulk, in the shape of webhooks.

What is read of an order goes to the engine as a webhook would: what is decided about it is decided once. docs/admin_api.md
"""

from .bulk import BulkBusy, BulkCancelled, BulkError, BulkExpired, BulkFailed, BulkRefused, BulkState, state, wait
from .parts import read_order
from .reader import records, start
from .windows import Batch, CustomerRead, SubscriptionRead, VariantRead

__all__ = [
	"Batch", "BulkBusy", "BulkCancelled", "BulkError", "BulkExpired", "BulkFailed", "BulkRefused", "BulkState", "CustomerRead",
	"SubscriptionRead", "VariantRead", "read_order", "records", "start", "state", "wait",
]  # fmt: skip
