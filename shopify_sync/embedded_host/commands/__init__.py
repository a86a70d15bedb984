"""The commands of the console script `shopify-sync`, one module per kind. Thin: read options, call, print."""
