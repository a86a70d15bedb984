"""The store over HTTP, on 127.0.0.1 only: Shopify's addresses under `/shops/<name>/`, and a control desk that Shopify has not."""
