"""The app that every made-up shop knows."""

from __future__ import annotations

#: The secret of Shopify's own example of a signature; made-up shops have no other.
CLIENT_SECRET = "hush"  # noqa: S105
CLIENT_ID = "shopify-sync-store"
