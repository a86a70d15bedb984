"""shopify_sync: keeps Shopify stores and ERPNext in agreement."""

__version__ = "0.1.0"
