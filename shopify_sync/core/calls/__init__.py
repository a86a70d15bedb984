"""When a call to Shopify may be made: `breaker` is the circuit, `bucket` the points, `scopes` what a store was granted."""
