"""The command line of the store: `shopify-sync store`."""
