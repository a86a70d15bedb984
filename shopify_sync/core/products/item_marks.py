"""What the links of products, variants and inventory items remember besides the Item they lead to.

A variant or an inventory item that is no more in Shopify keeps its link, so that what was sold of it can still be booked; the
mark says that nothing is to be told to Shopify about it any more.
"""

from __future__ import annotations

from ..snapshots import LinkState

#: In a link's facts: what of it was deleted in Shopify, one of the three below.
DELETED = "deleted"
BY_PRODUCT, BY_ITEM = "product", "inventory item"
#: A later state of the product does not hold the variant any more.
BY_ABSENCE = "variant"

#: In the facts of an inventory item's link: whether Shopify counts its stock.
TRACKED = "tracked"
#: In the facts of a product's link: variant → inventory item (empty where unknown), as they were last stated.
VARIANTS = "variants"


def is_deleted(link: LinkState) -> bool:
	"""Tell whether Shopify said that this product, variant or inventory item is no more."""
	return bool(link.facts.get(DELETED))


def is_tracked(link: LinkState) -> bool:
	"""Tell whether Shopify counts the stock of an inventory item; so it is taken to be until Shopify says otherwise."""
	return link.facts.get(TRACKED) is not False
