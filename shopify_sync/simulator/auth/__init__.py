"""How an app gets the right to call a shop: every grant that Shopify offers."""
