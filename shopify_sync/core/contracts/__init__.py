"""What Shopify sends, per resource, as pydantic models. Unknown fields are normal and ignored; null sections are empty ones."""

from .customer import Customer
from .inventory_level import InventoryLevel
from .order import Order

__all__ = ["Customer", "InventoryLevel", "Order"]
