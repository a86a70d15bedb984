"""Where a resource is looked at in Shopify's admin (https://help.shopify.com/en/manual/shopify-admin)."""

from __future__ import annotations

from .. import keys

_PAGES = {keys.ORDER: "orders", keys.CUSTOMER: "customers", keys.PRODUCT: "products"}
#: Whose id is that of the order which it is a part of.
_BY_ORDER = (keys.FULFILLMENT_PUSH,)


def admin_link(shop_domain: str, resource: str | None, shopify_id: str | None) -> str:
	"""Return the address of a resource in Shopify's admin, or an empty text where it has no page of its own."""
	page = _PAGES.get(keys.ORDER if resource in _BY_ORDER else resource or "")
	if not page or not shopify_id or not shopify_id.isdigit() or not shop_domain:
		return ""
	if not shop_domain.endswith(".myshopify.com"):
		return f"https://{shop_domain}/admin/{page}/{shopify_id}"
	return f"https://admin.shopify.com/store/{shop_domain.partition('.')[0]}/{page}/{shopify_id}"


def admin_link_of_key(shop_domain: str, key: str | None) -> str:
	"""Return the address of what a key (`my-store/order/1`, `my-store/order/1/transaction/2`) belongs to."""
	parts = (key or "").split("/")
	return admin_link(shop_domain, parts[1], parts[2]) if len(parts) >= 3 else ""
